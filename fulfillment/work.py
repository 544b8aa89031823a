"""One row being pushed: the claim, the client, and which lines of Miva's the units of Stone Edge's lines are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from django.db import transaction

from fulfillment.models import Shipment, ShipmentLine
from stores.miva.client import MivaClient
from stores.miva.shipments import (
    BACKORDERED,
    CANCELLED,
    Line,
    ShippingState,
    read_order,
    split_line,
    state_of,
)
from stores.outbox import OWN_FAULT, Claim

RETURNED = (500, 600)
EDITED = (
    "The order was changed in Miva after Stone Edge had it. Compare both; make the shipment in Miva by hand if it is right, "
    "and mark this as done."
)

OTHERWISE = (
    "Look at the order in Miva: a module or another program may change it there again. Mend that and try again, or set it right in "
    "Miva by hand and mark this as done."
)


class Unfit(Exception):
    """Miva's order is not what the message was about: a person decides. `reason` and `remedy` are sentences."""

    def __init__(self, reason: str, remedy: str = EDITED, kind: str = "unfit") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.kind = kind


@dataclass
class Work:
    """A claimed row; whatever is written goes through the claim, and is fenced by it."""

    claimed: Claim[Shipment]
    row: Shipment
    client: MivaClient
    lines: list[ShipmentLine] = field(default_factory=list)

    def read(self) -> ShippingState:
        """Return the order as Miva has it now."""
        return read_order(self.client, self.row.order.miva_id)

    def note(self, line: ShipmentLine | None = None, **progress: object) -> None:
        """Write a step, and what is known of a line with it, unless the row is somebody else's by now (LeaseLost)."""
        if line is None:
            self.claimed.renew(self.row, **progress)
            return
        with transaction.atomic():
            self.claimed.renew(self.row, **progress)
            line.save(update_fields=["quantity", "miva_line_id", "lines_before"])

    def differs(self, reason: str) -> None:
        """Miva accepted the change and shows something else: a slow page or another program's doing is over soon, what stays so is
        for a person."""
        if self.row.attempts >= OWN_FAULT:
            self.claimed.park(self.row, reason, OTHERWISE, "differs")
        else:
            self.claimed.defer(self.row, reason, "It is tried again by itself.", "differs")

    def find_lines(self, state: ShippingState, fits: Callable[[Line], bool]) -> ShippingState:
        """Find Miva's line for the units of each line, and split where only some of its units go (Miva reference §10.2).

        Returns the order as it is then. Raises Unfit when the units are not there any more; `fits` says whether a line is still
        free for what is to be done.
        """
        for line in self.parents_first(state):
            there = state.line(line.line_id)
            if line.miva_line_id is None and there is not None:
                half = self.half_of_kit(state, there) or self.back_ordered_half(state, line, there)
                state = self.find_line(state, line, half or there, fits)
            elif there is None and line.miva_line_id is None and not self.row.everything:
                raise Unfit(f"Line {line.line_id} is not in the order any more.")
        return state

    def find_line(
        self, state: ShippingState, line: ShipmentLine, there: Line, fits: Callable[[Line], bool]
    ) -> ShippingState:
        """Find the line of Miva's that has exactly these units."""
        made = self.split_off(state, line, there)
        if made is not None:
            line.miva_line_id = made.line_id
            self.note(line)
            return state
        if line.quantity > there.quantity and (halves := self.split_by_hand(state, line, there)):
            self.take_halves(line, there, halves)
            return state
        if line.quantity > there.quantity and not self.row.everything:
            raise Unfit(
                f"{line.quantity} units of {named(there)} left the house, but only {there.quantity} are open in Miva."
            )
        if not fits(there) and not self.row.everything and line.quantity < there.quantity:
            raise Unfit(sentence(there))
        if line.quantity >= there.quantity or not fits(there):
            line.miva_line_id = there.line_id
            if there.line_id != line.line_id:
                self.note(line)
            return state
        return self.split(state, line, there)

    def split_off(self, state: ShippingState, line: ShipmentLine, there: Line) -> Line | None:
        """Return the line that an earlier attempt has split off, though its answer was lost; never one that another row has."""
        if not line.lines_before:
            return None
        others = ShipmentLine.objects.filter(shipment__order=self.row.order_id, miva_line_id__isnull=False)
        known = {*line.lines_before, *others.values_list("miva_line_id", flat=True)}
        alike = (there.product_id, there.code, line.quantity)
        found = (each for each in state.lines if (each.product_id, each.code, each.quantity) == alike)
        return next((each for each in found if each.line_id not in known), None)

    def split_by_hand(self, state: ShippingState, line: ShipmentLine, there: Line) -> list[Line]:
        """Return the lines that somebody, or a back-order of ours, split off this one in Miva, when they have just the units that
        are missing. The kept order does not know them: a split changes nothing of what was ordered."""
        ours = ShipmentLine.objects.filter(shipment__order=self.row.order_id)
        if ours.filter(miva_line_id=None).exclude(lines_before=[]).exists():
            return []  # it may be a split of ours whose answer was lost
        known = {each.line_id for each in state_of(self.row.order.raw).lines}
        known.update(each.miva_line_id or each.line_id for each in ours)
        known.difference_update(self.back_ordered(line))
        same = (there.product_id, there.code, there.parent_id)
        alike = (each for each in state.lines if (each.product_id, each.code, each.parent_id) == same)
        halves = [each for each in alike if each.can_ship and each.line_id not in known]
        return halves if there.quantity + sum(each.quantity for each in halves) == line.quantity else []

    def back_ordered(self, line: ShipmentLine) -> list[int]:
        """Return the lines that back-orders of ours split off this one; Stone Edge knows their units as this line's."""
        rows = ShipmentLine.objects.filter(shipment__order=self.row.order_id, line_id=line.line_id)
        split = rows.filter(shipment__kind=Shipment.Kind.BACK_ORDER).exclude(shipment=self.row)
        return [each for each in split.values_list("miva_line_id", flat=True) if each]

    def back_ordered_half(self, state: ShippingState, line: ShipmentLine, there: Line) -> Line | None:
        """Return the line of units that were back-ordered, when the line itself never had so many or has gone with another row. In
        any other shipment it may be what an earlier attempt has made, or a person for this row."""
        others = Shipment.objects.filter(order=self.row.order_id).exclude(pk=self.row.pk)
        gone = bool(there.shipment_id) and others.filter(miva_id=there.shipment_id).exists()
        if line.quantity <= there.quantity and not gone:
            return None
        halves = filter(None, map(state.line, self.back_ordered(line)))
        return next((each for each in halves if each.can_ship and each.quantity >= line.quantity), None)

    def take_halves(self, line: ShipmentLine, there: Line, halves: list[Line]) -> None:
        """Write down that the units of a line are in several of Miva's."""
        line.quantity, line.miva_line_id = there.quantity, there.line_id
        others = [
            ShipmentLine(
                shipment=self.row, line_id=line.line_id, quantity=each.quantity, miva_line_id=each.line_id
            )
            for each in halves
        ]
        with transaction.atomic():
            self.claimed.renew(self.row)
            line.save(update_fields=["quantity", "miva_line_id"])
            ShipmentLine.objects.bulk_create(others)
        self.lines += others

    def split(self, state: ShippingState, line: ShipmentLine, there: Line) -> ShippingState:
        """Split the units off. What was there before is written down first: after a lost answer the new line is found by that."""
        line.lines_before = [each.line_id for each in state.lines]
        self.note(line, step=Shipment.Step.SPLITTING)
        halves = split_line(self.client, state.order_id, there.line_id, line.quantity)
        line.miva_line_id = halves.split.line_id
        self.note(line)
        if any(each.parent_id == there.line_id for each in state.lines):
            return self.read()  # the parts of a kit were split, too
        others = tuple(halves.original if each.line_id == there.line_id else each for each in state.lines)
        return replace(state, lines=(*others, halves.split))

    def parents_first(self, state: ShippingState) -> list[ShipmentLine]:
        """Return the lines, a kit before its parts: splitting it splits them."""
        return sorted(
            self.lines, key=lambda each: bool((found := state.line(each.line_id)) and found.parent_id)
        )

    def half_of_kit(self, state: ShippingState, part: Line) -> Line | None:
        """Return what came off a part when its kit was split for this row; None when the kit does not go, or goes whole."""
        kits = {each.line_id: each.miva_line_id for each in self.lines}
        kit = kits.get(part.parent_id)
        if kit in (None, part.parent_id):
            return None
        alike = (each for each in state.lines if each.parent_id == kit and each.code == part.code)
        return next((each for each in alike if each.product_id == part.product_id), None)

    def targets(self, state: ShippingState) -> list[Line]:
        """Return Miva's lines that are meant, with the parts of kits that nobody names and that are still there to go."""
        chosen = [
            found for each in self.lines if each.miva_line_id and (found := state.line(each.miva_line_id))
        ]
        missing = [each for each in self.lines if each.miva_line_id and not state.line(each.miva_line_id)]
        if missing and not self.row.everything:
            raise Unfit(f"Line {missing[0].line_id} is not in the order any more.")
        ids = {each.line_id for each in chosen}
        parts = [each for each in state.lines if each.parent_id in ids and each.line_id not in ids]
        together = {each.shipment_id for each in chosen}
        parts = [each for each in parts if each.can_ship or each.shipment_id in together - {0}]
        return chosen + self.unnamed(parts)

    def unnamed(self, parts: list[Line]) -> list[Line]:
        """Return the parts of kits that no other shipment of the order names as its own."""
        if not parts:
            return []
        rows = ShipmentLine.objects.filter(shipment__order=self.row.order_id).exclude(shipment=self.row)
        named = {number for pair in rows.values_list("line_id", "miva_line_id") for number in pair}
        return [each for each in parts if each.line_id not in named]


def named(line: Line) -> str:
    """Return the line as support knows it."""
    return f"line {line.line_id} ({line.code or line.name})"


def standing(line: Line) -> str:
    """Return in words why a line is not free."""
    if line.status == CANCELLED:
        return "is cancelled in Miva"
    if line.status in RETURNED or line.return_id:
        return "was returned in Miva"
    if line.status == BACKORDERED:
        return "is back-ordered in Miva"
    if line.shipment_id:
        return f"is in Miva's shipment {line.shipment_id} already"
    return f"has the status {line.status} in Miva, which is not shipped"


def sentence(*lines: Line) -> str:
    """Return why lines are not free, as a sentence."""
    words = listing(lines)
    return f"{words[:1].upper()}{words[1:]}."


def listing(lines: Iterable[Line]) -> str:
    """Return in words why lines are not free."""
    return "; ".join(f"{named(line)} {standing(line)}" for line in lines)
