"""How *Orders to Stone Edge* is judged: each state by what brings it about."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from orders.health import not_given_anywhere, summaries, summary
from orders.models import Download, Order
from stores.health import Fixer, Service, State
from stores.models import Desktop
from tests.factories import make_desktop, make_store
from tests.parcels import make_order

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
places = itertools.count(1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def store():
    return make_store()


def call(store, **ago) -> None:
    """A desktop of the store called so long ago."""
    Desktop.objects.filter(store=store).update(last_seen_at=timezone.now() - timedelta(**ago))


def place(store, state=Order.State.EXPORTABLE) -> Order:
    """An order; ready ones have their place in the sequence."""
    order = make_order(store)
    order.state = state
    if state == Order.State.EXPORTABLE:
        order.export_number, order.numbered_at = next(places), timezone.now()
    order.save()
    return order


def give(store, order) -> None:
    """A desktop was given everything up to this order."""
    Download.objects.create(
        store=store, first_number=order.export_number, last_number=order.export_number, count=1
    )


def test_without_a_login_nothing_can_start_and_support_has_to_issue_one(store):
    health = summary(store)
    assert (health.service, health.state, health.fixer) == (Service.ORDERS_OUT, State.NEVER, Fixer.SUPPORT)
    assert health.needs_attention


def test_a_login_that_never_called_is_the_merchants_to_use(store):
    make_desktop(store)
    health = summary(store)
    assert (health.state, health.fixer) == (State.NEVER, Fixer.MERCHANT)
    assert "never called" in health.sentence


def test_a_login_that_is_switched_off_is_none(store):
    make_desktop(store, active=False)
    assert "no Stone Edge login" in summary(store).sentence


def test_a_desktop_that_called_and_was_given_nothing_is_not_called_ok(store):
    make_desktop(store)
    call(store, minutes=5)
    health = summary(store)
    assert (health.state, health.last_good_at, health.needs_attention) == (State.NEVER, None, False)
    place(store)
    assert summary(store).state == State.NEVER


def test_it_is_ok_when_everything_was_given(store):
    make_desktop(store)
    call(store, minutes=5)
    give(store, place(store))
    health = summary(store)
    assert (health.state, health.waiting) == (State.OK, 0)
    assert (health.last_tried_at, health.last_good_at) == (NOW - timedelta(minutes=5), NOW)


def test_orders_that_wait_for_the_next_import_are_ok_and_counted_with_their_age(store, clock):
    make_desktop(store)
    call(store, minutes=5)
    give(store, place(store))
    place(store)
    clock.shift(timedelta(hours=3))
    place(store)
    health = summary(store)
    assert (health.state, health.waiting, health.oldest_waiting_at) == (State.OK, 2, NOW)


def test_orders_that_wait_for_more_than_a_day_make_it_late(store, clock):
    make_desktop(store)
    place(store)
    clock.shift(timedelta(days=1, minutes=1))
    call(store, minutes=5)
    health = summary(store)
    assert (health.state, health.fixer) == (State.LATE, Fixer.MERCHANT)
    assert "Stone Edge calls" in health.sentence


def test_a_silent_desktop_is_named_as_the_cause(store, clock):
    make_desktop(store)
    call(store, minutes=0)
    place(store)
    clock.shift(timedelta(days=1, minutes=1))
    assert "not called for more than a day" in summary(store).sentence


def test_a_silent_desktop_for_which_nothing_waits_is_no_problem(store):
    make_desktop(store)
    give(store, place(store))
    call(store, days=9)
    assert summary(store).good


def test_held_orders_are_told_and_are_supports(store):
    make_desktop(store)
    call(store, minutes=5)
    give(store, place(store))
    place(store, Order.State.HELD)
    health = summary(store)
    assert (health.state, health.held, health.fixer) == (State.HELD, 1, Fixer.SUPPORT)
    assert health.sentence == "1 order is held."


def test_waiting_too_long_is_worse_than_held(store, clock):
    make_desktop(store)
    place(store)
    place(store, Order.State.HELD)
    clock.shift(timedelta(days=2))
    health = summary(store)
    assert (health.state, health.held) == (State.LATE, 1)


def test_a_paused_store_still_gives_orders_and_one_that_is_off_does_not():
    paused, off = make_store(paused_reason="moving"), make_store(active=False)
    for store in (paused, off):
        make_desktop(store)
        call(store, minutes=5)
        give(store, place(store))
    assert (summary(paused).state, summary(off).state) == (State.OK, State.OFF)


def test_many_stores_are_judged_with_two_queries(django_assert_num_queries):
    stores = [make_store() for _ in range(4)]
    for store in stores:
        make_desktop(store)
        place(store)
    with django_assert_num_queries(2):
        healths = summaries(stores)
    assert [healths[store.pk].waiting for store in stores] == [1, 1, 1, 1]


def test_the_list_of_what_waits_is_what_the_healths_count():
    here, there = make_store(), make_store()
    given, waits, held = place(here), place(here), place(there, Order.State.HELD)
    give(here, given)
    also = place(there)
    found = Order.objects.filter(not_given_anywhere())
    assert set(found) == {waits, also}
    assert held not in found
    assert found.count() == sum(health.waiting for health in summaries([here, there]).values())
