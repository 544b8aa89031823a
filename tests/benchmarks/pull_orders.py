"""pull_orders: 10,000 orders from a sandbox in a process of its own into PostgreSQL by the real pull, end to end.

The limit is what a program would reach that has the same rows ready in memory and only writes them: COPY into a temp table,
INSERT … ON CONFLICT from there into a table with the same columns, keys (also foreign ones) and indexes, with a commit for every
page.
"""

import functools
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from orders.bulk import NAMES, values
from orders.models import Order
from orders.pull import pull
from stores import cursors
from stores.miva.paging import ORDER_COLUMNS, ListQuery, Where
from stores.models import Store
from stores.wires import miva_for
from tests.benchmarks.report import note, peak_memory, report
from tests.factories import make_merchant, make_store
from tests.services import die_with_parent

ORDERS, PAGE, ROUNDS, TRIES = 10_000, 500, 3, 3
ORDER_TABLE = connection.ops.quote_name(Order._meta.db_table)
MEMORY_ALLOWED = 64.0  # MB: some pages of orders, whatever the length of the queue


@dataclass(frozen=True)
class Round:
    """Orders per second of a pull and of the limit right after it, and what the pull added to the most memory, in MB."""

    pulled: float
    written: float
    growth: float


def measure() -> None:
    """Pull, then write the same rows with nothing else to do; of some rounds, each with a shop of its own, the middle one."""
    rounds = [measured(f"bench-{number}") for number in range(ROUNDS)]
    middle = sorted(rounds, key=lambda each: each.pulled / each.written)[ROUNDS // 2]
    report("pull_orders", middle.pulled, "orders/s", middle.written)
    report("pull_orders_memory", rounds[0].growth, "MB", MEMORY_ALLOWED)


def measured(name: str) -> Round:
    """One round with a new store."""
    with shop(ORDERS + PAGE) as endpoint:
        merchant = make_merchant(name=f"pull_orders {name}", slug=f"pull-orders-{name}")
        store = make_store(**endpoint, merchant=merchant, slug=name, page_size=PAGE)
        warm(store)
        pull_one_page(store)
        gc.freeze()  # as a worker does when it is loaded
        before = peak_memory()
        began = time.perf_counter()
        pulled = pull(store, budget=float("inf"))
        seconds = time.perf_counter() - began
        growth = peak_memory() - before
    assert pulled.new == pulled.acknowledged, pulled
    return Round(pulled.new / seconds, pulled.new / written(store, pulled.new), max(growth, 0.0))


@contextmanager
def shop(orders: int) -> Iterator[dict[str, str]]:
    """A sandbox with this many orders or a few less (some are free and never queued); gives what it announces."""
    note(f"pull_orders: a sandbox makes {orders} orders ...")
    command = [sys.executable, "manage.py", "sandbox", "--json", "--orders", str(orders), "--seed", "11"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate()


def warm(store: Store) -> None:
    """Let the shop render each order once: what is measured is our side, not the sandbox's first time."""
    client, last = miva_for(store), 0
    while rows := client.order_list(
        ListQuery(conditions=(Where("id", "GT", last),), ondemand=ORDER_COLUMNS, count=PAGE)
    ).orders:
        last = int(rows[-1]["id"])


def pull_one_page(store: Store) -> None:
    """Pull a first page, so that imports, plans and buffers are there before the clock starts."""
    pull(store, budget=0.0)
    cursors.make_due([store])


def written(store: Store, count: int) -> float:
    """Return the seconds that it takes to write the same rows from memory, the median of some tries."""
    rows = [values(order) for order in Order.objects.of(store).order_by("pk")[:count].iterator()]
    execute(
        "DROP TABLE IF EXISTS bench_page",
        f"CREATE TEMP TABLE bench_page (LIKE {ORDER_TABLE})",
        "ALTER TABLE bench_page ALTER COLUMN id DROP NOT NULL",
    )
    return statistics.median(written_once(rows) for _ in range(TRIES))


def written_once(rows: list[tuple[object, ...]]) -> float:
    """Return the seconds for writing the rows into a new table."""
    execute(f"CREATE TABLE bench_limit (LIKE {ORDER_TABLE} INCLUDING ALL)", *foreign_keys())
    began = time.perf_counter()
    for start in range(0, len(rows), PAGE):
        write_page(rows[start : start + PAGE])
    seconds = time.perf_counter() - began
    execute("DROP TABLE bench_limit")
    return seconds


def foreign_keys() -> list[str]:
    """Return what gives the new table the foreign keys of the orders; LIKE leaves them out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
            [ORDER_TABLE],
        )
        return [f"ALTER TABLE bench_limit ADD {definition}" for (definition,) in cursor.fetchall()]


def execute(*statements: str) -> None:
    """Run statements, each on its own."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def write_page(rows: list[tuple[object, ...]]) -> None:
    """COPY and upsert one page in one transaction."""
    columns, upsert = statements()
    with transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy(f"COPY bench_page ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(upsert)
        cursor.execute("TRUNCATE bench_page")


@functools.cache
def statements() -> tuple[str, str]:
    """Return the column list and the upsert."""
    names = [connection.ops.quote_name(name) for name in NAMES]
    columns = ", ".join(names)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    upsert = f"INSERT INTO bench_limit ({columns}) SELECT {columns} FROM bench_page "
    return columns, f"{upsert} ON CONFLICT (store_id, miva_id) DO UPDATE SET {changes}"
