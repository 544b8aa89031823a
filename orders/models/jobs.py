"""Long work on one store."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from stores.fields import by_whom
from stores.models import Store, StoreQuerySet


class Job(models.Model):
    """Long work on one store, done page by page in short slices: `orders.jobs` is the only place that claims and settles it."""

    LEASE: ClassVar[timedelta] = timedelta(
        minutes=3
    )  # longer than one page may take, shorter than anybody waits

    class State(models.TextChoices):
        """Where a job stands."""

        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        CANCELLED = "cancelled", "cancelled"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="%(class)ss")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    position = models.BigIntegerField(default=0, help_text="Last order number that is done.")
    lease = models.UUIDField(default=uuid.uuid4, help_text="Fencing token of the worker that holds the job.")
    leased_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(default=timezone.now, help_text="Not taken up before this time.")
    nudged_at = models.DateTimeField(null=True, help_text="When the workers were last told about it.")
    failures = models.PositiveIntegerField(default=0, help_text="Failed attempts in a row.")
    problem = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = by_whom()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Newest first; what is open is found without reading what is finished."""

        abstract = True
        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(state__in=("waiting", "running")),
                name="%(class)s_open",
            )
        ]


class Backfill(Job):
    """Fetching a range of a store's orders once, whatever its strategy and its start: by date or by number."""

    class Kind(models.TextChoices):
        """What the range is measured in."""

        DATES = "dates", "by date"
        NUMBERS = "numbers", "by order number"

    kind = models.CharField(max_length=8, choices=Kind)
    since = models.DateTimeField(null=True, help_text="Orders placed then or later; blank: from the first.")
    until = models.DateTimeField(null=True, help_text="Orders placed before then; blank: up to the last.")
    first_number = models.BigIntegerField(null=True)
    last_number = models.BigIntegerField(null=True)
    estimated = models.PositiveBigIntegerField(
        default=0, help_text="Orders in the range when it was asked for."
    )
    fetched = models.PositiveBigIntegerField(default=0)
    new = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    held = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(
        default=0.0, help_text="Time spent on pages, without the waiting between slices."
    )

    class Meta(Job.Meta):
        """As all jobs."""

        permissions = (("export_backfill", "Can export backfills"),)

    def __str__(self) -> str:
        """Return the range."""
        if self.kind == self.Kind.NUMBERS:
            return f"orders {self.first_number} to {self.last_number}"
        begin = f"since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else "from the first order"
        return f"{begin}, before {self.until:%Y-%m-%d %H:%M} UTC" if self.until else begin


class Reconciliation(Job):
    """One comparison of a store's recent orders with Miva, and what it found."""

    days = models.PositiveSmallIntegerField(default=3)
    planned = models.BooleanField(default=False, help_text="By the clock, once each night.")
    since = models.DateTimeField(null=True, help_text="Orders placed then or later were compared.")
    until = models.DateTimeField(null=True, help_text="When the comparison began.")
    compared = models.PositiveBigIntegerField(default=0, help_text="Orders that Miva named.")
    missing = models.JSONField(default=list, help_text="Numbers that were not here, the first of them.")
    missing_count = models.PositiveBigIntegerField(default=0)
    extra = models.JSONField(
        default=list, help_text="Numbers that Miva does not list any more, the first of them."
    )
    extra_count = models.PositiveBigIntegerField(default=0)
    different = models.JSONField(
        default=list, help_text="Numbers that were older here than in Miva, the first of them."
    )
    different_count = models.PositiveBigIntegerField(default=0)
    imported = models.PositiveBigIntegerField(default=0, help_text="Missing orders that are here now.")
    refreshed = models.PositiveBigIntegerField(default=0, help_text="Older orders that were fetched again.")

    class Meta(Job.Meta):
        """A store has at most one night ahead."""

        permissions = (("export_reconciliation", "Can export reconciliations"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["store"],
                condition=models.Q(planned=True, state__in=("waiting", "running")),
                name="one_night_ahead",
            )
        ]

    def __str__(self) -> str:
        """Return the days that it covers."""
        return f"the last {self.days} days before {(self.until or self.not_before):%Y-%m-%d %H:%M} UTC"


class FieldDiscovery(Job):
    """Asking Miva which custom order fields the store has: one row for a store, opened anew each day and when somebody asks."""

    class Meta(Job.Meta):
        """A store has one."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store"], name="field_discovery_of_store")
        ]

    def __str__(self) -> str:
        """Return what is asked."""
        return "custom order fields"
