"""How long the ledger is kept."""

from datetime import datetime, timedelta

from inventory.models import StockChange

KEPT = timedelta(days=180)  # after that nobody asks any more who changed a figure
AT_ONCE = 5_000  # rows: no transaction is long

Outcome = StockChange.Outcome


def prune(now: datetime) -> int:
    """Forget changes that were asked for long ago and have ended; returns how many. What is not in Miva yet stays, however old."""
    old = StockChange.objects.filter(at__lt=now - KEPT).exclude(outcome__in=(Outcome.WAITING, Outcome.SENT))
    removed = 0
    while ids := list(old.order_by("at").values_list("pk", flat=True)[:AT_ONCE]):
        removed += StockChange.objects.filter(pk__in=ids).delete()[0]
    return removed
