"""Reading a store's products and customers anew, by pages and in the background; when it is due, and how old the copy is."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from inventory.models import CatalogueRefresh, Copy, Customer, Product, Variant
from inventory.reading import Reading, has_variants
from inventory.variants import variants_of
from inventory.writing import replace_variants, settle_customers, settle_products, upsert
from orders import jobs
from orders.jobs import SLICE, JobLease, Outcome
from orders.models import Job
from stores.audit import note
from stores.miva.client import ListPage, MivaClient
from stores.miva.columns import CUSTOMERS, PRODUCTS
from stores.miva.errors import MivaDown
from stores.miva.paging import ListQuery
from stores.miva.shapes import whole
from stores.models import Store

Kind = CatalogueRefresh.Kind

SOONEST_AGAIN = timedelta(hours=1)  # after a refresh that Miva refused
KEPT = timedelta(days=30)  # rows that are gone, and what is told of old refreshes


@dataclass(frozen=True)
class Source:
    """Where a kind of rows comes from, and what is done with them."""

    function: str
    query: ListQuery
    model: type[Copy]
    keep: Callable[[Reading, MivaClient, ListPage], Callable[[], int]]
    settle: Callable[[Store, int, datetime], int]


def products_of(reading: Reading, client: MivaClient, page: ListPage) -> Callable[[], int]:
    """Ask for the variants of a page's products; returns what writes them all, which returns how many products are new."""
    having = [whole(row.get("id")) for row in page.rows if has_variants(row)]
    found: dict[int, list[Variant]] = {whole(row.get("id")): [] for row in page.rows if not has_variants(row)}
    found |= variants_of(client, reading.store, having)
    products = [reading.product(row) for row in page.rows]
    for product in products:
        if found.get(product.miva_id):
            product.role, product.stock_product_id = Product.Role.VARIANTS, None

    def write() -> int:
        replace_variants(reading.store, found)
        return upsert(products)

    return write


def customers_of(reading: Reading, client: MivaClient, page: ListPage) -> Callable[[], int]:
    """Return what writes a page's customers, which returns how many are new."""
    customers = [reading.customer(row) for row in page.rows]
    return lambda: upsert(customers)


SOURCES = {
    Kind.PRODUCTS: Source(
        "ProductList_Load_Query",
        ListQuery(
            ondemand=("descrip", "product_inventory", "attributes", "CustomField_Values:*"), columns=PRODUCTS
        ),
        Product,
        products_of,
        settle_products,
    ),
    Kind.CUSTOMERS: Source(
        "CustomerList_Load_Query",
        ListQuery(ondemand=("CustomField_Values:*",), columns=CUSTOMERS),
        Customer,
        customers_of,
        settle_customers,
    ),
}


def work(refresh: CatalogueRefresh, *, budget: float = SLICE) -> Outcome:
    """Do one slice of a refresh; see `jobs.work` for what it raises."""
    return jobs.work(refresh, pages, budget=budget)


def pages(lease: JobLease, refresh: CatalogueRefresh, client: MivaClient) -> Iterator[None]:
    """Read a page each time, from where the refresh stands; the position moves in the transaction that keeps the page.

    Pages are cut by "id above the last one", so that rows which come or go meanwhile shift nothing (Miva reference §6.2).
    """
    source, store = SOURCES[Kind(refresh.kind)], refresh.store
    query = replace(source.query, count=store.page_size)
    more = True
    while more:
        reading = Reading(store, refresh.pk, timezone.now())
        page = client.list_load(source.function, query.after(refresh.position))
        position, more = reached(refresh, page), page.total_count > len(page.rows)
        write = source.keep(reading, client, page)
        with transaction.atomic():
            new = write()
            lease.renew(position=position, **progress(refresh, page, new))
        refresh.position = position
        if more:
            yield
    close(lease, refresh, source)


def reached(refresh: CatalogueRefresh, page: ListPage) -> int:
    """Return the highest id of a page. Raises MivaDown when there is none above the last, though there should be."""
    ids = [whole(row.get("id")) for row in page.rows]
    if page.total_count and (not ids or min(ids) <= refresh.position):
        raise MivaDown(
            f"Miva answered without an id above {refresh.position}, though it counts {page.total_count} rows there.",
            "The refresh is tried again from there.",
        )
    return max(ids, default=refresh.position)


