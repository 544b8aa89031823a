"""What the support team's first page tells about backfills and comparisons."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from orders import backfill, jobs
from orders.admin.backfills import progress_words, state_label
from orders.models import Backfill, Job, Reconciliation
from stores.admin.words import link, list_of, page_of

SHOWN = 5
LAST_NIGHT = timedelta(hours=27)  # each store's turn is somewhere within three hours of its night


def overview(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """Return `backfills` (lines) and `missing` (orders, stores, link), each only for those who may see it."""
    may = request.user.has_perm
    return {
        "backfills": running_backfills() if may("orders.view_backfill") else [],
        "all_backfills": list_of("orders_backfill"),
        "missing": missing_last_night(now) if may("orders.view_reconciliation") else None,
        "all_missing": list_of("orders_reconciliation", found="missing"),
    }


def running_backfills() -> list[tuple[SafeString, SafeString, str, int]]:
    """Return state, link, words and percent of the first backfills that are under way."""
    rows = Backfill.objects.filter(state__in=jobs.OPEN).select_related("store__merchant").order_by("pk")
    return [
        (
            state_label(row),
            link(page_of(row), f"{row.store.merchant} · {row.store.name}: {row}"),
            f"{progress_words(row)} orders",
            round(backfill.share(row) * 100),
        )
        for row in rows[:SHOWN]
    ]


def missing_last_night(now: datetime) -> tuple[int, int, int]:
    """Return how many orders each store's last nightly comparison had to import, in how many stores, of how many compared."""
    rows = Reconciliation.objects.filter(planned=True, state=Job.State.DONE, finished_at__gt=now - LAST_NIGHT)
    latest: dict[int, int] = {}
    for store, missing in rows.order_by("-pk").values_list("store", "missing_count"):
        latest.setdefault(store, missing)
    return sum(latest.values()), sum(1 for missing in latest.values() if missing), len(latest)
