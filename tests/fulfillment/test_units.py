"""The units of an order."""

from __future__ import annotations

import pytest

from fulfillment.kits import Kits
from fulfillment.units import Ledger
from tests.fulfillment.goods import document, ids, order_of, report

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_open_is_reckoned_once_however_many_lines_ask(sandbox, store):
    ledger = Ledger(order_of(store, sandbox, 1, 5))
    assert sorted(ledger.open.values()) == [1, 5]
    assert ledger.open is ledger.open


def test_a_kit_of_which_no_unit_is_left_holds_no_parts(sandbox, store):
    order = order_of(store, sandbox, 1, 2)
    parent, child = order.raw["items"]
    parent["quantity"], child["parent_id"] = 0, parent["line_id"]
    assert Kits.of(order.raw, Ledger(order).ordered).parts == {}


def test_parts_that_other_shipments_name_do_not_go_with_their_kit_again(sandbox, store):
    order = order_of(store, sandbox, 4, 4, 4)
    kit, first, second = ids(sandbox, order)
    for child in order.raw["items"][1:]:
        child["parent_id"] = kit
    order.save()
    report(store, document(order, [("1", "1Z1")], {first: {"shipped": 4}}, "Partially Shipped"))
    packages = [("1", "1Z1"), ("2", "1Z2")]
    report(store, document(order, packages, {first: {"shipped": 4}, second: {"shipped": 4}}))
    ledger = Ledger(order)
    assert ledger.shipped == ledger.given == {kit: 4, first: 4, second: 4}


def test_parts_that_no_shipment_names_go_with_their_kit(sandbox, store):
    order = order_of(store, sandbox, 4, 8)
    kit, part = ids(sandbox, order)
    order.raw["items"][1]["parent_id"] = kit
    order.save()
    report(store, document(order, [("1", "1Z1")], {kit: {"shipped": 1}}, "Partially Shipped"))
    packages = [("1", "1Z1"), ("2", "1Z2")]
    report(store, document(order, packages, {kit: {"shipped": 4}, part: {"shipped": 8}}))
    assert Ledger(order).shipped == {kit: 4, part: 8}
