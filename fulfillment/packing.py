"""Which units go with which package: pure, from what one message says and what is open.

A shipment of Miva's has one tracking number and whole lines (Miva reference §10.3), a message of Stone Edge's names packages and,
perhaps, units of lines. A message tells the whole story of the order up to now: totals, and packages that came before.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from fulfillment.waiting import Doubt
from stores.seti.status_updates import Item, Package

Units = dict[int, int]
"""Units by line id, as Stone Edge knows the lines."""


@dataclass
class Load:
    """What becomes one shipment. Without packages, or without units, it waits for the rest of the story."""

    packages: list[Package] = field(default_factory=list)
    units: Units = field(default_factory=dict)
    everything: bool = False
    doubt: Doubt | None = None

    @property
    def complete(self) -> bool:
        """Whether it can be sent: never without a tracking number, never without lines, never what may mean two things."""
        return bool(self.packages and (self.units or self.everything) and not self.doubt)


def totals(items: Sequence[Item], ordered: Units, done: frozenset[int]) -> Units:
    """Return the units of each line that have left the house up to now. `done` are lines whose own status says so."""
    told = added((item.line_id, figure_of(item)) for item in items if item.line_id in ordered)
    return {line: ordered[line] for line in done if line in ordered} | told


def added(pairs: Iterable[tuple[int | None, int | None]]) -> Units:
    """Return the figures by line, added up: one line of Miva's may be several of Stone Edge's (SETI reference §3.4, RefNumber).
    Lines about which nothing is said are left out."""
    found: Units = {}
    for line, count in pairs:
        if line is not None and count is not None:
            found[line] = found.get(line, 0) + count
    return found


def inside_of(item: Item) -> int:
    """Return how many units of the line are said to be in packages."""
    return sum(units for _, units in item.packages)


def figure_of(item: Item) -> int | None:
    """Return how many units of the line are said to be shipped, None when nothing is said."""
    return inside_of(item) if item.shipped is None and item.packages else item.shipped


def inside(refs: Collection[str], items: Sequence[Item]) -> Units:
    """Return the units that the items say are in the packages with these PackageIDs."""
    return added((item.line_id, units) for item in items for ref, units in item.packages if ref in refs)


def loads(packages: Sequence[Package], explicit: Sequence[Units], rest: Units, split: bool) -> list[Load]:
    """Return the shipments for new packages: those with units of their own, then those that share the rest; without a package the
    rest waits for one.

    `explicit` has the units of each package, empty where the message names none; `split` off joins the packages of one carrier.
    """
    made = [Load([package], units) for package, units in zip(packages, explicit, strict=True) if units]
    sharing = [package for package, units in zip(packages, explicit, strict=True) if not units]
    if not sharing:
        return [*made, Load(units=rest)] if rest else made
    if not rest and made:
        made[-1].packages += sharing  # one more label for the same units
        return made
    groups = [[package] for package in sharing] if split else by_carrier(sharing)
    return made + share_out(groups, rest)


def by_carrier(packages: Sequence[Package]) -> list[list[Package]]:
    """Return the packages of each carrier together: numbers of two carriers cannot share a tracking link."""
    groups: dict[str, list[Package]] = {}
    for package in packages:
        groups.setdefault(package.carrier.strip().casefold(), []).append(package)
    return list(groups.values())


def share_out(groups: Sequence[list[Package]], units: Units) -> list[Load]:
    """Return a load for each group of packages, each with one unit at least, whole lines where possible. Groups beyond the units
    join the last load."""
    pieces = list(units.items())
    while (
        len(pieces) < len(groups)
        and (largest := max(pieces, key=lambda piece: piece[1], default=(0, 0)))[1] > 1
    ):
        line, count = largest
        pieces[pieces.index(largest)] = (line, count - 1)
        pieces.append((line, 1))
    made = [Load() for _ in range(max(min(len(groups), len(pieces)), 1))]
    for place, (line, count) in enumerate(pieces):
        load = made[min(place, len(made) - 1)]
        load.units[line] = load.units.get(line, 0) + count
    for place, group in enumerate(groups):
        made[min(place, len(made) - 1)].packages += group
    return made
