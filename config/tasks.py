"""What crosses the apps and is done by the clock: the heartbeat, writing down how the services stand, and alerts.

The heartbeat proves that clock, broker and workers are alive, all in one.
"""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from config import history
from config.alerts import pruning, watching
from config.alerts.composing import compose
from config.alerts.problems import look
from config.alerts.sending import send_due
from config.alerts.telling import tell
from config.celery import HEARTBEAT
from stores.history import prune


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


@shared_task
def watch_services() -> int:
    """Look for problems and their ends, and write the notices about them. Returns how many notices."""
    now = timezone.now()
    look(now)
    watching.look(now)
    tell(now)
    return compose(now)


@shared_task
def send_notices() -> int:
    """Send the notices that are due. Returns how many were taken up."""
    return send_due()


@shared_task
def prune_alerts() -> int:
    """Forget old problems and notices. Returns how many rows."""
    return pruning.prune(timezone.now())
