"""shipment_visible: seconds from a desktop's message to the shipment in Miva, marked shipped, with its tracking number.

The whole way with real processes: the desktop, gunicorn, a Celery worker, the shop.
"""

import os
import time

from django.utils import timezone

from orders.keep import keep
from stores.sandbox import SandboxStore, serve
from stores.sandbox.desktop import Desktop
from stores.sandbox.desktop_reports import Parcel
from tests.benchmarks.report import note, percentile, report
from tests.factories import as_sent, make_desktop, make_merchant, store_of
from tests.portal import portal_on

SHIPMENTS = 40
ALLOWED = 10.0  # seconds, for 95 of 100 shipments
PATIENCE = 60.0  # seconds
LOOK, PAUSE = 0.02, 0.1  # seconds between two looks, and between two messages


def measure() -> None:
    """Report one order after the other and wait until Miva has it."""
    sandbox = SandboxStore(seed=22, skipped_share=0.0)
    with (
        portal_on(os.environ["DATABASE_URL"]) as portal,
        serve(sandbox) as server,
        portal.web(),
        portal.worker(),
    ):
        merchant = make_merchant(name="shipment_visible", slug="shipment-visible")
        store = store_of(sandbox, server, merchant=merchant, slug="shipment-visible")
        placed = [sandbox.place_order(items=[{"quantity": 2}]) for _ in range(SHIPMENTS)]
        keep(store, [as_sent(order) for order in placed], fetched_at=timezone.now(), road="queue_ack")
        login, password = make_desktop(store)
        with Desktop(f"{portal.url}/seti/", login.username, password) as desktop:
            note(f"shipment_visible: {SHIPMENTS} shipments, one after the other ...")
            waits = [wait(sandbox, desktop, order["id"]) for order in placed]
    report("shipment_visible_p50", percentile(waits, 0.50), "s", ALLOWED)
    report("shipment_visible_p95", percentile(waits, 0.95), "s", ALLOWED)


def wait(sandbox: SandboxStore, desktop: Desktop, number: int) -> float:
    """Report an order and return the seconds until it is shipped in Miva."""
    time.sleep(PAUSE)
    began = time.monotonic()
    desktop.ship(str(number), [Parcel(f"1Z{number}")])
    while not any(each["status"] == 200 for each in sandbox.orders[number]["shipments"]):
        assert time.monotonic() - began < PATIENCE, f"order {number} was not shipped"
        time.sleep(LOOK)
    return time.monotonic() - began
