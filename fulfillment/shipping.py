"""Shipped in Stone Edge: which new shipments Miva is owed, and which known ones have another tracking number now."""

from collections.abc import Collection, Sequence

from django.utils import timezone

from fulfillment.models import FulfillmentRules, Package, Shipment, ShipmentLine
from fulfillment.models.rules import Meaning
from fulfillment.packing import Load, Units, inside, loads, totals
from fulfillment.reports import Report, counted
from fulfillment.units import Ledger
from fulfillment.waiting import INCOMPLETE, NO_LINES, NO_NUMBER
from stores import outbox
from stores.seti import status_updates
from stores.seti.status_updates import Item


def key_of(number: str) -> str:
    """Return the tracking number as it is compared."""
    return "".join(number.split()).upper()


def ship(report: Report, meaning: str, leaving_out: Collection[int]) -> tuple[bool, str]:
    """Owe Miva what is new in the message. Returns whether something is owed by it, and a sentence."""
    carried = take_back_incomplete(report)
    known = {package.key: package for package in Package.objects.filter(order=report.order)}
    named = once({key_of(each.number): each for each in (*carried, *report.said.packages) if each.number})
    new = [package for key, package in named.items() if key not in known]
    absent = [package for key, package in known.items() if key not in named]
    changed = sum(renew_carrier(known[key], package) for key, package in named.items() if key in known)

    ledger = Ledger(report.order)
    items = [
        each
        for each in report.said.items
        if each.line_id in ledger.ordered and each.line_id not in leaving_out
    ]
    left = {line: count for line, count in ledger.open.items() if line not in leaving_out}
    grown = growth(report, ledger, items) if items else left
    if new and len(new) == len(named) and counts_anew(ledger, items):
        grown = this_message_alone(items, left)
    if new and not grown:
        new, corrected = correct(new, absent, by_place=not left)
        changed += corrected
        grown = this_message_alone(items, left) if new else {}
    if new and not grown:
        changed += join(report, new)
        new = []
    made = pack(report, meaning, items, grown, new, left)
    add_kits(ledger, made, left, {each.line_id for each in items})
    for load in made:
        write(report, load)
    owed = changed > 0 or any(load.complete for load in made)
    return owed, sentence(made, changed)


def once(packages: dict[str, status_updates.Package]) -> dict[str, status_updates.Package]:
    """Return the packages without those whose number is nothing but blanks."""
    return {key: package for key, package in packages.items() if key}


def take_back_incomplete(report: Report) -> list[status_updates.Package]:
    """Remove what waited for the rest of the story and was never pushed; its packages are told again with this message."""
    rows = Shipment.objects.filter(order=report.order, problem_kind=INCOMPLETE, step=Shipment.Step.NEW)
    pks = list(rows.filter(parked_at__isnull=False, leased_until=None).values_list("pk", flat=True))
    if not pks:
        return []
    packages = [
        status_updates.Package(each.number, each.carrier, each.method, each.picked_up, each.ref)
        for each in Package.objects.filter(shipment__in=pks)
    ]
    Shipment.objects.filter(pk__in=pks).delete()
    return packages


def growth(report: Report, ledger: Ledger, items: Sequence[Item]) -> Units:
    """Return the units that have left the house since the last message: totals less what is recorded."""
    shipped = (Meaning.SHIPPED, Meaning.PARTLY)
    done = frozenset(
        each.line_id for each in items if each.line_id and report.meanings.of(each.status) in (*shipped, "")
    )
    told = totals(items, ledger.ordered, done)
    return ledger.within({line: count - ledger.given[line] for line, count in told.items()})


def counts_anew(ledger: Ledger, items: Sequence[Item]) -> bool:
    """Whether a figure is smaller than what has gone before. A total never is: the figures are those of this message alone, and its
    packages are further ones, whatever their PackageID (which begins at 1 again)."""
    return any(
        figure < ledger.shipped[each.line_id]
        for each in items
        if each.line_id and (figure := figure_of(each)) is not None
    )


def figure_of(item: Item) -> int | None:
    """Return how many units of the line are said to be shipped, None when nothing is said."""
    inside = sum(count for _, count in item.packages)
    return item.shipped if item.shipped is not None else inside or None


def this_message_alone(items: Sequence[Item], left: Units) -> Units:
    """Return the units as a desktop means them that reports each shipment by itself: a new package, and no total that has grown."""
    wanted = {
        each.line_id: each.shipped or sum(count for _, count in each.packages)
        for each in items
        if each.line_id
    }
    found = {line: min(count, left.get(line, 0)) for line, count in wanted.items()}
    return {line: count for line, count in found.items() if count > 0}


