"""Why an order that Miva has is not here: what the store's settings and its cursor say about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.models import Enquiry, OrderHint
from stores.health import State, summary
from stores.models import PullCursor, Store

QUEUES = (Store.Strategy.QUEUE_ACK, Store.Strategy.QUEUE)
BY_DATE = (Store.Strategy.DATE, Store.Strategy.UPDATED)


@dataclass(frozen=True)
class Reason:
    """A sentence for support, and what to do about it; `since` where there is a time to tell."""

    sentence: str
    remedy: str = ""
    since: datetime | None = None


def reasons(enquiry: Enquiry, now: datetime) -> list[Reason]:
    """Return why an order that Miva has was not pulled, what stops every order of the store first."""
    store = enquiry.store
    cursor = getattr(store, "cursor", None) or PullCursor(store=store, due_at=now)
    found = [*of_the_store(store, cursor, now), *of_a_webhook(enquiry), *of_the_order(enquiry, cursor)]
    return found or [not_yet(enquiry, cursor)]


def of_the_store(store: Store, cursor: PullCursor, now: datetime) -> Iterator[Reason]:
    """Yield what keeps all of the store's orders away."""
    health = summary(store, now)
    if health.state == State.OFF:
        yield Reason(health.sentence, health.remedy, cursor.last_good_at)
    elif health.state == State.PAUSED:
        words = f"The store is paused ({store.paused_reason}): the clock has not pulled it since the last success."
        yield Reason(words, health.remedy, cursor.last_good_at)
    elif health.state.stopped or health.state == State.NEVER:
        yield Reason(health.sentence, health.remedy, cursor.problem_since or cursor.last_good_at)


def of_a_webhook(enquiry: Enquiry) -> Iterator[Reason]:
    """Yield that a webhook named the order, when it waits to be fetched."""
    hint = OrderHint.objects.of(enquiry.store).filter(miva_id=enquiry.number).first()
    if hint is not None:
        words = "A webhook named this order, and it waits to be fetched"
        failed = f"; {hint.failures} attempts have failed so far." if hint.failures else "."
        yield Reason(words + failed, "It is fetched by itself.", hint.hinted_at)


def of_the_order(enquiry: Enquiry, cursor: PullCursor) -> Iterator[Reason]:
    """Yield what keeps this one order away, by the store's strategy."""
    store = enquiry.store
    if store.strategy in QUEUES:
        yield from outside_the_queue(enquiry)
        return
    if store.start_from and enquiry.placed_at and enquiry.placed_at < store.start_from:
        yield Reason(
            "It was placed before the time from which on this store is pulled.",
            "Fetch it here; for more of them move 'start from' back, or fetch a range of dates.",
            store.start_from,
        )
    elif store.strategy in BY_DATE:
        yield from behind_the_range(enquiry, cursor)
    else:
        yield from below_the_numbers(enquiry, cursor)


def outside_the_queue(enquiry: Enquiry) -> Iterator[Reason]:
    """Yield that the order is not in the queue that is read (Miva reference §9.3)."""
    code = enquiry.queue_code
    if enquiry.in_queue is None:
        yield Reason(
            f"This store is read through the queue '{code}', and Miva tells of no such queue.",
            "Compare the queue code on the store's page with Miva: Order Workflows → Queues.",
        )
    elif not enquiry.in_queue:
        yield Reason(
            f"It is not in the queue '{code}', and only what is in there is pulled.",
            "Fetch it here. If more orders are missing: in Miva, Order Workflows must have 'Process New & Updated Orders' "
            "enabled. That workflow waits at most an hour for a payment; an order paid later never gets into the queue.",
        )


def behind_the_range(enquiry: Enquiry, cursor: PullCursor) -> Iterator[Reason]:
    """Yield that the range has been read past the order: a slow check-out is numbered early and appears late."""
    store = enquiry.store
    times = [enquiry.placed_at, enquiry.updated_at if store.strategy == Store.Strategy.UPDATED else None]
    latest = max(filter(None, times), default=None)
    if latest and cursor.since and latest < cursor.since - timedelta(minutes=store.overlap_minutes):
        yield Reason(
            "Its date lies before the range that the next pull reads: it appeared in Miva after its date had been read.",
            f"Fetch it here. If this comes again, look back longer than {store.overlap_minutes} minutes (store's page, overlap).",
            cursor.since,
        )


def below_the_numbers(enquiry: Enquiry, cursor: PullCursor) -> Iterator[Reason]:
    """Yield that the numbers have been read past the order."""
    reach = max(enquiry.store.number_overlap, cursor.number_overlap)
    if enquiry.number <= cursor.highest_number - reach:
        yield Reason(
            f"Numbers up to {cursor.highest_number} are read, and each pull looks back only {reach}.",
            "Fetch it here. If this comes again, look back over more numbers (store's page, number overlap).",
        )


def not_yet(enquiry: Enquiry, cursor: PullCursor) -> Reason:
    """Return that nothing keeps the order away: the next pull brings it."""
    newer = enquiry.placed_at and cursor.last_good_at and enquiry.placed_at > cursor.last_good_at
    words = "It is newer than the last pull." if newer else "Nothing keeps it away."
    return Reason(
        f"{words} The next pull brings it by itself.", "Wait for it, or fetch it now.", cursor.due_at
    )
