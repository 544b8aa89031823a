"""A desktop tells totals and names all packages, or tells each shipment by itself: both ways end with every unit shipped once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.models import Package, Shipment
from orders.models import Order
from stores.models import Store
from stores.sandbox import SandboxStore
from tests.factories import make_store
from tests.fulfillment.goods import document, ids, order_of, report

pytestmark = pytest.mark.django_db

Parcels = list[tuple[int, int]]
"""Units of the first and of the second line in each parcel."""


def some_units(parcel: tuple[int, int]) -> bool:
    return any(parcel)


parcels = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)).filter(some_units), min_size=1, max_size=5)


def told(
    parcels: Parcels, place: int, lines: list[int], *, totals: bool, inside: bool, anew: bool = False
) -> dict[str, Any]:
    """What the desktop says of the parcel at this place: its number, or those of all up to it, with the units. With `anew` each
    message counts its PackageIDs from 1 on."""
    first = 0 if totals else place
    refs = {each: f"P{each - first if anew else each}" for each in range(first, place + 1)}
    items: dict[int, dict[str, Any]] = {}
    for column, line in enumerate(lines):
        units = {ref: parcels[each][column] for each, ref in refs.items()}
        if sum(units.values()):
            items[line] = {"shipped": sum(units.values())} | ({"packages": units} if inside else {})
    return {"packages": [(ref, f"1Z{each}") for each, ref in refs.items()], "items": items}


def numberless(message: dict[str, Any]) -> dict[str, Any]:
    """The same before the last package has its number."""
    packages = [*message["packages"][:-1], (message["packages"][-1][0], "")]
    return message | {"packages": packages}


def placed(store: Store, sandbox: SandboxStore, parcels: Parcels, spare: int) -> tuple[Order, list[int]]:
    """An order of two lines of which that many units stay, and its lines."""
    gone = [sum(each[column] for each in parcels) for column in (0, 1)]
    order = order_of(store, sandbox, *(count + spare or 1 for count in gone))
    return order, ids(sandbox, order)


few = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@few
@given(
    parcels=parcels,
    totals=st.booleans(),
    inside=st.booleans(),
    spare=st.integers(0, 4),
    again=st.lists(st.integers(0, 4), max_size=3),
    early=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_every_unit_is_shipped_once_however_a_desktop_tells_it(parcels, totals, inside, spare, again, early):
    """`early`: the parcel is told before it has its number, too."""
    store = make_store()
    order, lines = placed(store, SandboxStore(seed=3), parcels, spare)
    messages = [told(parcels, place, lines, totals=totals, inside=inside) for place in range(len(parcels))]
    for place, message in enumerate(messages):
        for each in [numberless(message), message] if early[place] else [message]:
            report(store, document(order, **each, status="Partially Shipped"))
        for earlier in again:
            report(store, document(order, **messages[min(earlier, place)], status="Partially Shipped"))
    assert not Shipment.objects.of(store).filter(parked_at__isnull=False).exists()
    assert contents(store, lines) == {f"1Z{place}": parcel for place, parcel in enumerate(parcels)}


@few
@given(
    parcels=parcels,
    inside=st.booleans(),
    spare=st.integers(0, 4),
    needs=st.booleans(),
    late=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_package_ids_that_begin_anew_lose_no_number_and_ship_no_unit_too_many(
    parcels, inside, spare, needs, late
):
    """`needs`: the desktop tells what has not left yet; `late`: the parcel's number comes after the others."""
    store = make_store()
    order, lines = placed(store, SandboxStore(seed=3), parcels, spare)
    ordered = {item["line_id"]: item["quantity"] for item in order.raw["items"]}
    messages = [
        told(parcels, place, lines, totals=False, inside=inside, anew=True) for place in range(len(parcels))
    ]
    wait = [message for place, message in enumerate(messages) if late[place]]
    soon = [message for place, message in enumerate(messages) if not late[place]]
    for message in [*soon, *wait]:
        for line, item in message["items"].items():
            ordered[line] -= item["shipped"]
            item.update({"needed": ordered[line]} if needs else {})
    for message in [*map(numberless, wait), *soon, *wait]:
        report(store, document(order, **message, status="Partially Shipped"))
    wanted = {f"1Z{place}": parcel for place, parcel in enumerate(parcels)}
    sent = Package.objects.filter(store=store, shipment__parked_at=None)
    assert {each.number for each in Package.objects.filter(store=store)} >= {each.number for each in sent}
    assert contents(store, lines) == wanted
    assert not needs or sent.count() == len(parcels)


def contents(store: Store, lines: list[int]) -> dict[str, tuple[int, ...]]:
    """The units of both lines in each package."""
    found = {}
    for package in Package.objects.filter(store=store).select_related("shipment"):
        units = {each.line_id: each.quantity for each in package.shipment.lines.all()}
        found[package.number] = tuple(units.get(line, 0) for line in lines)
    return found
