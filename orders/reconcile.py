"""Reconciliation: the last days' order numbers here and in Miva side by side.

This finds an order that no queue ever delivered and no answer ever brought. Reading is cheap: Miva is asked for numbers and
times, not for whole orders; only what is missing or older here is fetched.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from orders import jobs
from orders.content import is_complete, number_of
from orders.jobs import SLICE, JobLease, Outcome
from orders.keep import Kept, keep
from orders.models import Job, Order, Reconciliation
from orders.prepare import moment, whole
from orders.pull import NUMBERLESS
from orders.recheck import whole_orders
from stores.audit import note
from stores.miva.client import MivaClient
from stores.miva.paging import ListQuery, Where
from stores.miva.paging import pages as pages_of
from stores.models import PullCursor, Store

AT_ONCE = 100  # numbers on a page; as many whole orders at most are fetched with it
DAYS = 3
NIGHT = time(2)  # in the store's zone
NIGHT_LASTS = timedelta(hours=3)
JUST_PLACED = timedelta(minutes=10)
ON_ITS_WAY = (
    timedelta(days=1) + JUST_PLACED
)  # for no longer than the longest interval an order may be too young to be missed
SAME_SECOND = 2  # seconds after an order's last change in which an answer may not have seen a further one
SHOWN = 500  # numbers of each kind that a result names; all are counted
KEPT_DAYS = timedelta(days=60)

Row = dict[str, Any]


@dataclass
class Differences:
    """What one page of Miva's numbers, or all of them, and ours have not in common."""

    position: int = 0
    compared: int = 0
    missing: list[int] = field(default_factory=list)
    unpaid: list[int] = field(
        default_factory=list
    )  # not here and nothing lost; kept to be watched until they are paid
    different: list[int] = field(default_factory=list)
    unsure: list[int] = field(default_factory=list)  # fetched in the second of their last change
    extra: list[int] = field(default_factory=list)
    numberless: int = 0
    last: bool = False

    def add(self, further: "Differences") -> None:
        """Add a further page."""
        self.position = further.position
        self.compared += further.compared
        self.missing += further.missing
        self.unpaid += further.unpaid
        self.extra += further.extra
        self.different += further.different
        self.numberless += further.numberless


@dataclass(frozen=True)
class Frame:
    """What is compared: orders placed at `since` or later, as seen at `now`."""

    store: Store
    since: datetime
    now: datetime
    pulled_at: datetime | None = None  # when the last pull that went well began
    clock_offset: float = 0.0  # Miva's clock minus ours, seconds

    def on_its_way(self, placed_at: datetime) -> bool:
        """Whether an order that is not here is simply too young: no pull has begun since, and the next is not overdue."""
        if self.pulled_at is None or placed_at < self.pulled_at:
            return False
        return placed_at > self.now - timedelta(minutes=self.store.interval_minutes) - JUST_PLACED


def frame(store: Store, days: int, now: datetime) -> Frame:
    """Return what to compare of the last `days` days; nothing from before the store's start is missing."""
    since = now - timedelta(days=days)
    cursor = PullCursor.objects.filter(store=store).first()
    tried, good = (cursor.last_tried_at, cursor.last_good_at) if cursor else (None, None)
    pulled_at = min(tried, good) if tried and good else None
    offset = (cursor.clock_offset if cursor else None) or 0.0
    return Frame(store, max(since, store.start_from or since), now, pulled_at, offset)


def compare(client: MivaClient, frame: Frame, after: int = 0) -> Iterator[Differences]:
    """Compare page by page, numbers above `after`, reading only; holds one page at a time. Raises MivaError."""
    columns = ("payments",) if frame.store.complete_only else ()
    conditions = (Where("orderdate", "GE", int(frame.since.timestamp())), Where("id", "GT", after))
    for page in pages_of(client.order_list, ListQuery(conditions, ondemand=columns, count=AT_ONCE)):
        numbered = [(number, row) for row in page.orders if (number := number_of(row))]
        there = {number: row for number, row in numbered if number > after}
        last = max(there, default=after)
        here = between(frame, after, last)
        extra = gone(client, here.exclude(miva_id__in=there))
        numberless = len(page.orders) - len(numbered)
        yield Differences(last, len(there), *absent_or_older(there, frame), extra, numberless)
        after = last
    yield Differences(after, extra=gone(client, between(frame, after)), last=True)


