"""Reconciliation against a store with memory over real HTTP: what no road brought is found, and nothing else is touched."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from orders import reconcile
from orders.jobs import Outcome
from orders.models import Job, Order, Reconciliation
from orders.pull import pull
from orders.tasks import due_reconciliations, prune_reconciliations, run_reconciliation
from stores.cursors import LeaseLost
from stores.miva.errors import MivaDown
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from stores.sandbox.workflows import NEW_AND_UPDATED
from stores.wires import miva_for
from tests.factories import make_store, store_of
from tests.orders.roads.helpers import once

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 3600


@pytest.fixture
def sandbox():
    """Thirty orders, one each hour of the last thirty, all of them paid and in the queue."""
    sandbox = SandboxStore(seed=4)
    for hours in range(30, 0, -1):
        place(sandbox, hours - 0.5)
    return sandbox


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        store = store_of(sandbox, server, requests_per_second=50)
        PullCursor.objects.update(due_at=timezone.now() + timedelta(minutes=10))
        yield store


def place(sandbox, hours: float = 0, **overrides) -> int:
    """Place a paid order so many hours ago; returns its number."""
    order = sandbox.place_order(orderdate=sandbox.now() - int(hours * HOUR), **overrides)
    if not order["payments"]:
        sandbox.record_payment(order["id"])
        sandbox.put_in_queue(order, NEW_AND_UPDATED)  # Miva's workflow waits for a payment for an hour only
    return order["id"]


def pulled(store) -> None:
    """Pull, well after the orders' last changes, and put the next pull off: it is not what these tests are about."""
    pull(store)
    Order.objects.of(store).update(fetched_at=F("fetched_at") + timedelta(seconds=5))
    PullCursor.objects.update(due_at=timezone.now() + timedelta(minutes=10))


def lose(sandbox, *numbers: int) -> None:
    """Take orders out of the queue: nobody will ever deliver them."""
    for number in numbers:
        sandbox.queues[NEW_AND_UPDATED].pop(number, None)


def compared(store, **fields) -> Reconciliation:
    row = reconcile.start(store, **fields)
    reconcile.work(row)
    return Reconciliation.objects.get(pk=row.pk)


def here(store) -> set[int]:
    return set(Order.objects.of(store).values_list("miva_id", flat=True))


def test_when_nothing_is_amiss_nothing_is_found_and_nothing_is_fetched(sandbox, store):
    pulled(store)
    before = len(sandbox.calls)
    result = compared(store)
    assert (result.state, result.compared) == (Job.State.DONE, 30)
    assert (result.missing, result.extra, result.different, result.imported) == ([], [], [], 0)
    assert len(sandbox.calls) - before == 1


@pytest.mark.sqlite
def test_an_order_that_no_queue_ever_delivered_is_found_and_imported(sandbox, store):
    lost = place(sandbox, 5)
    lose(sandbox, lost)
    pulled(store)
    assert lost not in here(store)
    result = compared(store)
    assert (result.missing, result.missing_count, result.imported) == ([lost], 1, 1)
    order = Order.objects.get(miva_id=lost)
    assert (order.road, order.state, order.export_number is not None) == ("reconcile", "exportable", True)


def test_the_lost_answer_of_a_queue_without_acknowledgement_is_found(sandbox, store):
    type(store).objects.update(strategy="queue", page_size=10)
    store.refresh_from_db()
    sandbox.workflows.add("Process Retrieved Orders")
    sandbox.faults.add("reset_after", function="QueueOrderList_Load_Query")
    with pytest.raises(MivaDown):
        pulled(store)
    pulled(store)
    compared(store)
    assert here(store) == set(sandbox.orders)


def test_the_numbers_are_asked_for_without_the_orders(sandbox, store):
    pulled(store)
    before = len(sandbox.calls)
    compared(store)
    [call] = list(sandbox.calls)[before:]
    assert [entry["value"] for entry in call.parameters["Filter"] if entry["name"] == "ondemandcolumns"] == [
        ["payments"]
    ]


