"""What a payment mapping would change, before it is saved."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from heapq import nlargest
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from orders.health import with_reach
from orders.models import Order, PaymentMapping
from orders.payment_mappings import enabled_rows, table
from orders.translate import Rules
from orders.translate.errors import Unreadable
from orders.translate.payments import read_payments
from stores.models import Store
from stores.seti.responses import Payment

MOST = 500  # waiting orders that are looked at, the newest of all stores together
STORES_AT_ONCE = 200  # asked for in one query


@dataclass(frozen=True)
class Preview:
    """The example order's payments before and after, and how many of the waiting orders that were looked at change."""

    example: Order | None
    before: tuple[Payment, ...]
    after: tuple[Payment, ...]
    changed: int
    looked: int

    @property
    def is_part(self) -> bool:
        """Whether there may be more waiting orders than were looked at."""
        return self.looked >= MOST


def preview(mapping: PaymentMapping, example: Order | None = None) -> Preview:
    """Return what the mapping, which need not be saved, changes; without an example, the first order that changes is it."""
    changed = looked = 0
    for order, now, then in compared(mapping):
        looked += 1
        if now != then:
            changed += 1
            example = example or order
    if example is None:
        return Preview(None, (), (), changed, looked)
    before, after = Tables(mapping, [example.store_id]).rules_of(example.store_id)
    return Preview(
        example, payments_of(example, before) or (), payments_of(example, after) or (), changed, looked
    )


class Tables:
    """The payment tables of some stores, without and with a mapping. One query."""

    def __init__(self, mapping: PaymentMapping, stores: Iterable[int]) -> None:
        """Read the rows."""
        self.mapping = mapping
        self.present = list(enabled_rows(Q(store__in=stores)))
        self.known: dict[int, tuple[Rules, Rules]] = {}

    def rules_of(self, store: int) -> tuple[Rules, Rules]:
        """Return the rules that the store's payments are read by, as they are and as they are when the mapping is saved."""
        if store not in self.known:
            now = [row for row in self.present if row.store_id in (None, store)]
            then = [row for row in now if row.pk != self.mapping.pk]
            if self.mapping.enabled and self.mapping.store_id in (None, store):
                then.append(self.mapping)
            then.sort(key=lambda row: (row.store_id is None, row.position, row.pk or float("inf")))
            self.known[store] = read_by(now), read_by(then)
        return self.known[store]

    def differ(self, store: int) -> bool:
        """Whether the mapping changes the store's table."""
        now, then = self.rules_of(store)
        return now.payment_methods != then.payment_methods


def read_by(rows: Iterable[PaymentMapping]) -> Rules:
    """Return rules with these rows in front of the standard; payments depend on nothing else."""
    return Rules(payment_methods=table(tuple(row.method for row in rows)))


def compared(mapping: PaymentMapping) -> Iterator[tuple[Order, tuple[Payment, ...], tuple[Payment, ...]]]:
    """Return the newest orders that wait for Stone Edge and their payments, without and with the mapping."""
    reached = reach(mapping.store_id)
    newest: list[int] = []
    rules: dict[int, tuple[Rules, Rules]] = {}
    for first in range(0, len(reached), STORES_AT_ONCE):
        some = dict(reached[first : first + STORES_AT_ONCE])
        tables = Tables(mapping, some)
        differing = {store: number for store, number in some.items() if tables.differ(store)}
        newest = nlargest(MOST, [*newest, *waiting(differing)])
        rules |= {store: tables.rules_of(store) for store in differing}
    orders = Order.objects.filter(pk__in=newest).select_related("store__merchant").order_by("-pk")
    for order in orders:
        now, then = (payments_of(order, each) for each in rules[order.store_id])
        if now is not None and then is not None:
            yield order, now, then


def reach(only: int | None) -> list[tuple[int, int]]:
    """Return every active store, or the only one, with the highest export number that a desktop of it was given."""
    stores = with_reach(Store.objects.active())
    chosen: QuerySet[Any] = stores.filter(pk=only) if only else stores
    return list(chosen.values_list("pk", "reached"))


def waiting(reached: dict[int, int]) -> Iterable[int]:
    """Return the newest orders of the stores that are ready, beyond what their desktops were given, by primary key."""
    if not reached:
        return ()
    beyond = [Q(store=store, export_number__gt=number) for store, number in reached.items()]
    ready = Order.objects.filter(reduce(or_, beyond), state=Order.State.EXPORTABLE)
    return ready.order_by("-pk").values_list("pk", flat=True)[:MOST]


def payments_of(order: Order, rules: Rules) -> tuple[Payment, ...] | None:
    """Return the order's payments as Stone Edge is sent them; None when they cannot be read."""
    try:
        return tuple(read_payments(order.raw, rules).sent())
    except Unreadable:
        return None
