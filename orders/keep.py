"""The writer of orders. Every road ends here, and here an order becomes one row, once.

A page is kept in one transaction under the lock of the store's export counter: whoever reads export numbers never sees a
later one before an earlier one (architecture, decision 6), and two roads that bring the same order wait for each other.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from orders import happenings
from orders.bulk import insert, upsert_acknowledged
from orders.content import number_of, same_content, same_purchase
from orders.models import Acknowledgement, Download, ExportSequence, Order, OrderStep
from orders.payment_mappings import note_unmapped
from orders.prepare import UNREAD, Preparer, Read, is_decided_by_a_person, whole
from orders.steps import Standing, note_step
from stores.announcing import announce
from stores.committing import soon_on_disk
from stores.miva.undecoded import heads
from stores.models import Store


@dataclass
class Kept:
    """What became of a page: order numbers by outcome."""

    new: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    incomplete: list[int] = field(default_factory=list)
    repeated: dict[int, float] = field(
        default_factory=dict
    )  # unchanged ones that came exactly as before, with when they were last changed, in Unix seconds
    redelivered: list[int] = field(
        default_factory=list
    )  # those of them that Miva had already accepted an acknowledgement for, as they are
    unread: list[int] = field(
        default_factory=list
    )  # held without their content: Miva must go on holding them
    numberless: int = 0
    steps: list[OrderStep] = field(default_factory=list)  # what is still to be announced

    @property
    def numbers(self) -> list[int]:
        """All order numbers that are committed here, ascending."""
        return sorted({*self.new, *self.updated, *self.unchanged})

    def note(self, order: Order) -> None:
        """Count where the order stands."""
        if order.fingerprint == UNREAD:
            self.unread.append(order.miva_id)
        if order.state == Order.State.HELD:
            self.held.append(order.miva_id)
        elif order.state == Order.State.INCOMPLETE:
            self.incomplete.append(order.miva_id)


def keep(
    store: Store,
    raws: Sequence[Any],
    *,
    fetched_at: datetime,
    road: str,
    guard: Callable[[], None] | None = None,
) -> Kept:
    """Keep one page of raw orders in one transaction.

    `fetched_at` is when the request for them was sent; an older version never replaces a newer one. `guard` runs inside the
    transaction and raises when the caller no longer holds its lease: nothing is written then.
    """
    kept = Kept()
    chosen = newest_of_each(raws, kept)
    with transaction.atomic():
        if guard:
            guard()
        write(store, chosen, kept, fetched_at=fetched_at, road=road)
    return kept


def newest_of_each(raws: Sequence[Any], kept: Kept) -> dict[int, Read]:
    """Return how to read each order of the page, by number, ascending; of one that is on it twice, the newer version."""
    places: dict[int, int] = {}
    updated: dict[int, int] = {}
    for place, head in enumerate(heads(raws)):
        number = number_of(head)
        if number is None:
            kept.numberless += 1
        elif (at := whole(head.get("dt_updated"))) >= updated.get(number, at):
            places[number], updated[number] = place, at
    return {number: partial(raws.__getitem__, place) for number, place in sorted(places.items())}


def write(store: Store, chosen: dict[int, Read], kept: Kept, *, fetched_at: datetime, road: str) -> None:
    """Write a page: replace older versions, insert new orders, leave the rest alone."""
    sequence = locked_sequence(store)
    preparer = Preparer(present(store), fetched_at, road)
    known = here_already(store, chosen)
    now = timezone.now()

    def fresh() -> Iterator[Order]:
        for number, read in chosen.items():
            if number not in known:
                order = preparer.prepare(number, read)
                give_number(order, sequence, now)
                kept.new.append(number)
                kept.note(order)
                yield order

    # The rows are sent while the next ones are prepared: the database works on the one beside us on the other.
    insert(fresh())
    for number, earlier in sorted(known.items()):
        meet(earlier, preparer.prepare(number, chosen[number]), sequence, kept, now)
    kept.redelivered = acknowledged(store, kept.repeated)
    sequence.save(update_fields=["last_number"])
    note_unmapped(store, preparer.unmapped, (*kept.new, *kept.updated), now)
    tell(store, kept)


def here_already(store: Store, numbers: Collection[int]) -> dict[int, Order]:
    """Return the orders of these numbers, by number. Those of a page mostly follow each other, and a range is told the database in
    one step: five hundred numbers cost as much as keeping thirty orders."""
    if not numbers:
        return {}
    first, last = min(numbers), max(numbers)
    dense = last - first < 2 * len(numbers)
    among = Q(miva_id__range=(first, last)) if dense else Q(miva_id__in=numbers)
    rows = Order.objects.of(store).filter(among).defer("raw", "skus", "warnings")
    return {order.miva_id: order for order in rows if order.miva_id in numbers}


def tell(store: Store, kept: Kept) -> None:
    """Write what subscribers are to be told of what was written in this transaction."""
    if kept.new or kept.steps:
        announce(store, chain(happenings.arrived(store, kept.new), happenings.moved(kept.steps)))
    kept.steps.clear()


def acknowledged(store: Store, changed: Mapping[int, float]) -> list[int]:
    """Return those of these orders, by number, that Miva accepted our acknowledgement of after they were last `changed`, ascending:
    a webhook may bring a change before the queue does."""
    if not changed:
        return []
    found = Acknowledgement.objects.of(store).filter(miva_id__in=changed).values_list("miva_id", "at")
    return sorted(number for number, at in found if changed[number] <= at.timestamp())


def meet(earlier: Order, later: Order, sequence: ExportSequence, kept: Kept, now: datetime) -> None:
    """Let an order that is here meet the version that has come."""
    newer = is_newer(later, earlier) and later.fingerprint != UNREAD
    same = later.fingerprint == earlier.fingerprint or (newer and means_same(earlier, later))
    if newer and not same:
        kept.steps.append(supersede(earlier, later, sequence, now))
        kept.updated.append(earlier.miva_id)
    else:
        kept.unchanged.append(earlier.miva_id)
        if later.fingerprint == earlier.fingerprint:
            kept.repeated[earlier.miva_id] = last_moved(earlier)
        if newer:
            seen_again(earlier, later)
    if later.fingerprint == UNREAD != earlier.fingerprint:
        kept.unread.append(earlier.miva_id)
    kept.note(earlier)


def last_moved(order: Order) -> float:
    """Return when the order was last changed, in Unix seconds: in Miva by its clock, or here. A split or a shipment changes nothing
    here."""
    return max(order.miva_updated, order.changed_at.timestamp() if order.changed_at else 0)


def means_same(earlier: Order, later: Order) -> bool:
    """Whether a later version tells Stone Edge nothing new; one that cannot be compared does.

    What no desktop was given yet is given as Miva has it in the end: Stone Edge must not ship once more what was shipped there
    meanwhile.
    """
    try:
        if not same_purchase(earlier.raw, later.raw):
            return False
        given = downloaded(Order.objects.filter(pk=earlier.pk)).exists()
        return given or same_content(earlier.raw, later.raw)
    except (ArithmeticError, RecursionError):  # no number, or nested too deeply
        return False


def downloaded(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Keep the orders that are ready and that a desktop was given at the place where they stand now."""
    covering = Download.objects.filter(
        store=OuterRef("store"),
        first_number__lte=OuterRef("export_number"),
        last_number__gte=OuterRef("export_number"),
    )
    return orders.filter(Exists(covering), state=Order.State.EXPORTABLE)


