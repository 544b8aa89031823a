"""What support decides about orders: try again, hold or ignore with a reason, release, send again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from django.db import transaction
from django.db.models import Model, QuerySet

from orders import rejudging
from orders.models import Order
from orders.release import WAITING, downloaded, hold, holdable, ignore, releasable, release, resend, retry
from orders.tasks import rejudge_store
from stores.admin.acting import Act, Asked, ReasonForm, Result, about
from stores.audit import note_each
from stores.models import Store
from stores.nudges import nudge

DECIDE = "orders.decide_order"
A_SLICE = about(0.02)  # judging is a matter of milliseconds

# What is said about orders in a state after they were judged: words for the message, words for the history.
JUDGED: Mapping[str, tuple[str, str]] = {
    Order.State.EXPORTABLE: ("{} released for Stone Edge.", "released"),
    Order.State.HELD: (
        "{} still held: nothing that could change the result has changed.",
        "still held",
    ),
    Order.State.INCOMPLETE: ("{} incomplete: no payment is recorded in Miva yet.", "still incomplete"),
    Order.State.IGNORED: ("{} ignored.", "ignored"),
}


def retried(asked: Asked) -> Result:
    """Judge orders again, store by store."""
    for store, numbers in by_store(asked.rows):
        retry(store, numbers)
    return judged(asked.rows, "Tried again")


def retried_all(rows: QuerySet[Order]) -> Result:
    """Have all that match judged again by the job that follows a change of settings (and with them their stores' other ones)."""
    stores = list(Store.objects.filter(pk__in=rows.order_by().values("store")))
    with transaction.atomic():
        rejudging.ask(stores)
        note_each("try all waiting orders again", stores)
        for store in stores:
            transaction.on_commit(partial(nudge, rejudge_store, store.pk))
    sentence = f"The held and incomplete orders of {len(stores)} store{'' if len(stores) == 1 else 's'} are judged again"
    return Result(
        done=[f"{sentence} in the background. Reload this list to see how many are left."],
        notes=[(store, "Had all waiting orders judged again.") for store in stores],
    )


def ignored(asked: Asked) -> Result:
    """Ignore orders; one that went to Stone Edge a moment before is left out."""
    reason = asked.given["reason"]
    for store, numbers in by_store(asked.rows):
        ignore(store, numbers, reason)
    after = states(asked.rows)
    changed = [order for order in asked.rows if after[order.pk] == Order.State.IGNORED]
    return Result(
        done=[f"{are(len(changed))} ignored."] if changed else [],
        notes=[(order, f"Ignored: {reason}") for order in changed],
    )


def kept_back(asked: Asked) -> Result:
    """Hold orders; one that went to Stone Edge a moment before is left out."""
    reason = asked.given["reason"]
    count = sum(hold(store, numbers, reason) for store, numbers in by_store(asked.rows))
    held = Order.objects.filter(pk__in=[order.pk for order in asked.rows], held_by_hand=True)
    return Result(
        done=[f"{are(count)} held."] if count else [],
        notes=[(order, f"Held: {reason}") for order in held.defer("raw", "skus")],
    )


def released(asked: Asked) -> Result:
    """Take back that orders are ignored or held, and judge them."""
    for store, numbers in by_store(asked.rows):
        release(store, numbers)
    return judged(asked.rows, "Released")


def resent(asked: Asked) -> Result:
    """Send orders again; the history of each says what became of it."""
    reason = asked.given["reason"]
    moved = {
        row.order_id: row.export_number
        for store, numbers in by_store(asked.rows)
        for row in resend(store, numbers, reason=reason, by=asked.user)
    }
    left = len(asked.rows) - len(moved)
    return Result(
        done=[f"{are(len(moved))} sent again, with the next download."] if moved else [],
        left=[f"{are(left)} not sent again: see the order for the reason."] if left else [],
        notes=[(order, f"{sent_words(moved.get(order.pk))}: {reason}") for order in asked.rows],
    )


def sent_words(number: int | None) -> str:
    """Return what the history says of an order that was to be sent again."""
    return f"Sent again as export number {number}" if number else "Not sent again, because it is held now"


def judged(orders: Sequence[Order], what: str) -> Result:
    """Return what became of each order, and how many became what."""
    after = states(orders)
    notes: list[tuple[Model, str]] = [
        (order, f"{what}: {JUDGED[after[order.pk]][1]}.") for order in orders if order.pk in after
    ]
    told = {
        state: JUDGED[state][0].format(are(number))
        for state, number in sorted(Counter(after.values()).items())
    }
    good = [words for state, words in told.items() if state == Order.State.EXPORTABLE]
    return Result(done=good, left=[words for words in told.values() if words not in good], notes=notes)


def by_store(orders: Iterable[Order]) -> list[tuple[Store, list[int]]]:
    """Return the order numbers store by store."""
    found: dict[Store, list[int]] = {}
    for order in orders:
        found.setdefault(order.store, []).append(order.miva_id)
    return list(found.items())


def states(orders: Iterable[Order]) -> dict[int, str]:
    """Return where the orders stand now, by primary key."""
    return dict(Order.objects.filter(pk__in=[order.pk for order in orders]).values_list("pk", "state"))


def are(orders: int) -> str:
    """Return "1 order is" or "3 orders are"."""
    return "1 order is" if orders == 1 else f"{orders} orders are"


def waiting(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Keep what is held or incomplete."""
    return orders.filter(state__in=WAITING)


RETRY = Act(
    "retry",
    "Try again",
    "Try {} again?",
    "What is tried again is judged with the store's present settings: when it is complete and can be translated, it goes to Stone "
    "Edge, at the end of the sequence. The clock does this by itself every ten minutes.",
    DECIDE,
    retried,
    none="None of these orders is held or incomplete.",
    takes=A_SLICE,
    fits=waiting,
    whole=retried_all,
)
IGNORE = Act(
    "ignore",
    "Ignore",
    "Ignore {}?",
    "What is ignored is set aside for good: Stone Edge does not get it, nobody is asked about it again, and a later version "
    "from Miva does not change that. 'Release' takes it back.",
    DECIDE,
    ignored,
    none="None of these orders is held or incomplete: there is nothing to ignore.",
    fits=waiting,
    form=ReasonForm,
)
HOLD = Act(
    "hold",
    "Hold",
    "Hold {}?",
    "What is held does not go to Stone Edge, whatever changes in Miva or in the settings, until somebody presses 'Release': "
    "then it goes at the end of the sequence. An order that a desktop was given already cannot be held any more.",
    DECIDE,
    kept_back,
    none="None of these orders can be held: they are ignored, held already, or a desktop was given them.",
    fits=holdable,
    form=ReasonForm,
)
RELEASE = Act(
    "release",
    "Release",
    "Release {}?",
    "What is released is judged with the store's present settings: when it is complete and can be translated, it goes to "
    "Stone Edge, at the end of the sequence.",
    DECIDE,
    released,
    none="None of these orders is ignored or held by a person: there is nothing to release.",
    takes=A_SLICE,
    fits=releasable,
)
RESEND = Act(
    "resend",
    "Send again to Stone Edge",
    "Send {} again to Stone Edge?",
    "What is sent again takes a new place at the end of the sequence and comes with the next download, translated with the "
    "store's present settings. Stone Edge may still have the earlier copy: delete it there first, or the order is skipped.",
    "orders.resend_order",
    resent,
    none="None of these orders was given to a desktop at its present place: there is nothing to send again. What waits comes with "
    "the next download by itself.",
    takes=A_SLICE,
    fits=downloaded,
    form=ReasonForm,
)
DECISIONS = (RETRY, HOLD, IGNORE, RELEASE, RESEND)
