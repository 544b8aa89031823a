"""Housekeeping: of the journal, and of sessions."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from stores import sign_ins
from stores.models import Exchange
from stores.pruning import forget
from stores.rest import idempotency

KEEP_SUCCESSES = timedelta(days=7)
KEEP_FAILURES = timedelta(days=120)


@shared_task
def prune_exchanges() -> int:
    """Remove old conversations, successes after days, failures after months. Returns how many."""
    now = timezone.now()
    successes = Exchange.objects.filter(outcome=Exchange.Outcome.OK, at__lt=now - KEEP_SUCCESSES)
    failures = Exchange.objects.filter(at__lt=now - KEEP_FAILURES)
    return forget(successes) + forget(failures)


@shared_task
def prune_sessions() -> int:
    """Forget sessions that have run out. Returns how many lines of people's sessions went with them."""
    return sign_ins.prune()


@shared_task
def prune_idempotency_keys() -> int:
    """Forget what programs have asked for under keys of their own. Returns how many."""
    return idempotency.prune()
