"""status_answer: how long a desktop waits for the answer to `updatestatus`, at 50 a second for 20 seconds.

Each message reports another order with two packages; the answer comes when all that it means is on disk.
"""

import asyncio
import os
from urllib.parse import urlencode

from django.utils import timezone

from fulfillment.models import Shipment
from orders.keep import keep
from stores.models import Store
from tests.benchmarks.load import Load
from tests.benchmarks.report import note, percentile, report
from tests.factories import make_desktop, make_merchant, make_store, raw_orders
from tests.portal import Portal, portal_on

RATE, SECONDS, WARM = 50, 20, 2  # messages a second, seconds that count, seconds before
STORES, SLUG = 5, "status-answer"
ALLOWED = 100.0  # ms, for 95 of 100 messages
AS_DEPLOYED = {"DEBUG": "off", "SECRET_KEY": "of-the-benchmark-" * 4, "FERNET_KEYS": "of-the-benchmark"}


def measure() -> None:
    """Report the orders of some stores, each order once."""
    with portal_on(os.environ["DATABASE_URL"]) as portal:
        portal.environment.update(AS_DEPLOYED)
        calls = requests(portal)
        with portal.web():
            load = Load(portal.port, calls[: RATE * WARM], RATE)
            note(f"status_answer: {RATE} messages a second for {SECONDS} seconds ...")
            asyncio.run(load.run(RATE * WARM))
            load.waits.clear()
            load.requests = calls[RATE * WARM :]
            asyncio.run(load.run(RATE * SECONDS))
    assert not load.wrong, f"{len(load.wrong)} messages were not taken, the first: {load.wrong[0]!r}"
    on_disk = Shipment.objects.filter(order__store__merchant__slug=SLUG).count()
    assert on_disk == len(calls), "a message that was answered is not on disk"
    report("status_answer_p50", percentile(load.waits, 0.50), "ms", ALLOWED)
    report("status_answer_p95", percentile(load.waits, 0.95), "ms", ALLOWED)


def requests(portal: Portal) -> list[bytes]:
    """The HTTP requests of all messages: as many orders as there are calls."""
    merchant = make_merchant(name="status_answer", slug=SLUG)
    stores = [make_store(merchant=merchant, slug=f"{SLUG}-{index}") for index in range(STORES)]
    logins = [make_desktop(store) for store in stores]
    each = RATE * (WARM + SECONDS) // STORES
    numbers = [kept(store, each, seed) for seed, store in enumerate(stores)]
    return [
        request(portal, login.username, password, number)
        for place in range(each)
        for (login, password), number in zip(logins, (of_store[place] for of_store in numbers), strict=True)
    ]


def kept(store: Store, count: int, seed: int) -> list[int]:
    """Orders of the store with nothing shipped yet; returns their numbers."""
    raws = raw_orders(count, seed=seed, items=[{"quantity": 2}, {"quantity": 1}])
    keep(store, raws, fetched_at=timezone.now(), road="queue_ack")
    return [raw["id"] for raw in raws]


def request(portal: Portal, username: str, password: str, number: int) -> bytes:
    """One message as the desktop sends it (SETI reference §4.8)."""
    login = {"setifunction": "updatestatus", "setiuser": username, "password": password, "code": ""}
    packages = {"tracknum1": f"1Z{username}{number}", "trackcarrier1": "UPS"} | {
        "tracknum2": f"94{username}{number}",
        "trackcarrier2": "UPS",
    }
    told = {"ordernumber": str(number), "orderstatus": "Order Shipped", "trackcount": "2"}
    body = urlencode(login | told | packages | {"omversion": "7.500"}).encode()
    head = (
        f"POST /seti/ HTTP/1.1\r\nHost: 127.0.0.1:{portal.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
