"""What every road keeps to: page by number, start time first, cursor with the commit, duplicates harmless."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from orders.models import Order
from orders.pull import pull
from orders.roads import AFTER_A_QUEUE
from stores.cursors import LeaseLost
from stores.miva.errors import MivaDown, MivaError
from stores.models import AuditEntry
from stores.sandbox import serve
from stores.sandbox.workflows import NEW_AND_UPDATED
from tests.factories import store_of
from tests.orders.roads.helpers import (
    LIST_OF,
    QUEUE,
    calls,
    choose,
    conditions,
    cursor_of,
    dense,
    interrupt,
    kept,
    let_go,
    once,
    place,
    pull_all,
    set_up,
    shop,
    sorted_all,
)

pytestmark = pytest.mark.django_db(transaction=True)
ROADS = list(LIST_OF)
BY_WINDOW = ["date", "updated"]


@pytest.fixture(params=ROADS)
def strategy(request):
    return request.param


@pytest.fixture
def sandbox(strategy):
    sandbox = shop(0)
    set_up(sandbox, strategy)
    place(sandbox, 12)
    return sandbox


@pytest.fixture
def store(sandbox, strategy):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, page_size=5, strategy=strategy)


def test_a_first_pull_without_a_cursor_brings_every_order_once(sandbox, store):
    assert pull(store).new == 12
    assert kept(store) == sorted(sandbox.orders)
    assert dense(store)


def test_pages_go_by_number_and_never_ask_for_everything(sandbox, store, strategy):
    pull(store)
    asked = [call for call in calls(sandbox, LIST_OF[strategy]) if "id GT" in conditions(call)]
    assert len(asked) == 3
    assert [int(conditions(call)["id GT"]) for call in asked] == [0, *sorted(sandbox.orders)[4:10:5]]
    assert {
        (call.parameters["Count"], call.parameters["Offset"], call.parameters["Sort"]) for call in asked
    } == {(5, 0, "id")}


def test_a_second_pull_is_a_success_and_doubles_nothing(sandbox, store):
    pull(store)
    again = pull(store)
    assert (again.new, again.updated) == (0, 0)
    assert kept(store) == sorted(sandbox.orders)


@pytest.mark.parametrize("fault", ["duplicate_order", "order_added_while_paging"])
def test_a_list_that_changes_under_our_feet_loses_and_doubles_nothing(sandbox, store, strategy, fault):
    sandbox.faults.add(fault, function=LIST_OF[strategy], times=2)
    pull(store)
    assert len(sandbox.faults.taken) == 2
    sandbox.faults.clear()
    pull(store)
    assert kept(store) == sorted(
        number
        for number, order in sandbox.orders.items()
        if order["payments"] or strategy not in ("queue", "queue_ack")
    )
    assert dense(store)


@pytest.mark.parametrize("page", [1, 3])
def test_a_page_that_counts_orders_and_shows_none_is_not_the_end(sandbox, store, strategy, page):
    withhold(sandbox, LIST_OF[strategy], page)
    with pytest.raises(MivaDown, match="shows none of them"):
        pull(store)
    assert cursor_of(store).last_good_at is None
    pull(store)
    assert kept(store) == sorted(sandbox.orders)


def withhold(sandbox, function: str, page: int) -> None:
    """Let the page of that number count its orders and show none."""
    plan = partial(sandbox.faults.add, "rows_withheld", function)
    if page == 1:
        plan()
    else:
        sandbox.before_reply.append(once(function, plan, at=page - 1))


def test_a_record_without_a_number_on_every_page_stops_no_pull_and_is_said(sandbox, store, strategy):
    sandbox.faults.add("row_without_id", LIST_OF[strategy], times=None)
    assert pull(store).new == 12
    assert "without an order number" in cursor_of(store).problem


def test_an_order_that_is_edited_while_pages_are_read_arrives(sandbox, store, strategy):
    last = max(sandbox.orders)
    sandbox.before_reply.append(
        once(LIST_OF[strategy], lambda: sandbox.edit_order(last, ship_city="Editedville"))
    )
    pull(store)
    assert Order.objects.get(miva_id=last).raw["ship_city"] == "Editedville"
    assert kept(store) == sorted(sandbox.orders)


@pytest.mark.parametrize("fault", ["reset_before", "api_offline", "html", "empty"])
def test_a_fault_in_the_middle_costs_nothing(sandbox, store, strategy, fault):
    """A queue without acknowledgement counts as delivered what it has acted upon: its faults come before that here."""
    pull(store, budget=0)
    sandbox.faults.add(fault, function=LIST_OF[strategy])
    with pytest.raises(MivaError):
        pull(store)
    assert len(kept(store)) == 5
    pull(store)
    assert kept(store) == sorted(sandbox.orders)
    assert dense(store)


def test_a_time_that_ends_after_each_page_still_reaches_the_end(sandbox, store):
    pulled = pull_all(store)
    assert [each.new for each in pulled[:3]] == [5, 5, 2]
    assert kept(store) == sorted(sandbox.orders)


def test_orders_are_not_fetched_again_where_the_time_ended(sandbox, store):
    assert sum(each.fetched for each in pull_all(store)) == 12


def test_the_cursor_does_not_move_with_a_page_that_is_not_kept(sandbox, store):
    def place_of() -> tuple[object, ...]:
        cursor = cursor_of(store)
        return cursor.since, cursor.window_road, cursor.window_after, cursor.highest_number

    before = place_of()
    interrupt(sandbox, store, page=1)
    with pytest.raises(LeaseLost):
        pull(store)
    assert kept(store) == []
    assert place_of() == before


def test_a_worker_that_loses_the_store_in_the_middle_leaves_nothing_behind(sandbox, store):
    interrupt(sandbox, store, page=2)
    with pytest.raises(LeaseLost):
        pull(store)
    assert len(kept(store)) == 5
    let_go(store)
    pull(store)
    assert kept(store) == sorted(sandbox.orders)
    assert dense(store)


@pytest.mark.parametrize("following", ROADS)
def test_a_change_of_strategy_in_the_middle_of_a_pull_loses_nothing(sandbox, store, strategy, following):
    pull(store, budget=0)
    more = place(sandbox, 3)
    set_up(sandbox, following)
    choose(store, following)
    pull(store)
    assert kept(store) == sorted(sandbox.orders)
    choose(store, strategy)
    set_up(sandbox, strategy)
    still_more = place(sandbox, 3)
    pull(store)
    assert kept(store) == sorted(sandbox.orders)
    assert set(sorted_all(more, still_more)) <= set(kept(store))
    assert dense(store)


@pytest.mark.parametrize("following", ["date", "updated", "number"])
@pytest.mark.parametrize("strategy", ["queue", "queue_ack"])
def test_after_a_queue_another_strategy_brings_no_history_that_the_queue_did_not(
    sandbox, store, strategy, following
):
    """Stone Edge would be given years of orders that it has from elsewhere."""
    pull(store)
    old = place(sandbox, 7, orderdate=int((timezone.now() - timedelta(days=400)).timestamp()))
    unqueued = place(sandbox)[0]
    for number in (*old, unqueued):
        sandbox.queues[NEW_AND_UPDATED].pop(number)
    choose(store, following)
    pull(store, budget=0)
    pull(store)
    pull(store)
    assert kept(store) == sorted(set(sandbox.orders) - set(old))
    entry = AuditEntry.objects.get(verb="start set")
    assert (entry.before, entry.reason) == ({"start_from": None}, AFTER_A_QUEUE)


@pytest.mark.parametrize("following", ["date", "updated", "number"])
@pytest.mark.parametrize("strategy", ["queue_ack"])
@pytest.mark.parametrize("ended", ["by its budget", "by a fault"])
def test_what_was_left_in_a_queue_when_the_strategy_changed_is_brought_however_long_it_had_waited(
    sandbox, store, following, ended
):
    """A weekend's orders wait when a store is connected; support changes its mind after the first page."""
    waited = int((timezone.now() - timedelta(days=3)).timestamp())
    for number in sandbox.orders:
        sandbox.edit_order(number, orderdate=waited)
    if ended == "by its budget":
        pull(store, budget=0)
    else:
        sandbox.before_reply.append(
            once(QUEUE, lambda: sandbox.faults.add("status", function=QUEUE, code=403))
        )
        with pytest.raises(MivaError):
            pull(store)
    assert 0 < len(kept(store)) < 12
    sandbox.faults.clear()
    old = place(sandbox, 2, orderdate=waited - 400 * 24 * 3600)
    choose(store, following)
    for _ in range(3):
        pull(store)
    assert kept(store) == sorted(set(sandbox.orders) - set(old))


