"""Where the pull of a store stands."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from stores.models.tenants import Store


class PullCursor(models.Model):
    """Where the pull of one store stands: when it is due, who holds it, how it went. Two clocks: attempt and success."""

    LEASE: ClassVar[timedelta] = timedelta(minutes=3)  # at least two thirds are left before each request

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="cursor")
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    nudged_at = models.DateTimeField(null=True, help_text="When a worker took this store up to pull it.")
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(default=uuid.uuid4, help_text="Fencing token of the pull that holds the store.")
    last_tried_at = models.DateTimeField(null=True)
    last_good_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="Failed pulls in a row.")
    good_runs = models.PositiveBigIntegerField(default=0, help_text="Pulls that succeeded, so far.")
    bad_runs = models.PositiveBigIntegerField(default=0, help_text="Pulls that failed, so far.")
    problem = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    problem_kind = models.CharField(max_length=20, blank=True)
    problem_since = models.DateTimeField(null=True)
    since = models.DateTimeField(
        null=True, help_text="Up to when a date range or last update has been read completely."
    )
    window_road = models.CharField(
        max_length=12, blank=True, help_text="Strategy that is in the middle of reading a range."
    )
    window_since = models.DateTimeField(null=True, help_text="Begin of the range that is being read.")
    window_asked_at = models.DateTimeField(null=True, help_text="When reading that range began.")
    window_after = models.BigIntegerField(default=0, help_text="Last order number read of that range.")
    highest_number = models.BigIntegerField(
        default=0, help_text="Highest order number that the number strategy has read."
    )
    number_overlap = models.PositiveIntegerField(default=0, help_text="Overlap of the last pull by number.")
    clock_offset = models.FloatField(null=True, help_text="Miva's clock minus ours, seconds.")
    acknowledged = models.JSONField(
        default=list,
        help_text="Some order numbers that a queue should not hold any more, to find out whether orders leave it.",
    )

    def __str__(self) -> str:
        """Return the store."""
        return f"pull of {self.store_id}"
