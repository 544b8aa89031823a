"""Functions on shipments and returns (Miva reference §10)."""

from __future__ import annotations

from typing import Any

from stores.sandbox.elements import Element
from stores.sandbox.envelope import ApiError, rows, success
from stores.sandbox.line_functions import the_order
from stores.sandbox.members import Member
from stores.sandbox.parameters import Parameters
from stores.sandbox.store import SandboxStore
from stores.sandbox.warehouse import ShipmentUpdate

LEGACY_UPDATES = {
    "Shipment_IDs": "shpmnt_id",
    "Mark_Shipped": "mark_shipped",
    "Tracking_List": "tracknum",
    "TrackingType_List": "tracktype",
    "Cost_List": "cost",
}


def create_shipment(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderItemList_CreateShipment; unknown lines are skipped as long as one is known."""
    order = the_order(store, parameters)
    line_ids = parameters.integers("Line_IDs")
    if not store.lines(order["id"], line_ids):
        raise ApiError("MER-JSN-ORD-00057", "Order items must exist in order to create a shipment")
    made = store.create_shipment(order["id"], line_ids)
    return success(data=_without_items(made) | {"shipment_id": made["id"]})


def update_shipments(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderShipmentList_Update; every entry is read before the first is applied."""
    given = parameters.elements("Shipment_Updates")
    updates = given if parameters.has("Shipment_Updates") else _legacy(parameters)
    store.update_shipments([_update(each) for each in updates])
    return success()


def load_shipments(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderShipmentList_Load_Query."""
    page = store.shipment_listing.page(parameters)
    return rows(page.encoded, page.total_count, page.start_offset)


def remove_from_shipment(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderItemList_RemoveFromShipment; succeeds even when no line is valid."""
    order = the_order(store, parameters)
    store.remove_from_shipment(order["id"], parameters.integers("Line_IDs"))
    return success()


def create_return(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderItemList_CreateReturn."""
    order = the_order(store, parameters)
    line_ids = parameters.integers("Line_IDs")
    if not store.lines(order["id"], line_ids):
        raise ApiError("MER-JSN-ORD-00059", "No valid order items specified")
    return success(data=_without_items(store.create_return(order["id"], line_ids)))


def receive_returns(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderReturnList_Received; this store keeps no stock that adjust_inventory could change."""
    received = []
    for each in parameters.elements("Returns"):
        received.append(each.required_integer("return_id"))
        each.required_integer("adjust_inventory")
    store.receive_returns(received)
    return success()


def _update(element: Element) -> ShipmentUpdate:
    return ShipmentUpdate(
        shpmnt_id=element.required_integer("shpmnt_id"),
        mark_shipped=element.boolean("mark_shipped"),
        tracknum=element.text("tracknum"),
        tracktype=element.text("tracktype"),
        cost=element.amount("cost"),
    )


def _legacy(parameters: Parameters) -> list[Element]:
    """The old form: one array for each member; arrays may also be text separated by `|`."""
    columns: dict[str, list[Any]] = {}
    for name, member in LEGACY_UPDATES.items():
        value = parameters.get(name)
        columns[member] = value if isinstance(value, list) else parameters.text(name).split("|")
    entries = []
    for position, shipment_id in enumerate(columns["shpmnt_id"]):
        if str(shipment_id).strip():
            row = {name: values[position] for name, values in columns.items() if position < len(values)}
            entries.append(Element(f"Shipment_IDs[{position + 1}]", {"cost": 0} | _filled(row)))
    return entries


def _filled(row: Member) -> Member:
    return {name: value for name, value in row.items() if value not in ("", None)}


def _without_items(holder: Member) -> Member:
    return {name: value for name, value in holder.items() if name != "items"}
