"""What has to be done in Miva, one row for each effect: the row is the queue (architecture, decision 1)."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from stores.events import Event, Happening
from stores.models.querysets import StoreQuerySet
from stores.models.tenants import Store


class OutboxRow(models.Model):
    """One effect that Miva is owed. `stores.outbox` is the only place that claims, settles, defers and parks.

    Open until `done_at` or `parked_at` says otherwise. `LANE` names a foreign key: rows that share it are pushed one at a
    time, because they change the same thing in Miva; empty, each row stands for itself.
    """

    LEASE: ClassVar[timedelta] = timedelta(minutes=3)  # longer than one call to Miva, with its wait, may take
    LANE: ClassVar[str] = ""
    ONE_FAR_SIDE: ClassVar[bool] = (
        True  # the store's rows all go to the same place; off: each lane to one of its own
    )
    EVENTS: ClassVar[Mapping[str, Event]] = {}  # what subscribers are told when this field closes a row

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="%(class)ss", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, help_text="Not pushed before this time.")
    version = models.PositiveIntegerField(
        default=1, help_text="Raised each time that something else is to be pushed."
    )
    attempts = models.PositiveIntegerField(
        default=0, help_text="How often it was taken up since it became due."
    )
    lease = models.UUIDField(default=uuid.uuid4, help_text="Fencing token of the worker that holds the row.")
    leased_until = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    problem_kind = models.CharField(max_length=20, blank=True, help_text="How the last attempt failed.")
    store_waits_until = models.DateTimeField(
        null=True,
        help_text="How long the store's other rows wait because of this failure; blank: it is this row's own.",
    )
    parked_at = models.DateTimeField(null=True, help_text="When it was set aside for a person.")
    done_at = models.DateTimeField(null=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Newest first; what is open is found without reading what is done."""

        abstract = True
        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["store", "due_at"],
                condition=models.Q(done_at=None, parked_at=None),
                name="%(class)s_open",
            ),
            models.Index(
                fields=["store"],
                condition=models.Q(parked_at__isnull=False),
                name="%(class)s_parked",
            ),
        ]

    def told(self) -> dict[str, Any]:
        """Return what subscribers are told of the row."""
        return {}

    def happenings(self, closed_at: str, now: datetime, fields: Mapping[str, object]) -> Iterator[Happening]:
        """Yield what subscribers are told when the row is closed with these fields."""
        said = {name: fields[name] for name in ("problem", "remedy") if fields.get(name)}
        yield Happening(self.EVENTS[closed_at], f"{self.pk} {now.isoformat()}", self.told() | said)


class OutboxClock(models.Model):
    """When something was last pushed for a store, and when that last worked. The rows themselves forget it: they are due again."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="outbox_clocks", db_index=False)
    kind = models.CharField(max_length=60, help_text="Which kind of row, e.g. fulfillment.shipment.")
    last_tried_at = models.DateTimeField()
    last_good_at = models.DateTimeField(null=True)
    good_runs = models.PositiveBigIntegerField(
        default=0, help_text="Pushes in which something arrived, so far."
    )
    bad_runs = models.PositiveBigIntegerField(default=0, help_text="Pushes in which nothing did, so far.")
    carried = models.PositiveBigIntegerField(default=0, help_text="Rows that arrived, so far.")

    class Meta:
        """Two clocks for each kind of row of a store."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "kind"], name="outbox_clock_of_store")
        ]

    def __str__(self) -> str:
        """Return the store and the kind."""
        return f"{self.kind} of {self.store_id}"
