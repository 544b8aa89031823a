"""The nightly comparison: what the ledger leads one to expect, against what Miva has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from inventory.models import StockComparison, StockLevel, StockPush
from inventory.units import sold_units
from inventory.web_sales import BLUR, WebSales, web_sales
from orders import jobs
from orders.jobs import SLICE, JobLease, Outcome
from orders.models import Order
from orders.reconcile import next_night
from stores import outbox
from stores.audit import note
from stores.miva.client import MivaClient
from stores.miva.inventory import MOST_READ, Stock, read_stock
from stores.models import PullCursor, Store

KEPT = timedelta(days=30)  # what is told of old comparisons
LONGEST_LOOK = timedelta(
    days=30
)  # a figure that is older is not compared: all orders since then would have to be read

NOT_PULLED = timedelta(
    hours=1
)  # orders of this time before the last pull are asked for: they may not be here yet


@dataclass(frozen=True, slots=True)
class Compared:
    """One product: the figure that was to be expected, and Miva's at `at`."""

    level: StockLevel
    expected: int
    figure: int
    at: datetime

    @property
    def drift(self) -> int:
        """How many units Miva has more than expected; below zero: fewer."""
        return self.figure - self.expected


def work(comparison: StockComparison, *, budget: float = SLICE) -> Outcome:
    """Do one slice of a comparison; see `jobs.work` for what it raises."""
    return jobs.work(comparison, pages, budget=budget)


def pages(lease: JobLease, comparison: StockComparison, client: MivaClient) -> Iterator[None]:
    """Compare a page of levels each time and write down what differs; Miva's figures are what is expected from then on."""
    store = comparison.store
    while levels := page_of(store, comparison.position):
        found = compared(store, client, levels)
        comparison.position = levels[-1].pk
        with transaction.atomic():
            noted = note_found(store, found)
            lease.renew(
                position=comparison.position,
                compared=F("compared") + len(noted),
                drifted=F("drifted") + sum(1 for each in noted if each.drift),
            )
        yield


def note_found(store: Store, found: Sequence[Compared]) -> list[Compared]:
    """Write down what was found, inside the caller's transaction. Returns what was written: where a push has landed since the
    levels were read, its figure is the newer one and stays."""
    rows = StockLevel.objects.of(store).filter(pk__in=[each.level.pk for each in found])
    # In the order in which pushes write them: two that write the same levels wait for each other instead of both.
    read_at = dict(rows.order_by("product_id").select_for_update().values_list("pk", "at"))
    noted = [each for each in found if read_at.get(each.level.pk) == each.level.at]
    for each in noted:
        each.level.expected, each.level.drift = each.expected, each.drift
        each.level.figure = each.figure
        each.level.at = each.level.confirmed_at = each.level.compared_at = each.at
    changed = ["expected", "drift", "figure", "at", "confirmed_at", "compared_at"]
    StockLevel.objects.bulk_update([each.level for each in noted], changed)
    return noted


def audit(store: Store, client: MivaClient) -> list[dict[str, Any]]:
    """Return every product whose figure in Miva is not the expected one; changes nothing. Raises MivaError."""
    drifted: list[dict[str, Any]] = []
    position = 0
    while levels := page_of(store, position):
        position = levels[-1].pk
        drifted += [
            {"sku": each.level.sku, "expected": each.expected, "figure": each.figure, "drift": each.drift}
            for each in compared(store, client, levels)
            if each.drift
        ]
    return drifted


def page_of(store: Store, position: int) -> list[StockLevel]:
    """Return the next levels."""
    rows = StockLevel.objects.of(store).filter(pk__gt=position).order_by("pk")
    return list(rows[:MOST_READ])