def seen_again(earlier: Order, later: Order) -> None:
    """Remember that the kept version was still the current one at this later time, so that an older answer cannot replace it, and
    how far Miva has got with it."""
    Order.objects.filter(pk=earlier.pk).update(
        miva_updated=later.miva_updated,
        fetched_at=later.fetched_at,
        fingerprint=later.fingerprint,
        miva_status=later.miva_status,
    )


VERSION = (
    *("raw", "fingerprint", "placed_at", "miva_status", "miva_updated", "total", "customer", "email", "skus"),
    *("road", "fetched_at"),
)
JUDGEMENT = ("state", "reason", "remedy", "warnings", "cancelled")


def supersede(earlier: Order, later: Order, sequence: ExportSequence, now: datetime) -> OrderStep:
    """Replace an older version. An order that becomes ready by it takes its number now, at the end of the sequence."""
    was = Standing.of(earlier)
    for name in VERSION if is_decided_by_a_person(earlier) else VERSION + JUDGEMENT:
        setattr(earlier, name, getattr(later, name))
    earlier.changed_at = now
    settle(earlier, was.state, sequence, now)
    earlier.save(update_fields=[*VERSION, *JUDGEMENT, "changed_at", *STANDING])
    return note_step(earlier, was, now, OrderStep.Kind.EDITED)


STANDING = ("export_number", "first_number", "former_numbers", "numbered_at", "released_at")


def settle(order: Order, was: str, sequence: ExportSequence, now: datetime) -> None:
    """After a judgement: give a number to an order that became ready.

    One that was held gets a new number also when a desktop was given it under its old one. Its old place would not do: whoever
    asked while it was held has passed that place, be it another desktop or the same one after a crash, and would never get it. So
    it is given again, with whatever was edited. Stone Edge meets orders that it has with each import by date and copes (SETI
    reference §5.2); in case it keeps what it has, support sees the edit as "changed since export" (`orders.admin.journey`).
    """
    if order.state == Order.State.EXPORTABLE and was != Order.State.EXPORTABLE:
        leave_place(order)
        order.released_at = now
    give_number(order, sequence, now)


def leave_place(order: Order) -> None:
    """Take the order out of the sequence and note where it stood: a desktop may name it as it was there."""
    if order.export_number is not None:
        order.former_numbers = [*order.former_numbers, order.export_number]
        order.export_number = None


def give_number(order: Order, sequence: ExportSequence, now: datetime) -> None:
    """Give the next number of the store to an order that is ready and has none."""
    if order.state == Order.State.EXPORTABLE and order.export_number is None:
        sequence.last_number += 1
        order.export_number, order.numbered_at = sequence.last_number, now
        order.first_number = order.first_number or order.export_number


def locked_sequence(store: Store) -> ExportSequence:
    """Return the store's counter, locked until the transaction ends."""
    of = ("self",) if connection.features.has_select_for_update_of else ()
    return ExportSequence.objects.select_for_update(of=of).get_or_create(store=store)[0]


def present(store: Store) -> Store:
    """Return the store as it stands now. Read behind the lock: a change of settings that was committed before holds for these
    orders, and after a later one they are judged again: `orders.rejudging` waits for the lock and then finds them."""
    return Store.objects.select_related("merchant").get(pk=store.pk)


def is_newer(order: Order, earlier: Order) -> bool:
    """Whether a version replaces another: by Miva's own time of change, and by our time of asking when that is equal.

    Miva reference §7.9: some changes do not move dt_updated, and before 10.03 there is none.
    """
    return (order.miva_updated, order.fetched_at) >= (earlier.miva_updated, earlier.fetched_at)


def note_acknowledged(store: Store, numbers: Sequence[int]) -> None:
    """Note that Miva accepted the acknowledgement of these orders. Without the note they are safe all the same: one that came again
    would be acknowledged again."""
    with soon_on_disk():
        upsert_acknowledged(store, numbers, timezone.now())
