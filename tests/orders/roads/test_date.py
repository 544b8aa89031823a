"""The date range: what was placed since the last pull began, less the overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from orders.pull import pull
from stores.sandbox import serve
from tests.factories import store_of
from tests.orders.roads.helpers import ALL, calls, conditions, cursor_of, kept, place, shop

pytestmark = pytest.mark.django_db(transaction=True)
DAY = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(DAY) as traveller:
        yield traveller


@pytest.fixture
def sandbox(clock):
    return shop(6)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, page_size=5, strategy="date")


def asked_since(sandbox) -> datetime:
    return datetime.fromtimestamp(int(conditions(calls(sandbox, ALL)[-1])["orderdate GE"]), UTC)


def test_the_first_pull_has_no_range_and_the_second_begins_an_overlap_before_the_first(sandbox, store, clock):
    pull(store)
    assert "orderdate GE" not in conditions(calls(sandbox, ALL)[-1])
    clock.shift(timedelta(hours=5))
    pull(store)
    assert timedelta(0) <= DAY - timedelta(minutes=60) - asked_since(sandbox) < timedelta(seconds=2)


def test_orders_outside_the_range_are_not_fetched_again(sandbox, store, clock):
    pull(store)
    clock.shift(timedelta(hours=5))
    pull(store)
    new = place(sandbox, 2)
    pulled = pull(store)
    assert (pulled.fetched, pulled.new) == (2, 2)
    assert set(new) <= set(kept(store))


def test_an_order_that_shows_up_late_within_the_overlap_arrives(sandbox, store, clock):
    pull(store)
    clock.shift(timedelta(minutes=30))
    late = place(sandbox, 1, orderdate=int((DAY - timedelta(minutes=20)).timestamp()))
    pull(store)
    assert late[0] in kept(store)


def test_an_order_that_shows_up_later_than_the_overlap_is_left_to_reconciliation(sandbox, store, clock):
    store.overlap_minutes = 10
    store.save()
    pull(store)
    clock.shift(timedelta(minutes=30))
    late = place(sandbox, 1, orderdate=int((DAY - timedelta(minutes=20)).timestamp()))
    pull(store)
    assert late[0] not in kept(store)


def test_an_edit_does_not_come_by_date(sandbox, store, clock):
    pull(store)
    clock.shift(timedelta(hours=5))
    pull(store)
    sandbox.edit_order(min(sandbox.orders), ship_city="Editedville")
    assert pull(store).fetched == 0


def test_the_cursor_stands_where_the_last_pull_was_asked_for(store, clock):
    pull(store)
    assert timedelta(0) <= cursor_of(store).since - DAY < timedelta(seconds=5)


@pytest.mark.parametrize("minutes", [0, 10_080])
def test_the_overlap_is_the_stores_own(sandbox, store, clock, minutes):
    store.overlap_minutes = minutes
    store.save()
    pull(store)
    since = cursor_of(store).since
    clock.shift(timedelta(minutes=5))
    pull(store)
    assert timedelta(0) <= since - timedelta(minutes=minutes) - asked_since(sandbox) < timedelta(seconds=2)
