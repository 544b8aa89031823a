"""What the figures of a message mean: totals of the whole order, or units of that message alone (SETI reference §3.4 leaves it
open).

The sign is what a message says of earlier packages: whoever tells totals names them as well, whoever tells each shipment by itself
names only its own. A PackageID that comes back with another tracking number is a new label or, where packages are counted anew with
each shipment, a further package. `Needed` decides where the desktop counts it. What may still be read in two ways is for a person:
nobody would see a unit that is shipped in Miva by mistake, nor a number that is gone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from fulfillment.models import Package, ShipmentLine, StatusUpdate
from fulfillment.packing import Units, added, figure_of, inside_of, totals
from fulfillment.reports import Report, counted
from fulfillment.units import Ledger
from fulfillment.waiting import Doubt, relabelled_or_further, totals_or_alone
from stores.seti import status_updates
from stores.seti.status_updates import LONGEST_NUMBER, Item

MOST_MESSAGES = 50  # of one order that are looked through for the way in which its desktop tells figures


def key_of(number: str) -> str:
    """Return the tracking number as it is compared."""
    return "".join(number.split()).upper()[:LONGEST_NUMBER]


class Reading(NamedTuple):
    """The units that go; whether packages with a known PackageID have a new label; and how else all that could be meant."""

    units: Units
    relabels: bool = False
    doubt: Doubt | None = None


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

    @property
    def told_units(self) -> Units:
        """The same without the lines of which no unit is told."""
        return {line: count for line, count in self.told.items() if count}

    @cached_property
    def own(self) -> Units:
        """The same as far as they are open, of a line that only says that it is shipped, what is left of it; the growth where so
        many are not open any more."""
        if not (self.fit or self.count_anew):
            return self.growth
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

    def leave(self, going: Units) -> bool:
        """Whether `Needed` is what is left of each line when these units go."""
        needed = added((each.line_id, each.needed) for each in self.items)
        left = {line: self.ledger.open.get(line, 0) - going.get(line, 0) for line in needed}
        return bool(needed) and left == needed


@dataclass(frozen=True)
class Habits:
    """How the desktop tells figures, by what it said of the order before: whether they are `totals`, and whether `Needed` counts
    what has not left yet."""

    totals: bool
    needs: bool

    @classmethod
    def of(cls, report: Report, ordered: Units) -> "Habits":
        """Look through the earlier messages about the order's lines."""
        rows = StatusUpdate.objects.filter(order=report.order, pk__lt=report.kept.pk)
        contents = rows.exclude(content__items=[]).order_by("-pk").values_list("content", flat=True)
        messages = list(contents[:MOST_MESSAGES])[::-1]
        return cls(name_earlier_packages(messages), count_needs(messages, ordered))


def reading_of(
    report: Report, figures: Figures, new: Sequence[status_updates.Package], absent: Sequence[Package]
) -> Reading:
    """Return what a message about lines means that names `new` packages, and none known before; `absent` are those of the order."""
    habits = Habits.of(report, figures.ledger.ordered)
    known = {each.ref: each for each in absent if each.ref}
    if any(each.ref in known for each in new):
        return with_known_ids(figures, habits, new, known)
    own, growth = figures.own, figures.growth
    if not (habits.totals and figures.fit and growth) or growth == own:
        return Reading(own)
    for units in (own, growth) if habits.needs else ():
        if figures.leave(units):
            return Reading(units)
    return Reading(own, doubt=totals_or_alone(counted_units(own), counted_units(growth)))


def with_known_ids(
    figures: Figures, habits: Habits, new: Sequence[status_updates.Package], known: dict[str, Package]
) -> Reading:
    """Return the same of a message with a PackageID that a `known` package has: a new label, or a further package."""
    own, growth = figures.own, figures.growth
    if same_contents(figures, new, known):
        if habits.totals or not figures.fit or (habits.needs and figures.leave({})):
            return Reading({}, relabels=True)
    elif any(each.ref not in known for each in new) and (
        habits.totals or (habits.needs and figures.leave(growth))
    ):
        return Reading(growth, relabels=True)
    if own == growth or (habits.needs and figures.leave(own)):
        return Reading(own)
    again = next(each for each in new if each.ref in known)
    before = known[again.ref].number
    return Reading(own, doubt=relabelled_or_further(again.ref, again.number, before, counted_units(own)))


def same_contents(figures: Figures, new: Sequence[status_updates.Package], known: dict[str, Package]) -> bool:
    """Whether each of the new packages has the PackageID of a known one, and the figures are just what is recorded: of these
    packages, or of the whole order."""
    if not figures.told_units or any(each.ref not in known for each in new):
        return False
    total = {line: figures.ledger.given[line] for line in figures.told_units}
    return figures.told_units in (contents({known[each.ref] for each in new}), total)


def holds(package: Package, figures: Figures) -> bool:
    """Whether the figures are just what the package's shipment has."""
    return bool(figures.told_units) and contents([package]) == figures.told_units


def contents(packages: Collection[Package]) -> Units:
    """Return the units of the shipments that these packages are in."""
    rows = ShipmentLine.objects.filter(shipment__in={each.shipment_id for each in packages})
    return added(rows.values_list("line_id", "quantity"))


def name_earlier_packages(messages: Sequence[dict[str, Any]]) -> bool:
    """Whether one of the messages named packages of one before it beside a further one: the desktop tells totals."""
    before: set[str] = set()
    for content in messages:
        named = {key_of(each["number"]) for each in content["packages"]} - {""}
        if named & before and named - before:
            return True
        before |= named
    return False


def count_needs(messages: Sequence[dict[str, Any]], ordered: Units) -> bool:
    """Whether one of the messages said as `Needed` what was left of a line: the desktop counts there what has not left yet."""
    return any(
        bool(each["needed"]) and ordered.get(each["line_id"], 0) - (each["shipped"] or 0) == each["needed"]
        for content in messages
        for each in content["items"]
    )


def counted_units(units: Units) -> str:
    """Return how many units these are, in words."""
    return counted(sum(units.values()), "unit")
