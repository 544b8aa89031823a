"""The nightly comparison: what the ledger leads one to expect, against what Miva has."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from inventory.models import StockComparison, StockLevel, StockPush, fold
from inventory.units import sold_units
from orders import jobs
from orders.jobs import SLICE, JobLease, Outcome
from orders.models import Order
from orders.reconcile import next_night
from stores import outbox
from stores.audit import note
from stores.miva.client import MivaClient
from stores.miva.inventory import MOST_READ, Stock, read_stock
from stores.models import Store

KEPT = timedelta(days=30)  # what is told of old comparisons


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
        for each in found:
            each.level.expected, each.level.drift = each.expected, each.drift
            each.level.figure, each.level.at, each.level.compared_at = each.figure, each.at, each.at
        comparison.position = levels[-1].pk
        with transaction.atomic():
            changed = ["expected", "drift", "figure", "at", "compared_at"]
            StockLevel.objects.bulk_update([each.level for each in found], changed)
            drifted = sum(1 for each in found if each.drift)
            lease.renew(
                position=comparison.position,
                compared=F("compared") + len(found),
                drifted=F("drifted") + drifted,
            )
        yield


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
    sales = sales_since(store, min(level.at for level in levels))
    return [
        Compared(level, level.figure - sold(sales, stock, level.at, asked_at), stock.figure, asked_at)
        for level in levels
        if (stock := stocks.get(level.product_id)) is not None
        and stock.tracked
        and level.product_id not in changing
        and level.at < asked_at
    ]


def sales_since(store: Store, moment: datetime) -> list[tuple[datetime, Counter[str]]]:
    """Return what the orders that are here and were placed since then took out of stock."""
    rows = Order.objects.of(store).filter(placed_at__gte=moment).values_list("placed_at", "raw")
    return [(placed_at, sold_units(raw)) for placed_at, raw in rows.iterator(chunk_size=200)]


def sold(
    sales: Sequence[tuple[datetime, Counter[str]]], stock: Stock, since: datetime, until: datetime
) -> int:
    """Return the units of one product that were sold between two moments."""
    return sum(units[fold(stock.code)] for placed_at, units in sales if since <= placed_at <= until)


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