def compared(store: Store, client: MivaClient, levels: Sequence[StockLevel]) -> list[Compared]:
    """Compare these levels with Miva. What is being changed at this moment is left out, and so is what Miva does not track."""
    asked_at = timezone.now()
    stocks = read_stock(client, [level.product_id for level in levels])
    changing = set(
        StockPush.objects.of(store)
        .filter(outbox.OPEN | outbox.PARKED, product_id__in=stocks)
        .values_list("product_id", flat=True)
    )
    asked = [
        (level, stock)
        for level in levels
        if (stock := stocks.get(level.product_id)) is not None
        and stock.tracked
        and level.product_id not in changing
        and level.at < asked_at
    ]
    ahead = timedelta(seconds=client.clock_offset or 0.0)
    sales = sales_since(store, client, [level.at for level, _ in asked], asked_at, ahead)
    return [
        Compared(level, expected(sales, level, stock, asked_at, ahead), stock.figure, asked_at)
        for level, stock in asked
    ]


def expected(sales: WebSales, level: StockLevel, stock: Stock, asked_at: datetime, ahead: timedelta) -> int:
    """Return the figure that is to be expected: the last one, less what was sold since. Where that is too long ago to be told from
    the orders, Miva's own: the comparison begins with it. `ahead`: Miva's clock, by which orders are dated, minus ours."""
    if level.at < asked_at - LONGEST_LOOK:
        return stock.figure
    sold = sales.of(stock.code, level.at + ahead, asked_at + ahead)
    return level.figure - sold.nearest(level.figure - stock.figure)


def sales_since(
    store: Store, client: MivaClient, moments: Sequence[datetime], asked_at: datetime, ahead: timedelta
) -> WebSales:
    """Return what the orders that were placed since the first of the moments took out of stock: those that are here, and those
    that were not pulled yet, as far as Miva tells. Those of long ago are no reason to read all orders since."""
    recent = [moment for moment in moments if moment >= asked_at - LONGEST_LOOK]
    if not recent:
        return WebSales()
    since, until = min(recent), asked_at
    placed = Order.objects.of(store).filter(placed_at__range=(since + ahead - BLUR, until + ahead + BLUR))
    rows = placed.values_list("miva_id", "placed_at", "raw")
    kept = {
        number: (int(placed_at.timestamp()), sold_units(raw))
        for number, placed_at, raw in rows.iterator(chunk_size=200)
    }
    pulled_at = PullCursor.objects.filter(store=store).values_list("last_good_at", flat=True).first()
    latest = web_sales(client, max(since, (pulled_at or until) - NOT_PULLED))
    return WebSales(orders=kept | dict(latest.orders))


def start(store: Store, *, by: Any = None) -> StockComparison:
    """Let a comparison begin now; one that is ahead is brought forward. `by` is the user who asked."""
    note("compare stock", store)
    while True:
        ahead = StockComparison.objects.of(store).filter(state__in=jobs.OPEN)
        ahead.filter(state=StockComparison.State.WAITING).update(
            not_before=timezone.now(), nudged_at=None, created_by=by
        )
        if found := ahead.first():
            comparison: StockComparison = found
            return comparison
        StockComparison.objects.bulk_create(
            [StockComparison(store=store, created_by=by)], ignore_conflicts=True
        )


def plan(now: datetime) -> int:
    """Give every active store whose stock was ever pushed its next night; returns to how many."""
    ahead = StockComparison.objects.filter(state__in=jobs.OPEN).values("store")
    stores = Store.objects.active().exclude(pk__in=ahead)
    pushed = stores.filter(pk__in=StockLevel.objects.values("store")).select_related("merchant")
    rows = [StockComparison(store=store, planned=True, not_before=next_night(store, now)) for store in pushed]
    StockComparison.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def prune(now: datetime) -> int:
    """Forget comparisons that are old, except each store's last; returns how many."""
    newest: QuerySet[Any] = StockComparison.objects.filter(store=OuterRef("store")).order_by("-pk")
    old = StockComparison.objects.exclude(state__in=jobs.OPEN).filter(finished_at__lt=now - KEPT)
    return old.exclude(pk=Subquery(newest.values("pk")[:1])).delete()[0]
