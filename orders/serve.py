"""What a desktop is given: counted and paged over the store's export sequence.

The sequence is append-only and dense, and a page is cut by position in it, not by counting rows: when an order is held
in the middle of a desktop's session, later pages do not move up and nobody is skipped (SETI reference §2.2, §2.3, §5.1).
"""

import logging
import re
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, groupby

from django.db import transaction
from django.db.models import F, Max, Min, Q, QuerySet
from django.utils import timezone

from orders import happenings
from orders.models import Download, Order
from orders.release import rejudge
from orders.rules import rules_for
from orders.translate import CannotTranslate, translate
from stores.announcing import announce
from stores.audit import note
from stores.models import Desktop, Store
from stores.seti import responses
from stores.seti.errors import SetiError

log = logging.getLogger(__name__)

CAP = 1000  # orders in one answer when the desktop names no batch size (SETI reference §2.3: at least 500)
LARGEST_BATCH = 2000  # more would take longer than a desktop waits
BEHIND_ALL = 2**63 - 1
ORDER_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Selection:
    """Which orders a desktop has still to get: those after a position of the sequence, or those from a day on.

    `places` are all numbered orders of the selection, held ones included: they keep their place, so that an order which is held
    in the middle of a desktop's session moves nobody over a page boundary. `left` are the places of these orders, ascending, that
    an order has left for one at the end: by date they count, too, for the same reason.
    """

    after: int
    places: QuerySet[Order]
    by_position: bool
    left: Sequence[int] = ()

    def count(self) -> int:
        """Return how many places the selection has up to its last order that is ready.

        A desktop pages through places, so it must know of them; where some are empty, it gets fewer orders than it was told.
        """
        last = self._ready().aggregate(last=Max("export_number"))["last"]
        if last is None:
            return 0
        places = self.places.filter(export_number__lte=last)
        return last - self.after if self.by_position else places.count() + bisect(self.left, last)

    def page(self, start: int, size: int | None) -> list[Order]:
        """Return the orders of the places `start` (1-based) to `start + size - 1`; without a size, CAP of them.

        Where all of these are empty or held, the next order that is ready: an answer without orders would end the desktop's
        session, and the next one would meet the same places again. It comes once more in its own place. Raises SetiError
        for a size over LARGEST_BATCH.
        """
        size = CAP if size is None else size
        if size > LARGEST_BATCH:
            raise SetiError(
                f"The batch size {size} is larger than {LARGEST_BATCH}. Lower the Order Download Batch of the shopping cart."
            )
        start = max(start, 1)
        first, last = self.after + start, self.after + start + size - 1
        if not self.by_position:
            first, last = self._numbers(start - 1, size)
        page = list(self._ready().filter(export_number__range=(first, last)))
        return page or list(self._ready().filter(export_number__gte=first)[:1])

    def _numbers(self, skipped: int, size: int) -> tuple[int, int]:
        """Return the first and the last export number of this many places behind the skipped ones; behind the end those that no
        order has."""
        begin = max(skipped - len(self.left), 0)
        rows = self.places.values_list("export_number", flat=True)[begin : skipped + size]
        placed = [
            (row + bisect(self.left, number), number) for row, number in enumerate(rows, begin) if number
        ]
        behind = [(place, number) for place, number in placed if place >= skipped]
        if not behind:
            return BEHIND_ALL, BEHIND_ALL
        first = behind[0][1]
        return first, max((number for place, number in behind if place < skipped + size), default=first - 1)

    def _ready(self) -> QuerySet[Order]:
        return self.places.filter(state=Order.State.EXPORTABLE)


def select(
    store: Store, last_order: str, last_date: date | None, desktop: Desktop | None = None, start: int = 1
) -> Selection:
    """Return what the desktop has still to get (SETI reference §2.2, recommended semantics). `start` is the first record that it
    wants of it, from 1.

    A known `last_order` decides by its position; else `last_date`, from the start of that day in the store's zone; else all.
    """
    numbered = Order.objects.of(store).filter(export_number__isnull=False).order_by("export_number")
    position = position_of(store, last_order, desktop, start)
    if position is None and last_date is not None:
        places = numbered.filter(since_day(store, last_date, numbered))
        return Selection(0, places, by_position=False, left=left_places(places))
    after = position or 0
    return Selection(after, numbered.filter(export_number__gt=after), by_position=True)


def since_day(store: Store, day: date, numbered: QuerySet[Order]) -> Q:
    """Return the condition for the orders of this day and later, and for what whoever has only those would miss.

    That is what was released since, and what arrived late: placed earlier, it stands behind the first order of the day. It comes
    if it was placed since the day on which the store was connected: a history that is fetched afterwards is not late.
    """
    morning, connected = morning_of(store, day), store.created_at.astimezone(store.zone).date()
    of_the_day = Q(placed_at__gte=morning)
    first = numbered.filter(of_the_day).order_by().aggregate(first=Min("first_number"))["first"]
    late = Q(placed_at__gte=morning_of(store, connected), export_number__gt=first) if first else Q(pk__in=[])
    return of_the_day | Q(released_at__gte=morning) | late


