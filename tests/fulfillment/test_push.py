"""From a row to Miva: the steps, what stops them, and that nothing is ever done twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from fulfillment.audit import unsent
from fulfillment.decide import done_elsewhere, try_again
from fulfillment.edited import park_unfit
from fulfillment.health import summary
from fulfillment.models import FulfillmentRules, Shipment
from fulfillment.push import push
from fulfillment.units import Ledger
from stores import outbox
from stores.health import State
from stores.sandbox.warehouse import ShipmentUpdate
from stores.wires import miva_for
from tests.factories import as_sent, later
from tests.fulfillment.goods import (
    document,
    form,
    ids,
    in_miva,
    kept,
    lines,
    only,
    order_of,
    report,
    shipped,
    status,
)
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

LOAD, SPLIT = "OrderList_Load_Query", "OrderItem_Split"
CREATE, UPDATE = "OrderItemList_CreateShipment", "OrderShipmentList_Update"


def calls(sandbox) -> list[str]:
    return [call.function for call in sandbox.calls]


def again(store):
    """As if the waits were over: everything that is open is pushed."""
    outbox.resume(Shipment, store)
    Shipment.objects.of(store).filter(outbox.OPEN).update(due_at=timezone.now())
    return push(store, budget=30)


def test_a_whole_order_takes_four_calls(sandbox, store):
    order = order_of(store, sandbox, 1, 5)
    drained = shipped(store, form(order, "1Z1", carrier="FX"))
    assert drained.done == 1
    assert calls(sandbox) == [LOAD, CREATE, UPDATE, LOAD]
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1, "MUG-2": 5}}
    assert status(sandbox, order) == 200
    assert sandbox.orders[order.miva_id]["shipments"][0]["tracktype"] == "FedEx"
    assert only(store).step == Shipment.Step.VERIFIED


def test_several_packages_may_become_shipments_of_their_own(sandbox, store):
    FulfillmentRules.objects.create(store=store, packages="split")
    order = order_of(store, sandbox, 3)
    assert shipped(store, form(order, "1Z1", "1Z2")).done == 2
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 2}, "1Z2": {"MUG-1": 1}}


def test_a_correction_reaches_the_shipment_and_keeps_its_cost(sandbox, store):
    order = order_of(store, sandbox, 1)
    shipped(store, form(order, "1Z1"))
    (made,) = sandbox.orders[order.miva_id]["shipments"]
    sandbox.update_shipments([ShipmentUpdate(made["id"], True, "1Z1", "UPS", Decimal(7))])
    assert shipped(store, form(order, "1Z9")).done == 1
    (made,) = sandbox.orders[order.miva_id]["shipments"]
    assert (made["tracknum"], made["cost"]) == ("1Z9", 7)
    assert [mail.tracknum for mail in sandbox.mails] == ["1Z1"]


def test_a_correction_that_arrives_while_the_first_number_is_pushed_is_not_lost(sandbox, store):
    order = order_of(store, sandbox, 1)
    report(store, form(order, "1Z1"))
    once = []

    def correct(call):
        if call.function == UPDATE and not once:
            once.append(call)
            at_once(1, lambda _: report(store, form(order, "1Z9")))

    sandbox.before_reply.append(correct)
    push(store, budget=30)
    assert in_miva(sandbox, order) == {"1Z9": {"MUG-1": 1}}


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "cut_json", "empty"])
@pytest.mark.parametrize("function", [LOAD, SPLIT, CREATE, UPDATE])
def test_whatever_answer_is_lost_each_package_is_shipped_once(sandbox, store, function, kind):
    order = order_of(store, sandbox, 5, 1)
    first, second = ids(sandbox, order)
    report(store, document(order, [("1", "1Z1")], {first: {"shipped": 2}, second: {"shipped": 1}}))
    sandbox.faults.add(kind, function)
    push(store, budget=30)
    again(store)
    assert [taken.kind for taken in sandbox.faults.taken] == [kind]
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 2, "MUG-2": 1}}
    assert sorted(line["quantity"] for line in sandbox.orders[order.miva_id]["items"]) == [1, 2, 3]
    assert only(store).done_at


def test_after_a_lost_answer_miva_has_time_to_finish_before_the_order_is_read(sandbox, store):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    sandbox.faults.add("reset_after", CREATE)
    assert push(store, budget=30).deferred == 1
    assert calls(sandbox) == [LOAD, CREATE]
    assert only(store).problem_kind == "unsure"
    assert only(store).due_at > timezone.now() + timedelta(seconds=15)


@pytest.mark.parametrize("function", [SPLIT, CREATE, UPDATE])
def test_the_answers_of_every_attempt_may_be_lost(sandbox, store, function):
    order = order_of(store, sandbox, 5)
    report(store, document(order, [("1", "1Z1")], {ids(sandbox, order)[0]: {"shipped": 2}}))
    sandbox.faults.add("reset_after", function, times=None)
    for _ in range(3):
        again(store)
    sandbox.faults.clear()
    again(store)
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 2}}


def test_a_part_of_a_line_is_split_off_once_even_between_alike_lines(sandbox, store):
    items = lines(2, 5)
    items[0]["code"] = items[1]["code"]
    order = order_of(store, sandbox, items=items)
    report(store, document(order, [("1", "1Z1")], {ids(sandbox, order)[1]: {"shipped": 2}}))
    sandbox.faults.add("reset_after", SPLIT)
    push(store, budget=30)
    again(store)
    assert sorted(line["quantity"] for line in sandbox.orders[order.miva_id]["items"]) == [2, 2, 3]
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-2": 2}}


def test_the_rest_of_an_order_that_overtakes_its_first_part_leaves_that_its_units(sandbox, store):
    order = order_of(store, sandbox, 3, 1)
    first, _ = ids(sandbox, order)
    report(store, document(order, [("1", "1Z1")], {first: {"shipped": 2}}, "Partially Shipped"))
    later = timezone.now() + timedelta(minutes=1)
    Shipment.objects.update(due_at=later)
    shipped(store, form(order, "1Z1", "1Z2"))
    again(store)
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 2}, "1Z2": {"MUG-1": 1, "MUG-2": 1}}


def test_two_alike_parts_of_one_line_whose_splits_were_lost_stay_two(sandbox, store):
    order = order_of(store, sandbox, 6)
    (line,) = ids(sandbox, order)
    report(store, document(order, [("1", "1Z1")], {line: {"shipped": 2}}, "Partially Shipped"))
    report(store, document(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 4}}, "Partially Shipped"))
    sandbox.faults.add("reset_after", SPLIT)
    sandbox.faults.add("status", LOAD, times=2, code=500)
    for _ in range(4):
        again(store)
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 2}, "1Z2": {"MUG-1": 2}}
    assert [each["quantity"] for each in sandbox.orders[order.miva_id]["items"]] == [2, 2, 2]


@pytest.mark.parametrize("whole", [True, False])
def test_the_rest_of_an_order_that_was_pulled_after_a_split_whose_answer_was_lost_goes_whole(
    sandbox, store, whole
):
    order = order_of(store, sandbox, 5)
    (line,) = ids(sandbox, order)
    report(store, document(order, [("1", "1Z1")], {line: {"shipped": 2}}, "Partially Shipped"))
    sandbox.faults.add("reset_after", SPLIT)
    push(store, budget=30)
    kept(store, later(sandbox.orders[order.miva_id]))
    packages = [("1", "1Z1"), ("2", "1Z2")]
    report(store, form(order, "1Z1", "1Z2") if whole else document(order, packages, {line: {"shipped": 5}}))
    again(store)
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 2}, "1Z2": {"MUG-1": 3}}


class TestKits:
    def kit(self, store, sandbox):
        """Four kits of two mugs each, and another line."""
        placed = sandbox.place_order(items=lines(4, 8, 1))
        parent, child, _ = sandbox.orders[placed["id"]]["items"]
        child |= {"parent_id": parent["line_id"], "group_id": parent["line_id"]}
        return kept(store, sandbox.orders[placed["id"]]), parent["line_id"], child["line_id"]

    def test_its_parts_go_with_it(self, sandbox, store):
        order, parent, _ = self.kit(store, sandbox)
        shipped(store, document(order, [("1", "1Z1")], {parent: {"shipped": 4}}, "Partially Shipped"))
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 4, "MUG-2": 8}}

    def test_splitting_it_splits_its_parts(self, sandbox, store):
        order, parent, child = self.kit(store, sandbox)
        items = {parent: {"shipped": 1}, child: {"shipped": 2}}
        shipped(store, document(order, [("1", "1Z1")], items, "Partially Shipped"))
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1, "MUG-2": 2}}

    def test_of_a_whole_order_each_line_goes_with_one_package_only(self, sandbox, store):
        FulfillmentRules.objects.create(store=store, packages=FulfillmentRules.Packages.SPLIT)
        order, _, _ = self.kit(store, sandbox)
        assert shipped(store, form(order, "1Z1", "1Z2", "1Z3")).parked == 0
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 4}, "1Z2": {"MUG-2": 8}, "1Z3": {"MUG-3": 1}}

    def units(self, sandbox, order) -> dict[str, int]:
        """What is in no shipment, by product."""
        rest: dict[str, int] = {}
        for line in sandbox.orders[order.miva_id]["items"]:
            if not line["shpmnt_id"]:
                rest[line["code"]] = rest.get(line["code"], 0) + line["quantity"]
        return rest

    def test_named_alone_it_takes_its_parts_and_the_rest_of_the_order_goes_without_them(self, sandbox, store):
        order, parent, _ = self.kit(store, sandbox)
        shipped(store, document(order, [("1", "1Z1")], {parent: {"shipped": 4}}, "Partially Shipped"))
        assert shipped(store, form(order, "1Z1", "1Z2")).done == 1
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 4, "MUG-2": 8}, "1Z2": {"MUG-3": 1}}
        assert status(sandbox, order) == 200

    def test_named_alone_and_in_two_parts_each_takes_its_share(self, sandbox, store):
        order, parent, _ = self.kit(store, sandbox)
        shipped(store, document(order, [("1", "1Z1")], {parent: {"shipped": 1}}, "Partially Shipped"))
        packages = [("1", "1Z1"), ("2", "1Z2")]
        assert shipped(store, document(order, packages, {parent: {"shipped": 4}})).done == 1
        assert in_miva(sandbox, order) == {
            "1Z1": {"MUG-1": 1, "MUG-2": 2},
            "1Z2": {"MUG-1": 3, "MUG-2": 6},
        }

    def test_of_which_only_the_parts_are_named_goes_with_the_last_of_them(self, sandbox, store):
        order, _, child = self.kit(store, sandbox)
        shipped(store, document(order, [("1", "1Z1")], {child: {"shipped": 3}}, "Partially Shipped"))
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-2": 3}}
        packages = [("1", "1Z1"), ("2", "1Z2")]
        shipped(store, document(order, packages, {child: {"shipped": 8, "packages": {"1": 3, "2": 5}}}))
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-2": 3}, "1Z2": {"MUG-1": 4, "MUG-2": 5}}
        assert self.units(sandbox, order) == {"MUG-3": 1}

    def test_whose_parts_are_in_another_package_keeps_them_apart(self, sandbox, store):
        order, parent, child = self.kit(store, sandbox)
        items = {parent: {"shipped": 4, "packages": {"1": 4}}, child: {"shipped": 8, "packages": {"2": 8}}}
        assert shipped(store, document(order, [("1", "1Z1"), ("2", "1Z2")], items)).done == 2
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 4}, "1Z2": {"MUG-2": 8}}

    def test_with_more_of_a_part_than_goes_with_it_is_for_a_person(self, sandbox, store):
        order, parent, child = self.kit(store, sandbox)
        items = {parent: {"shipped": 1}, child: {"shipped": 3}}
        assert shipped(store, document(order, [("1", "1Z1")], items)).parked == 1
        assert "3 units of line" in only(store).problem

    def test_that_was_split_and_edited_after_that_still_counts_its_parts_once(self, sandbox, store):
        order, parent, child = self.kit(store, sandbox)
        shipped(store, document(order, [("1", "1Z1")], {parent: {"shipped": 1}}, "Partially Shipped"))
        order.raw = as_sent(sandbox.orders[order.miva_id])
        assert Ledger(order).open == {parent: 3, child: 6, ids(sandbox, order)[2]: 1}

    @pytest.mark.parametrize("function", [SPLIT, CREATE, UPDATE])
    def test_that_is_split_survives_a_lost_answer(self, sandbox, store, function):
        order, parent, child = self.kit(store, sandbox)
        items = {parent: {"shipped": 1}, child: {"shipped": 2}}
        report(store, document(order, [("1", "1Z1")], items, "Partially Shipped"))
        sandbox.faults.add("reset_after", function)
        push(store, budget=30)
        again(store)
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1, "MUG-2": 2}}
        assert self.units(sandbox, order) == {"MUG-1": 3, "MUG-2": 6, "MUG-3": 1}

    @pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
    @pytest.mark.parametrize("units", [1, 2])
    def test_named_alone_it_is_split_once_though_the_answer_is_lost(self, sandbox, store, kind, units):
        order, parent, _ = self.kit(store, sandbox)
        report(store, document(order, [("1", "1Z1")], {parent: {"shipped": units}}, "Partially Shipped"))
        sandbox.faults.add(kind, SPLIT)
        push(store, budget=30)
        again(store)
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": units, "MUG-2": 2 * units}}
        assert len(sandbox.orders[order.miva_id]["items"]) == 5
        shipped(store, document(order, [("1", "1Z1"), ("2", "1Z2")], {parent: {"shipped": 4}}))
        assert in_miva(sandbox, order)["1Z2"] == {"MUG-1": 4 - units, "MUG-2": 8 - 2 * units}

    def test_each_half_is_split_once_though_every_answer_is_lost(self, sandbox, store):
        order, parent, child = self.kit(store, sandbox)
        for place in (1, 2, 3):
            packages = [(str(each), f"1Z{each}") for each in range(1, place + 1)]
            items = {parent: {"shipped": place}, child: {"shipped": 2 * place}}
            report(store, document(order, packages, items, "Partially Shipped"))
        sandbox.faults.add("reset_after", SPLIT, times=3)
        for _ in range(5):
            again(store)
        each = {"MUG-1": 1, "MUG-2": 2}
        assert in_miva(sandbox, order) == {"1Z1": each, "1Z2": each, "1Z3": each}
        assert self.units(sandbox, order) == {"MUG-1": 1, "MUG-2": 2, "MUG-3": 1}

    @pytest.mark.parametrize("function", [SPLIT, "OrderItemList_BackOrder"])
    def test_of_which_the_rest_is_back_ordered_survives_a_lost_answer(self, sandbox, store, function):
        FulfillmentRules.objects.create(store=store, back_order=True)
        order, parent, _ = self.kit(store, sandbox)
        told = {parent: {"shipped": 1, "status": "Backordered"}}
        report(store, document(order, [("1", "")], told, "Partially Shipped"))
        sandbox.faults.add("reset_after", function)
        push(store, budget=30)
        again(store)
        shipped(store, document(order, [("1", "1Z1")], {parent: {"shipped": 1}}, "Partially Shipped"))
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1, "MUG-2": 2}}
        items = sandbox.orders[order.miva_id]["items"]
        assert sorted((line["code"], line["quantity"]) for line in items if line["status"] == 400) == [
            ("MUG-1", 3),
            ("MUG-2", 6),
        ]
        assert len(items) == 5


class TestWhatNoLongerFits:
    def parked(self, store):
        row = only(store)
        assert row.parked_at
        assert row.remedy
        return row.problem

    def test_an_order_that_was_cancelled_in_miva_is_parked(self, sandbox, store):
        order = order_of(store, sandbox, 1)
        sandbox.cancel(order.miva_id)
        assert shipped(store, form(order, "1Z1")).parked == 1
        assert "is cancelled in Miva" in self.parked(store)
        assert not sandbox.orders[order.miva_id]["shipments"]

    def test_a_named_line_that_was_cancelled_is_parked(self, sandbox, store):
        order = order_of(store, sandbox, 1, 1)
        first, second = ids(sandbox, order)
        sandbox.cancel(order.miva_id, [second])
        shipped(store, document(order, [("1", "1Z1")], {first: {"shipped": 1}, second: {"shipped": 1}}))
        assert self.parked(store).startswith(f"Line {second} (MUG-2) is cancelled in Miva")

    def test_of_a_whole_order_the_lines_that_are_left_go(self, sandbox, store):
        order = order_of(store, sandbox, 1, 1)
        sandbox.cancel(order.miva_id, ids(sandbox, order)[1:])
        assert shipped(store, form(order, "1Z1")).done == 1
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1}}

    def test_lines_are_never_taken_out_of_a_shipment_that_is_there(self, sandbox, store):
        order = order_of(store, sandbox, 1, 1)
        made = sandbox.create_shipment(order.miva_id, ids(sandbox, order))
        sandbox.orders[order.miva_id]["shipments"][0] |= {"status": 200, "tracknum": "BY-HAND"}
        shipped(store, form(order, "1Z1"))
        assert f"shipment {made['id']}" in self.parked(store)
        assert CREATE not in calls(sandbox)

    def test_of_a_whole_order_what_we_made_is_found_beside_what_was_shipped_by_hand(self, sandbox, store):
        order = order_of(store, sandbox, 1, 1)
        sandbox.create_shipment(order.miva_id, ids(sandbox, order)[1:])
        sandbox.orders[order.miva_id]["shipments"][0] |= {"status": 200, "tracknum": "BY-HAND"}
        report(store, form(order, "1Z1"))
        sandbox.faults.add("reset_after", CREATE)
        push(store, budget=30)
        again(store)
        assert in_miva(sandbox, order) == {"BY-HAND": {"MUG-2": 1}, "1Z1": {"MUG-1": 1}}
        assert calls(sandbox).count(CREATE) == 1

    def test_a_shipment_made_by_hand_that_waits_for_its_number_gets_it(self, sandbox, store):
        order = order_of(store, sandbox, 1, 1)
        sandbox.create_shipment(order.miva_id, ids(sandbox, order))
        shipped(store, form(order, "1Z1"))
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1, "MUG-2": 1}}
        assert CREATE not in calls(sandbox)

    def test_it_gets_it_also_when_the_order_was_pulled_in_between(self, sandbox, store):
        order = order_of(store, sandbox, 1, 1)
        sandbox.create_shipment(order.miva_id, ids(sandbox, order))
        kept(store, later(sandbox.orders[order.miva_id]))
        shipped(store, form(order, "1Z1"))
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1, "MUG-2": 1}}

    @pytest.mark.parametrize("named", [True, False])
    def test_what_somebody_split_off_in_miva_goes_with_its_line(self, sandbox, store, named):
        order = order_of(store, sandbox, 6, 1)
        line = ids(sandbox, order)[0]
        for units in (2, 1):
            sandbox.split(order.miva_id, line, units)
        told = document(order, [("1", "1Z1")], {line: {"shipped": 6}}) if named else form(order, "1Z1")
        assert shipped(store, told).done == 1
        assert in_miva(sandbox, order)["1Z1"]["MUG-1"] == 6
        assert Ledger(order).open.get(line) is None

    def test_but_not_when_it_is_no_part_of_the_units_or_another_line_of_the_order(self, sandbox, store):
        items = lines(5, 2)
        items[1]["code"] = items[0]["code"]
        order = order_of(store, sandbox, items=items)
        line = ids(sandbox, order)[0]
        sandbox.change_quantity(order.miva_id, line, 3)
        shipped(store, document(order, [("1", "1Z1")], {line: {"shipped": 5}}))
        assert "5 units" in self.parked(store)
        assert not sandbox.orders[order.miva_id]["shipments"]

    def test_fewer_units_than_left_the_house(self, sandbox, store):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        sandbox.change_quantity(order.miva_id, line, 1)
        shipped(store, document(order, [("1", "1Z1")], {line: {"shipped": 3}}))
        assert "3 units" in self.parked(store)

    def test_an_order_that_is_gone(self, sandbox, store):
        order = order_of(store, sandbox, 1)
        sandbox.delete(order.miva_id)
        shipped(store, form(order, "1Z1"))
        assert f"no order {order.miva_id}" in self.parked(store)

    def test_a_shipment_that_was_deleted_is_not_made_again(self, sandbox, store):
        order = order_of(store, sandbox, 1)
        shipped(store, form(order, "1Z1"))
        sandbox.remove_from_shipment(order.miva_id, ids(sandbox, order))
        shipped(store, form(order, "1Z9"))
        assert "was deleted" in self.parked(store)

    def test_parked_and_mended_it_goes_when_it_is_tried_again(self, sandbox, store):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        sandbox.change_quantity(order.miva_id, line, 1)
        shipped(store, document(order, [("1", "1Z1")], {line: {"shipped": 3}}))
        sandbox.change_quantity(order.miva_id, line, 5)
        outbox.make_due(Shipment.objects.of(store))
        assert push(store, budget=30).done == 1
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 3}}


class TestChanges:
    def test_a_cancelled_line_is_cancelled_with_its_reason_and_its_part_is_split_off(self, sandbox, store):
        FulfillmentRules.objects.create(store=store, cancel=True)
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        shipped(store, document(order, [("1", "1Z1")], {line: {"shipped": 2}}, "Partially Shipped"))
        shipped(store, form(order, status="Order Cancelled"))
        rest = sandbox.orders[order.miva_id]["items"][0]
        assert (rest["quantity"], rest["status"]) == (3, 300)
        assert any(option["attr_code"] == "Cancellation Reason" for option in rest["options"])
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 2}}

    def test_a_number_for_an_order_that_is_cancelled_says_so(self, sandbox, store):
        FulfillmentRules.objects.create(store=store, cancel=True)
        order = order_of(store, sandbox, 1)
        shipped(store, form(order, status="Order Cancelled"))
        assert shipped(store, form(order, "1Z1")).parked == 1
        problem = Shipment.objects.get(kind=Shipment.Kind.SHIP).problem
        (line,) = ids(sandbox, order)
        assert problem == f"Nothing is left to ship: line {line} (MUG-1) is cancelled in Miva."

    def test_a_back_ordered_line_is_back_ordered_and_ships_later(self, sandbox, store):
        FulfillmentRules.objects.create(store=store, back_order=True)
        order = order_of(store, sandbox, 1)
        shipped(store, form(order, status="Backordered"))
        assert status(sandbox, order) == 400
        shipped(store, form(order, "1Z1"))
        assert status(sandbox, order) == 200

    @pytest.mark.parametrize("kept_again", [False, True])
    @pytest.mark.parametrize("later", [(8,), (3, 5)])
    def test_units_that_were_split_off_to_be_back_ordered_ship_later(self, sandbox, store, later, kept_again):
        FulfillmentRules.objects.create(store=store, back_order=True)
        order = order_of(store, sandbox, 10)
        (line,) = ids(sandbox, order)
        told = {"shipped": 2, "status": "Backordered"}
        for number in (
            "",
            "1Z0",
        ):  # the first two units wait for their number while the others are back-ordered
            shipped(store, document(order, [("1", number)], {line: told}, "Partially Shipped"))
        packages = [("1", "1Z0")]
        for place, units in enumerate(later, 1):
            if kept_again:
                kept(store, sandbox.orders[order.miva_id])
            packages.append((str(place + 1), f"1Z{place}"))
            told = {"shipped": told["shipped"] + units}
            assert shipped(store, document(order, packages, {line: told}, "Partially Shipped")).parked == 0
        units = [shipment["MUG-1"] for shipment in in_miva(sandbox, order).values()]
        assert (sorted(units), status(sandbox, order)) == (sorted([2, *later]), 200)

    @pytest.mark.parametrize("by_hand", [False, True])
    def test_units_that_have_gone_are_not_taken_from_those_that_were_back_ordered(
        self, sandbox, store, by_hand
    ):
        FulfillmentRules.objects.create(store=store, back_order=True)
        order = order_of(store, sandbox, 10)
        (line,) = ids(sandbox, order)
        told = {"shipped": 2, "status": "Backordered"}
        for number in ("", "1Z0"):
            report(store, document(order, [("1", number)], {line: told}, "Partially Shipped"))
            if not number:
                push(store, budget=30)
        if by_hand:
            sandbox.create_shipment(order.miva_id, [line])
        else:
            sandbox.faults.add("reset_after", "OrderItemList_CreateShipment")
            push(store, budget=30)
        again(store)
        assert in_miva(sandbox, order) == {"1Z0": {"MUG-1": 2}}

    def test_what_was_back_ordered_in_part_may_ship_whole(self, sandbox, store):
        FulfillmentRules.objects.create(store=store, back_order=True)
        order = order_of(store, sandbox, 10)
        (line,) = ids(sandbox, order)
        told = {"shipped": 2, "status": "Backordered"}
        shipped(store, document(order, [("1", "")], {line: told}, "Partially Shipped"))
        assert shipped(store, document(order, [("1", "1Z0")], {line: {"shipped": 10}})).parked == 0
        assert in_miva(sandbox, order) == {"1Z0": {"MUG-1": 10}}

    def back_order_waits(self, store, order):
        """The order is to be back-ordered whole, and Miva could not be reached."""
        FulfillmentRules.objects.create(store=store, back_order=True)
        report(store, form(order, status="Backordered"))
        Shipment.objects.of(store).update(due_at=timezone.now() + timedelta(minutes=30))

    def standing(self, sandbox, order) -> list[tuple[str, int, int]]:
        """Code, units and status of the lines."""
        items = sandbox.orders[order.miva_id]["items"]
        return sorted((line["code"], line["quantity"], line["status"]) for line in items)

    @pytest.mark.parametrize("kept_again", [False, True])
    @pytest.mark.parametrize(
        ("gone", "left"),
        [
            ({0: 1}, [("MUG-1", 1, 200), ("MUG-2", 5, 400)]),
            ({1: 2}, [("MUG-1", 1, 400), ("MUG-2", 2, 200), ("MUG-2", 3, 400)]),
            ({0: 1, 1: 5}, [("MUG-1", 1, 200), ("MUG-2", 5, 200)]),
        ],
    )
    def test_of_a_back_order_that_waited_what_has_not_shipped_meanwhile_goes_on(
        self, sandbox, store, gone, left, kept_again
    ):
        order = order_of(store, sandbox, 1, 5)
        self.back_order_waits(store, order)
        told = {ids(sandbox, order)[place]: {"shipped": units} for place, units in gone.items()}
        shipped(store, document(order, [("1", "1Z1")], told, "Partially Shipped"))
        if kept_again:
            kept(store, later(sandbox.orders[order.miva_id]))
            park_unfit(timezone.now())
        again(store)
        assert self.standing(sandbox, order) == left
        assert not Shipment.objects.of(store).filter(done_at=None).exists()

    def test_what_is_packed_anew_before_it_went_is_taken_from_no_back_order(self, sandbox, store):
        FulfillmentRules.objects.create(store=store, back_order=True)
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        told = {"shipped": 2, "status": "Backordered"}
        report(store, document(order, [("1", "")], {line: told}, "Partially Shipped"))
        Shipment.objects.of(store).update(due_at=timezone.now() + timedelta(minutes=30))
        report(store, document(order, [("1", "1Z1")], {line: told}, "Partially Shipped"))
        again(store)
        assert self.standing(sandbox, order) == [("MUG-1", 2, 200), ("MUG-1", 3, 400)]

    def test_nor_is_what_was_cancelled_meanwhile(self, sandbox, store):
        order = order_of(store, sandbox, 3, 1)
        first, second = ids(sandbox, order)
        self.back_order_waits(store, order)
        FulfillmentRules.objects.update(cancel=True)
        told = {first: {"shipped": 1}, second: {"status": "Item Cancelled"}}
        shipped(store, document(order, [("1", "1Z1")], told, "Partially Shipped"))
        again(store)
        assert self.standing(sandbox, order) == [("MUG-1", 1, 200), ("MUG-1", 2, 400), ("MUG-2", 1, 300)]
        assert not Shipment.objects.of(store).filter(done_at=None).exists()

    @pytest.mark.parametrize("function", [SPLIT, "OrderItemList_BackOrder"])
    def test_nor_after_a_lost_answer(self, sandbox, store, function):
        order = order_of(store, sandbox, 1, 5)
        self.back_order_waits(store, order)
        told = {ids(sandbox, order)[1]: {"shipped": 2}}
        report(store, document(order, [("1", "1Z1")], told, "Partially Shipped"))
        Shipment.objects.filter(kind="ship").update(due_at=timezone.now() + timedelta(minutes=30))
        Shipment.objects.filter(kind="back_order").update(due_at=timezone.now())
        sandbox.faults.add("reset_after", function)
        push(store, budget=30)
        again(store)
        assert self.standing(sandbox, order) == [("MUG-1", 1, 400), ("MUG-2", 2, 200), ("MUG-2", 3, 400)]
        assert not Shipment.objects.of(store).filter(done_at=None).exists()

    @pytest.mark.parametrize(
        ("choice", "word", "status"), [("cancel", "Cancelled", 300), ("back_order", "Backordered", 400)]
    )
    def test_a_line_that_was_shipped_by_hand_does_not_stop_the_others(
        self, sandbox, store, choice, word, status
    ):
        FulfillmentRules.objects.create(store=store, **{choice: True})
        order = order_of(store, sandbox, 1, 5)
        sandbox.create_shipment(order.miva_id, ids(sandbox, order)[:1])
        assert shipped(store, form(order, status=word)).parked == 1
        assert self.standing(sandbox, order) == [("MUG-1", 1, 100), ("MUG-2", 5, status)]
        assert "is in Miva's shipment" in only(store).problem
        assert again(store).deferred == 0

    @pytest.mark.parametrize("function", ["OrderItemList_Cancel", LOAD])
    def test_a_lost_answer_cancels_nothing_twice(self, sandbox, store, function):
        FulfillmentRules.objects.create(store=store, cancel=True)
        order = order_of(store, sandbox, 1)
        report(store, form(order, status="Cancelled"))
        sandbox.faults.add("reset_after", function)
        push(store, budget=30)
        again(store)
        assert calls(sandbox).count("OrderItemList_Cancel") == 1
        assert only(store).done_at


def test_a_store_that_locks_us_out_is_asked_once_and_says_so(sandbox, store):
    for _ in range(3):
        report(store, form(order_of(store, sandbox, 1), f"1Z{_}"))
    store.token = "revoked"
    store.save()
    push(store, budget=30)
    assert Shipment.objects.exclude(problem="").get().problem_kind == "locked"
    assert push(store, budget=30).done == 0


def test_orders_of_one_store_do_not_wait_for_one_that_is_parked(sandbox, store):
    bad, good = order_of(store, sandbox, 1), order_of(store, sandbox, 1)
    sandbox.delete(bad.miva_id)
    report(store, form(bad, "1Z1"))
    report(store, form(good, "1Z2"))
    drained = push(store, budget=30)
    assert (drained.done, drained.parked) == (1, 1)


def test_a_refusal_in_words_that_no_database_keeps_is_parked_all_the_same(sandbox, store):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    sandbox.faults.add("error_code", "OrderItemList_CreateShipment", code="MER-XXX-00001", message="Od\0d.")
    assert push(store, budget=30).parked == 1
    assert "Odd." in only(store).problem


class TestWhatSomebodyDidInMivaByHand:
    @pytest.fixture
    def order(self, sandbox, store):
        """Of which somebody made the shipment, entered Stone Edge's number, and closed what the portal owed."""
        order = order_of(store, sandbox, 2)
        report(store, form(order, "1Z1"))
        made = sandbox.create_shipment(order.miva_id, ids(sandbox, order))
        sandbox.update_shipments([ShipmentUpdate(made["id"], True, "1Z1", "UPS", Decimal(0))])
        done_elsewhere(Shipment.objects.of(store), "support", "made it by hand")
        return order

    @pytest.mark.parametrize("numbers", [("1Z1", "1Z2"), ("1Z9",)])
    def test_a_further_or_another_number_is_for_a_person_and_goes_when_it_is_tried_again(
        self, sandbox, store, order, numbers
    ):
        assert shipped(store, form(order, *numbers)).done == 0
        row = only(store)
        assert row.parked_at
        assert f"now: {', '.join(numbers)}. It was marked as done elsewhere (support: made it" in row.problem
        assert summary(store).state == State.HELD
        assert unsent(store, miva_for(store), row.created_at)[0]["reason"] == row.problem
        try_again(Shipment.objects.of(store))
        assert push(store, budget=30).done == 1
        assert in_miva(sandbox, order) == {", ".join(numbers): {"MUG-1": 2}}

    def test_nothing_is_pushed_without_that(self, sandbox, store, order):
        for numbers in (("1Z1", "1Z2"), ("1Z1", "1Z2", "1Z3")):
            shipped(store, form(order, *numbers))
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 2}}
        assert "1Z1, 1Z2, 1Z3" in only(store).problem

    def test_a_further_number_of_the_order_goes_to_what_the_portal_pushed(self, sandbox, store):
        order = order_of(store, sandbox, 1, 1)
        first, second = ids(sandbox, order)
        shipped(store, document(order, [("1", "1Z1")], {first: {"shipped": 1}}, "Partially Shipped"))
        report(store, document(order, [("1", "1Z1"), ("2", "1Z2")], {second: {"shipped": 1}}))
        done_elsewhere(Shipment.objects.filter(done_at=None), "support", "made it by hand")
        shipped(store, document(order, [("1", "1Z1"), ("2", "1Z2"), ("3", "1Z3")]))
        assert in_miva(sandbox, order) == {"1Z1, 1Z3": {"MUG-1": 1}}


