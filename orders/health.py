"""How many orders wait for Stone Edge, how long, and how many are held."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, Q, QuerySet

from orders.models import Download, Order
from stores.models import Store


@dataclass(frozen=True)
class OrderHealth:
    """Orders of one store on their way to Stone Edge."""

    waiting: int
    oldest_waiting_at: datetime | None
    held: int


def not_given(store: Store) -> Q:
    """Return the condition that an order is ready, with a higher export number than any that a desktop of the store was given.

    What a desktop passed over, because it asked by date, is not waiting: it will not ask for it again.
    """
    reached = Download.objects.of(store).aggregate(top=Max("last_number"))["top"] or 0
    return Q(state=Order.State.EXPORTABLE, export_number__gt=reached)


def waiting_orders(store: Store) -> QuerySet[Order]:
    """Return the orders that wait for a desktop."""
    return Order.objects.of(store).filter(not_given(store))


def summary(store: Store) -> OrderHealth:
    """Return how many orders wait, since when, and how many are held."""
    waiting = waiting_orders(store)
    found = waiting.aggregate(oldest=Min("numbered_at"))
    return OrderHealth(
        waiting=waiting.count(),
        oldest_waiting_at=found["oldest"],
        held=Order.objects.of(store).filter(state=Order.State.HELD).count(),
    )
