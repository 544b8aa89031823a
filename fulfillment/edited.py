"""Orders that were cancelled or edited in Miva while something is still owed for them: parked as soon as the new version is here.

Whoever keeps orders knows nothing of shipments, so the clock looks. What it does not see in time the push finds out by itself.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q

from fulfillment.models import Shipment, ShipmentLine
from fulfillment.units import Ledger
from fulfillment.waiting import INCOMPLETE
from fulfillment.work import EDITED, RETURNED, named, sentence
from stores import outbox
from stores.miva.shipments import CANCELLED, Line, ShippingState, state_of

LOOK_BACK = timedelta(
    minutes=10
)  # versions that came since then are looked at: the clock may have stood still for a while

INCOMPLETE_ROWS = Q(parked_at__isnull=False, done_at=None, problem_kind=INCOMPLETE)


def park_unfit(now: datetime) -> int:
    """Park what no longer fits an order that was changed a moment ago, and that no worker has begun. Returns how many.

    What is parked until Stone Edge tells the rest is told what is wrong now, and still waits for that.
    """
    rows = Shipment.objects.filter(
        outbox.OPEN | INCOMPLETE_ROWS,
        step=Shipment.Step.NEW,
        order__changed_at__gt=now - LOOK_BACK,
        created_at__lt=F("order__changed_at"),
    )
    parked = 0
    for row in rows.select_related("order").prefetch_related("lines"):
        if reason := misfit(row, list(row.lines.all()), state_of(row.order.raw)):
            same = Shipment.objects.filter(pk=row.pk, version=row.version)
            same.filter(INCOMPLETE_ROWS).update(problem=reason, remedy=EDITED)
            parked += outbox.set_aside(same, reason, EDITED, "unfit")
    return parked


def misfit(row: Shipment, lines: Sequence[ShipmentLine], state: ShippingState) -> str:
    """Return why what is owed cannot be done to the order as it is now, empty when it can.

    Lines that are in a shipment of Miva's are left to the push: it may be the one that is owed. Of a back-order, what later
    messages shipped or cancelled is not owed any more.
    """
    ledger = Ledger(row.order) if row.kind == Shipment.Kind.BACK_ORDER else None
    owed = [(line, ledger.still_back_ordered(line) if ledger else line.quantity) for line in lines]
    reasons = [missing(row, line, units, state.line(line.line_id)) for line, units in owed if units > 0]
    if row.everything and not all(reasons):
        return ""  # the lines that are left go
    return " ".join(filter(None, reasons))


def missing(row: Shipment, line: ShipmentLine, units: int, there: Line | None) -> str:
    """Return what is wrong with one line of which so many units are owed, empty when nothing is."""
    if there is None:
        return f"Line {line.line_id} is not in the order any more."
    done = row.kind == Shipment.Kind.CANCEL and there.status == CANCELLED
    if not done and (there.status in (CANCELLED, *RETURNED) or there.return_id):
        return sentence(there)
    if units > there.quantity and not row.everything:
        return f"{units} units of {named(there)} were reported, but only {there.quantity} are left in Miva."
    return ""