def morning_of(store: Store, day: date) -> datetime:
    """Return the moment at which the day begins in the store's zone."""
    return datetime.combine(day, time.min, tzinfo=store.zone)


def left_places(orders: QuerySet[Order]) -> list[int]:
    """Return the places that these orders have left, ascending."""
    moved = orders.filter(export_number__gt=F("first_number")).order_by()
    return sorted(chain.from_iterable(moved.values_list("former_numbers", flat=True)))


def position_of(store: Store, last_order: str, desktop: Desktop | None = None, start: int = 1) -> int | None:
    """Return the place in the sequence of the order that the desktop names, or None when it is unknown here.

    The first place that the order ever had, unless the desktop has certainly received it at a later one: an order that was held
    and released, or sent again, stands at the end now, and the desktop may not have seen what lies between. It gets some
    orders again that it has; it misses none.
    """
    if not ORDER_NUMBER.fullmatch(last_order.strip()):
        return None
    row = (
        Order.objects.of(store)
        .filter(miva_id=int(last_order), first_number__isnull=False)
        .defer("raw")
        .first()
    )
    if row is None:
        return None
    later = latest_place(desktop, row, start) if desktop and row.former_numbers else None
    return later or row.first_number


def latest_place(desktop: Desktop, order: Order, start: int = 1) -> int | None:
    """Return a place at which the desktop has certainly received an order that has had several, None when that may be its first.

    When it last named another order, this one was not its last: one of the copies that it was given since then made it so. Which
    of them arrived nobody knows, so the first of them counts. A session goes on behind the place where it began, also when it came
    past a later one.
    """
    places = [*order.former_numbers, order.export_number]
    given = Download.objects.of(order.store_id).filter(desktop=desktop).order_by("pk")
    began: int | None = given.values_list("after", flat=True).last() if start > 1 else None
    if began in places:
        return began
    named_another = given.filter(after__gt=0).exclude(after__in=places).last()
    if named_another is None:
        return None
    since = given.filter(pk__gte=named_another.pk)
    covered = (
        place for place in places if since.filter(first_number__lte=place, last_number__gte=place).exists()
    )
    return next(covered, None)


def batch(store: Store, selection: Selection, start: int, size: int | None) -> tuple[list[Order], list[str]]:
    """Return one page as rows and as the XML of each.

    An order that cannot be translated any more (a setting has changed since it was kept) is held with its reason and
    left out; the others go on. It gets a new place in the sequence when it is released.
    """
    rules = rules_for(store)
    rows: list[Order] = []
    rendered: list[str] = []
    broken: list[int] = []
    for row in selection.page(start, size):
        try:
            rendered.append(responses.render_order(translate(row.current, rules).order))
        except CannotTranslate:
            broken.append(row.miva_id)
        except Exception:
            log.exception("order %s of store %s could not be rendered", row.miva_id, store.pk)
            broken.append(row.miva_id)
        else:
            rows.append(row)
    if broken:
        rejudge(store, broken, only_waiting=False)
    return rows, rendered


def note_download(
    desktop: Desktop, rows: list[Order], after: int = 0, at: datetime | None = None
) -> list[Download]:
    """Write down which orders the desktop was given. `after` is the place behind which it asked, `at` a time before they were read:
    what is edited from then on, it may have otherwise. Returns what was written."""
    return note_given(desktop.store, rows, desktop, after, at)


def acknowledge(store: Store, first: int, last: int) -> list[Download]:
    """Write down that a program has received the orders of these export numbers that are ready; returns what was written."""
    numbered = Order.objects.of(store).filter(
        export_number__range=(first, last), state=Order.State.EXPORTABLE
    )
    with transaction.atomic():
        made = note_given(store, list(numbered.defer("raw", "skus")))
        for run in made:
            note("acknowledge download", run, store=store, count=run.count)
    return made


def note_given(
    store: Store,
    rows: list[Order],
    desktop: Desktop | None = None,
    after: int = 0,
    at: datetime | None = None,
) -> list[Download]:
    """Write one row for each run of export numbers without a hole, and what subscribers are told; returns the rows."""
    numbers = sorted(row.export_number for row in rows if row.export_number is not None)
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ]
    with transaction.atomic():
        announce(store, happenings.exported(rows))
        return Download.objects.bulk_create(
            Download(
                store=store,
                desktop=desktop,
                first_number=run[0],
                last_number=run[-1],
                count=len(run),
                after=after,
                at=at or timezone.now(),
            )
            for run in runs
        )