class TestWindows:
    """Date range and last update, whose range has a beginning and a place inside."""

    @pytest.fixture(params=BY_WINDOW)
    def strategy(self, request):
        return request.param

    def test_the_start_time_is_taken_before_the_first_page(self, sandbox, store):
        began = timezone.now()
        seen = []
        sandbox.before_reply.append(once("OrderList_Load_Query", lambda: seen.append(timezone.now())))
        pull(store)
        assert began <= cursor_of(store).since < seen[0]

    def test_an_order_with_a_low_number_that_comes_while_pages_are_read_arrives_with_the_next_pull(
        self, sandbox, store
    ):
        low = min(sandbox.orders) - 1
        sandbox.before_reply.append(once("OrderList_Load_Query", lambda: place(sandbox, id=low), at=2))
        pull(store)
        assert low not in kept(store)
        pull(store)
        assert low in kept(store)

    def test_an_interrupted_range_goes_on_where_it_was(self, sandbox, store):
        sandbox.before_reply.append(once("OrderList_Load_Query", lambda: setattr(sandbox, "enabled", False)))
        with pytest.raises(MivaError):
            pull(store)
        begun = cursor_of(store)
        assert (begun.window_after, begun.since) == (sorted(sandbox.orders)[4], None)
        sandbox.enabled = True
        assert pull(store).fetched == 7
        ended = cursor_of(store)
        assert ended.since == begun.window_asked_at
        assert (ended.window_road, ended.window_after) == ("", 0)

    def test_an_outage_of_hours_in_the_middle_of_a_range_loses_nothing(self, sandbox, store):
        pull(store, budget=0)
        with time_machine.travel(timezone.now() + timedelta(hours=9)):
            place(sandbox, 4)
            sandbox.faults.add("api_offline")
            with pytest.raises(MivaDown):
                pull(store)
            pull(store)
            pull(store)
            assert kept(store) == sorted(sandbox.orders)

    def test_orders_placed_before_the_start_of_the_store_do_not_come(self, sandbox, store):
        old = place(sandbox, 2, orderdate=int((timezone.now() - timedelta(days=3)).timestamp()))
        store.start_from = timezone.now() - timedelta(days=1)
        store.save()
        pull(store)
        assert set(kept(store)) == set(sandbox.orders) - set(old)
