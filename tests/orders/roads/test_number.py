"""By number with overlap: late check-outs, abandoned baskets, busy hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from orders.pull import pull
from orders.roads import numbers
from stores.sandbox import serve
from tests.factories import store_of
from tests.orders.roads.helpers import ALL, calls, conditions, cursor_of, kept, place, pull_all, shop

pytestmark = pytest.mark.django_db(transaction=True)
YESTERYEAR = timezone.now() - timedelta(days=400)


@pytest.fixture
def sandbox():
    """A quiet store: its orders are old."""
    sandbox = shop(0, skipped_share=0.3)
    place(sandbox, 40, orderdate=int(YESTERYEAR.timestamp()))
    return sandbox


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, page_size=10, strategy="number", number_overlap=8)


def began_after(sandbox) -> int:
    return int(conditions(calls(sandbox, ALL)[0])["id GT"])


def test_numbers_that_baskets_left_behind_do_not_stop_the_pull(sandbox, store):
    assert max(sandbox.orders) - min(sandbox.orders) > 45
    assert pull(store).new == 40
    assert cursor_of(store).highest_number == max(sandbox.orders)


def test_a_pull_begins_behind_the_highest_number_by_the_overlap(sandbox, store):
    pull(store)
    sandbox.calls.clear()
    pulled = pull(store)
    assert began_after(sandbox) == max(sandbox.orders) - 8
    assert 0 < pulled.fetched <= 8
    assert cursor_of(store).number_overlap == 8


def test_a_late_number_inside_the_overlap_arrives(sandbox, store):
    pull(store)
    while max(sandbox.skipped_numbers) <= max(sandbox.orders) - 8:
        place(sandbox, orderdate=int(YESTERYEAR.timestamp()))
    pull(store)
    late = max(number for number in sandbox.skipped_numbers if number < max(sandbox.orders))
    place(sandbox, id=late, orderdate=int(YESTERYEAR.timestamp()))
    pull(store)
    assert late in kept(store)


def test_a_late_number_below_the_overlap_is_left_to_reconciliation(sandbox, store):
    pull(store)
    late = min(sandbox.skipped_numbers)
    place(sandbox, id=late, orderdate=int(YESTERYEAR.timestamp()))
    pull(store)
    assert late not in kept(store)


def test_the_overlap_widens_to_all_numbers_of_the_last_hours(sandbox, store):
    place(sandbox, 25)
    pull(store)
    pull(store)
    first = min(
        number
        for number, order in sandbox.orders.items()
        if order["orderdate"] > timezone.now().timestamp() - 3600
    )
    assert cursor_of(store).number_overlap >= max(sandbox.orders) - first + 1 > 25


def test_a_late_number_arrives_in_a_busy_store_although_the_setting_is_too_small(sandbox, store):
    place(sandbox, 25)
    late = max(number for number in sandbox.skipped_numbers if number < max(sandbox.orders) - 15)
    pull(store)
    place(sandbox, id=late)
    pull(store)
    assert late in kept(store)


def test_the_overlap_widens_with_the_rate_of_the_last_day(sandbox, store):
    hours = 20
    for hour in range(hours):
        place(sandbox, 6, orderdate=int((timezone.now() - timedelta(hours=hours - hour + 3)).timestamp()))
    pull(store)
    pull(store)
    assert cursor_of(store).number_overlap > 8


def test_the_overlap_narrows_again_when_the_store_is_quiet(sandbox, store):
    place(sandbox, 25)
    pull(store)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        pull(store)
        pull(store)
        assert cursor_of(store).number_overlap == 8


def test_a_basket_that_was_open_when_an_outage_began_arrives_after_it_in_a_busy_store(sandbox, store):
    place(sandbox, 25)
    late = max(number for number in sandbox.skipped_numbers if number < max(sandbox.orders) - 15)
    pull(store)
    place(sandbox, id=late)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        pull(store)
        assert late in kept(store)


def test_an_overlap_that_is_longer_than_the_time_of_a_pull_does_not_keep_new_orders_away(sandbox, store):
    store.number_overlap = 35
    store.save()
    pull_all(store)
    new = place(sandbox, 1)
    pull_all(store, slices=6)
    assert new[0] in kept(store)


def test_reading_that_was_interrupted_for_long_begins_anew_so_that_late_numbers_are_inside(sandbox, store):
    store.number_overlap = 35
    store.save()
    pull_all(store)
    pull(store, budget=0)
    began = cursor_of(store).window_after
    late = max(number for number in sandbox.skipped_numbers if max(sandbox.orders) - 35 < number < began)
    with time_machine.travel(timezone.now() + numbers.GO_ON + timedelta(minutes=1)):
        place(sandbox, id=late, orderdate=int(YESTERYEAR.timestamp()))
        pull(store)
        assert late in kept(store)


def test_orders_placed_before_the_start_of_the_store_do_not_come(sandbox, store):
    store.start_from = timezone.now() - timedelta(days=1)
    store.save()
    new = place(sandbox, 3)
    pull(store)
    assert kept(store) == new


def test_the_highest_number_moves_with_each_page(sandbox, store):
    pull(store, budget=0)
    assert cursor_of(store).highest_number == sorted(sandbox.orders)[9]
