"""Shipped in Stone Edge: which new shipments Miva is owed, and which known ones have another tracking number now."""

from collections.abc import Collection, Sequence

from django.db.models import QuerySet
from django.utils import timezone

from fulfillment.models import FulfillmentRules, Package, Shipment, ShipmentLine
from fulfillment.models.rules import Meaning
from fulfillment.packing import Load, Units, added, figure_of, inside, loads
from fulfillment.parcels import Parcels, push_again
from fulfillment.readings import Figures, Reading, holds, key_of, reading_of
from fulfillment.remarks import remarks, unshippable
from fulfillment.reports import Report, counted
from fulfillment.units import Ledger
from fulfillment.waiting import INCOMPLETE, NO_LINES, NO_NUMBER, UNCLEAR, no_line_to_ship
from stores.announcing import announce
from stores.seti import status_updates
from stores.seti.status_updates import Item


def ship(report: Report, meaning: str, leaving_out: Collection[int] = ()) -> tuple[bool, str]:
    """Owe Miva what is new in the message; lines to be left out are about something else. With another meaning than shipped no line
    goes, and further numbers wait for theirs. Returns whether something is owed by it, and a sentence."""
    parcels = Parcels.of(report)
    changed = parcels.renew_carriers() + parcels.restore()
    ledger = Ledger(report.order)
    named = shipped_items(report, meaning, leaving_out)
    items = [each for each in named if each.line_id in ledger.ordered]
    left = {line: count for line, count in ledger.open.items() if line not in leaving_out}
    if meaning not in (Meaning.SHIPPED, Meaning.PARTLY):
        made = [Load(packages=parcels.new)] if parcels.new else []
    elif items or not named:
        figures = Figures(ledger, items, lines_done(report, meaning, items), left)
        made, taken_over = understand(report, meaning, parcels, figures)
        changed += taken_over
    else:
        doubt = no_line_to_ship(unshippable(report, named))
        made = [Load(packages=parcels.new, doubt=doubt)] if parcels.new else []
    add_kits(ledger, made, left, {each.line_id for each in items})
    made += numberless(parcels.waiting, made, left)
    for load in made:
        write(report, load)
    owed = changed > 0 or any(load.complete for load in made)
    return owed, " ".join(filter(None, [sentence(made, changed), *remarks(report, named, ledger.ordered)]))


def shipped_items(report: Report, meaning: str, leaving_out: Collection[int]) -> Sequence[Item]:
    """Return the items that say that something is shipped, or at least do not say something else."""
    return [
        each
        for each in report.said.items
        if each.line_id not in leaving_out
        and (
            figure_of(each)
            or (report.meanings.of(each.status) or meaning) not in (Meaning.CANCELLED, Meaning.BACKORDERED)
        )
    ]


def lines_done(report: Report, meaning: str, items: Sequence[Item]) -> frozenset[int]:
    """Return the lines of which nothing is said but that they are shipped: they go whole. A label that nobody has explained says so
    only where the whole order is shipped."""
    said = added((each.line_id, figure_of(each)) for each in items)
    shipped = (Meaning.SHIPPED, Meaning.PARTLY)
    lines = {
        each.line_id
        for each in items
        if report.meanings.of(each.status)
        in (shipped if each.status and meaning == Meaning.PARTLY else (*shipped, ""))
    }
    return frozenset(line for line in lines if line is not None and line not in said)


def understand(report: Report, meaning: str, parcels: Parcels, figures: Figures) -> tuple[list[Load], int]:
    """Return the shipments for what is new, and how many known packages have changed."""
    reading = read(report, meaning, parcels, figures)
    changed = parcels.correct() if reading.relabels else 0
    if parcels.new and not reading.units and (figures.items or not figures.left):
        changed += parcels.correct(replaced(parcels, figures))
    explicit = explicit_units(parcels.new, report.said.packages, figures)
    grown = reading.units or added(pair for units in explicit for pair in units.items())
    if parcels.new and not grown:
        if belongs_to_known(figures):
            return [], changed + join(report, parcels.new, figures.items)
        return [Load(packages=parcels.new)], changed
    made = pack(report, parcels.new, grown, explicit)
    for load in made:
        load.doubt = reading.doubt
        load.everything = not figures.items and load.units == figures.left and bool(load.packages)
    return made, changed


def read(report: Report, meaning: str, parcels: Parcels, figures: Figures) -> Reading:
    """Return which units go by the message."""
    if figures.items and parcels.alone:
        return reading_of(report, figures, parcels.new, parcels.absent)
    if figures.items:
        return Reading(figures.growth, relabels=True)
    if meaning == Meaning.SHIPPED or (parcels.new and sum(figures.left.values()) == 1):
        return Reading(figures.left, relabels=not parcels.alone)
    units = figures.ledger.within(parcels.waiting)  # the lines were told before, and have their number now
    return Reading(units, relabels=not parcels.alone)


