"""download_batch: how long a desktop waits for a batch of 50 orders, over 10,000 kept ones, through gunicorn and PostgreSQL."""

import random
import time
from datetime import timedelta

from django.utils import timezone

from orders.keep import keep
from orders.models import Order
from stores.miva import shapes
from stores.models import Store
from stores.sandbox.desktop import Desktop
from stores.sandbox.generator import generate_orders
from tests.benchmarks.report import note, percentile, report
from tests.factories import make_desktop, make_merchant, make_store
from tests.portal import portal_on

KEPT, BATCH, REQUESTS = 10_000, 50, 120
ALLOWED = 300.0  # ms, for 95 of 100 batches
PAGE = 500


def measure() -> None:
    """Ask for batches all over the sequence, one after the other as a desktop does."""
    store = filled()
    login, password = make_desktop(store)
    with portal_on(database_url()) as portal, portal.web():
        with Desktop(f"{portal.url}/seti/", login.username, password, batch_size=BATCH) as desktop:
            for _ in range(5):
                desktop.page(1)
            waits = [wait(desktop, start) for start in starts()]
    report("download_batch_p50", percentile(waits, 0.50), "ms", ALLOWED)
    report("download_batch_p95", percentile(waits, 0.95), "ms", ALLOWED)


def database_url() -> str:
    """Return the URL of the benchmark's database."""
    import os

    return os.environ["DATABASE_URL"]


def starts() -> list[int]:
    """Return where the batches begin, the same in every run."""
    return random.Random(1).choices(range(1, KEPT - BATCH, BATCH), k=REQUESTS)


def wait(desktop: Desktop, start: int) -> float:
    """Return how long one batch takes, in ms."""
    began = time.perf_counter()
    page = desktop.page(start)
    took = (time.perf_counter() - began) * 1000
    assert len(page.orders) == BATCH, (start, len(page.orders))
    return took


def filled() -> Store:
    """A store with 10,000 kept orders: the one that was pulled before, or a new one."""
    store = Store.objects.filter(slug="bench").first()
    if store is None or Order.objects.of(store).filter(export_number__isnull=False).count() < KEPT:
        note(f"download_batch: {KEPT} orders are made and kept ...")
        merchant = make_merchant(name="download_batch", slug="download-batch")
        store = make_store(merchant=merchant, slug="download-batch")
        raws = [shapes.decode(shapes.encode(order)) for order in generate_orders(12, KEPT, int(time.time()))]
        for start in range(0, KEPT, PAGE):
            keep(
                store,
                raws[start : start + PAGE],
                fetched_at=timezone.now() - timedelta(seconds=1),
                road="queue_ack",
            )
    return store