class TestWhatMivaAcceptsAndShowsOtherwise:
    def meddled(self, sandbox, order):
        """Another program writes its own number into every shipment, right after us."""

        def meddle(call):
            if call.function == UPDATE:
                for each in sandbox.orders[order.miva_id]["shipments"]:
                    each["tracknum"] = "NOT-OURS"

        sandbox.before_reply.append(meddle)

    def test_it_is_tried_again_and_then_parked_with_what_to_do(self, sandbox, store):
        order = order_of(store, sandbox, 1)
        self.meddled(sandbox, order)
        assert shipped(store, form(order, "1Z1")).deferred == 1
        assert [again(store).parked for _ in range(outbox.OWN_FAULT - 1)] == [0, 1]
        assert "NOT-OURS" in only(store).problem
        assert "try again" in only(store).remedy

    def test_tried_again_by_a_person_it_goes_once_the_other_program_is_off(self, sandbox, store):
        order = order_of(store, sandbox, 1)
        self.meddled(sandbox, order)
        report(store, form(order, "1Z1"))
        for _ in range(outbox.OWN_FAULT):
            again(store)
        sandbox.before_reply.clear()
        outbox.make_due(Shipment.objects.of(store), now=True)
        assert push(store, budget=30).done == 1
        assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1}}
