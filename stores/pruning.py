"""Forgetting rows in batches that lock nothing for long."""

from typing import Any

from django.db.models import QuerySet

BATCH = 5_000


def forget(rows: QuerySet[Any]) -> int:
    """Delete the rows, batch by batch, the oldest first. Returns how many rows went, with those that went along."""
    removed = 0
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        removed += rows.model._default_manager.filter(pk__in=pks).delete()[0]
    return removed
