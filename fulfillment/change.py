"""Cancelling and back-ordering lines in Miva (Miva reference §10.5): split where only some units are meant, change, read back."""

from fulfillment.models import Shipment
from fulfillment.units import Ledger
from fulfillment.work import Unfit, Work, listing, sentence
from stores.miva import shipments as miva
from stores.miva.shipments import BACKORDERED, CANCELLED, Line, ShippingState


def change_lines(work: Work) -> None:
    """Bring a cancellation or a back-order to its end; lines that are as wanted already are left alone, and one that is in a
    shipment by now stops no other. Raises Unfit for that one: cancelling would take it out of its shipment."""
    if work.row.kind == Shipment.Kind.BACK_ORDER:
        leave_given(work)
    state = work.find_lines(work.read(), lambda line: line.can_ship)
    left = unchanged(work, state)
    if free := [line for line in left if line.can_ship]:
        change(work, state, free)
        left = unchanged(work, work.read())
    if bound := [line for line in left if not line.can_ship]:
        raise Unfit(sentence(*bound))
    if left:
        return work.differs(f"Miva accepted the change, but {listing(left)}.")
    work.claimed.settle(work.row, step=Shipment.Step.VERIFIED)
    return None


def leave_given(work: Work) -> None:
    """Leave out units that were reported as shipped or cancelled after they were back-ordered. What was begun for a line is brought
    to its end."""
    ledger = Ledger(work.row.order)
    for line in work.lines:
        if not (line.miva_line_id or line.lines_before):
            line.quantity = ledger.still_back_ordered(line)
    work.lines = [line for line in work.lines if line.quantity]


def unchanged(work: Work, state: ShippingState) -> list[Line]:
    """Return the lines that are not as wanted yet. What shipped with another row after it was back-ordered is as it should be."""
    left = [line for line in work.targets(state) if line.status != goal(work)]
    if work.row.kind == Shipment.Kind.CANCEL:
        return left
    ours = set(Shipment.objects.filter(order=work.row.order_id).values_list("miva_id", flat=True)) - {None}
    return [line for line in left if line.shipment_id not in ours]


def goal(work: Work) -> int:
    """Return the status that the lines are to have."""
    return CANCELLED if work.row.kind == Shipment.Kind.CANCEL else BACKORDERED


def change(work: Work, state: ShippingState, lines: list[Line]) -> None:
    """Change lines that are in no shipment."""
    work.note(step=Shipment.Step.UPDATING)
    ids = [line.line_id for line in lines]
    if work.row.kind == Shipment.Kind.CANCEL:
        miva.cancel_lines(work.client, state.order_id, ids, work.row.reason)
    else:
        miva.back_order_lines(work.client, state.order_id, ids)
