"""What a message says that cannot be done as it stands: told beside its effect, so that nothing is left out unseen."""

from collections.abc import Iterator, Sequence

from fulfillment.meanings import UNKNOWN
from fulfillment.packing import Units, added, figure_of
from fulfillment.reports import Report, counted
from fulfillment.units import DIGITAL
from fulfillment.work import listing
from stores.miva.shipments import state_of
from stores.seti.status_updates import Item


def remarks(report: Report, named: Sequence[Item], ordered: Units) -> Iterator[str]:
    """Yield a sentence for each kind of it: lines that cannot go, units that the order does not have, labels that nobody explained.
    Downloads are shipped by nobody, and named by some desktops all the same."""
    digital = {line.line_id for line in state_of(report.order.raw).lines if line.status in DIGITAL}
    if left_out := [each for each in named if each.line_id not in ordered and each.line_id not in digital]:
        yield f"Left out: {unshippable(report, left_out)}."
    told = added((each.line_id, figure_of(each)) for each in named)
    for line, units in told.items():
        if units > ordered.get(line, units):
            yield f"Of line {line} {counted(units, 'unit')} were reported, and the order has {ordered[line]}."
    labels = dict.fromkeys(each.status for each in report.said.items if each.status)
    for label in labels:
        if report.meanings.of(label) == UNKNOWN:
            yield f"The status '{label}' of a line has no meaning for this store."


def strangers(report: Report) -> Iterator[str]:
    """Yield a sentence about the items of which the order has no line."""
    state = state_of(report.order.raw)
    if strange := [each for each in report.said.items if state.line(each.line_id or 0) is None]:
        yield f"Left out: {unshippable(report, strange)}."


def unshippable(report: Report, items: Sequence[Item]) -> str:
    """Return in words why none of these items is about a line that can be shipped."""
    state = state_of(report.order.raw)
    lines = [(each, state.line(each.line_id or 0)) for each in items]
    here = [line for _, line in lines if line]
    strange = [strangeness(each) for each, line in lines if not line]
    return "; ".join(filter(None, [listing(here), *dict.fromkeys(strange)]))


def strangeness(item: Item) -> str:
    """Return in words that the order has no such line; a number that is none is the SKU of no line, or of several."""
    if item.line_id is None and item.number:
        return f"{item.number[:80]} is not the SKU of just one line"
    return f"line {item.line_id or '?'} is not in the order"
