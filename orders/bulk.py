"""Writing many rows: COPY and arrays on PostgreSQL, bulk_create elsewhere.

Measured with rows of about 6 KB: COPY is several times as fast as bulk_create, whose array and JSON adaptation costs most. Textual
COPY, because PostgreSQL inserts its rows from 64 KB to 64 KB, while the next ones are prepared here; binary rows it collects by the
thousand first (`CopyMultiInsertInfoIsFull` counts the bytes of text lines only).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection

from orders.models import Acknowledgement, Order
from stores.miva import shapes
from stores.models import Store

JSON = ("raw", "warnings", "former_numbers")  # sent as the text that the fields' encoder writes
COLUMNS = [
    field for field in Order._meta.concrete_fields if not field.primary_key and field.attname not in JSON
]
NAMES = [str(field.column) for field in COLUMNS] + list(JSON)
plain_values = attrgetter(*(field.attname for field in COLUMNS))


def insert(orders: Iterator[Order]) -> None:
    """Insert new orders inside the caller's transaction. A number that is there already raises IntegrityError."""
    first = next(orders, None)
    if first is None:
        return
    if connection.vendor == "postgresql":
        copy(first, orders)
    else:
        Order.objects.bulk_create([first, *orders])


def copy(first: Order, others: Iterator[Order]) -> None:
    """Send the rows through COPY."""
    table = connection.ops.quote_name(Order._meta.db_table)
    columns = ", ".join(map(connection.ops.quote_name, NAMES))
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as rows:
        rows.write_row(values(first))
        for order in others:
            rows.write_row(values(order))


def values(order: Order) -> tuple[Any, ...]:
    """Return a row's values in the order of NAMES."""
    raw = order.encoded or shapes.encode(order.raw).decode()
    others = (shapes.encode(value).decode() for value in (order.warnings, order.former_numbers))
    return (*plain_values(order), raw, *others)


def upsert_acknowledged(store: Store, numbers: Sequence[int], at: datetime) -> None:
    """Note when Miva accepted the acknowledgement of these orders, in place of an earlier time."""
    if connection.vendor != "postgresql":
        Acknowledgement.objects.bulk_create(
            [Acknowledgement(store=store, miva_id=number, at=at) for number in numbers],
            update_conflicts=True,
            unique_fields=["store", "miva_id"],
            update_fields=["at"],
        )
        return
    table = connection.ops.quote_name(Acknowledgement._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (store_id, miva_id, at) SELECT %s, unnest(%s::bigint[]), %s "
            "ON CONFLICT (store_id, miva_id) DO UPDATE SET at = excluded.at",
            [store.pk, list(numbers), at],
        )
