"""The only writer of orders. Every road ends here, and here an order becomes one row, once.

A page is kept in one transaction under the lock of the store's export counter: whoever reads export numbers never sees a
later one before an earlier one (architecture, decision 6), and two roads that bring the same order wait for each other.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from orders.bulk import insert
from orders.content import fingerprint, is_complete, number_of, skus_of, storable
from orders.models import ExportSequence, Order
from orders.rules import rules_for
from orders.translate import CannotTranslate, Rules, translate
from stores.miva.redact import redact_order
from stores.models import Store


@dataclass
class Kept:
    """What became of a page: order numbers by outcome."""

    new: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    incomplete: list[int] = field(default_factory=list)
    redelivered: list[int] = field(default_factory=list)  # unchanged ones that Miva had already accepted an acknowledgement for
    numberless: int = 0

    @property
    def numbers(self) -> list[int]:
        """All order numbers that are committed here, in the order in which they came."""
        return sorted({*self.new, *self.updated, *self.unchanged})


def keep(
    store: Store, raws: Iterable[Any], *, fetched_at: datetime, road: str, guard: Callable[[], None] | None = None
) -> Kept:
    """Keep one page of raw orders in one transaction.

    `fetched_at` is when the request for them was sent; an older version never replaces a newer one. `guard` runs inside the
    transaction and raises when the caller no longer holds its lease: nothing is written then.
    """
    rules = rules_for(store)
    kept = Kept()
    prepared: dict[int, Order] = {}
    for raw in raws:
        number = number_of(raw)
        if number is None:
            kept.numberless += 1
        else:
            order = prepare(store, number, raw, rules, fetched_at, road)
            earlier = prepared.get(number)
            prepared[number] = order if earlier is None or is_newer(order, earlier) else earlier
    with transaction.atomic():
        if guard:
            guard()
        write(store, prepared, kept)
    return kept


def prepare(store: Store, number: int, raw: dict[str, Any], rules: Rules, fetched_at: datetime, road: str) -> Order:
    """Return the unsaved row for a raw order: card data removed, judged, with the columns that lists and searches need."""
    raw = storable(redact_order(raw))
    order = Order(
        store=store,
        miva_id=number,
        raw=raw,
        fingerprint=fingerprint(raw),
        placed_at=moment(raw.get("orderdate"), fetched_at),
        miva_status=whole(raw.get("status")),
        miva_updated=whole(raw.get("dt_updated")),
        total=cents(raw.get("total")),
        customer=f"{raw.get('bill_fname') or ''} {raw.get('bill_lname') or ''}".strip()[:200],
        email=str(raw.get("bill_email") or raw.get("ship_email") or "")[:254],
        skus=skus_of(raw),
        road=road,
        fetched_at=fetched_at,
        kept_at=timezone.now(),
    )
    judge(order, rules)
    return order


INCOMPLETE = (
    "The order has no payment yet.",
    "Nothing to do: it is looked at again until a payment is recorded in Miva. To export such orders at once, switch "
    "'complete orders only' off on the store's page.",
)


def judge(order: Order, rules: Rules) -> None:
    """Set where the order stands: ready for Stone Edge, held with the reason and the remedy, or incomplete.

    What a person has decided to ignore stays ignored.
    """
    if order.state == Order.State.IGNORED:
        return
    order.warnings = []
    if order.store.complete_only and not is_complete(order.raw):
        order.state = Order.State.INCOMPLETE
        order.reason, order.remedy = INCOMPLETE
        return
    try:
        translation = translate(order.raw, rules)
    except CannotTranslate as error:
        order.state, order.reason, order.remedy = Order.State.HELD, error.reason, error.remedy
    else:
        order.state, order.reason, order.remedy = Order.State.EXPORTABLE, "", ""
        order.warnings = list(translation.warnings)


def write(store: Store, prepared: dict[int, Order], kept: Kept) -> None:
    """Write the prepared rows: insert new ones, replace older versions, leave the rest alone."""
    sequence = locked_sequence(store)
    known = {
        order.miva_id: order
        for order in Order.objects.of(store).filter(miva_id__in=prepared).defer("raw", "skus", "warnings")
    }
    now = timezone.now()
    fresh: list[Order] = []
    for number in sorted(prepared):
        order, earlier = prepared[number], known.get(number)
        if earlier is None:
            give_number(order, sequence, now)
            fresh.append(order)
            kept.new.append(number)
        elif order.fingerprint == earlier.fingerprint or not is_newer(order, earlier):
            kept.unchanged.append(number)
            if earlier.acknowledged_at is not None:
                kept.redelivered.append(number)
            seen_again(earlier, order)
            order = earlier
        else:
            supersede(earlier, order, sequence, now)
            kept.updated.append(number)
        if order.state == Order.State.HELD:
            kept.held.append(number)
        elif order.state == Order.State.INCOMPLETE:
            kept.incomplete.append(number)
    insert(fresh)
    sequence.save(update_fields=["last_number"])


def seen_again(earlier: Order, later: Order) -> None:
    """Remember that the kept version was still the current one at this later time, so that an older answer cannot replace it."""
    if earlier.fingerprint == later.fingerprint and is_newer(later, earlier):
        Order.objects.filter(pk=earlier.pk).update(miva_updated=later.miva_updated, fetched_at=later.fetched_at)


VERSION = "raw fingerprint placed_at miva_status miva_updated total customer email skus road fetched_at".split()
JUDGEMENT = "state reason remedy warnings".split()
CONTENT = VERSION + JUDGEMENT


def supersede(earlier: Order, later: Order, sequence: ExportSequence, now: datetime) -> None:
    """Replace an older version. An order that was held and no longer is takes its number now, at the end of the sequence."""
    was = earlier.state
    for name in CONTENT if was != Order.State.IGNORED else VERSION:
        setattr(earlier, name, getattr(later, name))
    earlier.changed_at = now
    settle(earlier, was, sequence, now)
    earlier.save(update_fields=[*CONTENT, "changed_at", *STANDING])


STANDING = ("export_number", "numbered_at", "released_at")


def settle(order: Order, was: str, sequence: ExportSequence, now: datetime) -> None:
    """After a judgement: give a number to an order that became ready."""
    if order.state == Order.State.EXPORTABLE and was != Order.State.EXPORTABLE:
        order.export_number = None
        order.released_at = now
    give_number(order, sequence, now)


def give_number(order: Order, sequence: ExportSequence, now: datetime) -> None:
    """Give the next number of the store to an order that is ready and has none."""
    if order.state == Order.State.EXPORTABLE and order.export_number is None:
        sequence.last_number += 1
        order.export_number, order.numbered_at = sequence.last_number, now


def locked_sequence(store: Store) -> ExportSequence:
    """Return the store's counter, locked until the transaction ends."""
    ExportSequence.objects.bulk_create([ExportSequence(store=store)], ignore_conflicts=True)
    return ExportSequence.objects.select_for_update(of=("self",) if connection.features.has_select_for_update_of else ()).get(
        store=store
    )


