"""The heartbeat: proof that clock, broker and workers are alive, all in one."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

HEARTBEAT = "heartbeat"


@shared_task
def heartbeat() -> None:
    """Note that the clock rang and a worker heard it."""
    cache.set(HEARTBEAT, timezone.now().timestamp(), None)
