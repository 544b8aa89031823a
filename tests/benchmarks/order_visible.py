"""order_visible: seconds from an order being placed in Miva to a desktop being able to download it.

The whole way with real processes: the shop, its webhook to gunicorn, a Celery worker that fetches the order
through the signed API, and a desktop that asks for what is new.
"""

import os
import time
import urllib.request

from stores import webhooks
from stores.miva import shapes
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from stores.sandbox.desktop import Desktop
from tests.benchmarks.report import note, percentile, report
from tests.factories import make_desktop, make_merchant, store_of
from tests.portal import portal_on

ORDERS = 40
ALLOWED = 10.0  # seconds, for 95 of 100 orders
PATIENCE = 60.0  # seconds
LOOK = 0.02  # seconds between two looks of the desktop
PAUSE = 0.1  # seconds between an order that was seen and the next


def measure() -> None:
    """Place one order after the other and wait until the desktop gets it."""
    sandbox = SandboxStore(seed=21, skipped_share=0.0)
    with (
        portal_on(os.environ["DATABASE_URL"]) as portal,
        serve(sandbox) as server,
        portal.web(),
        portal.worker(),
    ):
        merchant = make_merchant(name="order_visible", slug="order-visible")
        store = store_of(sandbox, server, merchant=merchant, slug="order-visible", complete_only=False)
        never_pulled(store)
        address = f"{portal.url}/hooks/miva/{webhooks.issue(store).secret}/"
        login, password = make_desktop(store)
        with Desktop(f"{portal.url}/seti/", login.username, password) as desktop:
            note(f"order_visible: {ORDERS} orders, one after the other ...")
            waits = [wait(sandbox, address, desktop, position) for position in range(1, ORDERS + 1)]
    report("order_visible_p50", percentile(waits, 0.50), "s", ALLOWED)
    report("order_visible_p95", percentile(waits, 0.95), "s", ALLOWED)


def never_pulled(store: Store) -> None:
    """Let no pull bring the orders before the webhook does."""
    PullCursor.objects.filter(store=store).update(due_at="2999-01-01T00:00:00Z")


def wait(sandbox: SandboxStore, address: str, desktop: Desktop, position: int) -> float:
    """Place an order, send its webhook, and return the seconds until the desktop gets it."""
    time.sleep(PAUSE)
    began = time.monotonic()
    order = sandbox.place_order()
    send(address, shapes.encode(order))
    while not any(found.number == str(order["id"]) for found in desktop.page(position).orders):
        assert time.monotonic() - began < PATIENCE, f"order {order['id']} did not come"
        time.sleep(LOOK)
    return time.monotonic() - began


def send(address: str, body: bytes) -> None:
    """Do what Miva's workflow action webhook_post_order does (Miva reference §15)."""
    webhook = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(webhook, timeout=10) as answer:
        assert answer.status == 200
