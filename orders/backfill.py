"""Backfill: a range of a store's orders is fetched once, beside whatever the clock does.

It looks neither at the store's strategy nor at its start, and moves nothing but its own position: an order that is here already
changes nothing.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from orders import jobs
from orders.jobs import SLICE, JobLease, Outcome
from orders.keep import Kept, keep
from orders.models import Backfill, Job
from orders.pull import NUMBERLESS
from orders.spans import Span
from stores.audit import note
from stores.cursors import free
from stores.miva.client import MivaClient, OrderPage
from stores.miva.paging import ORDER_COLUMNS, ListQuery, Where, reached
from stores.models import Store
from stores.wires import miva_for

ORDERS_PER_SECOND = 20.0  # assumed of a store that was never measured: a page of 100 in five seconds

UNFINISHED = (Job.State.WAITING, Job.State.RUNNING, Job.State.PAUSED)
STOPPED = (Job.State.PAUSED, Job.State.FAILED)


@dataclass(frozen=True)
class Estimate:
    """How much a range is: orders, and about how many seconds."""

    orders: int
    seconds: float


def estimate(store: Store, span: Span) -> Estimate:
    """Ask Miva how many orders the range has: one question for one order, of which the total is read. Raises MivaError."""
    found = miva_for(store).order_list(ListQuery(span.conditions(), count=1)).total_count
    return Estimate(found, found / usual_speed(store))


def usual_speed(store: Store) -> float:
    """Return the store's orders per second as its last backfill of some size had them."""
    last = Backfill.objects.of(store).filter(fetched__gte=100, seconds__gt=0).order_by("-pk").first()
    return speed(last) or ORDERS_PER_SECOND if last else ORDERS_PER_SECOND


def start(store: Store, span: Span, *, estimated: int, by: Any = None) -> Backfill:
    """Write the job down; the clock takes it up within a minute. `by` is the user who asked for it."""
    numbers = span.first is not None
    with transaction.atomic():
        backfill: Backfill = Backfill.objects.create(
            store=store,
            kind=Backfill.Kind.NUMBERS if numbers else Backfill.Kind.DATES,
            since=span.since,
            until=span.until,
            first_number=span.first,
            last_number=span.last,
            position=span.first - 1 if span.first else 0,
            estimated=estimated,
            created_by=by,
        )
        note("backfill", backfill, count=estimated)
    return backfill


def start_once(store: Store, span: Span, *, estimated: int, by: Any = None) -> tuple[Backfill, bool]:
    """Start a backfill unless one of exactly this range is under way: the store's row is the lock, so that two who press at once
    start one. Returns it, and whether it is new."""
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)
        row = under_way(store, span).first()
        return row or start(store, span, estimated=estimated, by=by), row is None


def under_way(store: Store, span: Span) -> QuerySet[Backfill]:
    """Return the backfills of exactly this range that have not come to an end."""
    same: QuerySet[Backfill] = Backfill.objects.of(store).filter(
        since=span.since, until=span.until, first_number=span.first, last_number=span.last
    )
    return same.filter(state__in=UNFINISHED)


def unfinished(store: Store, span: Span) -> Backfill | None:
    """Return the backfill of exactly this range that was interrupted or paused and that nobody works on."""
    return under_way(store, span).filter(free(timezone.now())).first()


def span_of(backfill: Backfill) -> Span:
    """Return the job's range."""
    return Span(backfill.since, backfill.until, backfill.first_number, backfill.last_number)


def work(backfill: Backfill, *, budget: float = SLICE, at_a_terminal: bool = False) -> Outcome:
    """Do one slice of the job; see `jobs.work` for what it raises."""
    return jobs.work(backfill, pages, budget=budget, at_a_terminal=at_a_terminal)


def pages(lease: JobLease, backfill: Backfill, client: MivaClient) -> Iterator[None]:
    """Do a page each time, from where the job stands; the position moves in the transaction that keeps the page."""
    position = backfill.position
    while True:
        began, asked_at = time.monotonic(), timezone.now()
        page = client.order_list(question(backfill, position))
        position, more = reached(page, position)
        with transaction.atomic():
            kept = keep(backfill.store, page.orders, fetched_at=asked_at, road="backfill", guard=lease.renew)
            lease.renew(position=position, **progress(page, kept, time.monotonic() - began))
        if not more:
            return
        yield


def question(backfill: Backfill, position: int) -> ListQuery:
    """Return the question for the page behind this order number."""
    conditions = (*span_of(backfill).conditions(), Where("id", "GT", position))
    return ListQuery(conditions, ondemand=ORDER_COLUMNS, count=backfill.store.page_size)


def progress(page: OrderPage, kept: Kept, seconds: float) -> dict[str, Any]:
    """Return the job's fields that grow with a page."""
    grown: dict[str, Any] = {
        "fetched": F("fetched") + len(page.orders),
        "new": F("new") + len(kept.new),
        "updated": F("updated") + len(kept.updated),
        "unchanged": F("unchanged") + len(kept.unchanged),
        "held": F("held") + len(kept.held),
        "seconds": F("seconds") + seconds,
    }
    if kept.numberless:
        problem, remedy = NUMBERLESS
        grown |= {"problem": problem.format(count=kept.numberless), "remedy": remedy}
    return grown


def pause(backfill: Backfill) -> bool:
    """Stop before the next page, until somebody lets it go on. Returns whether there was anything to pause."""
    rows = Backfill.objects.filter(pk=backfill.pk, state__in=jobs.OPEN)
    return decided("backfill paused", backfill, rows, state=Job.State.PAUSED)


def go_on(backfill: Backfill) -> bool:
    """Take up a paused or failed backfill where it stopped. Returns whether it was one."""
    rows = Backfill.objects.filter(pk=backfill.pk, state__in=STOPPED)
    again = {"problem": "", "remedy": "", "failures": 0, "nudged_at": None, "finished_at": None}
    return decided(
        "backfill goes on", backfill, rows, state=Job.State.WAITING, not_before=timezone.now(), **again
    )


def cancel(backfill: Backfill) -> bool:
    """Stop before the next page for good; what was fetched stays. Returns whether there was anything to cancel."""
    rows = Backfill.objects.filter(Q(state__in=UNFINISHED) | Q(state=Job.State.FAILED), pk=backfill.pk)
    return decided(
        "backfill cancelled", backfill, rows, state=Job.State.CANCELLED, finished_at=timezone.now()
    )


def decided(verb: str, backfill: Backfill, rows: QuerySet[Backfill], **fields: Any) -> bool:
    """Write and note what a person has decided; False when the job is further than that by now."""
    with transaction.atomic():
        changed = bool(rows.update(**fields))
        if changed:
            note(verb, backfill, count=backfill.fetched)
    return changed


def speed(backfill: Backfill) -> float:
    """Return orders per second while pages were being fetched; 0 when nothing was yet."""
    return backfill.fetched / backfill.seconds if backfill.seconds > 0 else 0.0


def share(backfill: Backfill) -> float:
    """Return how much is done, 0 to 1; 1 only at the end, because orders may have come since the estimate."""
    if backfill.state == Job.State.DONE:
        return 1.0
    return min(backfill.fetched / backfill.estimated, 0.99) if backfill.estimated else 0.0


def time_left(backfill: Backfill) -> timedelta | None:
    """Return about how long it still takes at the present speed; None when nothing can be said."""
    pace = speed(backfill)
    if backfill.state not in jobs.OPEN or not pace:
        return None
    return timedelta(seconds=max(backfill.estimated - backfill.fetched, 0) / pace)
