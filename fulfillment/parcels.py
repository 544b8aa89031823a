"""Which packages of a message are new, and which known ones have another tracking number or carrier now."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from fulfillment.models import Package, Shipment, ShipmentLine
from fulfillment.packing import Units, added
from fulfillment.readings import key_of
from fulfillment.reports import Report
from fulfillment.waiting import CLOSED, INCOMPLETE, UNCLEAR, changed_elsewhere
from stores import outbox
from stores.seti import status_updates


@dataclass
class Parcels:
    """The packages that one message names, against those of the order. `former` are known ones by the numbers that were replaced:
    one that comes again without the number that replaced it is its package's once more. `absent` are known ones that the message
    does not name, though it is not late, and that are not in doubt; `waiting` the units that were told before without a number."""

    named: dict[str, status_updates.Package]
    known: dict[str, Package]
    former: dict[str, Package]
    new: list[status_updates.Package]
    absent: list[Package]
    waiting: Units

    @classmethod
    def of(cls, report: Report) -> "Parcels":
        """Read them; what waited for the rest of the story is told again with this message."""
        said = {key_of(each.number): each for each in report.said.packages}
        take_back_unclear(report, list(said))
        packages, waiting = take_back_incomplete(report)
        carried = {key_of(each.number): each for each in packages}
        named = {key: package for key, package in (carried | said).items() if key}
        rows = list(Package.objects.filter(order=report.order).select_related("shipment"))
        known = {package.key: package for package in rows}
        former = {key_of(number): package for package in rows for number in package.earlier_numbers}
        missing = {package.pk for package in rows} - {known[key].pk for key in named if key in known}
        late = bool(missing) and not named.keys() <= known.keys() and report.is_late()
        settled = {key for key in named if late and key in former}
        return cls(
            named,
            known,
            former,
            new=[each for key, each in named.items() if key not in known and key not in settled],
            absent=[
                each
                for each in rows
                if each.pk in missing and not late and each.shipment.problem_kind != UNCLEAR
            ],
            waiting=waiting,
        )

    @property
    def alone(self) -> bool:
        """Whether the message names packages, and none of those that the order has."""
        return bool(self.new and self.known) and len(self.new) == len(self.named)

    def renew_carriers(self) -> int:
        """Take over other carriers of known packages. Returns how many."""
        return sum(
            renew_carrier(self.known[key], said) for key, said in self.named.items() if key in self.known
        )

    def restore(self) -> int:
        """Give packages that the message does not name back the numbers that they had before, where it names those. Returns how
        many."""
        back = [each for each in self.new if self.former.get(key_of(each.number)) in self.absent]
        for package in back:
            known = self.former[key_of(package.number)]
            if known in self.absent:
                self.absent.remove(known)
                self.new.remove(package)
                renumber(known, package)
        return len(back)

    def correct(self, in_place_of: Collection[int] = ()) -> int:
        """Give packages that the message does not name any more their new numbers: by PackageID, else one after the other those
        `in_place_of` which (primary keys) the new ones may have come. Returns how many."""
        left = []
        for package in self.new:
            same = [each for each in self.absent if package.ref and each.ref == package.ref]
            same = same or [each for each in self.absent if each.pk in in_place_of]
            if same:
                self.absent.remove(same[0])
                renumber(same[0], package)
            else:
                left.append(package)
        corrected, self.new = len(self.new) - len(left), left
        return corrected


def incomplete(report: Report) -> QuerySet[Shipment]:
    """Return what waits for the rest of the story and was never pushed."""
    rows = Shipment.objects.filter(order=report.order, problem_kind=INCOMPLETE, step=Shipment.Step.NEW)
    return rows.filter(parked_at__isnull=False, leased_until=None)


def take_back_numberless(report: Report) -> None:
    """Remove units that waited for their tracking number: the order is cancelled, and they are open again."""
    incomplete(report).filter(packages=None).delete()


def take_back_incomplete(report: Report) -> tuple[list[status_updates.Package], Units]:
    """Remove what waited for the rest of the story. Returns its packages, and the units that had none."""
    pks = list(incomplete(report).values_list("pk", flat=True))
    if not pks:
        return [], {}
    packages = [as_told(each) for each in Package.objects.filter(shipment__in=pks)]
    units = added(ShipmentLine.objects.filter(shipment__in=pks).values_list("line_id", "quantity"))
    Shipment.objects.filter(pk__in=pks).delete()
    return packages, units


def take_back_unclear(report: Report, keys: Collection[str]) -> None:
    """Remove what could be read in two ways, when the message names all its packages again: it says more, or the same."""
    rows = Shipment.objects.filter(order=report.order, problem_kind=UNCLEAR, step=Shipment.Step.NEW)
    rows = rows.filter(parked_at__isnull=False, leased_until=None)
    unnamed = Package.objects.filter(shipment=OuterRef("pk")).exclude(key__in=keys)
    Shipment.objects.filter(pk__in=list(rows.exclude(Exists(unnamed)).values_list("pk", flat=True))).delete()


def as_told(package: Package) -> status_updates.Package:
    """Return a package as a message names it."""
    return status_updates.Package(
        package.number, package.carrier, package.method, package.picked_up, package.ref
    )


def renumber(known: Package, package: status_updates.Package) -> None:
    """Put the new number in place of the old one; its shipment is pushed again."""
    known.earlier_numbers = [*known.earlier_numbers, known.number]
    known.number, known.key = package.number, key_of(package.number)
    known.carrier = package.carrier[:100] or known.carrier
    known.save(update_fields=["earlier_numbers", "number", "key", "carrier"])
    push_again(known.shipment_id)


def renew_carrier(known: Package, package: status_updates.Package) -> bool:
    """Take over another carrier of a known package; its shipment is pushed again. Returns whether there was one."""
    carrier = package.carrier[:100]
    if not carrier or carrier.casefold() == known.carrier.casefold():
        return False
    known.carrier = carrier
    known.save(update_fields=["carrier"])
    push_again(known.shipment_id)
    return True


def push_again(shipment_id: int) -> None:
    """Let a shipment be pushed with what is recorded now. What a person is to decide about waits for that, and whoever closed one
    is told: Miva may not have what came after it."""
    rows = Shipment.objects.filter(pk=shipment_id)
    if closed := rows.filter(step=Shipment.Step.ELSEWHERE).exclude(outbox.OPEN).first():
        outbox.make_due(rows, now=True)
        outbox.set_aside(rows, *changed_elsewhere(closed.tracking, closed.closed_by), CLOSED)
    else:
        outbox.make_due(rows.exclude(problem_kind=UNCLEAR))
