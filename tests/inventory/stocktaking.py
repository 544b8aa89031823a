"""Stock of a store with memory: changed by desktops and shoppers, pushed as the workers do it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from inventory.models import StockChange, StockPush
from inventory.push import push_due
from stores.models import Store


def let_time_pass(store: Store, time: timedelta = timedelta(hours=2)) -> None:
    """Let every wait and every lease of the store's pushes be over."""
    rows = StockPush.objects.of(store)
    rows.update(due_at=F("due_at") - time)
    rows.filter(leased_until__isnull=False).update(leased_until=F("leased_until") - time)
    rows.filter(store_waits_until__isnull=False).update(store_waits_until=F("store_waits_until") - time)


def push_all(store: Store, rounds: int = 12) -> tuple[int, int]:
    """Push until nothing is open any more, over every wait; returns how many SKUs arrived and were parked in the last round."""
    arrived = parked = 0
    for _ in range(rounds):
        drained = push_due(store)
        arrived, parked = arrived + drained.done, parked + drained.parked
        if not StockPush.objects.of(store).filter(done_at=None, parked_at=None).exists():
            break
        let_time_pass(store)
    return arrived, parked


def row_of(store: Store, sku: str) -> StockPush:
    """The push of a SKU."""
    return StockPush.objects.of(store).get(sku_key=sku.casefold())


def outcomes(store: Store, sku: str) -> list[str]:
    """How the changes of a SKU ended, the first one first."""
    rows = StockChange.objects.of(store).filter(sku_key=sku.casefold()).order_by("pk")
    return list(rows.values_list("outcome", flat=True))
