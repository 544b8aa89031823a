"""An order's way back: what Stone Edge ships in three parts is in Miva exactly so."""

from __future__ import annotations

import pytest

from orders.models import Order
from orders.pull import pull
from stores.sandbox import SandboxStore, serve
from tests.factories import store_of
from tests.fulfillment.goods import document, ids, in_miva, kept, lines, shipped, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server)


def test_an_order_that_leaves_in_three_parts_arrives_in_miva_in_exactly_those(sandbox, store):
    order = kept(store, sandbox.place_order(items=lines(1, 5, 2)))
    first, second, third = ids(sandbox, order)

    shipped(
        store,
        document(
            order,
            [("1", "1Z001")],
            {first: {"shipped": 1, "packages": {"1": 1}}, second: {"shipped": 2, "packages": {"1": 2}}},
            status="Order Partially Shipped",
        ),
    )
    assert in_miva(sandbox, order) == {"1Z001": {"MUG-1": 1, "MUG-2": 2}}
    assert status(sandbox, order) == 201

    shipped(
        store,
        document(
            order,
            [("1", "1Z001"), ("2", "1Z002")],
            {
                first: {"shipped": 1, "packages": {"1": 1}},
                second: {"shipped": 4, "packages": {"1": 2, "2": 2}},
            },
            status="Order Partially Shipped",
        ),
    )
    assert status(sandbox, order) == 201

    shipped(
        store,
        document(
            order,
            [("1", "1Z001"), ("2", "1Z002"), ("3", "9400")],
            {
                first: {"shipped": 1, "packages": {"1": 1}},
                second: {"shipped": 5, "packages": {"1": 2, "2": 2, "3": 1}},
                third: {"shipped": 2, "packages": {"3": 2}},
            },
            carrier="USPS",
        ),
    )
    assert in_miva(sandbox, order) == {
        "1Z001": {"MUG-1": 1, "MUG-2": 2},
        "1Z002": {"MUG-2": 2},
        "9400": {"MUG-2": 1, "MUG-3": 2},
    }
    assert status(sandbox, order) == 200
    links = {each["tracknum"]: each["tracklink"] for each in sandbox.orders[order.miva_id]["shipments"]}
    assert all(number in link for number, link in links.items())
    assert [mail.tracknum for mail in sandbox.mails] == ["1Z001", "1Z002", "9400"]


def test_the_order_that_our_split_puts_into_the_queue_again_is_recognised(sandbox, store):
    placed = sandbox.place_order(items=lines(5))
    pull(store)
    order = Order.objects.get(miva_id=placed["id"])
    number, raw = order.export_number, order.raw
    assert not sandbox.queues["new_and_updated"]

    line = ids(sandbox, order)[0]
    shipped(store, document(order, [("1", "1Z001")], {line: {"shipped": 2}}, status="Partially Shipped"))
    assert placed["id"] in sandbox.queues["new_and_updated"]
    assert pull(store).unchanged == 1

    order.refresh_from_db()
    assert (order.export_number, order.raw, order.changed_at) == (number, raw, None)
    assert not sandbox.queues["new_and_updated"]
    shipped(store, document(order, [("1", "1Z001"), ("2", "1Z002")], {line: {"shipped": 5}}))
    assert in_miva(sandbox, order) == {"1Z001": {"MUG-1": 2}, "1Z002": {"MUG-1": 3}}
