"""stock_visible: seconds from the answer to `invupdate` to Miva having the figure.

The whole way with real processes: gunicorn, a Celery worker, and a Miva store with memory.
"""

import os
import time

from stores.sandbox import SandboxStore, serve
from stores.sandbox.desktop import Desktop
from tests.benchmarks.report import note, percentile, report
from tests.benchmarks.stock import Login, copied
from tests.factories import make_merchant, store_of
from tests.portal import portal_on

CHANGES = 40
ALLOWED = 5.0  # seconds, for 95 of 100 changes
PATIENCE = 60.0  # seconds
LOOK = 0.005  # seconds between two looks at the store's shelf
PAUSE = 0.1  # seconds between a change that has arrived and the next


def measure() -> None:
    """Change one SKU after the other and wait until Miva has it."""
    sandbox = SandboxStore(seed=21)
    with (
        portal_on(os.environ["DATABASE_URL"]) as portal,
        serve(sandbox) as server,
        portal.web(),
        portal.worker(),
    ):
        merchant = make_merchant(name="stock_visible", slug="stock-visible")
        store = store_of(sandbox, server, merchant=merchant, slug="stock-visible")
        copied(store)
        login = Login.of(store)
        with Desktop(f"{portal.url}/seti/", login.username, login.password) as desktop:
            note(f"stock_visible: {CHANGES} changes, one after the other ...")
            waits = [wait(sandbox, desktop) for _ in range(CHANGES)]
    report("stock_visible_p50", percentile(waits, 0.50), "s", ALLOWED)
    report("stock_visible_p95", percentile(waits, 0.95), "s", ALLOWED)


def wait(sandbox: SandboxStore, desktop: Desktop) -> float:
    """Lower a figure by one and return the seconds from the answer until Miva has it."""
    time.sleep(PAUSE)
    wanted = (sandbox.stock("mug-11") or 0) - 1
    assert desktop.adjust("mug-11", -1)["qoh"] == str(wanted)
    began = time.monotonic()
    while sandbox.stock("mug-11") != wanted:
        assert time.monotonic() - began < PATIENCE, "the change did not arrive"
        time.sleep(LOOK)
    return time.monotonic() - began
