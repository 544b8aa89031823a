"""Shipped in Stone Edge: which new shipments Miva is owed, and which known ones have another tracking number now."""

from collections.abc import Collection, Sequence

from django.utils import timezone

from fulfillment.models import FulfillmentRules, Package, Shipment, ShipmentLine
from fulfillment.models.rules import Meaning
from fulfillment.packing import Load, Units, added, figure_of, inside, loads
from fulfillment.parcels import Parcels, push_again
from fulfillment.readings import Figures, doubt_of, key_of, same_contents
from fulfillment.reports import Report, counted
from fulfillment.units import Ledger
from fulfillment.waiting import INCOMPLETE, NO_LINES, NO_NUMBER, UNCLEAR
from stores.seti import status_updates
from stores.seti.status_updates import Item


def ship(report: Report, meaning: str, leaving_out: Collection[int]) -> tuple[bool, str]:
    """Owe Miva what is new in the message; lines to be left out are about something else. Returns whether something is owed by it,
    and a sentence."""
    parcels = Parcels.of(report)
    changed = parcels.renew_carriers()
    ledger = Ledger(report.order)
    items = shipped_items(report, meaning, ledger, leaving_out)
    left = {line: count for line, count in ledger.open.items() if line not in leaving_out}
    figures = Figures(ledger, items, lines_done(report, items), left)
    changed += relabel(parcels, figures)
    doubt = doubt_of(report, figures, parcels.new, parcels.absent) if items and parcels.alone else None
    grown = figures.units(alone=parcels.alone) if items else left
    if parcels.new and not grown:
        changed += parcels.correct(by_place=not left)
        grown = figures.own if parcels.new else {}
    if parcels.new and not grown:
        changed += join(report, parcels.new)
        parcels.new = []
    made = pack(report, meaning, items, grown, parcels.new, left)
    add_kits(ledger, made, left, {each.line_id for each in items})
    for load in made:
        load.doubt = doubt
        write(report, load)
    owed = changed > 0 or any(load.complete for load in made)
    return owed, sentence(made, changed)


def shipped_items(
    report: Report, meaning: str, ledger: Ledger, leaving_out: Collection[int]
) -> Sequence[Item]:
    """Return the items about lines that can be shipped and that their own status does not say something else of."""
    return [
        each
        for each in report.said.items
        if each.line_id in ledger.ordered
        and each.line_id not in leaving_out
        and (report.meanings.of(each.status) or meaning) not in (Meaning.CANCELLED, Meaning.BACKORDERED)
    ]


def lines_done(report: Report, items: Sequence[Item]) -> frozenset[int]:
    """Return the lines of which nothing is said but that they are shipped: they go whole."""
    said = added((each.line_id, figure_of(each)) for each in items)
    shipped = (Meaning.SHIPPED, Meaning.PARTLY, "")
    lines = {each.line_id for each in items if report.meanings.of(each.status) in shipped}
    return frozenset(line for line in lines if line is not None and line not in said)


def relabel(parcels: Parcels, figures: Figures) -> int:
    """Take over new tracking numbers of packages that the message names by their PackageID. Returns how many."""
    if parcels.alone and not same_contents(figures, parcels.new, parcels.absent):
        return 0
    return parcels.correct(by_place=False)


def join(report: Report, packages: Sequence[status_updates.Package]) -> int:
    """Add further numbers to the order's last shipment, when no units are left for one of their own. Returns how many."""
    last = Shipment.objects.filter(order=report.order, kind=Shipment.Kind.SHIP).first()
    last = last or Shipment.objects.create(
        store=report.store, order=report.order, update=report.kept, everything=True
    )
    add_packages(last, packages)
    push_again(last.pk)
    return len(packages)


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
        row.problem, row.remedy = why(load)
        row.problem_kind, row.parked_at = UNCLEAR if load.doubt else INCOMPLETE, timezone.now()
    row.save()
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=row, line_id=line, quantity=count) for line, count in load.units.items()
    )
    add_packages(row, load.packages)


def why(load: Load) -> tuple[str, str]:
    """Return what a load waits for that is not complete, and the remedy."""
    return load.doubt or (NO_LINES if load.packages else NO_NUMBER)


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
    parts += dict.fromkeys(why(load)[0] for load in made if not load.complete)
    return " ".join(parts) or "Nothing new: everything in it was known."
