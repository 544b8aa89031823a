"""A store with orders that are kept here, and a desktop that reports about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone

from fulfillment.models import Shipment
from fulfillment.push import push
from fulfillment.record import Recorded, record
from orders.keep import keep
from orders.models import Order
from stores.draining import Drained
from stores.models import Store
from stores.sandbox import SandboxStore
from stores.seti.requests import SetiRequest
from stores.seti.status_updates import parse_updates
from tests.factories import as_sent


def lines(*quantities: int, **members: Any) -> list[dict[str, Any]]:
    """Lines with these quantities, products of their own."""
    return [
        {"code": f"MUG-{place}", "name": f"Mug {place}", "quantity": count, "price": 10} | members
        for place, count in enumerate(quantities, 1)
    ]


def order_of(store: Store, sandbox: SandboxStore, *quantities: int, **overrides: Any) -> Order:
    """An order with such lines, placed in the shop and kept here."""
    placed = sandbox.place_order(
        items=overrides.pop("items", None) or lines(*quantities or (1,)), **overrides
    )
    return kept(store, placed)


def kept(store: Store, raw: dict[str, Any]) -> Order:
    """The shop's order, kept here as it is now."""
    keep(store, [as_sent(raw)], fetched_at=timezone.now(), road="queue_ack")
    return Order.objects.of(store).get(miva_id=raw["id"])


def ids(sandbox: SandboxStore, order: Order) -> list[int]:
    """The line ids of an order in the shop, in its order."""
    return [line["line_id"] for line in sandbox.orders[order.miva_id]["items"]]


def form(
    order: Order | int, *numbers: str, status: str = "Order Shipped", carrier: str = "UPS"
) -> dict[str, str]:
    """The parameters of form mode."""
    number = order.miva_id if isinstance(order, Order) else order
    fields = {"ordernumber": str(number), "orderstatus": status, "trackcount": str(len(numbers))}
    for place, each in enumerate(numbers, 1):
        suffix = "" if len(numbers) == 1 else str(place)
        fields |= {f"tracknum{suffix}": each, f"trackcarrier{suffix}": carrier}
    return fields


def document(
    order: Order | int,
    packages: Sequence[tuple[str, str]] = (),
    items: dict[int, dict[str, Any]] | None = None,
    status: str = "Order Shipped",
    carrier: str = "UPS",
) -> dict[str, str]:
    """The parameters of XML mode: packages as (PackageID, number); items by line id, `packages` as {PackageID: units}."""
    number = order.miva_id if isinstance(order, Order) else order
    parcels = "".join(
        f"<Package><PackageID>{ref}</PackageID><TrackNum>{escape(each)}</TrackNum><Shipper>{carrier}</Shipper></Package>"
        for ref, each in packages
    )
    rows = "".join(item(line, given) for line, given in (items or {}).items())
    return {
        "update": f"<Orders><Order><OrderNumber>{number}</OrderNumber><Status>{status}</Status>"
        f"<Packages>{parcels}</Packages><Items>{rows}</Items></Order></Orders>"
    }


def item(line: int, given: dict[str, Any]) -> str:
    """One Item element; its members by their names in lower case."""
    inside = "".join(
        f"<Package><PackageID>{ref}</PackageID><Quantity>{units}</Quantity></Package>"
        for ref, units in given.get("packages", {}).items()
    )
    told = "".join(
        f"<{name}>{given[name.lower()]}</{name}>"
        for name in ("Status", "Ordered", "Shipped", "Needed")
        if name.lower() in given
    )
    return f"<Item><ItemNumber>{line}</ItemNumber>{told}<Packages>{inside}</Packages></Item>"


def report(store: Store, parameters: dict[str, str]) -> Recorded:
    """What the desktop says, recorded."""
    return record(store, parse_updates(SetiRequest("updatestatus", parameters)))


def shipped(store: Store, parameters: dict[str, str]) -> Drained:
    """What the desktop says, recorded and pushed."""
    report(store, parameters)
    return push(store, budget=30)


def in_miva(sandbox: SandboxStore, order: Order) -> dict[str, dict[str, int]]:
    """The shipments that Miva holds: units by product, by tracking number; only those that are marked shipped."""
    raw = sandbox.orders[order.miva_id]
    found: dict[str, dict[str, int]] = {}
    for shipment in raw["shipments"]:
        assert shipment["status"] == 200, shipment
        assert shipment["tracknum"], shipment
        assert shipment["tracknum"] not in found, "two shipments for one package"
        units: dict[str, int] = {}
        for line in raw["items"]:
            if line["shpmnt_id"] == shipment["id"]:
                units[line["code"]] = units.get(line["code"], 0) + line["quantity"]
        assert units, "an empty shipment"
        found[shipment["tracknum"]] = units
    return found


def status(sandbox: SandboxStore, order: Order) -> int:
    """The order's status in Miva."""
    return int(sandbox.orders[order.miva_id]["status"])


def only(store: Store) -> Shipment:
    """The one row there is."""
    return Shipment.objects.of(store).get()
