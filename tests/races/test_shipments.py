"""Races on purpose: two desktops report one order at once, and many workers push one store."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from fulfillment.meanings import Meanings, rules_of
from fulfillment.models import Package, Shipment, StatusUpdate
from fulfillment.packing import Load
from fulfillment.push import push
from fulfillment.reports import Report
from fulfillment.shipping import write
from stores.sandbox import SandboxStore, serve
from stores.seti.status_updates import Package as Parcel
from stores.seti.status_updates import StatusUpdate as Said
from tests.factories import store_of
from tests.fulfillment.goods import document, form, ids, in_miva, order_of, report
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server)


def failures(results):
    return [result for result in results if isinstance(result, Exception)]


def test_the_same_message_from_many_desktops_is_one_shipment(sandbox, store):
    order = order_of(store, sandbox, 2)
    assert not failures(at_once(6, lambda _: report(store, form(order, "1Z1"))))
    assert Shipment.objects.count() == Package.objects.count() == 1
    assert StatusUpdate.objects.get().repeated == 5


def test_control_without_the_lock_of_the_order_the_same_package_would_come_twice(sandbox, store):
    """Proves that the race above happens: the constraint is all that is left then."""
    order = order_of(store, sandbox, 2)
    kept = StatusUpdate.objects.create(store=store, order=order, content={})
    looked = threading.Barrier(2)

    def careless(_: int) -> None:
        known = Package.objects.filter(order=order).exists()
        looked.wait(10)
        if not known:
            said = Said(str(order.miva_id), "Shipped")
            load = Load([Parcel("1Z1")], {ids(sandbox, order)[0]: 2})
            write(Report(store, order, kept, said, Meanings(store), rules_of(store)), load)

    assert [type(error).__name__ for error in failures(at_once(2, careless))] == ["IntegrityError"]


def test_two_desktops_that_report_different_parts_at_once_lose_none(sandbox, store):
    order = order_of(store, sandbox, 1, 1)
    first, second = ids(sandbox, order)
    told = [
        document(order, [("1", "1Z1")], {first: {"shipped": 1}}, "Partially Shipped"),
        document(order, [("2", "1Z2")], {second: {"shipped": 1}}, "Partially Shipped"),
    ]
    assert not failures(at_once(2, lambda index: report(store, told[index])))
    push(store, budget=30)
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1}, "1Z2": {"MUG-2": 1}}


def test_many_workers_push_each_package_once_and_one_order_is_never_pushed_twice_at_once(sandbox, store):
    orders = [order_of(store, sandbox, 4) for _ in range(4)]
    for place, order in enumerate(orders):
        (line,) = ids(sandbox, order)
        for part in (1, 2, 3):
            told = [(str(each), f"1Z{place}-{each}") for each in range(1, part + 1)]
            report(store, document(order, told, {line: {"shipped": part}}, "Partially Shipped"))
    results = at_once(4, lambda _: push(store, budget=40))
    assert not failures(results)
    push(store, budget=40)
    for place, order in enumerate(orders):
        assert in_miva(sandbox, order) == {f"1Z{place}-{part}": {"MUG-1": 1} for part in (1, 2, 3)}
    made = Counter(call.function for call in sandbox.calls)
    assert made["OrderItemList_CreateShipment"] == 12
