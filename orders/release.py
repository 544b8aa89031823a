"""Judging kept orders again: held ones are released when their cause is gone, ready ones held when they broke, and what a
person decides about them. The other writer of orders, under the same lock as `keep`."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders import happenings
from orders.keep import (
    JUDGEMENT,
    STANDING,
    Kept,
    downloaded,
    give_number,
    leave_place,
    locked_sequence,
    present,
    settle,
    tell,
)
from orders.models import ExportSequence, Order, OrderStep, Resend
from orders.payment_mappings import note_unmapped
from orders.prepare import UNREAD, judge
from orders.rules import rules_for
from orders.steps import Standing, note_set_aside, note_step
from orders.translate import Rules, translate
from orders.translate.payments import UnmappedMethod
from stores.announcing import announce
from stores.audit import note, note_each
from stores.models import Store
from stores.seti import responses

log = logging.getLogger(__name__)

BATCH = 200  # orders judged under one lock: the store's pull waits for no longer than that
NOT_RENDERED = (
    "The order cannot be written for Stone Edge because of a fault in the portal.",
    "Tell the operators the order number: the log says what it was.",
)
WAITING = (Order.State.HELD, Order.State.INCOMPLETE)
TAKE_BACK = "'Release' takes this back."


def rejudge(store: Store, numbers: Sequence[int] | None = None, *, only_waiting: bool = True) -> Kept:
    """Judge orders with the store's present settings: those that have become good are released, at the end of the sequence.

    Without `numbers`: every order that is held or incomplete. With `only_waiting` off, ready orders that can no longer be
    translated are held, too.
    """
    kept = Kept()
    chosen = Order.objects.of(store).exclude(fingerprint=UNREAD).order_by("pk")
    chosen = chosen.filter(miva_id__in=numbers) if numbers is not None else chosen
    chosen = chosen.filter(state__in=WAITING) if only_waiting else chosen
    after: int | None = 0
    while after is not None:
        after = batch(store, chosen.filter(pk__gt=after), kept)
    return kept


def batch(store: Store, rows: QuerySet[Order], kept: Kept) -> int | None:
    """Judge the first of the rows again; returns the last one's key, None when there was none."""
    with transaction.atomic():
        sequence = locked_sequence(store)
        store = present(store)
        rules = rules_for(store)
        now, last = timezone.now(), None
        unmapped: dict[int, tuple[UnmappedMethod, ...]] = {}  # of the newly released, by order number
        for order in rows[:BATCH]:
            unmapped[order.miva_id] = again(order, store, rules, sequence, kept, now)
            last = order.pk
        sequence.save(update_fields=["last_number"])
        note_unmapped(store, unmapped, unmapped, now)
        tell(store, kept)
    return last


def again(
    order: Order, store: Store, rules: Rules, sequence: ExportSequence, kept: Kept, now: datetime
) -> tuple[UnmappedMethod, ...]:
    """Judge one order again and write what has changed. Returns the payment methods that nobody has mapped, of one that is
    released by it: those of the others were noted before."""
    was, before = judgement(order), Standing.of(order)
    unmapped = judge_or_hold(order, store, rules)
    if was == judgement(order):
        kept.unchanged.append(order.miva_id)
        return ()
    settle(order, was[0], sequence, now)
    order.save(update_fields=[*JUDGEMENT, *STANDING])
    if was[:2] != (order.state, order.reason):
        kept.steps.append(note_step(order, before, now, OrderStep.Kind.JUDGED))
    if order.state == Order.State.EXPORTABLE:
        (kept.unchanged if was[0] == order.state else kept.updated).append(order.miva_id)
    kept.note(order)
    return unmapped if was[0] != order.state else ()


def judgement(order: Order) -> tuple[Any, ...]:
    """Return what a judgement sets, the state first."""
    return tuple(getattr(order, name) for name in JUDGEMENT)


def judge_or_hold(order: Order, store: Store, rules: Rules) -> tuple[UnmappedMethod, ...]:
    """Judge the order; one at which the portal itself fails is held: it must not come back again and again.

    Returns the payment methods that nobody has mapped.
    """
    try:
        unmapped = judge(order, rules, complete_only=store.complete_only)
        if order.state == Order.State.EXPORTABLE:
            responses.render_order(translate(order.raw, rules).order)
        return unmapped
    except (SoftTimeLimitExceeded, MemoryError):
        raise  # no fault of the order's
    except Exception:
        log.exception("order %s of store %s could not be rendered", order.miva_id, order.store_id)
        order.state, (order.reason, order.remedy), order.warnings = Order.State.HELD, NOT_RENDERED, []
        return ()


