"""Pushing one row to Miva, step by step; each attempt begins by reading what is there, so a death or a lost answer repeats nothing.
After a lost answer that is done later, when Miva has had time to finish: what it still works at cannot be read.

Steps (Miva reference §10): lines are split where only some units go → a shipment is created → tracking number and type are set
and it is marked shipped, in one call → all that is read back.
"""

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import prefetch_related_objects

from fulfillment.change import change_lines
from fulfillment.meanings import tracking_type
from fulfillment.models import Shipment
from fulfillment.waiting import INCOMPLETE, NO_LINES, NO_NUMBER
from fulfillment.work import Unfit, Work, listing, sentence
from orders.models import Order
from stores.draining import Drained, drain
from stores.miva import shipments as miva
from stores.miva.errors import FunctionNotGranted
from stores.miva.shipments import Line, ShippingState
from stores.models import Store
from stores.outbox import Claim
from stores.wires import miva_for

SLICE = 10.0  # seconds that one store may hold a worker before the next has its turn


def push(store: Store, *, budget: float = SLICE) -> Drained:
    """Push what is due for the store until nothing is left or the budget (seconds) is used up; how it went is in the rows."""
    return drain(Shipment, store, push_claimed, budget=budget)


def push_claimed(claimed: Claim[Shipment]) -> None:
    """Push a row to its end. Raises the MivaError that stopped it; what does not fit is parked."""
    row = claimed.rows[0]
    row.store, row.order = claimed.store, Order.objects.defer("raw", "skus", "warnings").get(pk=row.order_id)
    prefetch_related_objects([row], "packages", "lines")
    work = Work(claimed, row, miva_for(claimed.store, renew=claimed.renew_rest), list(row.lines.all()))
    through = ship if row.kind == Shipment.Kind.SHIP else change_lines
    try:
        through(work)
    except Unfit as unfit:
        claimed.park(row, unfit.reason, unfit.remedy, unfit.kind)
    except FunctionNotGranted as error:
        if row.kind == Shipment.Kind.SHIP:
            raise
        claimed.park(row, error.reason, error.remedy)  # shipments need not stop for that


def ship(work: Work) -> None:
    """Bring one shipment from the step that it has reached to its end."""
    row = work.row
    if not row.tracking:
        raise Unfit(*NO_NUMBER, INCOMPLETE)  # the shipment e-mail would leave without it
    if not work.lines and not row.everything:
        raise Unfit(*NO_LINES, INCOMPLETE)
    state = work.read()
    was_made = row.miva_id is not None
    if not was_made:
        make(work, work.find_lines(state, lambda line: line.can_ship))
    elif state.shipment(row.miva_id or 0) is None:
        raise Unfit(f"Miva's shipment {row.miva_id} was deleted there.")
    update = wanted(work, state)
    if not shows(state, update):
        if was_made:
            work.note(step=Shipment.Step.UPDATING)
        miva.update_shipments(work.client, [update])
        state = work.read()
    if shows(state, update):
        work.claimed.settle(row, step=Shipment.Step.VERIFIED)
    else:
        work.differs(differing(state, update))


def make(work: Work, state: ShippingState) -> None:
    """Create the shipment, unless an earlier attempt has: lines are never taken out of a shipment that they are in."""
    targets = work.targets(state)
    free = [line for line in targets if line.can_ship]
    if not free:
        return work.note(step=Shipment.Step.CREATED, miva_id=made_before(work, state, targets).shipment_id)
    if len(free) < len(targets) and not work.row.everything:
        raise Unfit(sentence(*[line for line in targets if not line.can_ship]))
    work.note(step=Shipment.Step.CREATING)
    made = miva.create_shipment(work.client, state.order_id, [line.line_id for line in free])
    return work.note(step=Shipment.Step.CREATED, miva_id=made.shipment_id)


def made_before(work: Work, state: ShippingState, targets: Sequence[Line]) -> miva.Shipment:
    """Return the shipment that has exactly these lines and belongs to no other message: made by an earlier attempt whose answer
    was lost, or by hand and without a tracking number that is none of this row's. Others may be beside it where the message was
    about the rest of the order, whatever that is. Raises Unfit when there is none."""
    ids = {line.line_id for line in targets}
    mine = {work.row.tracking, *(number for each in work.row.packages.all() for number in each.numbers)}
    found = [state.shipment(number) for number in {line.shipment_id for line in targets if line.shipment_id}]
    fitting = [
        each
        for each in found
        if each
        and {line.line_id for line in state.lines_in(each.shipment_id)} <= ids
        and (each.tracknum in mine or not (each.tracknum or each.is_shipped))
    ]
    if len(fitting) == 1 and (work.row.everything or len(found) == 1):
        taken = Shipment.objects.of(work.row.store).filter(miva_id=fitting[0].shipment_id)
        if not taken.exclude(pk=work.row.pk).exists():
            return fitting[0]
    raise Unfit(
        f"Nothing is left to ship: {listing(targets or state.lines) or 'the order has none of the lines any more'}."
    )


def wanted(work: Work, state: ShippingState) -> miva.ShipmentUpdate:
    """Return the complete set of values: Miva clears what is left out (Miva reference §10.3). All in one call, so that the
    shipment e-mail, which leaves with the mark, has the number in it. Stone Edge tells no cost (SETI reference §3.4): the one that
    the shipment has in Miva stays."""
    row = work.row
    there, first = state.shipment(row.miva_id or 0), next(iter(row.packages.all()), None)
    return miva.ShipmentUpdate(
        shipment_id=row.miva_id or 0,
        tracknum=row.tracking,
        tracktype=tracking_type(row.store, first.carrier if first else ""),
        cost=there.cost if there else Decimal(0),
        mark_shipped=True,
    )


def shows(state: ShippingState, update: miva.ShipmentUpdate) -> bool:
    """Whether Miva shows the shipment as it is to be."""
    there = state.shipment(update.shipment_id)
    wished = (True, update.tracknum, update.tracktype)
    return there is not None and (there.is_shipped, there.tracknum, there.tracktype) == wished


def differing(state: ShippingState, update: miva.ShipmentUpdate) -> str:
    """Return in words what Miva shows instead."""
    there = state.shipment(update.shipment_id)
    shown = (
        f"shows '{there.tracknum}', type '{there.tracktype}', status {there.status}"
        if there
        else "has no such shipment"
    )
    return f"Miva accepted tracking number '{update.tracknum}' for its shipment {update.shipment_id}, but {shown}."
