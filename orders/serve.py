"""What a desktop is given: counted and paged over the store's export sequence.

The sequence is append-only and dense, and a page is cut by position in it, not by counting rows: when an order is held
in the middle of a desktop's session, later pages do not move up and nobody is skipped (SETI reference §2.2, §2.3, §5.1).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby

from django.db.models import Q, QuerySet

from orders.models import Download, Order
from orders.release import rejudge
from orders.rules import rules_for
from orders.translate import CannotTranslate, translate
from stores.models import Desktop, Store
from stores.seti import responses

CAP = 1000  # orders in one answer when the desktop names no batch size (SETI reference §2.3: at least 500)
ORDER_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Selection:
    """Which orders a desktop has still to get: those after a position of the sequence, or those from a day on."""

    after: int
    rows: QuerySet[Order]
    by_position: bool

    def count(self) -> int:
        """Return how many orders the selection has."""
        return self.rows.count()

    def page(self, start: int, size: int | None) -> list[Order]:
        """Return the orders `start` (1-based) to `start + size - 1`, at most CAP of them."""
        start, size = max(start, 1), min(size or CAP, CAP)
        if not self.by_position:
            return list(self.rows[start - 1 : start - 1 + size])
        first = self.after + start
        page = list(self.rows.filter(export_number__range=(first, first + size - 1)))
        # A whole page of positions whose orders are held now: an empty answer would end the desktop's session for ever.
        return page or list(self.rows.filter(export_number__gte=first)[:size])


def select(store: Store, last_order: str, last_date: date | None) -> Selection:
    """Return what the desktop has still to get (SETI reference §2.2, recommended semantics).

    A known `last_order` decides by its position; else `last_date`, from the start of that day in the store's zone; else all.
    An order that was released late is in the day's selection by the day of its release, so that nobody misses it.
    """
    ready = Order.objects.of(store).filter(state=Order.State.EXPORTABLE).order_by("export_number")
    position = position_of(store, last_order)
    if position is None and last_date is not None:
        morning = datetime.combine(last_date, time.min, tzinfo=store.zone)
        return Selection(
            0, ready.filter(Q(placed_at__gte=morning) | Q(released_at__gte=morning)), by_position=False
        )
    after = position or 0
    return Selection(after, ready.filter(export_number__gt=after), by_position=True)


def position_of(store: Store, last_order: str) -> int | None:
    """Return the export number of the order that the desktop names, or None when it is unknown here."""
    if not ORDER_NUMBER.fullmatch(last_order.strip()):
        return None
    rows = Order.objects.of(store).filter(miva_id=int(last_order), export_number__isnull=False)
    return rows.values_list("export_number", flat=True).first()


def batch(
    store: Store, selection: Selection, start: int, size: int | None
) -> tuple[list[Order], list[responses.Order]]:
    """Return one page as rows and as translated orders.

    An order that cannot be translated any more (a setting has changed since it was kept) is held with its reason and
    left out; the others go on. It gets a new place in the sequence when it is released.
    """
    rules = rules_for(store)
    rows: list[Order] = []
    translated: list[responses.Order] = []
    broken: list[int] = []
    for row in selection.page(start, size):
        try:
            translated.append(translate(row.raw, rules).order)
        except CannotTranslate:
            broken.append(row.miva_id)
        else:
            rows.append(row)
    if broken:
        rejudge(store, broken, only_waiting=False)
    return rows, translated


def note_download(desktop: Desktop, rows: list[Order]) -> None:
    """Write down which orders the desktop was given: one row for each run of export numbers without a hole."""
    numbers = sorted(row.export_number for row in rows if row.export_number is not None)
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ]
    Download.objects.bulk_create(
        Download(
            store=desktop.store, desktop=desktop, first_number=run[0], last_number=run[-1], count=len(run)
        )
        for run in runs
    )
