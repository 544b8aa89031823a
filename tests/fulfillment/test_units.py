"""The units of an order."""

from __future__ import annotations

import pytest

from fulfillment.kits import Kits
from fulfillment.units import Ledger
from tests.fulfillment.goods import order_of

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
