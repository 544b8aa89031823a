"""The payment table of a store, and the methods that are in no row of it yet."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from django.db import connection
from django.db.models import F, Q

from orders.models import PaymentMapping, UnmappedPayment
from orders.translate.methods import STANDARD_METHODS, PaymentMethod, PaymentMethods
from orders.translate.payments import UnmappedMethod
from stores.models import Store


def payment_methods(store: Store) -> PaymentMethods:
    """Return the table of this store: its own rows, then those for all stores, then the standard. One query."""
    return table(tuple(row.method for row in enabled_rows(Q(store=store))))


def enabled_rows(own: Q) -> Iterable[PaymentMapping]:
    """Return the enabled rows that hold for all stores and the `own` ones of some, in the order in which they are asked."""
    rows = PaymentMapping.objects.filter(own | Q(store=None), enabled=True)
    return rows.order_by(F("store").asc(nulls_last=True), "position", "pk")


@lru_cache(
    maxsize=256
)  # a table remembers what it has recognised: it should live longer than one page of orders
def table(own: tuple[PaymentMethod, ...]) -> PaymentMethods:
    """Return the rows in front of the standard."""
    return PaymentMethods((*own, *STANDARD_METHODS)) if own else STANDARD_METHODS


def note_unmapped(
    store: Store, found: Mapping[int, Iterable[UnmappedMethod]], numbers: Iterable[int], now: datetime
) -> None:
    """Note, in one INSERT … ON CONFLICT, what orders brought that is in no row of the table; without any, do nothing.

    `found` is by order number, `numbers` are the new and changed orders: the others were noted before.
    """
    counts: Counter[UnmappedMethod] = Counter()
    example: dict[UnmappedMethod, int] = {}
    for number in numbers if found else ():
        for method in found.get(number, ()):
            counts[method] += 1
            example[method] = number
    if not counts:
        return
    values: list[str | int | datetime] = []
    for method, count in sorted(counts.items(), key=lambda pair: (pair[0].module, pair[0].description)):
        values += [store.pk, method.module, method.description, now, now, count, example[method]]
    with connection.cursor() as cursor:
        cursor.execute(upsert(len(counts)), values)


def upsert(rows: int) -> str:
    """Return the statement, which PostgreSQL and SQLite spell alike; bulk_create cannot add to a count."""
    name = UnmappedPayment._meta.db_table
    columns = "store_id, module, description, first_seen, last_seen, count, order_number"
    values = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * rows)
    return (
        f"INSERT INTO {name} ({columns}) VALUES {values} "  # noqa: S608  # our own names
        "ON CONFLICT (store_id, module, description) DO UPDATE SET last_seen = excluded.last_seen, "
        f"count = {name}.count + excluded.count, order_number = excluded.order_number"
    )


def forget_mapped() -> int:
    """Delete the unmapped entries that the present mappings recognise; returns how many."""
    gone: list[int] = []
    tables: dict[int, PaymentMethods] = {}
    for entry in UnmappedPayment.objects.select_related("store"):
        methods = tables.get(entry.store_id) or tables.setdefault(
            entry.store_id, payment_methods(entry.store)
        )
        if methods.of(entry.module, entry.description):
            gone.append(entry.pk)
    return UnmappedPayment.objects.filter(pk__in=gone).delete()[0]
