"""catalogue_refresh: 50,000 SKUs from a sandbox in a process of its own into PostgreSQL by the real refresh, end to end.

The limit is what a program would reach that has the same rows ready in memory and only writes them: COPY into a temp table,
INSERT … ON CONFLICT from there, with a commit for every page. The store is a new one beside
one that the database's statistics know already: a planner that takes a store for empty must not find a way that is slow for a
full one. `catalogue_refresh_again` reads the same catalogue once more, as the clock does each day; `catalogue_page` is one
answer of downloadprods with 500 records from the middle of it.
"""

import io
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from inventory import catalog, serve
from inventory.models import CatalogueRefresh, Product, Variant
from inventory.records import Catalogue
from orders.jobs import Outcome
from stores.models import PullCursor, Store
from stores.seti.catalogue_rendering import render_product
from tests.benchmarks.report import note, peak_memory, report
from tests.factories import make_desktop, make_merchant, make_store
from tests.services import die_with_parent

SKUS, PAGE, BATCH, ROUNDS = 50_000, 500, 500, 5
MEMORY_ALLOWED = 150.0  # MB
PRODUCTS = CatalogueRefresh.Kind.PRODUCTS
TABLE = connection.ops.quote_name(Product._meta.db_table)


def measure() -> None:
    """Read the catalogue twice, write the same rows with nothing else to do, and answer pages of it."""
    with shop() as announced, known_before(announced):
        merchant = make_merchant(name="catalogue_refresh", slug="catalogue-refresh")
        store = make_store(**announced, merchant=merchant, slug="catalogue-refresh", page_size=PAGE)
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        one_page(store)
        before = peak_memory()
        seconds = refreshed(store)
        growth = peak_memory() - before
        again = refreshed(store)
    count = Product.objects.of(store).count()
    limit = count / written(store)
    report("catalogue_refresh", count / seconds, "products/s", limit)
    report("catalogue_refresh_again", count / again, "products/s", limit)
    report("catalogue_refresh_memory", max(growth, 0.0), "MB", MEMORY_ALLOWED)
    page_of(store)


@contextmanager
def shop() -> Iterator[dict[str, Any]]:
    """A sandbox with so many SKUs; gives what it announces."""
    note(f"catalogue_refresh: a sandbox fills its shelves with {SKUS} SKUs ...")
    command = [sys.executable, "manage.py", "sandbox", "--json", "--products", str(SKUS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
    try:
        assert isinstance(process.stdout, io.TextIOBase)
        yield msgspec.json.decode(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate()


def one_page(store: Store) -> None:
    """Read a first page and forget it, so that imports, plans and buffers are there before the clock starts."""
    catalog.work(catalog.start(store, PRODUCTS), budget=0.0)
    CatalogueRefresh.objects.of(store).delete()
    Product.objects.of(store).delete()


@contextmanager
def known_before(announced: dict[str, Any]) -> Iterator[None]:
    """Let PostgreSQL's statistics know a store that was read before, and nothing of what comes in the meantime."""
    merchant = make_merchant(name="catalogue_refresh before", slug="catalogue-refresh-before")
    store = make_store(**announced, merchant=merchant, slug="catalogue-refresh-before", page_size=PAGE)
    PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
    catalog.work(catalog.start(store, PRODUCTS), budget=2.0)
    tables = [connection.ops.quote_name(model._meta.db_table) for model in (Product, Variant)]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
            cursor.execute(f"ANALYZE {table}")
        try:
            yield
        finally:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
            CatalogueRefresh.objects.of(store).delete()


def refreshed(store: Store) -> float:
    """Return the seconds of one whole reading, in slices as the workers do it."""
    row = catalog.start(store, PRODUCTS)
    began = time.perf_counter()
    while catalog.work(row) is not Outcome.DONE:
        pass
    return time.perf_counter() - began


def written(store: Store) -> float:
    """Return the seconds that it takes to write the same rows from memory."""
    columns = [field.column for field in Product._meta.concrete_fields if not field.primary_key]
    names = ", ".join(map(connection.ops.quote_name, columns))
    changes = ", ".join(f"{name} = excluded.{name}" for name in map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_limit (LIKE {TABLE} INCLUDING ALL)")
        cursor.execute(f"CREATE TEMP TABLE bench_page (LIKE {TABLE})")
        cursor.execute("ALTER TABLE bench_page ALTER COLUMN id DROP NOT NULL")
        with cursor.copy(
            f"COPY (SELECT {names} FROM {TABLE} WHERE store_id = {store.pk} ORDER BY id) TO STDOUT"
        ) as rows:
            lines = b"".join(map(bytes, rows)).splitlines(keepends=True)
        began = time.perf_counter()
        for start in range(0, len(lines), PAGE):
            with transaction.atomic():
                with cursor.copy(f"COPY bench_page ({names}) FROM STDIN") as copy:
                    copy.write(b"".join(lines[start : start + PAGE]))
                cursor.execute(
                    f"INSERT INTO bench_limit ({names}) SELECT {names} FROM bench_page "
                    f"ON CONFLICT (store_id, miva_id) DO UPDATE SET {changes}"
                )
                cursor.execute("TRUNCATE bench_page")
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_limit")
    return seconds


def page_of(store: Store) -> None:
    """Measure one answer; its limit is reading the same rows by their keys."""
    desktop, _ = make_desktop(store)
    serve.count(desktop, PRODUCTS)

    def answered() -> list[int]:
        rows = serve.page(desktop, PRODUCTS, SKUS // 2, BATCH)
        for record in Catalogue(store).products(rows):
            render_product(record)
        return [row.pk for row in rows]

    keys = answered()
    report(
        "catalogue_page", middle(answered), "ms", middle(lambda: list(Product.objects.filter(pk__in=keys)))
    )


def middle(work: Any) -> float:
    """Return the milliseconds of a call, the median of some rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000