def ignore(store: Store, numbers: Sequence[int], reason: str) -> int:
    """Set orders aside for good, because a person says so. Returns how many were held or incomplete and are ignored now."""
    rows = Order.objects.of(store).filter(miva_id__in=numbers, state__in=WAITING)
    with transaction.atomic():
        locked_sequence(store)
        words = f"Ignored: {reason}"
        note_decided("ignore", rows, Order.State.IGNORED, reason)
        note_set_aside(rows.defer("raw", "skus"), Order.State.IGNORED, words, timezone.now())
        return rows.update(state=Order.State.IGNORED, reason=words, remedy=TAKE_BACK, held_by_hand=False)


def hold(store: Store, numbers: Sequence[int], reason: str) -> int:
    """Keep orders back because a person says so: no later version and no judgement makes them go until they are released.

    Returns how many. What Stone Edge was given, and what is ignored, stays as it is.
    """
    words, now = f"By hand: {reason}", timezone.now()
    with transaction.atomic():
        locked_sequence(store)
        chosen = holdable(Order.objects.of(store).filter(miva_id__in=numbers)).defer("raw", "skus")
        found = list(chosen.select_related("store"))
        rows = Order.objects.filter(pk__in=[order.pk for order in found])
        note_decided("hold", rows, Order.State.HELD, reason)
        steps = note_set_aside(found, Order.State.HELD, words, now)
        for order in found:
            order.state, order.reason = Order.State.HELD, words
        announce(store, happenings.moved(steps))
        return rows.update(state=Order.State.HELD, reason=words, remedy=TAKE_BACK, held_by_hand=True)


def holdable(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Keep the orders that a person can hold: not ignored, not held by hand, and not given to a desktop where they stand."""
    open_ones = orders.exclude(state=Order.State.IGNORED).filter(held_by_hand=False)
    return open_ones.exclude(pk__in=downloaded(orders).values("pk"))


def releasable(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Keep the orders about which a person has decided, and so can take it back."""
    return orders.filter(Q(state=Order.State.IGNORED, cancelled=False) | Q(held_by_hand=True))


def note_decided(verb: str, rows: QuerySet[Order], state: str, reason: str = "") -> None:
    """Note what a person has decided about each of the rows, which are about to be brought into another state."""
    for former in Order.State.values:
        found = list(rows.filter(state=former).select_related("store").defer("raw"))
        note_each(verb, found, before={"state": former}, after={"state": state}, reason=reason)


def retry(store: Store, numbers: Sequence[int]) -> Kept:
    """Judge held and incomplete orders again because a person asks for it."""
    rows = Order.objects.of(store).filter(miva_id__in=numbers, state__in=WAITING)
    note_each("try again", list(rows.select_related("store").defer("raw")))
    return rejudge(store, numbers)


def release(store: Store, numbers: Sequence[int]) -> Kept:
    """Take back that orders are ignored or held by hand, and judge them again."""
    kept = Kept()
    for first in range(0, len(numbers), BATCH):
        with transaction.atomic():
            locked_sequence(store)
            chosen = Order.objects.of(store).filter(miva_id__in=numbers[first : first + BATCH])
            before = dict(releasable(chosen).values_list("pk", "state"))
            rows = Order.objects.of(store).filter(pk__in=before)
            rows.update(state=Order.State.HELD, reason="", remedy="", held_by_hand=False)
            batch(store, rows.exclude(fingerprint=UNREAD).order_by("pk"), kept)
            note_released(rows, before)
    return kept


def note_released(rows: QuerySet[Order], before: Mapping[int, str]) -> None:
    """Note of each of the rows that a person took back what was decided about it, and how it was judged then."""
    for order in rows.select_related("store").defer("raw", "skus"):
        note("release", order, before={"state": before[order.pk]}, after={"state": order.state})


def resend(store: Store, numbers: Sequence[int], *, reason: str, by: Any) -> list[Resend]:
    """Put orders that a desktop was given at the end of the sequence once more, and note who wanted it and why.

    An order that nobody was given at its present place is left there: it comes anyway. So a button that is pressed twice
    moves nothing twice. What can no longer be translated is held instead, and goes when it is released.
    """
    rejudge(store, numbers, only_waiting=False)
    now = timezone.now()
    with transaction.atomic():
        sequence = locked_sequence(store)
        chosen = downloaded(Order.objects.of(store).filter(miva_id__in=numbers)).defer("raw")
        made = [moved(order, sequence, now) for order in chosen.order_by("export_number")]
        for row in made:
            row.reason, row.by = reason, by
            former, place = {"export_number": row.former_number}, {"export_number": row.export_number}
            note("send again", row.order, store=store, before=former, after=place, reason=reason)
        sequence.save(update_fields=["last_number"])
        return Resend.objects.bulk_create(made)


def moved(order: Order, sequence: ExportSequence, now: datetime) -> Resend:
    """Give an order a new place at the end; returns the unsaved note about it."""
    former = cast(int, order.export_number)  # `downloaded` finds none without
    leave_place(order)
    order.released_at = now
    give_number(order, sequence, now)
    order.save(update_fields=STANDING)
    return Resend(
        store_id=order.store_id,
        order=order,
        former_number=former,
        export_number=sequence.last_number,
        at=now,
    )
