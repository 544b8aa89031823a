"""Looking again at orders by their numbers: incomplete ones that wait for a payment, and whatever a hint names."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from orders.keep import Kept, keep
from orders.models import Order
from stores.cursors import Lease
from stores.miva.client import MivaClient
from stores.miva.paging import ORDER_COLUMNS, ListQuery, Where, pages
from stores.models import Store

AT_ONCE = 100
YOUNG, OLD = timedelta(days=1), timedelta(days=14)


def recheck_incomplete(store: Store, client: MivaClient, lease: Lease) -> tuple[Kept, int]:
    """Fetch incomplete orders again, the ones that waited longest for a look first; returns what became of them and how many came.

    An order of the last day is looked at with each pull, of the last two weeks each hour, an older one each day: none is ever
    given up, and a store with many abandoned orders is not slowed down by them.
    """
    now = timezone.now()
    due = (
        Q(checked_at=None)
        | Q(kept_at__gt=now - YOUNG)
        | Q(kept_at__gt=now - OLD, checked_at__lt=now - timedelta(hours=1))
        | Q(checked_at__lt=now - timedelta(days=1))
    )
    rows = (
        Order.objects.of(store)
        .filter(due, state=Order.State.INCOMPLETE)
        .order_by(F("checked_at").asc(nulls_first=True))
    )
    numbers = list(rows.values_list("miva_id", flat=True)[:AT_ONCE])
    if not numbers:
        return Kept(), 0
    # Before they are asked for: an order that cannot be fetched must not stand in front of the others each time.
    Order.objects.of(store).filter(miva_id__in=numbers).update(checked_at=now)
    return fetch(store, client, numbers, road="recheck", lease=lease)


def fetch(
    store: Store, client: MivaClient, numbers: Sequence[int], *, road: str, lease: Lease | None = None
) -> tuple[Kept, int]:
    """Ask for these orders (at most AT_ONCE) through the signed API and keep what comes.

    Numbers that Miva does not know bring nothing.
    """
    asked_at = timezone.now()
    orders = whole_orders(client, numbers)
    kept = keep(store, orders, fetched_at=asked_at, road=road, guard=lease.renew if lease else None)
    return kept, len(orders)


def whole_orders(client: MivaClient, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return these orders (at most AT_ONCE) with everything, as far as Miva knows them. Raises MivaError."""
    query = ListQuery((Where("id", "IN", list(numbers)),), ondemand=ORDER_COLUMNS, count=len(numbers))
    return [order for page in pages(client.order_list, query) for order in page.orders]
