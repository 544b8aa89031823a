"""Housekeeping: of the journal, and of sessions."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from stores import sign_ins
from stores.models import Exchange

KEEP_SUCCESSES = timedelta(days=7)
KEEP_FAILURES = timedelta(days=120)
BATCH = 5_000


@shared_task
def prune_exchanges() -> int:
    """Remove old conversations, successes after days, failures after months; in batches that lock nothing for long."""
    now = timezone.now()
    successes = Exchange.objects.filter(outcome=Exchange.Outcome.OK, at__lt=now - KEEP_SUCCESSES)
    failures = Exchange.objects.filter(at__lt=now - KEEP_FAILURES)
    removed = 0
    for rows in (successes, failures):
        while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            removed += Exchange.objects.filter(pk__in=ids).delete()[0]
    return removed


@shared_task
def prune_sessions() -> int:
    """Forget sessions that have run out. Returns how many lines of people's sessions went with them."""
    return sign_ins.prune()
