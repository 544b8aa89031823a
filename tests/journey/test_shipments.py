"""An order's way back: what Stone Edge ships in three parts is in Miva exactly so."""

from __future__ import annotations

import pytest

from orders.models import Order
from orders.pull import pull
from orders.serve import acknowledge
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


NUMBERS = {"1": "1Z001", "2": "1Z002", "3": "9400"}
PARTS = [
    ({"1": 1}, {"1": 2}, {}),
    ({"1": 1}, {"1": 2, "2": 2}, {}),
    ({"1": 1}, {"1": 2, "2": 2, "3": 1}, {"3": 2}),
]
"""Three messages: for each of the order's lines, how many units are in which package up to then."""


def told(order, lines, part):
    """The message about a part: every package up to then, and the totals of the lines."""
    items = {
        line: {"shipped": sum(packages.values()), "packages": packages}
        for line, packages in zip(lines, PARTS[part], strict=True)
        if packages
    }
    last = part == len(PARTS) - 1
    return document(
        order,
        list(NUMBERS.items())[: part + 1],
        items,
        status="Order Shipped" if last else "Order Partially Shipped",
        carrier="USPS" if last else "UPS",
    )


def test_an_order_that_leaves_in_three_parts_arrives_in_miva_in_exactly_those(sandbox, store):
    order = kept(store, sandbox.place_order(items=lines(1, 5, 2)))
    reached = []
    for part in range(3):
        shipped(store, told(order, ids(sandbox, order)[:3], part))
        reached.append((len(in_miva(sandbox, order)), status(sandbox, order)))
    assert reached == [(1, 201), (2, 201), (3, 200)]
    assert in_miva(sandbox, order) == {
        "1Z001": {"MUG-1": 1, "MUG-2": 2},
        "1Z002": {"MUG-2": 2},
        "9400": {"MUG-2": 1, "MUG-3": 2},
    }


def test_every_part_has_its_tracking_link_and_its_mail(sandbox, store):
    order = kept(store, sandbox.place_order(items=lines(1, 5, 2)))
    for part in range(3):
        shipped(store, told(order, ids(sandbox, order)[:3], part))
    links = {each["tracknum"]: each["tracklink"] for each in sandbox.orders[order.miva_id]["shipments"]}
    assert all(number in link for number, link in links.items())
    assert [mail.tracknum for mail in sandbox.mails] == ["1Z001", "1Z002", "9400"]


def test_the_order_that_our_split_puts_into_the_queue_again_is_recognised(sandbox, store):
    placed = sandbox.place_order(items=lines(5))
    pull(store)
    order = Order.objects.get(miva_id=placed["id"])
    acknowledge(store, order.export_number, order.export_number)
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
