"""Tasks carry ids and call one verb. Losing or doubling any of them changes nothing: the clock finds what is due."""

import random

from celery import shared_task
from django.utils import timezone

from orders.keep import rejudge
from orders.models import Order
from orders.pull import pull
from stores import cursors
from stores.cursors import LeaseLost, StoreBusy
from stores.miva.errors import MivaError
from stores.models import PullCursor, Store

SPREAD = 40  # seconds over which the stores of one tick are started


@shared_task
def due_stores() -> int:
    """Tell the workers which stores are due, spread out so that a thousand do not start together. Returns how many."""
    ids = cursors.due(timezone.now())
    span = min(SPREAD, len(ids) - 1) if ids else 0
    for store_id in ids:
        pull_store.apply_async((store_id,), countdown=random.uniform(0, span))
    return len(ids)


@shared_task
def pull_store(store_id: int) -> None:
    """Pull one store if it is still due; how it went is in its cursor."""
    store = Store.objects.select_related("merchant").get(pk=store_id)
    if store.paused_reason or not (store.active and store.merchant.active) or not is_due(store):
        return
    try:
        pull(store)
    except (MivaError, StoreBusy, LeaseLost):
        return  # written down where support sees it, tried again by the clock
    if is_due(store):
        pull_store.delay(store_id)  # the budget ended before the queue did


def is_due(store: Store) -> bool:
    """Whether it is the store's turn."""
    return PullCursor.objects.filter(store=store, due_at__lte=timezone.now()).exists()


@shared_task
def retry_held() -> int:
    """Judge held orders again, so that a corrected setting releases them by itself. Returns how many were released."""
    stores = Store.objects.filter(
        pk__in=Order.objects.filter(state=Order.State.HELD).values("store")
    ).select_related("merchant")
    return sum(len(rejudge(store).updated) for store in stores)
