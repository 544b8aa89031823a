"""Shipping in a Miva store: reading an order's lines and shipments, and changing them (Miva reference §10).

Every function makes one call and raises MivaError: a lost answer to a change is MivaUnsure, so read the order
before repeating it. None of the changes is safe to repeat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from stores.miva.client import MivaClient
from stores.miva.errors import NotFound
from stores.miva.paging import ListQuery, Where
from stores.miva.shapes import rows, whole
from stores.miva.wire import Asked

PENDING, PICKING, SHIPPED, CANCELLED, BACKORDERED = 0, 100, 200, 300, 400
SHIPPABLE = frozenset({PENDING, PICKING, BACKORDERED})

SHIPMENT_COLUMNS = ("items", "shipments")
"""The on-demand columns that `read_orders` needs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order (Miva reference §7.3); ids are 0 for none, `parent_id` is a kit's line."""

    line_id: int
    parent_id: int
    status: int
    shipment_id: int
    return_id: int
    subscription_id: int
    product_id: int
    code: str
    sku: str
    name: str
    quantity: int

    @property
    def can_ship(self) -> bool:
        """Whether a new shipment may take the line: in none so far, neither delivered, cancelled nor returned."""
        return self.shipment_id == 0 and self.status in SHIPPABLE


@dataclass(frozen=True, slots=True)
class Shipment:
    """One shipment (Miva reference §7.8); `shipped_at` in Unix seconds, 0 until it is marked shipped."""

    shipment_id: int
    code: str
    order_id: int
    status: int
    tracknum: str
    tracktype: str
    tracklink: str
    cost: Decimal
    shipped_at: int

    @property
    def is_shipped(self) -> bool:
        """Whether it was marked shipped, which Miva never undoes."""
        return self.status == SHIPPED


@dataclass(frozen=True, slots=True)
class ShippingState:
    """An order as far as shipping goes, as the store had it at one moment."""

    order_id: int
    status: int
    lines: tuple[Line, ...]
    shipments: tuple[Shipment, ...]

    def line(self, line_id: int) -> Line | None:
        """The line with this id."""
        return next((each for each in self.lines if each.line_id == line_id), None)

    def shipment(self, shipment_id: int) -> Shipment | None:
        """The shipment with this id."""
        return next((each for each in self.shipments if each.shipment_id == shipment_id), None)

    def lines_in(self, shipment_id: int) -> tuple[Line, ...]:
        """The lines that this shipment holds."""
        return tuple(each for each in self.lines if each.shipment_id == shipment_id)

    @property
    def shippable(self) -> tuple[Line, ...]:
        """The lines that a new shipment may take."""
        return tuple(each for each in self.lines if each.can_ship)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentUpdate:
    """All that OrderShipmentList_Update writes: what is blank here is cleared in Miva (Miva reference §10.3).

    `mark_shipped` False leaves the status as it is; True sends Miva's shipment e-mail if it was not shipped yet.
    """

    shipment_id: int
    tracknum: str
    tracktype: str
    cost: Decimal
    mark_shipped: bool

    def parameters(self) -> dict[str, Any]:
        """One member of Shipment_Updates."""
        return {
            "shpmnt_id": self.shipment_id,
            "mark_shipped": self.mark_shipped,
            "tracknum": self.tracknum,
            "tracktype": self.tracktype,
            "cost": self.cost,
        }


@dataclass(frozen=True, slots=True)
class SplitLine:
    """Both halves of a line after a split; `split` is the new one."""

    original: Line
    split: Line


def read_order(client: MivaClient, order_id: int) -> ShippingState:
    """One order's lines and shipments as they are now. Raises NotFound when the store has no such order."""
    found = read_orders(client, [order_id])
    if order_id not in found:
        raise NotFound(
            f"Miva has no order {order_id}.",
            "It may have been deleted or archived in Miva. Look for it in Miva's admin.",
        )
    return found[order_id]


def read_orders(client: MivaClient, order_ids: Sequence[int]) -> dict[int, ShippingState]:
    """Several orders by id in one call (OrderList_Load_Query, Miva reference §7.1); missing ones are left out.

    Raises ValueError when no id is given.
    """
    where = Where("id", "EQ", order_ids[0]) if len(order_ids) == 1 else Where("id", "IN", order_ids)
    page = client.order_list(ListQuery([where], SHIPMENT_COLUMNS, count=max(len(order_ids), 1)))
    states = (state_of(order) for order in page.orders)
    return {state.order_id: state for state in states}


