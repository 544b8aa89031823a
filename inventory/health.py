"""How old the copy of a store's catalogue is, and what waits of its stock."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from inventory import catalog
from inventory.models import CatalogueRefresh, Customer, Product, StockChange, StockLevel, StockPush
from orders import jobs
from stores import outbox
from stores.models import Store


@dataclass(frozen=True)
class CopyHealth:
    """One kind of rows: how many Miva has, when they were last read completely, what went wrong since.

    `reading`: how far a reading that goes on has come ("1,200 of 34,000"), empty when none does.
    """

    rows: int
    read_at: datetime | None
    next_at: datetime | None
    reading: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class CatalogueHealth:
    """The copies of one store."""

    products: CopyHealth
    customers: CopyHealth


def summary(store: Store) -> CatalogueHealth:
    """Return how the store's copies stand."""
    return CatalogueHealth(
        of_kind(store, CatalogueRefresh.Kind.PRODUCTS), of_kind(store, CatalogueRefresh.Kind.CUSTOMERS)
    )


def of_kind(store: Store, kind: str) -> CopyHealth:
    """Return how one of them stands."""
    model = Product if kind == CatalogueRefresh.Kind.PRODUCTS else Customer
    last = CatalogueRefresh.objects.of(store).filter(kind=kind).order_by("-pk").first()
    return CopyHealth(
        rows=model.objects.of(store).filter(gone_at=None).count(),
        read_at=catalog.filled_at(store, kind),
        next_at=last.not_before if last and last.state in jobs.OPEN else None,
        reading=f"{last.read:,} of {last.expected:,}"
        if last and last.state in jobs.OPEN and last.started_at
        else "",
        problem=last.problem if last else "",
        remedy=last.remedy if last else "",
    )


@dataclass(frozen=True)
class StockHealth:
    """The stock of one store, counted in SKUs: on its way to Miva, set aside for a person, and off at the last comparison.

    `oldest_waiting_at` is when the oldest change that is on its way was asked for; `problem` is why nothing can be pushed at this
    moment, empty when it can.
    """

    waiting: int
    oldest_waiting_at: datetime | None
    parked: int
    drifted: int
    problem: str

    @property
    def good(self) -> bool:
        """Whether nobody has to do anything."""
        return not (self.parked or self.drifted or self.problem)


def stock_summary(store: Store) -> StockHealth:
    """Return how the store's stock stands."""
    rows = StockPush.objects.of(store)
    waiting = rows.filter(outbox.OPEN)
    ahead = StockChange.objects.of(store).filter(
        outcome__in=(StockChange.Outcome.WAITING, StockChange.Outcome.SENT),
        sku_key__in=waiting.values("sku_key"),
    )
    return StockHealth(
        waiting=waiting.count(),
        oldest_waiting_at=ahead.aggregate(oldest=Min("at"))["oldest"],
        parked=rows.filter(outbox.PARKED).count(),
        drifted=StockLevel.objects.of(store).exclude(drift=0).count(),
        problem=outbox.store_problem(StockPush, store),
    )
