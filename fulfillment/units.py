"""How many units of which line are still to go, by the order as Stone Edge had it and by what is recorded here."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from fulfillment.kits import Kits
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.packing import Units
from orders.models import Order
from stores.miva.shapes import rows, whole
from stores.miva.shipments import CANCELLED, SHIPPED

RETURNED = 600
DIGITAL = frozenset(
    {210, 211, 220, 221}
)  # gift certificates and downloads: nothing to ship (Miva reference §8)
NOT_SHIPPED = DIGITAL | {CANCELLED, RETURNED}


def ordered(raw: Mapping[str, Any], ours: Mapping[int, int]) -> Units:
    """Return the units of each line that can be shipped. `ours` maps a line that one of our splits made to the line it came from:
    its units belong to that one, because Stone Edge knows no other. So do those of a kit's parts, which are split with it. A line
    in a shipment that somebody made by hand counts until it is marked shipped: it may wait for its number."""
    counted: Units = {}
    items = rows(raw, "items")
    for item in items:
        line, parent = whole(item.get("line_id")), whole(item.get("parent_id"))
        status = whole(item.get("status"))
        origin = ours.get(line) or part_of(items, ours.get(parent, parent), item) or line
        foreign = status == SHIPPED and line not in ours and parent not in ours
        if line > 0 and status not in NOT_SHIPPED and not foreign:
            counted[origin] = counted.get(origin, 0) + max(whole(item.get("quantity")), 0)
    return counted


def part_of(items: Iterable[Mapping[str, Any]], kit: int, item: Mapping[str, Any]) -> int | None:
    """Return the line of the same part in this kit, from which a split of the kit made the item."""
    if not kit or kit == whole(item.get("parent_id")):
        return None
    same = (item.get("product_id"), item.get("code"))
    alike = (
        each
        for each in items
        if whole(each.get("parent_id")) == kit and (each.get("product_id"), each.get("code")) == same
    )
    return next((whole(each.get("line_id")) for each in alike), None)


def split_off(raw: Mapping[str, Any], line: ShipmentLine, ours: Collection[int]) -> list[int]:
    """Return the line that a split of ours made whose answer was lost, once the order was pulled with it."""
    items = rows(raw, "items")
    same = [each for each in items if whole(each.get("line_id")) == line.line_id]
    alike = [
        whole(each.get("line_id"))
        for each in items
        if whole(each.get("quantity")) == line.quantity
        and any(each.get("code") == one.get("code") for one in same)
    ]
    return [number for number in alike if number not in line.lines_before and number not in ours][:1]


def by_shipment(lines: Iterable[ShipmentLine]) -> dict[Shipment, Units]:
    """Return the units of each shipment's lines."""
    found: dict[Shipment, Units] = {}
    for line in lines:
        units = found.setdefault(line.shipment, {})
        units[line.line_id] = units.get(line.line_id, 0) + line.quantity
    return found


class Ledger:
    """The units of one order: ordered, given to shipments, cancelled, open."""

    def __init__(self, order: Order) -> None:
        """Read what is recorded for the order."""
        lines = list(ShipmentLine.objects.filter(shipment__order=order).select_related("shipment"))
        ours = {line.miva_line_id or line.line_id: line.line_id for line in lines}
        for line in lines:
            if line.lines_before and line.miva_line_id is None:
                ours |= dict.fromkeys(split_off(order.raw, line, ours), line.line_id)
        self.ordered = ordered(order.raw, ours)
        self.kits = Kits.of(order.raw, self.ordered)
        self.given: Counter[int] = Counter()
        self.shipped: Counter[int] = Counter()
        self.back_ordered: set[int] = set()
        found = by_shipment(lines)
        named: Counter[int] = Counter()
        for shipment, units in found.items():
            named.update(units if shipment.kind != Shipment.Kind.BACK_ORDER else {})
        for shipment, units in found.items():
            going = units | self.kits.following(units, named)
            if shipment.kind == Shipment.Kind.BACK_ORDER:
                self.back_ordered.update(going)
                continue
            self.given.update(going)
            if shipment.kind == Shipment.Kind.SHIP:
                self.shipped.update(going)

    def still_back_ordered(self, line: ShipmentLine) -> int:
        """Units of a back-order's line that no shipment and no cancellation has by now: what came in is not owed any more."""
        over = self.given[line.line_id] + line.quantity - self.ordered.get(line.line_id, 0)
        gone = min(over, line.quantity) if line.line_id in self.ordered and over > 0 else 0
        return line.quantity - gone

    @cached_property
    def open(self) -> Units:
        """Units that no shipment and no cancellation has."""
        left = {line: units - self.given[line] for line, units in self.ordered.items()}
        return {line: units for line, units in left.items() if units > 0}

    def within(self, wanted: Mapping[int, int], taken: Mapping[int, int] | None = None) -> Units:
        """Return the wanted units as far as they are open (and not `taken` by then)."""
        taken = taken or {}
        found = {
            line: min(units, self.open.get(line, 0) - taken.get(line, 0)) for line, units in wanted.items()
        }
        return {line: units for line, units in found.items() if units > 0}

    def all_of(self, lines: Collection[int]) -> Units:
        """Return the open units of these lines."""
        return {line: units for line, units in self.open.items() if line in lines}
