"""Forgetting what is long over."""

from datetime import datetime, timedelta

from django.db.models import Q

from stores.models import AlertEvent, Notice, Problem
from stores.pruning import forget

KEEP_NOTICES = timedelta(days=90)
KEEP_PROBLEMS = timedelta(days=400)
STALE = timedelta(days=3)  # what nobody could be told by then is no news any more


def prune(now: datetime) -> int:
    """Forget old notices, problems that were over long ago, and what is owed to people who take no mails. Returns how many rows."""
    closed = Q(done_at__isnull=False) | Q(parked_at__isnull=False)
    notices = forget(Notice.objects.filter(closed, created_at__lt=now - KEEP_NOTICES))
    problems = forget(Problem.objects.filter(recovered_at__lt=now - KEEP_PROBLEMS))
    return notices + problems + forget(AlertEvent.objects.filter(notice=None, at__lt=now - STALE))