def test_an_order_without_a_payment_is_not_missing_until_it_is_paid(sandbox, store):
    pulled(store)
    number = sandbox.place_order(orderdate=sandbox.now() - HOUR, payments=[])["id"]
    assert compared(store).missing == []
    Order.objects.filter(miva_id=number).delete()
    sandbox.record_payment(number)
    lose(sandbox, number)
    assert compared(store).missing == [number]


def test_an_order_that_no_queue_will_ever_deliver_is_watched_until_it_is_paid_after_weeks(sandbox, store):
    pulled(store)
    number = sandbox.place_order(orderdate=sandbox.now() - HOUR, payments=[])["id"]
    result = compared(store)
    assert (result.missing, result.imported) == ([], 0)
    assert Order.objects.get(miva_id=number).state == Order.State.INCOMPLETE
    Order.objects.filter(miva_id=number).update(kept_at=timezone.now() - timedelta(days=20), checked_at=None)
    sandbox.record_payment(number)
    lose(sandbox, number)
    pulled(store)
    assert Order.objects.get(miva_id=number).state == Order.State.EXPORTABLE


def test_a_store_that_takes_incomplete_orders_misses_them_too(sandbox, store):
    type(store).objects.update(complete_only=False)
    pulled(store)
    number = sandbox.place_order(orderdate=sandbox.now() - HOUR, payments=[])["id"]
    assert compared(store).missing == [number]
    assert number in here(store)


def test_an_order_placed_since_the_last_pull_is_on_its_way_and_not_missing(sandbox, store):
    pulled(store)
    place(sandbox, -2 / HOUR)
    result = compared(store)
    assert (result.missing, result.compared) == ([], 31)


def test_an_order_that_the_last_pull_should_have_brought_is_missing_however_young(sandbox, store):
    lost = place(sandbox, 1 / 60)
    lose(sandbox, lost)
    pulled(store)
    assert compared(store).missing == [lost]


def test_when_no_pull_came_for_long_the_orders_since_are_missing(sandbox, store):
    pulled(store)
    long_ago = timezone.now() - timedelta(hours=4)
    PullCursor.objects.update(last_good_at=long_ago, last_tried_at=long_ago)
    number = place(sandbox, 2)
    assert compared(store).missing == [number]


def test_orders_from_before_the_store_s_start_are_not_missing(sandbox, store):
    type(store).objects.update(start_from=timezone.now() - timedelta(hours=10))
    result = compared(store)
    assert (len(result.missing), result.compared, result.imported) == (10, 10, 10)


def test_only_the_asked_days_are_compared(sandbox, store):
    assert compared(store, days=1).compared == 24


def test_it_reaches_back_to_where_the_last_finished_comparison_of_as_many_days_left_off(sandbox, store):
    lost = place(sandbox, 5 * 24)
    lose(sandbox, lost)
    pulled(store)
    assert lost not in compared(store, days=3).missing
    paused_for(store, days=8)
    Reconciliation.objects.create(
        store=store, days=1, state=Job.State.DONE, until=timezone.now() - timedelta(days=2)
    )
    Reconciliation.objects.create(
        store=store, days=3, state=Job.State.FAILED, until=timezone.now() - timedelta(days=1)
    )
    result = compared(store, days=3)
    assert (result.missing, result.imported) == ([lost], 1)
    assert timedelta(days=8) < result.until - result.since < timedelta(days=10)


def paused_for(store, days: int) -> None:
    """Let the comparisons so far, and the connecting, be so many days ago."""
    ago = timezone.now() - timedelta(days=days)
    Reconciliation.objects.update(until=ago)
    type(store).objects.update(created_at=ago)
    store.refresh_from_db()


def test_the_first_comparison_reaches_back_to_when_the_store_was_connected(sandbox, store):
    lost = place(sandbox, 5 * 24)
    lose(sandbox, lost)
    pulled(store)
    paused_for(store, days=6)
    assert compared(store, days=3).missing == [lost]


