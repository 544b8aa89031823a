"""Complete orders only: an order without a payment waits, is looked at again, and is never lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from orders.keep import keep
from orders.models import Order
from orders.pull import pull
from orders.recheck import AT_ONCE
from orders.release import rejudge
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from tests.factories import as_sent, later, make_store, raw_orders, store_of
from tests.orders.roads.helpers import kept, place

pytestmark = pytest.mark.django_db(transaction=True)
DECLINED, CHECK, REFUND, VOID = 0, 5, 6, 7
State = Order.State


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now()) as traveller:
        yield traveller


@pytest.fixture
def sandbox(clock):
    sandbox = SandboxStore(seed=3)
    place(sandbox, 2)
    return sandbox


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, strategy="date", overlap_minutes=0)


@pytest.fixture
def unpaid(sandbox):
    """The number of an order that somebody made in Miva's admin."""
    number, total = 0, 0
    while not total:
        order = sandbox.place_order(payments=[])
        number, total = order["id"], Decimal(str(order["total"]))
    return number


def order(number) -> Order:
    return Order.objects.get(miva_id=number)


def test_an_order_without_a_payment_waits_and_has_no_number(store, unpaid):
    pull(store)
    waiting = order(unpaid)
    assert (waiting.state, waiting.export_number) == (State.INCOMPLETE, None)
    assert "no payment" in waiting.reason
    assert waiting.remedy
    assert Order.objects.filter(state=State.EXPORTABLE).count() == 2


@pytest.mark.parametrize("wait", [timedelta(hours=5), timedelta(days=3), timedelta(days=20)], ids=str)
def test_it_arrives_when_the_payment_is_recorded_however_late(sandbox, store, unpaid, clock, wait):
    pull(store)
    clock.shift(wait)
    pull(store)
    assert order(unpaid).state == State.INCOMPLETE
    sandbox.record_payment(unpaid)
    clock.shift(timedelta(days=1, minutes=1))
    pull(store)
    assert order(unpaid).state == State.EXPORTABLE
    assert order(unpaid).export_number == 3


def test_an_order_of_the_last_day_is_looked_at_with_each_pull(sandbox, store, unpaid, clock):
    pull(store)
    sandbox.record_payment(unpaid)
    clock.shift(timedelta(minutes=15))
    pull(store)
    assert order(unpaid).state == State.EXPORTABLE


def test_an_older_one_is_not_looked_at_with_each_pull(sandbox, store, unpaid, clock):
    pull(store)
    clock.shift(timedelta(days=20))
    pull(store)
    looked = order(unpaid).checked_at
    clock.shift(timedelta(hours=3))
    pull(store)
    assert order(unpaid).checked_at == looked


def test_every_incomplete_order_has_its_turn_when_there_are_many(sandbox, store, clock):
    for raw in raw_orders(AT_ONCE + 20, seed=9):
        keep(
            store,
            [as_sent(raw) | {"payments": [], "total": Decimal("5.00")}],
            fetched_at=timezone.now(),
            road="date",
        )
    for _ in range(2):
        clock.shift(timedelta(minutes=15))
        pull(store)
    assert not Order.objects.filter(state=State.INCOMPLETE, checked_at=None).exists()


def test_an_order_over_nothing_needs_no_payment(sandbox, store):
    free = sandbox.place_order(
        items=[{"code": "GIFT", "sku": "GIFT", "name": "Gift", "quantity": 1, "price": 0}],
        charges=[],
        payments=[],
    )
    assert Decimal(str(free["total"])) == 0
    pull(store)
    assert order(free["id"]).state == State.EXPORTABLE


@pytest.mark.parametrize("kind", [DECLINED, REFUND, VOID], ids=["declined", "a refund", "a void"])
def test_a_record_that_is_no_money_is_no_payment(sandbox, store, unpaid, kind):
    sandbox.record_payment(unpaid, type=kind)
    pull(store)
    assert order(unpaid).state == State.INCOMPLETE
    sandbox.record_payment(unpaid, type=CHECK)
    pull(store)
    assert order(unpaid).state == State.EXPORTABLE


def test_a_payment_that_was_voided_entirely_is_none(sandbox, store, unpaid):
    sandbox.record_payment(unpaid, type=CHECK, refnum="R-1")
    sandbox.record_payment(unpaid, type=VOID, refnum="R-1")
    pull(store)
    assert order(unpaid).state == State.INCOMPLETE


def test_switched_off_for_a_store_such_orders_are_exported_at_once(store, unpaid):
    store.complete_only = False
    store.save()
    pull(store)
    assert order(unpaid).state == State.EXPORTABLE


def test_switching_it_off_releases_those_that_wait(store, unpaid):
    pull(store)
    store.complete_only = False
    store.save()
    assert rejudge(store).updated == [unpaid]
    assert order(unpaid).export_number == 3
    assert order(unpaid).released_at is not None


def test_one_stores_switch_is_not_anothers(store, unpaid, sandbox):
    other = make_store(complete_only=False)
    raw = as_sent(sandbox.orders[unpaid])
    keep(other, [raw], fetched_at=timezone.now(), road="date")
    pull(store)
    assert Order.objects.of(other).get().state == State.EXPORTABLE
    assert Order.objects.of(store).get(miva_id=unpaid).state == State.INCOMPLETE


@pytest.mark.parametrize("road", ["queue_ack", "queue", "date", "updated", "number", "webhook", "backfill"])
def test_complete_through_any_road_it_takes_its_number_at_the_end(road):
    store = make_store()
    first, second, third = raw_orders(3)
    bare = as_sent(first) | {"payments": [], "total": Decimal("5.00")}
    keep(store, [bare, second, third], fetched_at=timezone.now(), road="date")
    keep(store, [later(first)], fetched_at=timezone.now(), road=road)
    numbers = dict(Order.objects.of(store).values_list("miva_id", "export_number"))
    assert numbers == {first["id"]: 3, second["id"]: 1, third["id"]: 2}


def test_a_payment_after_more_than_an_hour_arrives_although_miva_never_queues_the_order(
    sandbox, store, unpaid, clock
):
    """Miva's workflow waits an hour for the first payment and then never looks again (Miva reference §9.3)."""
    pull(store)
    store.strategy = "queue_ack"
    store.save()
    clock.shift(timedelta(hours=4))
    sandbox.record_payment(unpaid)
    assert unpaid not in sandbox.queues[store.queue_code]
    pull(store)
    assert order(unpaid).state == State.EXPORTABLE


def test_an_incomplete_order_that_miva_deleted_stops_nothing(sandbox, store, unpaid):
    pull(store)
    sandbox.delete(unpaid)
    new = place(sandbox, 1)
    pull(store)
    assert set(new) <= set(kept(store))
    assert order(unpaid).state == State.INCOMPLETE
    assert PullCursor.objects.get().failures == 0
