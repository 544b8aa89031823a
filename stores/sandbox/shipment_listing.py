"""The list of shipments: filter, sort, page, and an order inside each on demand (Miva reference §10.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stores.sandbox.columns import Column, Searchable, search_column
from stores.sandbox.envelope import encode
from stores.sandbox.filters import compile_filter
from stores.sandbox.listing import sort_key
from stores.sandbox.members import Member
from stores.sandbox.parameters import Parameters
from stores.sandbox.rendering import project, projection, without_parts
from stores.sandbox.state import StoreState
from stores.sandbox.totals import Order

NUMBERS = frozenset({"id", "order_id", "batch_id", "status", "ship_date", "weight", "cost"})
TEXTS = frozenset({"code", "tracknum", "tracktype"})
WITH_ORDER = frozenset({"order", "include_order"})
ORDER_COLUMNS = frozenset(
    f"order_{name}"
    for name in (
        *("ship_method", "cust_login", "cust_pw_email", "business_title", "payment_module", "customer"),
        *("items", "charges", "coupons", "discounts", "payments", "payment_data", "notes"),
    )
)


@dataclass(frozen=True)
class Row:
    """A shipment and the order that it is in."""

    shipment: Member
    order: Order


@dataclass(frozen=True)
class EncodedPage:
    """The JSON of each row of one page; `total_count` ignores paging, `start_offset` echoes Offset."""

    encoded: list[bytes]
    total_count: int
    start_offset: int


class ShipmentListing:
    """Answers OrderShipmentList_Load_Query of one store."""

    def __init__(self, store: StoreState) -> None:
        self.store = store

    def page(self, parameters: Parameters) -> EncodedPage:
        """One page of all shipments; Count 0 is everything from Offset on."""
        offset, count = parameters.integer("Offset"), parameters.integer("Count")
        columns = shipment_columns(self.store.version_numbers())
        query = compile_filter(parameters.get("Filter"), columns)
        rows = self._rows()
        if query.predicate is not None:
            rows = [row for row in rows if query.predicate(row)]
        rows = _sorted(rows, columns, parameters.text("Sort"))
        shown = rows[offset : offset + count if count > 0 else None]
        encoded = [encode(self._shown(row, query.ondemand, parameters)) for row in shown]
        return EncodedPage(encoded, len(rows), offset)

    def _rows(self) -> list[Row]:
        """Every shipment, by id."""
        order_ids = {
            order_id for order_id in self.store.shipment_orders.values() if order_id in self.store.orders
        }
        orders = (self.store.orders[order_id] for order_id in order_ids)
        rows = [Row(shipment, order) for order in orders for shipment in order["shipments"]]
        return sorted(rows, key=lambda row: int(row.shipment["id"]))

    def _shown(self, row: Row, ondemand: list[str], parameters: Parameters) -> Member:
        members = {name: value for name, value in row.shipment.items() if name != "items"}
        if "items" in ondemand:
            members["items"] = without_parts(row.shipment["items"])
        columns = ORDER_COLUMNS & set(ondemand)
        if columns or WITH_ORDER & set(ondemand):
            fields = [name for name in ondemand if name.lower().startswith("customfield_values:")]
            names = [*(name.removeprefix("order_") for name in columns), *fields]
            wanted = projection(self.store, names, parameters.text("Passphrase"))
            order = dict(project(row.order, wanted, self.store.secured))
            members["order"] = order | {"dt_updated": 0}  # Miva does not select it
        return members


def shipment_columns(version: tuple[int, ...]) -> Searchable:
    """What shipments can be searched and sorted by: their own columns and those of their orders."""

    def search(field: str) -> Column | None:
        if field in NUMBERS or field in TEXTS:
            return Column(lambda row: (row.shipment[field],), numeric=field in NUMBERS)
        if field == "product_code":
            return Column(lambda row: tuple(line["code"] for line in row.shipment["items"]))
        name = field.removeprefix("order_")
        inside = field.startswith("order_") or field.lower().startswith("customfield_values:")
        return _of_order(search_column(name, version)) if inside and name != "product_code" else None

    return Searchable(search=search, sort=lambda field: None if field == "product_code" else search(field))


def _of_order(column: Column | None) -> Column | None:
    if column is None:
        return None
    values: Callable[[Any], tuple[Any, ...]] = column.values
    return Column(lambda row: values(row.order), numeric=column.numeric)


def _sorted(rows: list[Row], columns: Searchable, sort: str) -> list[Row]:
    """Ascending ids unless `sort` names a column; a leading `-` turns it round."""
    column = columns.sort(sort.removeprefix("-"))
    if column is None:
        return rows
    values = column.values
    return sorted(rows, key=lambda row: sort_key(values(row)[0]), reverse=sort.startswith("-"))