def correct(
    new: list[status_updates.Package], absent: list[Package], *, by_place: bool
) -> tuple[list[status_updates.Package], int]:
    """Give known packages that the message does not name any more their new numbers: by PackageID and, `by_place`, one after the
    other. Returns the packages that are left, and how many were corrected."""
    left = []
    for package in new:
        same = [each for each in absent if package.ref and each.ref == package.ref]
        same = same or (absent[:1] if by_place else [])
        if same:
            absent.remove(same[0])
            renumber(same[0], package)
        else:
            left.append(package)
    return left, len(new) - len(left)


def renumber(known: Package, package: status_updates.Package) -> None:
    """Put the new number in place of the old one; its shipment is pushed again."""
    known.earlier_number, known.number, known.key = known.number, package.number, key_of(package.number)
    known.carrier = package.carrier[:100] or known.carrier
    known.save(update_fields=["earlier_number", "number", "key", "carrier"])
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


def join(report: Report, packages: Sequence[status_updates.Package]) -> int:
    """Add further numbers to the order's last shipment, when no units are left for one of their own. Returns how many."""
    last = Shipment.objects.filter(order=report.order, kind=Shipment.Kind.SHIP).first()
    last = last or Shipment.objects.create(
        store=report.store, order=report.order, update=report.kept, everything=True
    )
    add_packages(last, packages)
    push_again(last.pk)
    return len(packages)


def push_again(shipment_id: int) -> None:
    """Let a shipment be pushed with what is recorded now; one that a person closed stays closed."""
    outbox.make_due(Shipment.objects.filter(pk=shipment_id).exclude(step=Shipment.Step.ELSEWHERE))


def pack(
    report: Report,
    meaning: str,
    items: Sequence[Item],
    grown: Units,
    new: list[status_updates.Package],
    left: Units,
) -> list[Load]:
    """Return the shipments for what is new."""
    split = report.rules.packages == FulfillmentRules.Packages.SPLIT
    if not new:
        return [Load(units=grown)] if grown and (items or meaning == Meaning.SHIPPED) else []
    if not items and meaning == Meaning.PARTLY and sum(left.values()) > 1:
        return [Load(packages=new)]
    explicit = explicit_units(new, report.said.packages, items, left)
    taken = Load()
    for units in explicit:
        for line, count in units.items():
            taken.units[line] = taken.units.get(line, 0) + count
    rest = {line: count - taken.units.get(line, 0) for line, count in grown.items()}
    made = loads(new, explicit, {line: count for line, count in rest.items() if count > 0}, split)
    if len(made) == 1 and not items:
        made[0].everything = True
    return made


def add_kits(ledger: Ledger, made: Sequence[Load], left: Units, named: Collection[int | None]) -> None:
    """Let a kit that the message does not name go with the last of its parts."""
    for kit, load in ledger.kits.completed(made, left):
        if kit in left and kit not in named:
            load.units.setdefault(kit, left[kit])


def explicit_units(
    new: Sequence[status_updates.Package],
    all_named: Sequence[status_updates.Package],
    items: Sequence[Item],
    left: Units,
) -> list[Units]:
    """Return what the message itself puts into each new package, as far as it is open."""
    open_still, found = dict(left), []
    for package in new:
        wanted = inside(package, all_named, items) if package in all_named else {}
        units = {line: min(count, open_still.get(line, 0)) for line, count in wanted.items()}
        units = {line: count for line, count in units.items() if count > 0}
        for line, count in units.items():
            open_still[line] -= count
        found.append(units)
    return found


def write(report: Report, load: Load) -> None:
    """Write a shipment; one that is not complete is parked at once, with what it waits for."""
    row = Shipment(store=report.store, order=report.order, update=report.kept, everything=load.everything)
    if not load.complete:
        row.problem, row.remedy = NO_LINES if load.packages else NO_NUMBER
        row.problem_kind, row.parked_at = INCOMPLETE, timezone.now()
    row.save()
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=row, line_id=line, quantity=count) for line, count in load.units.items()
    )
    add_packages(row, load.packages)


def add_packages(shipment: Shipment, packages: Sequence[status_updates.Package]) -> None:
    """Write the parcels of a shipment."""
    Package.objects.bulk_create(
        Package(
            store_id=shipment.store_id,
            order_id=shipment.order_id,
            shipment=shipment,
            number=each.number,
            key=key_of(each.number),
            ref=each.ref[:60],
            carrier=each.carrier[:100],
            method=each.method[:100],
            picked_up=each.picked_up[:60],
        )
        for each in packages
    )


def sentence(made: Sequence[Load], changed: int) -> str:
    """Return in words what came of it."""
    ready = [load for load in made if load.complete]
    parts = [f"{counted(len(ready), 'shipment')} for Miva."] if ready else []
    parts += [f"{counted(changed, 'package')} changed."] if changed else []
    parts += [(NO_LINES if load.packages else NO_NUMBER)[0] for load in made if not load.complete]
    return " ".join(parts) or "Nothing new: everything in it was known."
