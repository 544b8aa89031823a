"""Races on purpose: many workers at the outbox of one store."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from stores import outbox
from stores.draining import drain
from stores.outbox import claim
from tests.factories import make_store
from tests.parcels import Parcel, make_order, make_parcels, tables
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


@pytest.fixture(autouse=True)
def _outboxes(transactional_db):
    with tables():
        yield


@pytest.fixture
def store():
    return make_store()


def test_many_workers_push_each_row_once(store):
    make_parcels(store, 24)
    pushed: Counter[int] = Counter()

    def push(claimed):
        pushed.update(row.pk for row in claimed.rows)
        claimed.settle(claimed.rows[0])

    results = at_once(WORKERS, lambda _: drain(Parcel, store, push, budget=20))
    assert not [result for result in results if isinstance(result, Exception)]
    drain(Parcel, store, push, budget=20)
    assert len(pushed) == 24
    assert set(pushed.values()) == {1}


def test_control_without_the_claim_the_same_workers_push_rows_again(store):
    """Proves that the race above happens."""
    make_parcels(store, 4)
    read = threading.Barrier(WORKERS)
    pushed: Counter[int] = Counter()

    def careless(_: int) -> None:
        rows = list(Parcel.objects.filter(outbox.OPEN, store=store))
        read.wait(10)
        pushed.update(row.pk for row in rows)

    at_once(WORKERS, careless)
    assert set(pushed.values()) == {WORKERS}


def test_two_rows_of_one_order_are_never_pushed_together(store):
    order = make_order(store)
    for _ in range(10):
        Parcel.objects.all().delete()
        make_parcels(store, WORKERS, order)
        claims = [held for held in at_once(WORKERS, lambda _: claim(Parcel, store)) if held]
        assert [len(held.rows) for held in claims] == [1]


def test_control_without_the_lock_of_the_lane_two_rows_of_one_order_are_taken_together(store):
    """Proves that the look and the claim alone would not do: both workers look before either has claimed."""
    order = make_order(store)
    parcels = make_parcels(store, 2, order)
    looked = threading.Barrier(2)

    def without_the_lock(index: int) -> bool:
        now = parcels[index].due_at
        free = list(outbox._due(Parcel, store, now))
        looked.wait(10)
        return outbox._take(Parcel, [free[index].pk], parcels[index].lease, now)

    assert at_once(2, without_the_lock) == [True, True]
