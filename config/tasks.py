"""What crosses the apps and is done by the clock: the heartbeat, and writing down how the services stand.

The heartbeat proves that clock, broker and workers are alive, all in one.
"""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from config import history
from stores.history import prune

HEARTBEAT = "heartbeat"


@shared_task
def heartbeat() -> None:
    """Note that the clock rang and a worker heard it."""
    cache.set(HEARTBEAT, timezone.now().timestamp(), None)


@shared_task
def record_services() -> int:
    """Write down how each service stands and what it did. Returns how many rows."""
    return history.record(timezone.now())


@shared_task
def prune_history() -> int:
    """Forget old days and hours. Returns how many rows."""
    return prune(timezone.now())
