"""Returns of an order, and lines that go in and out of them (Miva reference §7.8, §10.5)."""

from __future__ import annotations

from collections import Counter

from stores.sandbox.members import Member
from stores.sandbox.shipments import dated_code
from stores.sandbox.totals import RMA_ISSUED, Order


def order_return(order_id: int, return_id: int, issued_at: int) -> Member:
    """A return that was issued at `issued_at` and has not come back yet."""
    return {
        "id": return_id,
        "order_id": order_id,
        "code": dated_code(order_id, issued_at, return_id),
        "status": RMA_ISSUED,
        "dt_issued": issued_at,
        "dt_recvd": 0,
    }


def leave_returns(order: Order, lines: list[Member]) -> None:
    """Take `lines` out of whatever returns they are in; one that is emptied by that is deleted."""
    leaving = Counter(line["rma_id"] for line in lines)
    held = Counter(line["rma_id"] for line in order["items"])
    order["returns"] = [
        each for each in order["returns"] if not leaving[each["id"]] or held[each["id"]] > leaving[each["id"]]
    ]