def create_shipment(client: MivaClient, order_id: int, line_ids: Sequence[int]) -> Shipment:
    """A new shipment of whole lines (Miva reference §10.1). Raises ValueError when no line is given.

    Miva takes the lines out of the shipments that they are in, and ships none that is cancelled or returned: give
    only lines that `can_ship`.
    """
    _some(line_ids)
    made = _data(client, "OrderItemList_CreateShipment", "id", Order_ID=order_id, Line_IDs=list(line_ids))
    return _shipment(made)


def update_shipments(client: MivaClient, updates: Sequence[ShipmentUpdate]) -> None:
    """Tracking, cost, marked shipped (Miva reference §10.3); one bad entry stops all of them.

    Miva ignores shipments that it does not have: read the order to see what was written. Raises ValueError when a
    shipment is given twice, because Miva would undo the first entry.
    """
    if len({each.shipment_id for each in updates}) < len(updates):
        raise ValueError("A shipment may be updated only once in a call.")
    if updates:
        client.call("OrderShipmentList_Update", Shipment_Updates=[each.parameters() for each in updates])


def split_line(client: MivaClient, order_id: int, line_id: int, quantity: int) -> SplitLine:
    """Move `quantity` units of a line to a new one (Miva reference §10.2); it must be less than the line has.

    The new line stays in the shipment that the line is in. The default workflow puts the order back into its queue.
    Raises ValueError for less than one unit, which Miva would accept.
    """
    if quantity < 1:
        raise ValueError(f"At least one unit is split off a line, not {quantity}.")
    halves = _data(
        client,
        "OrderItem_Split",
        *("original_orderitem", "split_orderitem"),
        Order_ID=order_id,
        Line_ID=line_id,
        Quantity=quantity,
    )
    return SplitLine(_line(halves["original_orderitem"]), _line(halves["split_orderitem"]))


def cancel_lines(client: MivaClient, order_id: int, line_ids: Sequence[int], reason: str = "") -> None:
    """Cancel lines and put their units back into stock (Miva reference §10.5); nothing is refunded.

    The reason becomes one more option of each line. Raises ValueError when no line is given.
    """
    _some(line_ids)
    given = {"Reason": reason} if reason else {}
    client.call("OrderItemList_Cancel", Order_ID=order_id, Line_IDs=list(line_ids), **given)


def back_order_lines(
    client: MivaClient, order_id: int, line_ids: Sequence[int], instock_at: datetime | None = None
) -> None:
    """Lines wait for stock, expected at `instock_at` (Miva reference §10.5); they leave their shipments.

    Raises ValueError when no line is given.
    """
    _some(line_ids)
    given = {"Date_InStock": int(instock_at.timestamp())} if instock_at else {}
    client.call("OrderItemList_BackOrder", Order_ID=order_id, Line_IDs=list(line_ids), **given)


def _some(line_ids: Sequence[int]) -> None:
    if not line_ids:
        raise ValueError("At least one line must be given.")


def _data(client: MivaClient, function: str, *members: str, **parameters: Any) -> Mapping[str, Any]:
    """The answer's `data`, which must hold these members: Miva has acted, so without them we are unsure."""
    data = client.call(function, **parameters).body.get("data")
    if not isinstance(data, dict) or not all(data.get(name) for name in members):
        raise Asked(function, client.credentials.store_code).lost(
            f"Miva's answer to {function} leaves out {' and '.join(members)}."
        )
    return data


def state_of(order: Mapping[str, Any]) -> ShippingState:
    """A raw order as far as shipping goes (Miva reference §7); its shipments as far as they were asked for."""
    return ShippingState(
        order_id=whole(order.get("id")),
        status=whole(order.get("status")),
        lines=tuple(_line(each) for each in rows(order, "items")),
        shipments=tuple(_shipment(each) for each in rows(order, "shipments")),
    )


def _line(row: Mapping[str, Any]) -> Line:
    return Line(
        line_id=whole(row.get("line_id")),
        parent_id=whole(row.get("parent_id")),
        status=whole(row.get("status")),
        shipment_id=whole(row.get("shpmnt_id")),
        return_id=whole(row.get("rma_id")),
        subscription_id=whole(row.get("subscrp_id")),
        product_id=whole(row.get("product_id")),
        code=str(row.get("code", "")),
        sku=str(row.get("sku", "")),
        name=str(row.get("name", "")),
        quantity=whole(row.get("quantity")),
    )


def _shipment(row: Mapping[str, Any]) -> Shipment:
    return Shipment(
        shipment_id=whole(row.get("id")),
        code=str(row.get("code", "")),
        order_id=whole(row.get("order_id")),
        status=whole(row.get("status")),
        tracknum=str(row.get("tracknum", "")),
        tracktype=str(row.get("tracktype", "")),
        tracklink=str(row.get("tracklink", "")),
        cost=Decimal(row.get("cost") or 0),
        shipped_at=whole(row.get("ship_date")),
    )
