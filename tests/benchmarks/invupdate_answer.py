"""invupdate_answer: how long a desktop waits for the answer to `invupdate` at 100 a second, and how many one process answers.

The answer comes when ledger and pending push are on disk. The limit of the throughput is a view of Django REST framework that
writes one row, measured in the same way.
"""

import asyncio
import os
import time

from inventory.models import StockChange
from tests.benchmarks.load import Load
from tests.benchmarks.report import note, percentile, report
from tests.benchmarks.stock import Login, http, stocked
from tests.factories import make_merchant, make_store
from tests.portal import Portal, portal_on

RATE, SECONDS, WARM = 100, 20, 2  # messages a second, seconds that count, seconds before
STORES, PRODUCTS, SLUG = 50, 40, "invupdate-answer"  # the throttle of one login is far away
AT_ONCE = 8  # calls under way when the throughput is measured
ALLOWED = 100.0  # ms
AS_DEPLOYED = {"DEBUG": "off", "SECRET_KEY": "of-the-benchmark-" * 4, "FERNET_KEYS": "of-the-benchmark"}


def measure() -> None:
    """Change stock of some stores: by the clock, then as fast as one process can, then the same with the plain view."""
    with portal_on(os.environ["DATABASE_URL"]) as portal:
        portal.environment.update(AS_DEPLOYED)
        calls = requests(portal)
        with portal.web():
            load = Load(portal.port, calls, RATE)
            note(f"invupdate_answer: {RATE} messages a second for {SECONDS} seconds ...")
            asyncio.run(load.run(RATE * WARM))
            load.waits.clear()
            asyncio.run(load.run(RATE * SECONDS))
        assert not load.wrong, f"{len(load.wrong)} messages were not taken, the first: {load.wrong[0]!r}"
        on_disk = StockChange.objects.filter(store__merchant__slug=SLUG).count()
        assert on_disk == RATE * (WARM + SECONDS), "a change that was answered is not on disk"
        ours = throughput(portal, calls)
        portal.environment["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.one_row_settings"
        plain = throughput(portal, calls)
    report("invupdate_answer_p50", percentile(load.waits, 0.50), "ms", ALLOWED)
    report("invupdate_answer_p99", percentile(load.waits, 0.99), "ms", ALLOWED)
    report("invupdate_answer_throughput", ours, "requests/s", plain)


def requests(portal: Portal) -> list[bytes]:
    """Changes of many SKUs in several stores."""
    merchant = make_merchant(name="invupdate_answer", slug=SLUG)
    stores = [make_store(merchant=merchant, slug=f"{SLUG}-{index}") for index in range(STORES)]
    codes = next(iter([stocked(store, PRODUCTS) for store in stores]))
    logins = [Login.of(store) for store in stores]
    return [http(portal, login.form("invupdate", update=f"{code}~-1")) for code in codes for login in logins]


def throughput(portal: Portal, calls: list[bytes]) -> float:
    """Requests a second that one worker process answers."""
    with portal.web(workers=1):
        load = Load(portal.port, calls, RATE)
        asyncio.run(load.run(RATE * WARM))
        load.waits.clear()
        seconds = asyncio.run(busy(load))
    assert not load.wrong, f"the first wrong answer: {load.wrong[0]!r}"
    return len(load.waits) / seconds


async def busy(load: Load) -> float:
    """Keep AT_ONCE calls under way until each message was sent; returns the seconds."""
    waiting = iter(load.requests)

    async def caller() -> None:
        for request in waiting:
            await load.call(request, time.perf_counter())

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    return time.perf_counter() - began
