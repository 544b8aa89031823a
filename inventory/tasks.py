"""Tasks carry ids and call one verb. Losing or doubling any of them changes nothing: the clock finds what is due."""

from celery import shared_task
from django.utils import timezone

from inventory import catalog
from inventory.models import CatalogueRefresh
from orders.tasks import do_slice, tell


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
