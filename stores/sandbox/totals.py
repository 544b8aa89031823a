"""What Miva derives by itself when an order changes: totals, counts, status, shipments in lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from stores.sandbox.members import ITEM_ORDER, Member, arrange
from stores.sandbox.money import CENT, ZERO, cents, formatted, formatted_weight

Order = dict[str, Any]

PENDING, PICKING, SHIPPED, CANCELLED, BACKORDERED, RMA_ISSUED, RETURNED = 0, 100, 200, 300, 400, 500, 600
FINAL = frozenset({CANCELLED, RETURNED})
"""Lines that no function ships, back-orders, cancels or takes back any more."""
DELIVERED = frozenset({200, 210, 211, 220, 221})
AUTHORIZING, CAPTURING, REFUNDING = frozenset({1, 3, 5}), frozenset({2, 4, 5}), frozenset({6})
SHIPMENT_COPY = (
    *(
        "id",
        "code",
        "order_id",
        "status",
        "labelcount",
        "ship_date",
        "tracknum",
        "tracktype",
        "tracklink",
        "weight",
    ),
    *("formatted_weight", "cost", "formatted_cost"),
)


def refresh(order: Order) -> None:
    """Recompute in place what follows from lines, charges, payments and notes (Miva reference §7.2, §8)."""
    for item in order["items"]:
        _price(item)
    _link_shipments(order)
    _link_returns(order)
    _set_money(order, "total", order_total(order))
    _set_money(order, "total_ship", _charged(order, "SHIPPING"))
    _set_money(order, "total_tax", _charged(order, "TAX"))
    _refresh_payments(order)
    _refresh_counts(order)


def order_total(order: Order) -> Decimal:
    """Σ item.total (not cancelled) + Σ charge.amount, rounded to cents (Miva reference §7.2)."""
    lines = sum((item["total"] for item in order["items"] if item["status"] != CANCELLED), ZERO)
    return cents(lines + sum((charge["amount"] for charge in order["charges"]), ZERO))


def item_total(item: Member) -> Decimal:
    """(price + Σ option.price) × quantity in cents, never rounded to nothing (Miva reference §7.3)."""
    exact = (item["price"] + sum((each["price"] for each in item.get("options", ())), ZERO)) * item[
        "quantity"
    ]
    return CENT if 0 < exact < CENT else cents(exact)


def order_status(statuses: Iterable[int]) -> int:
    """The order's status from those of its lines, in the order of the rules of Miva reference §8."""
    lines = list(statuses)
    if lines and all(status == CANCELLED for status in lines):
        return CANCELLED
    open_lines = {status for status in lines if status not in (CANCELLED, 999)}
    if not open_lines:
        return PENDING
    if len(open_lines) == 1 and open_lines <= {PENDING, SHIPPED, BACKORDERED, RMA_ISSUED, RETURNED}:
        return open_lines.pop()
    if open_lines <= DELIVERED or open_lines <= {SHIPPED, RMA_ISSUED, RETURNED}:
        return SHIPPED
    return 201 if open_lines & DELIVERED else PICKING


def _price(item: Member) -> None:
    item["total"] = item_total(item)
    item["formatted_total"] = formatted(item["total"])


def _set_money(order: Order, name: str, value: Decimal) -> None:
    order[name] = value
    order[f"formatted_{name}"] = formatted(value)


def _charged(order: Order, kind: str) -> Decimal:
    return cents(sum((charge["amount"] for charge in order["charges"] if charge["type"] == kind), ZERO))


def _paid(order: Order, kinds: frozenset[int]) -> Decimal:
    return cents(sum((payment["amount"] for payment in order["payments"] if payment["type"] in kinds), ZERO))


def _refresh_payments(order: Order) -> None:
    captured, refunded = _paid(order, CAPTURING), _paid(order, REFUNDING)
    _set_money(order, "total_auth", _paid(order, AUTHORIZING))
    _set_money(order, "total_capt", captured)
    _set_money(order, "total_rfnd", refunded)
    _set_money(order, "net_capt", captured - refunded)
    newest = order["payments"][-1] if order["payments"] else None
    order["pay_id"] = newest["pay_id"] if newest else 0
    order["payment_module"] = newest["module"]["name"] if newest else "None"


def _refresh_counts(order: Order) -> None:
    statuses = [item["status"] for item in order["items"]]
    order["status"] = order_status(statuses)
    order["pend_count"] = statuses.count(PENDING)
    order["bord_count"] = statuses.count(BACKORDERED)
    expected = (item["dt_instock"] for item in order["items"] if item["status"] == BACKORDERED)
    order["dt_instock"] = max(expected, default=0)
    order["note_count"] = len(order["notes"])


def _link_shipments(order: Order) -> None:
    shipments = {shipment["id"]: shipment for shipment in order["shipments"]}
    for position, item in enumerate(order["items"]):
        item.pop("shipment", None)
        shipment = shipments.get(item["shpmnt_id"])
        if shipment is not None:
            shown = shipment | {"formatted_weight": formatted_weight(shipment["weight"])}
            item["shipment"] = {name: shown[name] for name in SHIPMENT_COPY}
            order["items"][position] = arrange(ITEM_ORDER, item)
    for shipment in order["shipments"]:
        shipment["items"] = [item for item in order["items"] if item["shpmnt_id"] == shipment["id"]]


def _link_returns(order: Order) -> None:
    returns = {each["id"]: each for each in order["returns"]}
    for position, item in enumerate(order["items"]):
        for name in ("rma_code", "rma_dt_issued", "rma_dt_recvd"):
            item.pop(name, None)
        issued = returns.get(item["rma_id"])
        if issued is not None:
            item |= {
                "rma_code": issued["code"],
                "rma_dt_issued": issued["dt_issued"],
                "rma_dt_recvd": issued["dt_recvd"],
            }
            order["items"][position] = arrange(ITEM_ORDER, item)
    for issued in order["returns"]:
        issued["items"] = [item for item in order["items"] if item["rma_id"] == issued["id"]]