def is_newer(order: Order, earlier: Order) -> bool:
    """Whether a version replaces another: by Miva's own time of change, and by our time of asking when that is equal.

    Miva reference §7.9: some changes do not move dt_updated, and before 10.03 there is none.
    """
    return (order.miva_updated, order.fetched_at) >= (earlier.miva_updated, earlier.fetched_at)


def rejudge(store: Store, numbers: Sequence[int] | None = None, *, only_held: bool = True) -> Kept:
    """Judge kept orders again with the store's present settings: those that can now be translated are released.

    Without `numbers`: the held ones, in batches. With `only_held` off, ready orders that can no longer be translated are held.
    """
    rules = rules_for(store)
    kept = Kept()
    with transaction.atomic():
        sequence = locked_sequence(store)
        rows = Order.objects.of(store).order_by("pk")
        rows = rows.filter(miva_id__in=numbers) if numbers is not None else rows
        rows = rows.filter(state__in=(Order.State.HELD, Order.State.INCOMPLETE)) if only_held else rows
        now = timezone.now()
        for order in rows[:1000]:
            was = (order.state, order.reason)
            judge(order, rules)
            if was == (order.state, order.reason):
                kept.unchanged.append(order.miva_id)
                continue
            settle(order, was[0], sequence, now)
            order.save(update_fields=[*JUDGEMENT, *STANDING])
            (kept.updated if order.state == Order.State.EXPORTABLE else kept.held).append(order.miva_id)
        sequence.save(update_fields=["last_number"])
    return kept


def ignore(store: Store, numbers: Sequence[int], reason: str) -> int:
    """Set orders aside for good, because a person says so. Returns how many were held or incomplete and are ignored now."""
    rows = Order.objects.of(store).filter(miva_id__in=numbers, state__in=(Order.State.HELD, Order.State.INCOMPLETE))
    return rows.update(state=Order.State.IGNORED, reason=f"Ignored: {reason}", remedy="'Release' takes this back.")


def release(store: Store, numbers: Sequence[int]) -> Kept:
    """Take back what was ignored and judge it, and held orders, again."""
    Order.objects.of(store).filter(miva_id__in=numbers, state=Order.State.IGNORED).update(state=Order.State.HELD, reason="", remedy="")
    return rejudge(store, numbers)


def note_acknowledged(store: Store, numbers: Sequence[int]) -> None:
    """Note that Miva accepted the acknowledgement of these orders."""
    Order.objects.of(store).filter(miva_id__in=numbers).update(acknowledged_at=timezone.now())


def moment(seconds: Any, otherwise: datetime) -> datetime:
    """Return Unix seconds as a time; what is unusable becomes `otherwise`."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if int(seconds) > 0 else otherwise
    except (TypeError, ValueError, OverflowError, OSError, ArithmeticError):
        return otherwise


def whole(value: Any) -> int:
    """Return a number of Miva's as int; 0 when there is none."""
    try:
        return max(-(2**31), min(2**31 - 1, int(value)))
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return 0


def cents(value: Any) -> Decimal:
    """Return money in cents for the list column; 0 when it is none (the translation says what is wrong with it)."""
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"))
    except ArithmeticError:
        return Decimal(0)
    return amount if abs(amount) < Decimal(10) ** 16 else Decimal(0)