Numbers = list[int]


def absent_or_older(there: Mapping[int, Row], frame: Frame) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return which of Miva's orders are missing here, which are not here because nobody has paid, which are older here, and which
    may be: Miva's times of change are whole seconds, and in the one in which we asked there may have been a further change."""
    known = Order.objects.of(frame.store).filter(miva_id__in=there)
    rows = known.values_list("miva_id", "miva_updated", "fetched_at")
    here = {number: (updated, fetched_at) for number, updated, fetched_at in rows}
    absent = [number for number in there if number not in here and not is_young(there[number], frame)]
    unpaid = [number for number in absent if frame.store.complete_only and not is_complete(there[number])]
    missing = [number for number in absent if number not in set(unpaid)]
    updated = {number: whole(there[number].get("dt_updated")) for number in here}
    older = [number for number, (kept, _) in here.items() if updated[number] > kept]
    unsure = [
        number
        for number, (kept, fetched_at) in here.items()
        if updated[number] == kept > 0 and fetched_at.timestamp() + frame.clock_offset < kept + SAME_SECOND
    ]
    return missing, unpaid, sorted(older), sorted(unsure)


def is_young(row: Row, frame: Frame) -> bool:
    """Whether an order that is not here is simply on its way."""
    return frame.on_its_way(moment(row.get("orderdate"), frame.now))


def between(frame: Frame, after: int, last: int | None = None) -> QuerySet[Order]:
    """Return the orders here with numbers above `after`, up to `last`, without those that were just placed."""
    rows: QuerySet[Order] = Order.objects.of(frame.store).filter(miva_id__gt=after)
    rows = rows if last is None else rows.filter(miva_id__lte=last)
    return rows.filter(placed_at__gte=frame.since, placed_at__lt=frame.now - JUST_PLACED).order_by("miva_id")


def gone(client: MivaClient, unnamed: QuerySet[Order]) -> list[int]:
    """Return the numbers of these orders that Miva does not list any more.

    Each one is asked for by its number: an order date that Miva did not tell must not make an order look deleted.
    """
    found: list[int] = []
    rest = unnamed.values_list("miva_id", flat=True)
    while numbers := list(rest[:AT_ONCE]):
        named = ListQuery((Where("id", "IN", numbers),), count=len(numbers))
        there = {number_of(row) for page in pages_of(client.order_list, named) for row in page.orders}
        found += [number for number in numbers if number not in there]
        rest = rest.filter(miva_id__gt=numbers[-1])
    return found


def audit(client: MivaClient, frame: Frame) -> Differences:
    """Return all differences, reading only. Raises MivaError."""
    whole_range = Differences()
    for page in compare(client, frame):
        whole_range.add(page)
    return whole_range


def work(reconciliation: Reconciliation, *, budget: float = SLICE) -> Outcome:
    """Do one slice of a comparison; see `jobs.work` for what it raises."""
    return jobs.work(reconciliation, pages, budget=budget)


def pages(lease: JobLease, reconciliation: Reconciliation, client: MivaClient) -> Iterator[None]:
    """Compare a page each time and fetch what is missing or older here.

    What was found is written down in the transaction that keeps what was fetched: a worker that dies loses no finding, and
    the next one reports none twice.
    """
    view = resumed(lease, reconciliation)
    for found in compare(client, view, reconciliation.position):
        asked_at = timezone.now()
        # A queue never delivers what is paid after its workflow's hour: kept now, it is looked at until it is paid.
        wanted = found.missing + found.unpaid + found.different + found.unsure
        orders = whole_orders(client, wanted) if wanted else []
        with transaction.atomic():
            kept = keep(view.store, orders, fetched_at=asked_at, road="reconcile", guard=lease.renew)
            found.different += sorted(set(found.unsure) & set(kept.updated))
            lease.renew(**findings(reconciliation, found, kept))
        if not found.last:
            yield


