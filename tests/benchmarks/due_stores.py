"""due_stores: how long the clock needs to find 10,000 due stores and to tell the workers, among as many that are not due.

The limit is one SELECT of the same rows. `due_stores_taken` is what it costs a worker to get its next store out of the 10,000
that wait; its limit is reading and writing a row by its key, with nothing to choose.
"""

import statistics
import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from orders.tasks import due_stores
from stores import cursors
from stores.models import Merchant, PullCursor, Store
from tests.benchmarks.report import report

DUE, ROUNDS, TAKEN = 10_000, 20, 1_000


def measure() -> None:
    """Tell the workers about the same stores again and again, then take some of them as workers do."""
    filled()
    for _ in range(3):
        timed(due_stores)
        timed(select)
    assert due_stores() == DUE
    report("due_stores", middle(due_stores), "ms", middle(select))
    now = timezone.now()
    began = time.perf_counter()
    taken = {cursors.take(now) for _ in range(TAKEN)}
    milliseconds = (time.perf_counter() - began) * 1000 / TAKEN
    assert len(taken) == TAKEN
    assert None not in taken
    report("due_stores_taken", milliseconds, "ms", by_key(sorted(taken)))  # type: ignore[type-var]
    Store.objects.filter(
        merchant__slug__startswith="due-"
    ).delete()  # the other benchmarks have the same database
    Merchant.objects.filter(slug__startswith="due-").delete()


def filled() -> None:
    """Ten thousand stores whose turn it is, and as many whose turn it is not, of a hundred merchants."""
    merchants = [Merchant.objects.create(name=f"Due {number}", slug=f"due-{number}") for number in range(100)]
    stores = Store.objects.bulk_create(
        Store(
            merchant=merchants[number % 100],
            name=f"Store {number}",
            slug=f"due-{number}",
            endpoint="https://127.0.0.1:9/mm5/json.mvc",
            store_code="SHOP",
        )
        for number in range(2 * DUE)
    )
    now = timezone.now()
    PullCursor.objects.update(due_at=now + timedelta(hours=1))  # what other benchmarks left is not counted
    PullCursor.objects.bulk_create(
        PullCursor(store=store, due_at=now + timedelta(seconds=(-1 if number % 2 else 1) * (60 + number)))
        for number, store in enumerate(stores)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what autovacuum does within minutes


def select() -> int:
    """Read the ids of the same rows."""
    return len(list(cursors.waiting(timezone.now()).values_list("store_id", flat=True)))


def by_key(store_ids: list[int]) -> float:
    """Return the milliseconds for reading and writing one row by its key."""
    began = time.perf_counter()
    for store_id in store_ids:
        PullCursor.objects.filter(store_id=store_id).values_list("store_id", flat=True).get()
        PullCursor.objects.filter(store_id=store_id).update(nudged_at=timezone.now())
    return (time.perf_counter() - began) * 1000 / len(store_ids)


def middle(work: object) -> float:
    """Return the median time of some rounds, in ms."""
    return statistics.median(timed(work) for _ in range(ROUNDS))


def timed(work: object) -> float:
    """Return how long one call takes, in ms."""
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return (time.perf_counter() - began) * 1000
