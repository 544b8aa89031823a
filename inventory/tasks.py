"""Tasks carry ids and call one verb. Losing or doubling any of them changes nothing: the clock finds what is due."""

from celery import shared_task
from django.utils import timezone

from inventory import catalog, comparison, history, push
from inventory.models import CatalogueRefresh, StockComparison, StockPush
from orders.tasks import do_slice, tell
from stores import outbox
from stores.models import Store
from stores.nudges import heard, nudge_once


@shared_task
def due_refreshes() -> int:
    """Give each store its next reading of products and customers, and tell the workers which are due. Returns how many."""
    catalog.plan(timezone.now())
    return tell(CatalogueRefresh, run_refresh)


@shared_task
def run_refresh(pk: int) -> None:
    """Do a slice of a reading if it is still due; how it stands is in its row."""
    do_slice(CatalogueRefresh, pk, catalog.work, run_refresh)


@shared_task
def prune_catalogue() -> int:
    """Forget what is long gone. Returns how many rows."""
    return catalog.prune(timezone.now())


@shared_task
def push_stock(store_id: int) -> None:
    """Push what is due of a store; how it went is in the rows."""
    heard(push_stock, store_id)  # first: whatever is written down from here on sends a nudge of its own
    store = Store.objects.served().select_related("merchant").filter(pk=store_id).first()
    if store is not None and not push.push_due(store).finished:
        nudge_stock(store_id)


@shared_task
def sweep_stock() -> int:
    """Nudge the stores whose stock nobody pushed: the nudge was lost, a worker died, a wait is over. Returns how many."""
    ids = outbox.ready_stores(StockPush, timezone.now())
    for store_id in ids:
        nudge_stock(store_id)
    return len(ids)


@shared_task
def due_stock_comparisons() -> int:
    """Give each store its next night, and tell the workers which comparisons are due. Returns how many."""
    comparison.plan(timezone.now())
    return tell(StockComparison, compare_stock)


@shared_task
def compare_stock(pk: int) -> None:
    """Do a slice of a comparison if it is still due; what it found is in the levels."""
    do_slice(StockComparison, pk, comparison.work, compare_stock)


@shared_task
def prune_stock() -> int:
    """Forget old comparisons and the end of the ledger. Returns how many rows."""
    now = timezone.now()
    return comparison.prune(now) + history.prune(now)


def nudge_stock(store_id: int) -> None:
    """Tell the workers that a store's stock is to be pushed."""
    nudge_once(push_stock, store_id)
