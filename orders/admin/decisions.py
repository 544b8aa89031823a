"""What support decides about orders: try again, hold or ignore with a reason, release, send again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from orders import rejudging
from orders.keep import downloaded
from orders.models import Order
from orders.release import WAITING, hold, holdable, ignore, releasable, release, resend, retry
from orders.tasks import rejudge_store
from stores.admin.acting import Act, Asked, ReasonForm, Result, about
from stores.audit import note_each
from stores.models import Store
from stores.nudges import nudge

DECIDE = "orders.decide_order"
A_SLICE = about(0.02)  # judging is a matter of milliseconds

# What is said about orders in a state after they were judged.
JUDGED: Mapping[str, str] = {
    Order.State.EXPORTABLE: "{} released for Stone Edge.",
    Order.State.HELD: "{} still held: nothing that could change the result has changed.",
    Order.State.INCOMPLETE: "{} incomplete: no payment is recorded in Miva yet.",
    Order.State.IGNORED: "{} ignored.",
}


def retried(asked: Asked) -> Result:
    """Judge orders again, store by store."""
    for store, numbers in by_store(asked.rows):
        retry(store, numbers)
    return judged(asked.rows)


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
    )


def kept_back(asked: Asked) -> Result:
    """Hold orders; one that went to Stone Edge a moment before is left out."""
    reason = asked.given["reason"]
    count = sum(hold(store, numbers, reason) for store, numbers in by_store(asked.rows))
    return Result(done=[f"{are(count)} held."] if count else [])


def released(asked: Asked) -> Result:
    """Take back that orders are ignored or held, and judge them."""
    for store, numbers in by_store(asked.rows):
        release(store, numbers)
    return judged(asked.rows)


def resent(asked: Asked) -> Result:
    """Send orders again."""
    reason = asked.given["reason"]
    moved = sum(
        len(resend(store, numbers, reason=reason, by=asked.user)) for store, numbers in by_store(asked.rows)
    )
    left = len(asked.rows) - moved
    return Result(
        done=[f"{are(moved)} sent again, with the next download."] if moved else [],
        left=[f"{are(left)} not sent again: see the order for the reason."] if left else [],
    )


def judged(orders: Sequence[Order]) -> Result:
    """Return how many orders became what."""
    after = states(orders)
    told = {
        state: JUDGED[state].format(are(number)) for state, number in sorted(Counter(after.values()).items())
    }
    good = [words for state, words in told.items() if state == Order.State.EXPORTABLE]
    return Result(done=good, left=[words for words in told.values() if words not in good])


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
