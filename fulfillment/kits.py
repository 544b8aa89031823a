"""Kits whose parts are lines of their own (Miva reference §7.3, `parent_id`): pure, by the order as Stone Edge had it.

Stone Edge may report the kit, its parts, or both. Parts that no message names go with their kit, in equal shares as Miva splits
them (§10.2); a kit that no message names goes with the last of its parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fulfillment.packing import Load, Units
from stores.miva.shapes import rows, whole


@dataclass(frozen=True)
class Kits:
    """Which line is part of which, and the units of every line."""

    ordered: Units
    parts: dict[int, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: Mapping[str, Any], ordered: Units) -> "Kits":
        """Read them from the raw order; parts that cannot be shipped are none."""
        kits = cls(ordered)
        for item in rows(raw, "items"):
            line, parent = whole(item.get("line_id")), whole(item.get("parent_id"))
            if line in ordered and ordered.get(parent):
                kits.parts.setdefault(parent, []).append(line)
        return kits

    def following(self, given: Units, named: Mapping[int, int]) -> Units:
        """Return the units of parts that go with these units of lines, though they are not named: never those that any shipment has
        `named` as its own."""
        return {
            part: max(min(self.share(kit, part, units), self.ordered[part] - named.get(part, 0)), 0)
            for kit, units in given.items()
            for part in self.parts.get(kit, ())
            if part not in given
        }

    def share(self, kit: int, part: int, units: int) -> int:
        """Return how many units of a part go with so many kits: as many as are in each, or all with the last kit."""
        each, rest = divmod(self.ordered[part], self.ordered[kit])
        if rest:
            return self.ordered[part] if units >= self.ordered[kit] else 0
        return each * units

    def completed(self, loads: Sequence[Load], left: Units) -> Iterator[tuple[int, Load]]:
        """Yield the kits whose last parts are in these loads, each with the load that has the last of them; `left` is what was open
        before."""
        for kit, parts in self.parts.items():
            going = {part: sum(load.units.get(part, 0) for load in loads) for part in parts}
            if all(left.get(part, 0) <= units for part, units in going.items()):
                yield from [(kit, load) for load in loads if any(load.units.get(part) for part in parts)][-1:]
