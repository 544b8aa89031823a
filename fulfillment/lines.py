"""Cancelled and back-ordered in Stone Edge: what is owed to Miva when the store wants it (Miva reference §10.5)."""

from collections.abc import Collection

from fulfillment.models import Shipment, ShipmentLine
from fulfillment.packing import Units
from fulfillment.reports import Report, counted
from fulfillment.units import Ledger

OFF = "{Doing} in Miva is switched off for this store: it was noted, and nothing is changed in Miva."


def cancel(report: Report, lines: Collection[int]) -> tuple[bool, str]:
    """Owe Miva the cancellation of what is open of these lines."""
    units = Ledger(report.order).all_of(lines)
    if not report.rules.cancel:
        return False, OFF.format(Doing="Cancelling")
    return owe(report, Shipment.Kind.CANCEL, units, "{lines} will be cancelled in Miva.")


def back_order(report: Report, lines: Collection[int]) -> tuple[bool, str]:
    """Owe Miva the back-order of what is open of these lines, once."""
    ledger = Ledger(report.order)
    units = {line: count for line, count in ledger.all_of(lines).items() if line not in ledger.back_ordered}
    if not report.rules.back_order:
        return False, OFF.format(Doing="Back-ordering")
    return owe(report, Shipment.Kind.BACK_ORDER, units, "{lines} will be back-ordered in Miva.")


def owe(report: Report, kind: str, units: Units, sentence: str) -> tuple[bool, str]:
    """Write the row that is pushed; nothing when no units are open."""
    if not units:
        return False, ""
    reason = ". ".join(filter(None, [f"Stone Edge: {report.said.status}", report.said.notes]))
    row = Shipment.objects.create(
        store=report.store, order=report.order, update=report.kept, kind=kind, reason=reason[:2000]
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=row, line_id=line, quantity=count) for line, count in units.items()
    )
    return True, sentence.format(lines=counted(len(units), "line"))
