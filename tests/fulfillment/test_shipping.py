"""Messages that are odd, wrong or half told: never more than Stone Edge says, and what cannot be shipped is in sight."""

from __future__ import annotations

import pytest

from fulfillment.models import FulfillmentRules, Package, Shipment, StatusUpdate
from orders.models import Order
from stores.sandbox import SandboxStore
from tests.factories import make_store
from tests.fulfillment.goods import document, form, ids, lines, order_of, report

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3)


@pytest.fixture
def store():
    return make_store()


def units(row: Shipment) -> dict[int, int]:
    return {line.line_id: line.quantity for line in row.lines.all()}


def owed(order: Order) -> list[tuple[str, dict[int, int]]]:
    """Tracking number and units of each shipment that is to be pushed; everything that is left is {}."""
    rows = Shipment.objects.filter(order=order, parked_at=None, kind="ship").order_by("pk")
    return [(row.tracking, units(row)) for row in rows]


def parked(order: Order) -> list[tuple[str, dict[int, int]]]:
    """The same of those that wait for a person or for the rest of the story."""
    rows = Shipment.objects.filter(order=order, parked_at__isnull=False).order_by("pk")
    return [(row.tracking, units(row)) for row in rows]


def effect(order: Order) -> str:
    return StatusUpdate.objects.filter(order=order).first().effect


def partly(order, packages=(), items=None):
    return document(order, packages, items, "Partially Shipped")


class TestFigures:
    @pytest.mark.parametrize("status", ["Order Shipped", "Partially Shipped"])
    @pytest.mark.parametrize("figure", ["0", "-1", "abc", "1.5", "1,000"])
    def test_a_package_with_no_unit_that_can_be_read_ships_nothing(self, store, sandbox, status, figure):
        order = order_of(store, sandbox, 2, 3)
        first, _ = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {first: {"shipped": figure}}, status))
        assert owed(order) == []
        assert parked(order) == [("1Z1", {})]

    def test_a_line_that_is_partly_shipped_and_back_ordered_in_one_item_is_both(self, store, sandbox):
        FulfillmentRules.objects.create(store=store, back_order=True)
        order = order_of(store, sandbox, 5, 1)
        first, _ = ids(sandbox, order)
        told = {"status": "Item Backordered", "ordered": 5, "shipped": 3, "needed": 2, "packages": {"1": 3}}
        report(store, partly(order, [("1", "1Z1")], {first: told}))
        assert owed(order) == [("1Z1", {first: 3})]
        assert units(Shipment.objects.get(kind="back_order")) == {first: 2}

    def test_units_that_are_in_no_package_wait_for_their_number(self, store, sandbox):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        report(store, partly(order, [("1", "1Z1")], {line: {"shipped": 5, "packages": {"1": 3}}}))
        assert owed(order) == [("1Z1", {line: 3})]
        assert parked(order) == [("", {line: 2})]
        report(store, partly(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 5}}))
        assert owed(order) == [("1Z1", {line: 3}), ("1Z2", {line: 2})]
        assert parked(order) == []

    def test_a_line_whose_own_status_is_unknown_does_not_go_whole(self, store, sandbox):
        order = order_of(store, sandbox, 2, 3)
        first, second = ids(sandbox, order)
        items = {first: {"status": "Item Shipped"}, second: {"status": "Being picked"}}
        report(store, partly(order, [("1", "1Z1")], items))
        assert owed(order) == [("1Z1", {first: 2})]


class TestPackages:
    def test_one_number_under_two_package_ids_is_one_package_with_the_units_of_both(self, store, sandbox):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        told = {line: {"shipped": 3, "packages": {"1": 2, "2": 1}}}
        report(store, partly(order, [("1", "1Z1"), ("2", "1z 1")], told))
        assert owed(order) == [("1z 1", {line: 3})]
        assert parked(order) == []

    def test_two_numbers_under_one_package_id_share_its_units(self, store, sandbox):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        told = {line: {"shipped": 2, "packages": {"1": 2}}}
        report(store, partly(order, [("1", "1Z1"), ("1", "1Z2")], told))
        assert owed(order) == [("1Z1, 1Z2", {line: 2})]

    def test_units_in_a_package_that_the_message_does_not_name_go_with_the_one_that_it_names(
        self, store, sandbox
    ):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        report(store, partly(order, [("1", "1Z1")], {line: {"shipped": 2, "packages": {"7": 2}}}))
        assert owed(order) == [("1Z1", {line: 2})]

    def test_units_of_known_packages_are_no_units_of_the_new_ones(self, store, sandbox):
        order = order_of(store, sandbox, 9)
        (line,) = ids(sandbox, order)
        report(store, partly(order, [("1", "1Z1")], {line: {"shipped": 2, "packages": {"1": 2}}}))
        told = {line: {"shipped": 3, "packages": {"1": 2, "2": 3}}}
        report(store, partly(order, [("1", "1Z1"), ("2", "1Z2")], told))
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {line: 3})]
        assert parked(order) == []

    @pytest.mark.parametrize("number", ["9" * 200, "ß" * 255, "x" * 3000])
    def test_a_number_may_be_long(self, store, sandbox, number):
        order = order_of(store, sandbox, 1)
        for _ in range(2):
            report(store, form(order, number))
        assert owed(order)[0][0] == number[:255]
        assert Package.objects.count() == 1

    def test_a_further_package_with_another_package_id_joins_the_last_when_all_have_left(
        self, store, sandbox
    ):
        order = order_of(store, sandbox, 1, 1)
        first, second = ids(sandbox, order)
        report(store, partly(order, [("1", "1Z1")], {first: {"shipped": 1}}))
        report(store, partly(order, [("2", "1Z2")], {second: {"shipped": 1}}))
        report(store, document(order, [("3", "1Z3")]))
        assert [number for number, _ in owed(order)] == ["1Z1", "1Z2, 1Z3"]


