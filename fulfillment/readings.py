"""What the figures of a message mean: totals of the whole order, or units of that message alone (SETI reference §3.4 leaves it
open).

The sign is what a message says of earlier packages: whoever tells totals names them as well, whoever tells each shipment by itself
names only its own. A PackageID that comes back with another tracking number is the same parcel with a new label, if its contents
agree. What may be read in two ways is for a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fulfillment.models import Package, ShipmentLine, StatusUpdate
from fulfillment.packing import Units, added, figure_of, inside_of, totals
from fulfillment.reports import Report, counted
from fulfillment.units import Ledger
from fulfillment.waiting import Doubt, relabelled_or_further, totals_or_alone
from stores.seti import status_updates
from stores.seti.status_updates import Item

MOST_MESSAGES = 50  # of one order that are looked through for the way in which its desktop tells figures


def key_of(number: str) -> str:
    """Return the tracking number as it is compared."""
    return "".join(number.split()).upper()


@dataclass(frozen=True)
class Figures:
    """The figures of the items, against what is recorded. `done` are lines whose own status says that they are shipped whole,
    `left` the units that may still go."""

    ledger: Ledger
    items: Sequence[Item]
    done: frozenset[int]
    left: Units

    @cached_property
    def growth(self) -> Units:
        """The units that have left the house since the last message, when the figures are totals."""
        told = totals(self.items, self.ledger.ordered, self.done)
        return self.ledger.within({line: count - self.ledger.given[line] for line, count in told.items()})

    @cached_property
    def told(self) -> Units:
        """The units of the message when it speaks of itself alone: what is inside its packages, or else is shipped."""
        return added((each.line_id, inside_of(each) or figure_of(each)) for each in self.items)

    @cached_property
    def own(self) -> Units:
        """The same as far as they are open; of a line that only says that it is shipped, what is left of it."""
        found = self.growth | {line: min(count, self.left.get(line, 0)) for line, count in self.told.items()}
        return {line: count for line, count in found.items() if count > 0}

    @property
    def fit(self) -> bool:
        """Whether so many units are open as the message would speak of by itself."""
        return all(count <= self.left.get(line, 0) for line, count in self.told.items())

    @property
    def count_anew(self) -> bool:
        """Whether a figure is smaller than what has gone before, which a total never is."""
        said = added((each.line_id, figure_of(each)) for each in self.items)
        return any(count < self.ledger.shipped[line] for line, count in said.items())

    def units(self, *, alone: bool) -> Units:
        """Return the units that go; `alone`: the message names packages, and none that was known before."""
        return self.own if alone and (self.fit or self.count_anew) else self.growth


def doubt_of(
    report: Report, figures: Figures, new: Sequence[status_updates.Package], absent: Sequence[Package]
) -> Doubt | None:
    """Return how a message that names `new` packages, and none known before, can be read in two ways; None when it cannot."""
    units = figures.units(alone=True)
    if not units:
        return None
    for package in new:
        same = next((each for each in absent if package.ref and each.ref == package.ref), None)
        if same is not None:
            return relabelled_or_further(package.ref, package.number, same.number, counted_units(units))
    by_growth = figures.growth
    if figures.fit and by_growth and by_growth != figures.own and names_earlier_packages(report):
        return totals_or_alone(counted_units(units), counted_units(by_growth))
    return None


def same_contents(figures: Figures, new: Sequence[status_updates.Package], absent: Sequence[Package]) -> bool:
    """Whether each of the new packages has the PackageID of a known one, and the figures are just what is recorded: of these
    packages, or of the whole order."""
    known = {each.ref: each for each in absent if each.ref}
    said = {line: count for line, count in figures.told.items() if count}
    if not said or any(each.ref not in known for each in new):
        return False
    shipments = {known[each.ref].shipment_id for each in new}
    rows = ShipmentLine.objects.filter(shipment__in=shipments).values_list("line_id", "quantity")
    total = {line: figures.ledger.given[line] for line in said}
    return said in (added(rows), total)


def names_earlier_packages(report: Report) -> bool:
    """Whether an earlier message about the order's lines named packages of one before it beside a further one: its desktop tells
    totals."""
    rows = StatusUpdate.objects.filter(order=report.order, pk__lt=report.kept.pk).exclude(content__items=[])
    before: set[str] = set()
    for content in list(rows.order_by("-pk").values_list("content", flat=True)[:MOST_MESSAGES])[::-1]:
        named = {key_of(each["number"]) for each in content["packages"]} - {""}
        if named & before and named - before:
            return True
        before |= named
    return False


def counted_units(units: Units) -> str:
    """Return how many units these are, in words."""
    return counted(sum(units.values()), "unit")
