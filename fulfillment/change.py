"""Cancelling and back-ordering lines in Miva (Miva reference §10.5): split where only some units are meant, change, read back."""

from fulfillment.models import Shipment
from fulfillment.work import Unfit, Work, listing, sentence
from stores.miva import shipments as miva
from stores.miva.shipments import BACKORDERED, CANCELLED, Line, ShippingState


def change_lines(work: Work) -> None:
    """Bring a cancellation or a back-order to its end; lines that are as wanted already are left alone."""
    state = work.find_lines(work.read(), lambda line: line.can_ship)
    left = [line for line in work.targets(state) if line.status != goal(work)]
    if left:
        change(work, state, left)
        left = [line for line in work.targets(work.read()) if line.status != goal(work)]
    if left:
        return work.differs(f"Miva accepted the change, but {listing(left)}.")
    work.claimed.settle(work.row, step=Shipment.Step.VERIFIED)
    return None


def goal(work: Work) -> int:
    """Return the status that the lines are to have."""
    return CANCELLED if work.row.kind == Shipment.Kind.CANCEL else BACKORDERED


def change(work: Work, state: ShippingState, lines: list[Line]) -> None:
    """Change lines that are in no shipment. Raises Unfit for others: cancelling would take them out of it."""
    if bound := [line for line in lines if not line.can_ship]:
        raise Unfit(sentence(*bound))
    work.note(step=Shipment.Step.UPDATING)
    ids = [line.line_id for line in lines]
    if work.row.kind == Shipment.Kind.CANCEL:
        miva.cancel_lines(work.client, state.order_id, ids, work.row.reason)
    else:
        miva.back_order_lines(work.client, state.order_id, ids)