def test_an_order_that_miva_deleted_is_listed_and_stays_here(sandbox, store):
    pulled(store)
    numbers = sorted(sandbox.orders)
    gone = [numbers[0], numbers[12], numbers[-1]]
    sandbox.delete(gone[0])
    sandbox.archive(gone[1])
    sandbox.delete(gone[2])
    result = compared(store)
    assert (result.extra, result.extra_count) == (gone, 3)
    assert set(gone) <= here(store)


def test_an_order_that_was_just_placed_and_is_gone_again_is_not_extra_yet(sandbox, store):
    number = place(sandbox, 1 / 60)
    pulled(store)
    sandbox.delete(number)
    assert compared(store).extra == []


def test_an_order_whose_date_miva_moved_out_of_the_days_is_not_extra(sandbox, store):
    pulled(store)
    number = min(sandbox.orders)
    sandbox.orders[number]["orderdate"] = sandbox.now() - 10 * 24 * HOUR
    sandbox.touch(number)
    assert compared(store).extra == []


def test_an_order_that_is_newer_in_miva_is_fetched_again(sandbox, store):
    pulled(store)
    number = sorted(sandbox.orders)[4]
    sandbox.clock = lambda: timezone.now().timestamp() + 30
    sandbox.edit_order(number, ship_city="Edited")
    lose(sandbox, number)
    result = compared(store)
    assert (result.different, result.refreshed) == ([number], 1)
    assert Order.objects.get(miva_id=number).raw["ship_city"] == "Edited"
    assert compared(store).different == []


def test_after_a_fault_it_goes_on_and_reports_what_was_found_before(sandbox, store, monkeypatch):
    monkeypatch.setattr(reconcile, "AT_ONCE", 10)
    lost = sorted(sandbox.orders)[2], sorted(sandbox.orders)[25]
    lose(sandbox, *lost)
    pulled(store)
    row = reconcile.start(store)
    seen = []

    def strike(call):
        seen.append(call)
        if len(seen) == 2:  # the first page and the order that it missed
            sandbox.faults.add("reset_before")

    sandbox.before_reply.append(strike)
    with pytest.raises(MivaDown):
        reconcile.work(row)
    half = Reconciliation.objects.get()
    assert (half.state, half.missing, half.compared) == (Job.State.WAITING, [lost[0]], 10)
    assert half.problem
    reconcile.work(row)
    whole = Reconciliation.objects.get()
    assert (whole.state, whole.missing, whole.compared, whole.imported) == (Job.State.DONE, list(lost), 30, 2)
    assert (whole.since, whole.until, whole.problem) == (half.since, half.until, "")


@pytest.mark.parametrize("at_once", [10, 100])
def test_a_record_without_a_number_does_not_end_a_comparison_and_is_said(
    sandbox, store, monkeypatch, at_once
):
    monkeypatch.setattr(reconcile, "AT_ONCE", at_once)
    lost = place(sandbox, 5)
    lose(sandbox, lost)
    pulled(store)
    sandbox.faults.add("row_without_id", times=None)
    result = compared(store)
    assert (result.state, result.missing, result.extra) == (Job.State.DONE, [lost], [])
    assert "without an order number" in result.problem
    assert lost in here(store)


@pytest.mark.parametrize("call", [1, 2])
def test_a_page_that_counts_orders_and_shows_none_neither_ends_a_comparison_nor_finds_anything(
    sandbox, store, call
):
    lost = place(sandbox, 5)
    lose(sandbox, lost)
    pulled(store)
    sandbox.faults.add("rows_withheld") if call == 1 else sandbox.before_reply.append(
        once("OrderList_Load_Query", partial(sandbox.faults.add, "rows_withheld"), at=call - 1)
    )
    row = reconcile.start(store)
    with pytest.raises(MivaDown):
        reconcile.work(row)
    reconcile.work(row)
    result = Reconciliation.objects.get(pk=row.pk)
    assert (result.missing, result.imported, result.extra) == ([lost], 1, [])


