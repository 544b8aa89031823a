"""A desktop tells totals and names all packages, or tells each shipment by itself: both ways end with every unit shipped once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.models import Package, Shipment
from stores.models import Store
from stores.sandbox import SandboxStore
from tests.factories import make_store
from tests.fulfillment.goods import document, ids, order_of, report

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

Parcels = list[tuple[int, int]]
"""Units of the first and of the second line in each parcel."""


def some_units(parcel: tuple[int, int]) -> bool:
    return any(parcel)


parcels = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)).filter(some_units), min_size=1, max_size=5)


def told(parcels: Parcels, place: int, *, totals: bool, inside: bool, lines: list[int]) -> dict[str, Any]:
    """What the desktop says of the parcel at this place: its number, or those of all up to it, with the units."""
    first = 0 if totals else place
    named = [(f"P{each}", f"1Z{each}") for each in range(first, place + 1)]
    items: dict[int, dict[str, Any]] = {}
    for column, line in enumerate(lines):
        units = {f"P{each}": parcels[each][column] for each in range(first, place + 1)}
        if sum(units.values()):
            items[line] = {"shipped": sum(units.values())} | ({"packages": units} if inside else {})
    return {"packages": named, "items": items}


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(
    parcels=parcels,
    totals=st.booleans(),
    inside=st.booleans(),
    spare=st.integers(0, 4),
    again=st.lists(st.integers(0, 4), max_size=3),
)
def test_every_unit_is_shipped_once_however_a_desktop_tells_it(parcels, totals, inside, spare, again):
    store, sandbox = make_store(), SandboxStore(seed=3)
    gone = [sum(each[column] for each in parcels) for column in (0, 1)]
    order = order_of(store, sandbox, *(count + spare or 1 for count in gone))
    lines = ids(sandbox, order)
    messages = [
        document(
            order,
            **told(parcels, place, totals=totals, inside=inside, lines=lines),
            status="Partially Shipped",
        )
        for place in range(len(parcels))
    ]
    for place, message in enumerate(messages):
        report(store, message)
        for earlier in again:
            report(store, messages[min(earlier, place)])
    assert not Shipment.objects.of(store).filter(parked_at__isnull=False).exists()
    assert contents(store, lines) == {f"1Z{place}": parcel for place, parcel in enumerate(parcels)}


def contents(store: Store, lines: list[int]) -> dict[str, tuple[int, ...]]:
    """The units of both lines in each package."""
    found = {}
    for package in Package.objects.filter(store=store).select_related("shipment"):
        units = {each.line_id: each.quantity for each in package.shipment.lines.all()}
        found[package.number] = tuple(units.get(line, 0) for line in lines)
    return found
