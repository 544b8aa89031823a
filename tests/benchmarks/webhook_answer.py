"""webhook_answer: how long Miva waits for the answer to a webhook, at 200 a second for 30 seconds.

Miva calls while the shopper's order is being placed, and opens a connection for each webhook. The calls start
by the clock, whether earlier ones were answered or not, and their time counts from when they were to start: a
stall is not hidden by the calls that it kept from starting.
"""

import asyncio
import os

from orders.models import OrderHint
from stores import webhooks
from stores.miva import shapes
from tests.benchmarks.load import Load
from tests.benchmarks.report import note, percentile, report
from tests.factories import make_merchant, make_store, raw_orders
from tests.portal import Portal, portal_on

RATE, SECONDS, WARM = 200, 30, 2  # calls a second, seconds that count, seconds before
STORES, SLUG = 20, "webhook-answer"
ALLOWED = 200.0  # ms
AS_DEPLOYED = {"DEBUG": "off", "SECRET_KEY": "of-the-benchmark-" * 4, "FERNET_KEYS": "of-the-benchmark"}


def measure() -> None:
    """Post orders to the addresses of some stores, each with a number of its own."""
    with portal_on(os.environ["DATABASE_URL"]) as portal:
        portal.environment.update(AS_DEPLOYED)
        calls = requests(portal)
        with portal.web():
            load = Load(portal.port, calls, RATE)
            note(f"webhook_answer: {RATE} webhooks a second for {SECONDS} seconds ...")
            asyncio.run(load.run(RATE * WARM))
            load.waits.clear()
            asyncio.run(load.run(RATE * SECONDS))
    assert not load.wrong, f"{len(load.wrong)} webhooks were not taken, the first: {load.wrong[0]!r}"
    on_disk = OrderHint.objects.filter(store__merchant__slug=SLUG).exclude(miva_id=0).count()
    assert on_disk == len(load.requests), "a webhook that was answered is not on disk"
    report("webhook_answer_p50", percentile(load.waits, 0.50), "ms", ALLOWED)
    report("webhook_answer_p99", percentile(load.waits, 0.99), "ms", ALLOWED)


def requests(portal: Portal) -> list[bytes]:
    """The HTTP requests of all webhooks: as many different orders as there are calls."""
    merchant = make_merchant(name="webhook_answer", slug=SLUG)
    stores = [make_store(merchant=merchant, slug=f"{SLUG}-{index}") for index in range(STORES)]
    secrets = [webhooks.issue(store).secret for store in stores]
    orders = raw_orders(STORES)
    return [
        request(portal, secrets[index % STORES], orders[index % STORES] | {"id": 10_001 + index})
        for index in range(RATE * SECONDS)
    ]


def request(portal: Portal, secret: str, order: dict[str, object]) -> bytes:
    """One webhook as Miva sends it (Miva reference §15)."""
    body = shapes.encode(order)
    head = (
        f"POST /hooks/miva/{secret}/ HTTP/1.1\r\nHost: 127.0.0.1:{portal.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