def test_an_edit_in_the_second_in_which_the_order_was_fetched_is_found(sandbox, store):
    number, other = sorted(sandbox.orders)[3:5]
    second = int(time.time()) - 60
    for each in (number, other):
        edit_in(sandbox, second, each, ship_city="Firstville")
    pulled(store)
    fetched = datetime.fromtimestamp(second + 0.4, UTC)
    Order.objects.filter(miva_id__in=(number, other)).update(fetched_at=fetched)
    edit_in(sandbox, second, number, ship_city="Secondville")
    result = compared(store)
    assert (result.different, result.refreshed) == ([number], 1)
    assert Order.objects.get(miva_id=number).raw["ship_city"] == "Secondville"
    before = len(sandbox.calls)
    assert compared(store).different == []
    assert (
        len(sandbox.calls) == before + 1
    )  # what was fetched well after its last change is not fetched again


def edit_in(sandbox, second: int, number: int, **changes) -> None:
    """Edit an order in this second, whatever the time is."""
    sandbox.edit_order(number, **changes)
    sandbox.orders[number]["dt_updated"] = second
    sandbox.rendered.pop(number, None)


def test_a_comparison_whose_lease_was_lost_between_two_requests_sends_no_further_one(sandbox, store):
    lose(sandbox, place(sandbox, 5))
    pulled(store)
    row = reconcile.start(store)
    steal = partial(Reconciliation.objects.update, lease=uuid.uuid4())
    sandbox.before_reply.append(once("OrderList_Load_Query", steal))
    before = len(sandbox.calls)
    with pytest.raises(LeaseLost):
        reconcile.work(row)
    assert len(sandbox.calls) == before + 1


def test_the_lease_is_renewed_before_each_request_so_that_a_slow_store_does_not_outlive_it(sandbox, store):
    lose(sandbox, place(sandbox, 5))
    pulled(store)
    left = []

    def slow(call) -> None:
        left.append(Reconciliation.objects.get().leased_until - timezone.now())
        Reconciliation.objects.update(leased_until=timezone.now() + timedelta(seconds=5))
        connection.close()  # the store answers in threads of its own

    row = reconcile.start(store)
    sandbox.before_reply.append(slow)
    reconcile.work(row)
    assert len(left) == 2
    assert min(left) > Job.LEASE - timedelta(seconds=60)


def test_slices_find_what_one_run_finds_and_none_twice(sandbox, store, monkeypatch):
    monkeypatch.setattr(reconcile, "AT_ONCE", 7)
    numbers = sorted(sandbox.orders)
    lose(sandbox, numbers[3])
    pulled(store)
    sandbox.delete(numbers[-1])
    row = reconcile.start(store)
    outcomes = []
    while Outcome.DONE not in outcomes:
        outcomes.append(reconcile.work(row, budget=0))
    result = Reconciliation.objects.get()
    assert len(outcomes) > 4
    assert (result.missing, result.missing_count) == ([numbers[3]], 1)
    assert (result.extra, result.extra_count) == ([numbers[-1]], 1)
    assert result.compared == 29


def test_a_long_list_names_the_first_and_counts_all(sandbox, store, monkeypatch):
    monkeypatch.setattr(reconcile, "SHOWN", 5)
    result = compared(store)
    assert (len(result.missing), result.missing_count, result.imported) == (5, 30, 30)


def test_each_page_is_one_question_of_limited_size(sandbox, store, monkeypatch):
    monkeypatch.setattr(reconcile, "AT_ONCE", 10)
    pulled(store)
    before = len(sandbox.calls)
    compared(store)
    assert [call.parameters["Count"] for call in list(sandbox.calls)[before:]] == [10, 10, 10]


def test_another_store_s_orders_are_neither_missing_nor_extra_nor_touched(sandbox, store):
    other_sandbox = SandboxStore(seed=8, orders=3)
    with serve(other_sandbox) as server:
        other = store_of(other_sandbox, server, merchant=store.merchant)
        pull(other)
        before = list(Order.objects.of(other).values())
        pulled(store)
        result = compared(store)
        assert (result.missing, result.extra) == ([], [])
        assert list(Order.objects.of(other).values()) == before


