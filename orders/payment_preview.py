"""What a payment mapping would change, before it is saved."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from orders.health import waiting_orders
from orders.models import Order, PaymentMapping
from orders.payment_mappings import rows_of, table
from orders.rules import rules_for
from orders.translate import Rules
from orders.translate.errors import Unreadable
from orders.translate.payments import read_payments
from stores.models import Store
from stores.seti.responses import Payment

MOST = 500  # waiting orders that are looked at, the newest of each store


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
    for order, now, then in islice(compared(mapping), MOST):
        looked += 1
        if now != then:
            changed += 1
            example = example or order
    if example is None:
        return Preview(None, (), (), changed, looked)
    now_rules, then_rules = rules_for(example.store), rules_with(mapping, example.store)
    return Preview(
        example,
        payments_of(example, now_rules) or (),
        payments_of(example, then_rules) or (),
        changed,
        looked,
    )


def compared(mapping: PaymentMapping) -> Iterator[tuple[Order, tuple[Payment, ...], tuple[Payment, ...]]]:
    """Return the orders that wait for Stone Edge and their payments, without and with the mapping."""
    stores = Store.objects.active().select_related("merchant")
    for store in stores.filter(pk=mapping.store_id) if mapping.store_id else stores:
        now_rules, then_rules = rules_for(store), rules_with(mapping, store)
        if now_rules.payment_methods == then_rules.payment_methods:
            continue
        for order in waiting_orders(store).order_by("-export_number")[:MOST]:
            now, then = payments_of(order, now_rules), payments_of(order, then_rules)
            if now is not None and then is not None:
                yield order, now, then


def rules_with(mapping: PaymentMapping, store: Store) -> Rules:
    """Return the store's rules as they are when the mapping is saved."""
    rows = [row for row in rows_of(store) if row.pk != mapping.pk]
    if mapping.enabled and mapping.store_id in (None, store.pk):
        rows.append(mapping)
    rows.sort(key=lambda row: (row.store_id is None, row.position, row.pk or float("inf")))
    return replace(rules_for(store), payment_methods=table(tuple(row.method for row in rows)))


def payments_of(order: Order, rules: Rules) -> tuple[Payment, ...] | None:
    """Return the order's payments as Stone Edge is sent them; None when they cannot be read."""
    try:
        return tuple(read_payments(order.raw, rules).sent)
    except Unreadable:
        return None