def progress(refresh: CatalogueRefresh, page: ListPage, new: int) -> dict[str, object]:
    """Return the job's fields that grow with a page; the first one tells how many rows there will be."""
    grown: dict[str, object] = {"read": F("read") + len(page.rows), "new": F("new") + new}
    return grown if refresh.position else grown | {"expected": page.total_count}


def close(lease: JobLease, refresh: CatalogueRefresh, source: Source) -> None:
    """Draw the conclusions from a complete reading: what is gone, what is listed."""
    present = source.model.objects.of(refresh.store).filter(gone_at=None)
    if not refresh.position and present.exists():
        raise MivaDown(
            f"Miva lists no {refresh.get_kind_display()} at all, though there were some. Our copy stays as it is.",
            "It is tried again. If the store has really been emptied, this message will go on; nothing else is affected.",
        )
    with transaction.atomic():
        gone = source.settle(refresh.store, refresh.pk, timezone.now())
        lease.renew(gone=F("gone") + gone)


def start(store: Store, kind: str, *, by: Any = None) -> CatalogueRefresh:
    """Let a reading begin now; one that is ahead is brought forward, one that is under way stays. `by` is the user who asked."""
    note("refresh catalogue", store, after={"kind": kind})
    while True:
        ahead = CatalogueRefresh.objects.of(store).filter(kind=kind, state__in=jobs.OPEN)
        ahead.filter(state=Job.State.WAITING).update(not_before=timezone.now(), nudged_at=None, created_by=by)
        if found := ahead.first():
            refresh: CatalogueRefresh = found
            return refresh
        CatalogueRefresh.objects.bulk_create(
            [CatalogueRefresh(store=store, kind=kind, created_by=by)], ignore_conflicts=True
        )


def plan(now: datetime) -> int:
    """Give every active store its next reading of each kind; returns to how many. A new store is read at once."""
    active = Store.objects.active()
    rows = [
        CatalogueRefresh(store=store, kind=kind, planned=True, not_before=next_time(store, now))
        for kind in Kind
        for store in without_plan(active, kind)
    ]
    CatalogueRefresh.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def without_plan(stores: QuerySet[Store], kind: str) -> QuerySet[Store]:
    """Return the stores that have no reading ahead, with how and when their last one ended."""
    readings = CatalogueRefresh.objects.filter(kind=kind)
    last = readings.filter(store=OuterRef("pk")).order_by("-pk")
    return stores.exclude(pk__in=readings.filter(state__in=jobs.OPEN).values("store")).annotate(
        last_state=Subquery(last.values("state")[:1]), last_finished=Subquery(last.values("finished_at")[:1])
    )


def next_time(store: Any, now: datetime) -> datetime:
    """Return when a store (with its last refresh) is read next: up to a tenth earlier than asked, so that stores do not meet."""
    if store.last_finished is None:
        return now
    hours = timedelta(hours=store.catalogue_hours) * random.uniform(0.9, 1.0)
    wait = hours if store.last_state == Job.State.DONE else min(hours, SOONEST_AGAIN)
    due: datetime = store.last_finished + wait
    return max(now, due)


def filled_at(store: Store, kind: str) -> datetime | None:
    """Return when the last complete reading ended; None when there was none, and nothing may be concluded from the copy yet."""
    done: QuerySet[Any] = CatalogueRefresh.objects.of(store).filter(kind=kind, state=Job.State.DONE)
    return done.order_by("-finished_at").values_list("finished_at", flat=True).first()


def copy_is_filled(store: Store) -> bool:
    """Whether anything may be concluded from a SKU that our copy does not have."""
    return filled_at(store, CatalogueRefresh.Kind.PRODUCTS) is not None


def prune(now: datetime) -> int:
    """Forget rows that are long gone, and old refreshes except each store's last; returns how many."""
    old = now - KEPT
    rows = [model.objects.filter(gone_at__lt=old).delete()[0] for model in (Product, Customer)]
    newer = CatalogueRefresh.objects.filter(
        store=OuterRef("store"), kind=OuterRef("kind"), state=Job.State.DONE
    ).order_by("-finished_at")
    ended = CatalogueRefresh.objects.exclude(state__in=jobs.OPEN).filter(finished_at__lt=old)
    return sum(rows) + ended.exclude(pk=Subquery(newer.values("pk")[:1])).delete()[0]