class TestLinesThatCannotGo:
    def test_a_line_that_was_shipped_by_hand_does_not_make_the_others_go(self, store, sandbox):
        order = order_of(store, sandbox, 1, 1)
        first, _ = ids(sandbox, order)
        order.raw["items"][0] |= {"shpmnt_id": 77, "status": 200}
        order.save()
        report(store, document(order, [("1", "1Z1")], {first: {"shipped": 1}}, "Item Shipped"))
        assert [number for number, each in owed(order) if each != {first: 1}] == []
        assert Package.objects.get().number == "1Z1"

    @pytest.mark.parametrize("line", ["424242", "SKU-1", ""])
    def test_lines_that_the_order_does_not_have_do_not_make_the_others_go(self, store, sandbox, line):
        order = order_of(store, sandbox, 1, 1)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 1}}, "Item Shipped"))
        assert owed(order) == []
        assert parked(order)[0][0] == "1Z1"

    def test_a_download_alone_is_no_shipment(self, store, sandbox):
        items = lines(1, 1)
        items[0] |= {"status": 220}
        order = order_of(store, sandbox, items=items)
        report(store, document(order, [], {ids(sandbox, order)[0]: {"shipped": 1}}, "Item Shipped"))
        assert owed(order) == parked(order) == []


class TestRemarks:
    """What is left out of a message is said beside its effect."""

    def test_lines_that_are_not_there_and_units_that_are_too_many(self, store, sandbox):
        order = order_of(store, sandbox, 2, 1)
        first, second = ids(sandbox, order)
        order.raw["items"][1] |= {"status": 300}
        order.save()
        items = {line: {"shipped": 7} for line in (first, second, 424242)}
        report(store, partly(order, [("1", "1Z1")], items))
        assert owed(order) == [("1Z1", {first: 2})]
        assert f"line {second} (MUG-2) is cancelled in Miva; line 424242 is not in the order." in effect(
            order
        )
        assert f"Of line {first} 7 units were reported, and the order has 2." in effect(order)

    def test_a_label_of_a_line_that_nobody_explained(self, store, sandbox):
        order = order_of(store, sandbox, 2)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 2, "status": "Gone fishing"}}))
        assert owed(order) == [("1Z1", {line: 2})]
        assert effect(order).endswith("The status 'Gone fishing' of a line has no meaning for this store.")

    def test_a_download_is_no_remark(self, store, sandbox):
        items = lines(1, 1)
        items[0] |= {"status": 220}
        order = order_of(store, sandbox, items=items)
        report(store, document(order, [("1", "1Z1")], {each: {"shipped": 1} for each in ids(sandbox, order)}))
        assert effect(order) == "1 shipment for Miva."


class TestSeveralOrdersInOneMessage:
    def test_an_order_that_is_in_it_twice_is_told_twice(self, store, sandbox):
        one, two = order_of(store, sandbox, 5), order_of(store, sandbox, 1)
        (line,) = ids(sandbox, one)
        parts = [
            partly(one, [("1", "1Z1")], {line: {"shipped": 2}}),
            document(two, [("1", "1Z9")]),
            partly(one, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 4}}),
            partly(one, [("1", "1Z1")], {line: {"shipped": 2}}),
        ]
        inside = "".join(part["update"].removeprefix("<Orders>").removesuffix("</Orders>") for part in parts)
        assert report(store, {"update": f"<Orders>{inside}</Orders>"}).owed
        assert owed(one) == [("1Z1", {line: 2}), ("1Z2", {line: 2})]
        assert [number for number, _ in owed(two)] == ["1Z9"]