def resumed(lease: JobLease, reconciliation: Reconciliation) -> Frame:
    """Return what is compared: as it was when the comparison began, also after an interruption."""
    if reconciliation.until is None:
        reconciliation.until = timezone.now()
        reconciliation.since = begin(reconciliation, reconciliation.until)
        lease.renew(since=reconciliation.since, until=reconciliation.until)
    view = frame(reconciliation.store, reconciliation.days, reconciliation.until)
    return replace(view, since=reconciliation.since or view.since)


def begin(reconciliation: Reconciliation, now: datetime) -> datetime:
    """Return since when to compare: the days asked for, and farther back to where the last comparison of as many days left off.

    A store that was paused or could not be reached for a week has no night in which nobody looked. Without an earlier
    comparison it goes back to when the store was connected.
    """
    store = reconciliation.store
    done = Reconciliation.objects.of(store).filter(state=Job.State.DONE, days__gte=reconciliation.days)
    last = done.filter(until__isnull=False).order_by("-until").first()
    covered = last.until - ON_ITS_WAY if last and last.until else store.created_at
    since = min(now - timedelta(days=reconciliation.days), covered)
    return max(since, store.start_from or since)


def findings(reconciliation: Reconciliation, found: Differences, kept: Kept) -> dict[str, object]:
    """Add a page to the result and return the fields that it changes."""
    reconciliation.position = found.position
    reconciliation.compared += found.compared
    reconciliation.imported += len(set(kept.new) & set(found.missing))
    reconciliation.refreshed += len(set(kept.numbers) & set(found.different))
    for kind in ("missing", "extra", "different"):
        known = getattr(reconciliation, kind)
        numbers = [number for number in getattr(found, kind) if number not in known]
        setattr(reconciliation, kind, (known + numbers)[:SHOWN])
        setattr(reconciliation, f"{kind}_count", getattr(reconciliation, f"{kind}_count") + len(numbers))
    told: dict[str, object] = {}
    if found.numberless:
        told = {"problem": NUMBERLESS[0].format(count=found.numberless), "remedy": NUMBERLESS[1]}
    return {name: getattr(reconciliation, name) for name in RESULT} | told


RESULT = ["position", "compared", "imported", "refreshed"]
RESULT += ["missing", "missing_count", "extra", "extra_count", "different", "different_count"]


def start(store: Store, *, days: int = DAYS, by: Any = None) -> Reconciliation:
    """Write down that the store is to be compared now; the clock begins within a minute. `by` is the user who asked."""
    with transaction.atomic():
        row: Reconciliation = Reconciliation.objects.create(store=store, days=days, created_by=by)
        note("compare now", row)
    return row


def plan(now: datetime) -> int:
    """Give every active store its next night; returns to how many. A store that has one keeps it."""
    ahead = Reconciliation.objects.filter(planned=True, state__in=jobs.OPEN).values("store")
    stores = Store.objects.active().exclude(pk__in=ahead).select_related("merchant")
    rows = [
        Reconciliation(store=store, days=DAYS, planned=True, not_before=next_night(store, now))
        for store in stores
    ]
    Reconciliation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def next_night(store: Store, now: datetime) -> datetime:
    """Return a moment in the next night of the store that has not begun yet, in UTC; any one, so that stores do not meet."""
    today = now.astimezone(store.zone).date()
    begins = (datetime.combine(today + timedelta(days=ahead), NIGHT, store.zone) for ahead in (0, 1))
    begin = next(begin for begin in begins if begin.astimezone(UTC) > now)
    return begin.astimezone(UTC) + NIGHT_LASTS * random.random()


def prune(now: datetime) -> int:
    """Forget results that are old, but not up to when a store was compared; returns how many."""
    later = Reconciliation.objects.filter(
        store=OuterRef("store"), state=Job.State.DONE, days__gte=OuterRef("days"), until__gt=OuterRef("until")
    )
    last = Q(~Exists(later), state=Job.State.DONE, until__isnull=False)
    old = Reconciliation.objects.exclude(state__in=jobs.OPEN).filter(created_at__lt=now - KEPT_DAYS)
    return old.exclude(last).delete()[0]
