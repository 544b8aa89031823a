"""Whatever a desktop says, in whatever order: no unit is owed twice, no number is lost, and said again it means nothing new."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.models import FulfillmentRules, Package, Shipment, ShipmentLine
from stores.sandbox import SandboxStore
from tests.factories import make_store
from tests.fulfillment.goods import document, form, ids, lines, order_of, report

pytestmark = pytest.mark.django_db

NUMBERS = [f"1Z{each}" for each in range(5)]
REFS = ["", "1", "2", "3"]
figures = st.sampled_from([None, None, 0, 1, 2, 3, 9, -1, "x"])
items = st.fixed_dictionaries(
    {
        "shipped": figures,
        "needed": figures,
        "ordered": figures,
        "status": st.sampled_from(
            [None, None, "Item Shipped", "Item Cancelled", "Backordered", "Being picked"]
        ),
        "packages": st.dictionaries(st.sampled_from(REFS), st.sampled_from([0, 1, 2, 9]), max_size=2),
    }
)
messages = st.fixed_dictionaries(
    {
        "status": st.sampled_from(
            ["Shipped", "Partially Shipped", "Partially Shipped", "Cancelled", "Backordered"]
        ),
        "packages": st.lists(st.tuples(st.sampled_from(REFS), st.sampled_from([*NUMBERS, ""])), max_size=3),
        "items": st.dictionaries(st.integers(0, 4), items, max_size=3),
        "form": st.sampled_from([False, False, False, True]),
    }
)


@settings(
    max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(told=st.lists(messages, min_size=1, max_size=6), split=st.booleans())
def test_no_unit_is_owed_twice_and_no_number_is_lost(told, split):
    store, sandbox = make_store(), SandboxStore(seed=3)
    FulfillmentRules.objects.create(
        store=store, cancel=True, back_order=True, packages="split" if split else "join"
    )
    placed = lines(3, 2, 1, 2)
    placed[2] |= {"status": 220}
    order = order_of(store, sandbox, items=placed)
    first, second, download, third = ids(sandbox, order)
    known = [first, second, download, third, 424242]
    named: set[str] = set()
    for message in told:
        if message["form"]:
            parameters = form(
                order, *(number for _, number in message["packages"] if number), status=message["status"]
            )
        else:
            said = {
                known[place]: {name: value for name, value in item.items() if value is not None}
                for place, item in message["items"].items()
            }
            parameters = document(order, message["packages"], said, message["status"])
        report(store, parameters)
        if message["status"].endswith("Shipped"):
            named |= {number for _, number in message["packages"] if number}
        there = list(Package.objects.filter(order=order))
        assert named <= {number for each in there for number in (each.number, *each.earlier_numbers)}
        rows = ShipmentLine.objects.filter(shipment__order=order).exclude(shipment__kind="back_order")
        owed = Counter()
        for each in rows:
            owed[each.line_id] += each.quantity
        assert all(
            owed[line] <= units for line, units in {first: 3, second: 2, download: 0, third: 2}.items()
        )
        assert owed[424242] == 0
        for row in Shipment.objects.filter(order=order, kind="ship", parked_at=None):
            assert row.tracking
            assert row.everything or row.lines.exists()
        versions = dict(Shipment.objects.filter(order=order, parked_at=None).values_list("pk", "version"))
        report(store, form(order, status="New"))
        report(store, parameters)
        after = dict(Shipment.objects.filter(order=order, parked_at=None).values_list("pk", "version"))
        assert after == versions