def replaced(parcels: Parcels, figures: Figures) -> set[int]:
    """Return the known packages in place of which new ones may have come when all has left: those without a PackageID on either
    side, and those whose very units the message puts into its only package."""
    if figures.left:
        return set()
    nameless = [each for each in parcels.absent if not each.ref or not all(new.ref for new in parcels.new)]
    same = [each for each in parcels.absent if len(parcels.new) == 1 and holds(each, figures)]
    return {each.pk for each in [*nameless, *same]}


def belongs_to_known(figures: Figures) -> bool:
    """Whether a further number can only be one of units that have gone before."""
    lines = {each.line_id for each in figures.items if figure_of(each) != 0}
    return not figures.left or any(figures.ledger.shipped[line] for line in lines if line is not None)


def join(report: Report, packages: Sequence[status_updates.Package], items: Sequence[Item]) -> int:
    """Add further numbers to the last shipment of these lines, or of the order, when no units are left for one of their own.
    Returns how many."""
    rows = Shipment.objects.filter(order=report.order, kind=Shipment.Kind.SHIP).exclude(problem_kind=UNCLEAR)
    last = last_of(rows.filter(lines__line_id__in=[each.line_id for each in items])) or last_of(rows)
    last = last or Shipment.objects.create(
        store=report.store, order=report.order, update=report.kept, everything=True
    )
    add_packages(last, packages)
    push_again(last.pk)
    return len(packages)


def last_of(rows: QuerySet[Shipment]) -> Shipment | None:
    """Return the last shipment, one that the portal pushes rather than one that a person made."""
    return rows.exclude(step=Shipment.Step.ELSEWHERE).first() or rows.first()


def pack(
    report: Report, new: Sequence[status_updates.Package], grown: Units, explicit: Sequence[Units]
) -> list[Load]:
    """Return the shipments for what has gone; without a package it waits for its number."""
    split = report.rules.packages == FulfillmentRules.Packages.SPLIT
    taken = added(pair for units in explicit for pair in units.items())
    rest = {line: count - taken.get(line, 0) for line, count in grown.items()}
    return loads(new, explicit, {line: count for line, count in rest.items() if count > 0}, split)


def numberless(waiting: Units, made: Sequence[Load], left: Units) -> list[Load]:
    """Return what still waits for its number: units that were told before and do not go with this message."""
    going = added(pair for load in made for pair in load.units.items())
    units = {line: min(count, left.get(line, 0)) - going.get(line, 0) for line, count in waiting.items()}
    units = {line: count for line, count in units.items() if count > 0}
    return [Load(units=units)] if units and not any(load.everything for load in made) else []


def add_kits(ledger: Ledger, made: Sequence[Load], left: Units, named: Collection[int | None]) -> None:
    """Let a kit that the message does not name, and that goes with none of its packages yet, go with the last of its parts."""
    going = {line for load in made for line in load.units}
    for kit, load in ledger.kits.completed(made, left):
        if kit in left and kit not in named and kit not in going:
            load.units[kit] = left[kit]


def explicit_units(
    new: Sequence[status_updates.Package], said: Sequence[status_updates.Package], figures: Figures
) -> list[Units]:
    """Return what the message itself puts into each new package, as far as it is open. One parcel may have several PackageIDs, and
    several parcels one: then the first takes the units. A single parcel needs none."""
    refs: dict[str, set[str]] = {}
    for each in said:
        refs.setdefault(key_of(each.number), set()).add(each.ref)
    unnamed = {""} if len(refs) == 1 else set()
    open_still, found, taken = dict(figures.left), [], set[str]()
    for package in new:
        own = refs.get(key_of(package.number))
        mine = (own | unnamed) - taken if own else set()
        taken |= mine
        units = {
            line: min(count, open_still.get(line, 0)) for line, count in inside(mine, figures.items).items()
        }
        units = {line: count for line, count in units.items() if count > 0}
        for line, count in units.items():
            open_still[line] -= count
        found.append(units)
    return found


def write(report: Report, load: Load) -> None:
    """Write a shipment; one that is not complete is parked at once, with what it waits for. Subscribers are told of what waits for
    a person, not of what Stone Edge is still to say."""
    row = Shipment(store=report.store, order=report.order, update=report.kept, everything=load.everything)
    if not load.complete:
        row.problem, row.remedy = why(load)
        row.problem_kind, row.parked_at = UNCLEAR if load.doubt else INCOMPLETE, timezone.now()
    row.save()
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=row, line_id=line, quantity=count) for line, count in load.units.items()
    )
    add_packages(row, load.packages)
    if load.doubt and row.parked_at:
        announce(report.store, row.happenings("parked_at", row.parked_at, load.doubt._asdict()))


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
    """Return in words what came of it, empty when all was known."""
    ready = [load for load in made if load.complete]
    parts = [f"{counted(len(ready), 'shipment')} for Miva."] if ready else []
    parts += [f"{counted(changed, 'package')} changed."] if changed else []
    parts += dict.fromkeys(why(load)[0] for load in made if not load.complete)
    return " ".join(parts)
