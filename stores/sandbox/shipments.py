"""Shipments of an order, and lines that go in and out of them (Miva reference §7.8, §10.1)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stores.sandbox.members import Member
from stores.sandbox.money import ZERO, cents, decimal, formatted
from stores.sandbox.totals import PICKING, Order


def dated_code(order_id: int, at: int, row_id: int) -> str:
    """The code of a shipment or return: the order, the day and the row's own id (Miva reference §7.8)."""
    return f"{order_id:05d}-{datetime.fromtimestamp(at, UTC):%Y%m%d}-{row_id:05d}"


def shipment(order_id: int, shipment_id: int, made_at: int, **given: Any) -> Member:
    """A shipment made at `made_at`; without more it is being picked and has no tracking number."""
    cost = cents(decimal(given.get("cost", ZERO)))
    return {
        "id": shipment_id,
        "code": dated_code(order_id, made_at, shipment_id),
        "batch_id": 0,
        "order_id": order_id,
        "status": given.get("status", PICKING),
        "labelcount": 0,
        "ship_date": given.get("ship_date", 0),
        "tracknum": given.get("tracknum", ""),
        "tracktype": given.get("tracktype", ""),
        "tracklink": given.get("tracklink", ""),
        "weight": cents(given.get("weight", ZERO)),
        "cost": cost,
        "formatted_cost": formatted(cost),
    }


def line_weight(line: Member) -> Decimal:
    """The weight of all units of a line, options included."""
    unit: Decimal = line["weight"] + sum((each["weight"] for each in line.get("options", ())), ZERO)
    return unit * int(line["quantity"])


def leave_shipments(order: Order, lines: list[Member]) -> None:
    """Take `lines` out of whatever shipments they are in; one that is emptied by that is deleted.

    One that is still being picked gets lighter; the lines themselves are left to the caller.
    """
    leaving = Counter(line["shpmnt_id"] for line in lines)
    held = Counter(line["shpmnt_id"] for line in order["items"])
    order["shipments"] = [
        each
        for each in order["shipments"]
        if not leaving[each["id"]] or held[each["id"]] > leaving[each["id"]]
    ]
    for each in order["shipments"]:
        if each["status"] == PICKING:
            gone = (line_weight(line) for line in lines if line["shpmnt_id"] == each["id"])
            each["weight"] = cents(each["weight"] - sum(gone, ZERO))
