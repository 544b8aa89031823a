"""qohreplace_10k: seconds to answer 10,000 counts in one message, and seconds until Miva holds them.

The limit of the second is the same number of multicalls alone: the same counts set by the client from a list in memory. Both
keep to the request limit that a store has from the beginning.
"""

import os
import time

from inventory.push import push_due
from stores.miva.inventory import MOST_CHANGED, set_stock
from stores.models import Store
from stores.sandbox import SandboxStore, serve
from stores.sandbox.desktop import Desktop
from stores.wires import miva_for
from tests.benchmarks.report import note, report
from tests.benchmarks.stock import Login, copied
from tests.factories import make_merchant, store_of
from tests.portal import portal_on

SKUS = 10_000
ANSWER_ALLOWED = 3.0  # seconds


def measure() -> None:
    """Set as many counts as there are products, then the same by multicalls alone."""
    sandbox = SandboxStore(seed=21)
    numbers = [
        sandbox.add_product(f"p{number}", sku=f"P-{number}", product_inventory=1)["id"]
        for number in range(SKUS)
    ]
    with portal_on(os.environ["DATABASE_URL"]) as portal, serve(sandbox) as server, portal.web():
        merchant = make_merchant(name="qohreplace_10k", slug="qohreplace-10k")
        store = store_of(sandbox, server, merchant=merchant, slug="qohreplace-10k", page_size=500)
        note("qohreplace_10k: the catalogue is read ...")
        copied(store)
        store.requests_per_second = Store._meta.get_field("requests_per_second").get_default()
        store.save()
        note(f"qohreplace_10k: {SKUS} counts ...")
        answered = answer(portal.url, Login.of(store))
        began = time.monotonic()
        drained = push_due(store, budget=600)
        pushed = time.monotonic() - began
        assert drained.done == SKUS
        assert all(sandbox.stock(f"p{number}") == number for number in range(SKUS))
        alone = multicalls(store, numbers)
    report("qohreplace_10k_answer", answered, "s", ANSWER_ALLOWED)
    report("qohreplace_10k_in_miva", SKUS / pushed, "SKUs/s", SKUS / alone)


def answer(url: str, login: Login) -> float:
    """Send all counts in one message; returns the seconds until the answer."""
    with Desktop(f"{url}/seti/", login.username, login.password) as desktop:
        began = time.monotonic()
        results = desktop.replace({f"p{number}": number for number in range(SKUS)})
        seconds = time.monotonic() - began
    assert set(results.values()) == {"OK"}
    return seconds


def multicalls(store: Store, numbers: list[int]) -> float:
    """Set the same counts by multicalls and nothing else; returns the seconds."""
    client = miva_for(store)
    began = time.monotonic()
    for start in range(0, SKUS, MOST_CHANGED):
        portion = numbers[start : start + MOST_CHANGED]
        assert not set_stock(client, {number: place for place, number in enumerate(portion, start)})
    return time.monotonic() - began
