"""What Stone Edge says becomes what Miva is owed: in one transaction, before the answer, without asking Miva.

The order's row is the lock: two desktops that report the same order at once wait for each other. A message that says nothing new
has no effect, in whatever form it repeats itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from fulfillment.items import with_lines
from fulfillment.lines import back_order, cancel
from fulfillment.meanings import UNKNOWN, Meanings, rules_of
from fulfillment.models import StatusUpdate
from fulfillment.models.rules import Meaning
from fulfillment.packing import Units, figure_of
from fulfillment.parcels import take_back_numberless
from fulfillment.remarks import strangers
from fulfillment.reports import Report
from fulfillment.shipping import ship
from fulfillment.units import Ledger
from orders.models import Order
from stores.audit import note
from stores.models import Desktop, Store
from stores.seti import status_updates

NUMBER_DIGITS = 18
UNKNOWN_LABEL = (
    "The status '{label}' has no meaning for this store: nothing is pushed. "
    "Give it one on the store's page and apply this message again."
)

NOTHING_NEW = "Nothing new: everything in it was known."


@dataclass
class Recorded:
    """What became of a message, by order numbers as they were sent; `owed` when there is something to push."""

    done: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    owed: bool = False


def record(
    store: Store, updates: Sequence[status_updates.StatusUpdate], desktop: Desktop | None = None
) -> Recorded:
    """Write down what each order's update means; orders that the store does not have are named, the others are done."""
    recorded = Recorded()
    meanings, rules = Meanings(store), rules_of(store)
    numbers = {update.number: number_of(update.number) for update in updates}
    with transaction.atomic():
        rows = Order.objects.of(store).filter(miva_id__in=set(numbers.values()) - {None})
        locked = {order.miva_id: order for order in rows.order_by("pk").select_for_update()}
        for update in updates:
            order = locked.get(numbers[update.number] or 0)
            if order is None:
                recorded.unknown.append(update.number)
                continue
            recorded.done.append(update.number)
            said = with_lines(update, order)
            kept = keep(store, order, said, meanings.of(said.status), desktop)
            if kept is not None:
                recorded.owed |= apply(Report(store, order, kept, said, meanings, rules, len(updates) > 1))
    return recorded


def number_of(text: str) -> int | None:
    """Return Miva's order number, None for what cannot be one."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= NUMBER_DIGITS else None


def keep(
    store: Store, order: Order, said: status_updates.StatusUpdate, meaning: str, desktop: Desktop | None
) -> StatusUpdate | None:
    """Keep the message; None when it is the last one about this order, word for word and read in the same way."""
    content = json.loads(json.dumps(said.content()))
    last = StatusUpdate.objects.of(store).filter(order=order).first()
    if last and (last.content, last.meaning) == (content, meaning):
        StatusUpdate.objects.filter(pk=last.pk).update(repeated=F("repeated") + 1, last_at=timezone.now())
        return None
    return StatusUpdate.objects.create(
        store=store,
        order=order,
        desktop=desktop,
        label=said.status[:200],
        meaning=meaning,
        reference=said.reference[:60],
        content=content,
    )


def apply_again(kept: StatusUpdate) -> bool:
    """Read a kept message once more with the store's present table. Returns whether something is owed to Miva by it."""
    store, meanings = kept.store, Meanings(kept.store)
    said = status_updates.StatusUpdate.of(kept.content)
    with transaction.atomic():
        order = Order.objects.of(store).select_for_update().get(pk=kept.order_id)
        said = with_lines(said, order)
        former, kept.meaning = kept.meaning, meanings.of(said.status)
        note("apply again", kept, before={"meaning": former}, after={"meaning": kept.meaning})
        return apply(Report(store, order, kept, said, meanings, rules_of(store)))


def apply(report: Report) -> bool:
    """Do what the message means and say so in its row. Returns whether there is something to push."""
    effects = list(effects_of(report))
    owed = any(made for made, _ in effects)
    report.kept.effect = " ".join(sentence for _, sentence in effects if sentence) or NOTHING_NEW
    report.kept.save(update_fields=["effect", "meaning"])
    return owed


def effects_of(report: Report) -> list[tuple[bool, str]]:
    """Return for each thing that was done whether something is owed to Miva by it, and a sentence about it."""
    meaning, said = report.kept.meaning, report.said
    if meaning == UNKNOWN:
        return [(False, UNKNOWN_LABEL.format(label=said.status))]
    if meaning in (Meaning.NOTE, Meaning.IGNORE):
        return [(False, "Noted." if meaning == Meaning.NOTE else "Ignored.")]
    own = {(item.line_id, report.meanings.of(item.status) or meaning) for item in said.items if item.line_id}
    if meaning in (Meaning.CANCELLED, Meaning.BACKORDERED) and not said.items:
        own = {(line, meaning) for line in all_open(report, meaning)}
    cancelled = {line for line, each in own if each == Meaning.CANCELLED}
    waiting = {line for line, each in own if each == Meaning.BACKORDERED}
    going = {line for line, each in own if each in (Meaning.SHIPPED, Meaning.PARTLY)}
    going |= {item.line_id for item in said.items if item.line_id and figure_of(item)}
    effects = []
    if going or meaning in (Meaning.SHIPPED, Meaning.PARTLY):
        how = Meaning.SHIPPED if meaning == Meaning.SHIPPED else Meaning.PARTLY
        effects.append(ship(report, how, leaving_out=(cancelled | waiting) - going))
    else:
        effects += [ship(report, meaning)] if said.packages else []
        effects += [(False, sentence) for sentence in strangers(report)]
    if cancelled:
        effects.append(cancel(report, cancelled))
    if waiting:
        effects.append(back_order(report, waiting))
    return effects


def all_open(report: Report, meaning: str) -> Units:
    """Return what is open when the whole order is cancelled or back-ordered: a cancelled one waits for no tracking number."""
    if meaning == Meaning.CANCELLED:
        take_back_numberless(report)
    return Ledger(report.order).open
