"""How old the copies of a store's products and customers are."""

from dataclasses import dataclass
from datetime import datetime

from inventory import catalog
from inventory.models import CatalogueRefresh, Customer, Product
from orders import jobs
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