def test_it_gives_way_to_the_regular_pull(sandbox, store):
    PullCursor.objects.update(due_at=timezone.now())
    assert reconcile.work(reconcile.start(store)) is Outcome.GAVE_WAY
    assert not sandbox.calls


def test_reading_alone_changes_nothing(sandbox, store):
    lose(sandbox, max(sandbox.orders))
    pulled(store)
    before = list(Order.objects.values())
    found = reconcile.audit(miva_for(store), reconcile.frame(store, 3, timezone.now()))
    assert found.missing == [max(sandbox.orders)]
    assert list(Order.objects.values()) == before
    assert not Reconciliation.objects.exists()


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Australia/Adelaide", "Europe/Berlin", "Asia/Kathmandu"]
)
def test_the_night_is_the_store_s_own(zone):
    store = make_store(time_zone=zone)
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for _ in range(50):
        local = reconcile.next_night(store, now).astimezone(ZoneInfo(zone))
        assert 2 <= local.hour < 5
        assert timedelta() < local - now < timedelta(hours=28)


def test_stores_do_not_meet_in_the_night():
    store = make_store()
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    moments = [reconcile.next_night(store, now) for _ in range(200)]
    assert max(moments) - min(moments) > timedelta(hours=2)


def test_what_is_planned_in_the_night_is_for_the_next_night():
    store = make_store()
    now = datetime(2026, 11, 21, 2, 30, tzinfo=ZoneInfo("America/New_York"))
    assert reconcile.next_night(store, now) - now > timedelta(hours=20)


@pytest.mark.parametrize("day", [datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)])
def test_the_nights_on_which_the_clocks_are_changed_have_one_too(day):
    store = make_store()
    now = day.replace(hour=20, tzinfo=ZoneInfo("America/New_York"))
    moment = reconcile.next_night(store, now).astimezone(ZoneInfo("America/New_York"))
    assert moment.date() == (day + timedelta(days=1)).date()
    assert 2 <= moment.hour <= 5


@pytest.fixture
def broker():
    """The real broker, empty before and after."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    names = ["celery", "celery\x06\x169", "unacked", "unacked_index"]
    client.delete(*names)
    yield client
    client.delete(*names)
    client.close()


@pytest.mark.sqlite
def test_each_active_store_has_one_night_ahead(broker):
    store, _ = make_store(), make_store(active=False)
    for _ in range(3):
        assert due_reconciliations() == 0
    [row] = Reconciliation.objects.all()
    assert (row.store, row.planned, row.state) == (store, True, Job.State.WAITING)


def test_the_clock_starts_what_is_due_and_the_next_night_follows_the_last(sandbox, store, broker):
    due_reconciliations()
    Reconciliation.objects.update(not_before=timezone.now())
    assert due_reconciliations() == 1
    [message] = [json.loads(entry) for entry in broker.lrange("celery\x06\x169", 0, -1)]
    assert message["headers"]["task"] == "orders.tasks.run_reconciliation"
    run_reconciliation(Reconciliation.objects.get().pk)
    assert here(store) == set(sandbox.orders)
    due_reconciliations()
    assert Reconciliation.objects.filter(state=Job.State.WAITING, not_before__gt=timezone.now()).count() == 1


def test_the_last_finished_comparison_is_not_forgotten_because_the_next_begins_where_it_left_off(store):
    old = timezone.now() - timedelta(days=90)
    for days, ago in ((3, 1), (3, 0), (1, 2)):
        until = old - timedelta(days=ago)
        Reconciliation.objects.create(
            store=store, days=days, state=Job.State.DONE, created_at=until, until=until
        )
    assert prune_reconciliations() == 2
    assert Reconciliation.objects.get().until == old


def test_old_results_are_forgotten_and_open_ones_are_not(store):
    old = timezone.now() - timedelta(days=61)
    Reconciliation.objects.create(store=store, state=Job.State.DONE, created_at=old)
    Reconciliation.objects.create(store=store, state=Job.State.DONE)
    Reconciliation.objects.create(store=store, created_at=old)
    assert prune_reconciliations() == 1
