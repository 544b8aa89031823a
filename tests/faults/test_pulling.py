"""The fault table over every call that a pull makes, by every strategy: nothing lost, nothing doubled, all of it said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import ReceivedPage
from orders.pull import pull
from stores.miva.errors import MivaError
from stores.models import Exchange, Store
from stores.sandbox import SandboxStore, serve
from tests.factories import store_of
from tests.faults.table import (
    ACKNOWLEDGE,
    CALLS,
    FAILING,
    HARMLESS,
    NUMBERLESS,
    WHILE_PAGING,
    WITHHELD,
    Misfortune,
    assert_each_once_in_its_latest_version,
    reconciled,
    recount,
    strike,
    unpaid,
)
from tests.orders.roads.helpers import cursor_of, health, kept, place, set_up, shop

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = [(strategy, function, nth) for strategy, made in CALLS.items() for function, nth in made]
PAGES = [
    (strategy, function, nth) for strategy, function, nth in PLACES if function != ACKNOWLEDGE and nth < 4
]
BY_RANGE = ("date", "updated")

every_place = pytest.mark.parametrize(("strategy", "function", "nth"), PLACES)
every_page = pytest.mark.parametrize(("strategy", "function", "nth"), PAGES)


@contextmanager
def waiting_orders(strategy: str) -> Iterator[tuple[SandboxStore, Store]]:
    """A store that was pulled well before its seven orders came."""
    sandbox = shop(0)
    set_up(sandbox, strategy)
    with serve(sandbox) as server:
        store = store_of(sandbox, server, page_size=3, strategy=strategy)
        pull(store)
        place(sandbox, 7)
        yield sandbox, store


def delivered(sandbox, strategy: str) -> set[int]:
    """What Miva delivers by this strategy: its workflow puts nothing into the queue that has no payment."""
    by_queue = strategy in ("queue", "queue_ack")
    return {number for number, order in sandbox.orders.items() if order["payments"] or not by_queue}


@every_place
def test_no_fault_costs_an_order_and_support_is_told_of_each(subtests, strategy, function, nth):
    for name, misfortune in FAILING.items():
        with subtests.test(name), waiting_orders(strategy) as (sandbox, store):
            strike(sandbox, misfortune, function, nth)
            a_pull_that_fails_is_made_good(sandbox, store, misfortune)
            assert Exchange.objects.of(store).exclude(outcome=Exchange.Outcome.OK).exists()


def a_pull_that_fails_is_made_good(sandbox, store, misfortune: Misfortune) -> None:
    waiting = unpaid(sandbox)
    good_at = cursor_of(store).last_good_at
    with pytest.raises(MivaError):
        pull(store)
    assert [taken.kind for taken in sandbox.faults.taken] == [misfortune.kind]
    assert_support_is_told(store, good_at, retry_after=misfortune.options.get("retry_after"))
    sandbox.faults.clear()

    lost = delivered(sandbox, store.strategy) - set(kept(store)) - set(sandbox.queues["new_and_updated"])
    edited = min(sandbox.orders)
    recount(sandbox, edited)
    sandbox.record_payment(waiting)
    place(sandbox, 2)
    pull(store)
    assert health(store).state == "ok"
    assert cursor_of(store).last_good_at > good_at
    if store.strategy in BY_RANGE:
        pull(
            store
        )  # the first one ended the range that was interrupted; what changed meanwhile is in the next
    if store.strategy == "queue" and misfortune.acted:
        # Delivery is at most once: what the lost answer held is found by comparing.
        assert set(reconciled(store).missing) == lost - {edited}
    assert_each_once_in_its_latest_version(sandbox, store, delivered(sandbox, store.strategy))
    assert not ReceivedPage.objects.of(store).exists()


def assert_support_is_told(store, good_at, retry_after) -> None:
    seen = health(store)
    cursor = cursor_of(store)
    assert (seen.state, cursor.last_good_at, cursor.leased_until) == ("failing", good_at, None)
    assert seen.sentence.endswith(".")
    assert cursor.problem_since is not None
    assert cursor.due_at >= timezone.now() + timedelta(seconds=retry_after or 60) - timedelta(seconds=5)


@every_place
def test_what_is_only_late_or_a_little_off_is_no_failure(subtests, strategy, function, nth):
    for name, misfortune in HARMLESS.items():
        with subtests.test(name), waiting_orders(strategy) as (sandbox, store):
            unpaid(sandbox)
            strike(sandbox, misfortune, function, nth)
            pull(store)
            assert len(sandbox.faults.taken) == 1
            assert health(store).state == "ok"
            assert set(kept(store)) == delivered(sandbox, strategy)


@every_page
def test_pages_that_change_while_they_are_read_cost_and_double_nothing(subtests, strategy, function, nth):
    for kind in WHILE_PAGING:
        with subtests.test(kind), waiting_orders(strategy) as (sandbox, store):
            there_before = (
                2 if kind == "duplicate_order" else 1
            )  # an earlier page, of which an order comes again
            strike(sandbox, Misfortune(kind), function, max(nth, there_before))
            pull(store)
            assert [taken.kind for taken in sandbox.faults.taken] == [kind]
            pay_all(sandbox)
            pull(store)
            assert health(store).state == "ok"
            assert_each_once_in_its_latest_version(sandbox, store, delivered(sandbox, strategy))


@every_page
def test_a_page_that_counts_its_orders_and_shows_none_is_a_failure_that_is_made_good(strategy, function, nth):
    with waiting_orders(strategy) as (sandbox, store):
        strike(sandbox, WITHHELD, function, nth)
        a_pull_that_fails_is_made_good(sandbox, store, WITHHELD)


@every_page
def test_a_record_without_a_number_costs_no_order_and_support_is_told(strategy, function, nth):
    with waiting_orders(strategy) as (sandbox, store):
        strike(sandbox, NUMBERLESS, function, nth)
        pull(store)
        assert "without an order number" in health(store).sentence
        pull(store)
        assert health(store).state == "ok"
        assert_each_once_in_its_latest_version(sandbox, store, delivered(sandbox, strategy))


def pay_all(sandbox) -> None:
    for number, order in sandbox.orders.items():
        if not order["payments"] and order["total"]:
            sandbox.record_payment(number)


@every_place
def test_faults_in_three_pulls_running_cost_no_order(strategy, function, nth):
    with waiting_orders(strategy) as (sandbox, store):
        for kind in ("reset_before", "status", "api_offline"):
            sandbox.faults.add(kind, function=function)
            with pytest.raises(MivaError):
                pull(store)
        assert cursor_of(store).failures == 3
        pull(store)
        assert cursor_of(store).failures == 0
        assert_each_once_in_its_latest_version(sandbox, store, delivered(sandbox, strategy))


def test_an_acknowledgement_that_fails_stops_no_page_and_is_repeated(subtests):
    for name, misfortune in FAILING.items():
        with subtests.test(name), waiting_orders("queue_ack") as (sandbox, store):
            strike(sandbox, misfortune, ACKNOWLEDGE, 1)
            with pytest.raises(MivaError):
                pull(store)
            assert set(kept(store)) == set(sandbox.orders)
            pull(store)
            assert not sandbox.queues["new_and_updated"]
            assert set(sandbox.queues["successfully_retrieved_orders"]) == set(sandbox.orders)
            assert cursor_of(store).failures == 0
