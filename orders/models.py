"""Orders as Miva gave them, and their place in the sequence that Stone Edge reads."""

import json
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from stores.miva import shapes
from stores.models import Desktop, Store, StoreQuerySet


class ExactDecoder(json.JSONDecoder):
    """Reads the raw order back with money as Decimal."""

    def decode(self, s: str, _w: Any = None) -> Any:
        """Return the decoded value."""
        return shapes.decode(s.encode())


class ExactEncoder(json.JSONEncoder):
    """Writes Decimals as JSON numbers, exactly as they came."""

    def encode(self, o: Any) -> str:
        """Return compact JSON."""
        return shapes.encode(o).decode()


class Order(models.Model):
    """One order of one Miva store: the raw order without card data, what lists and searches need, and where it stands."""

    class State(models.TextChoices):
        """Where an order stands on its way to Stone Edge."""

        EXPORTABLE = "exportable", "ready for Stone Edge"
        HELD = "held", "held"
        INCOMPLETE = "incomplete", "incomplete"
        IGNORED = "ignored", "ignored"

    # No index of its own: the constraints and indexes below begin with the store.
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="orders", db_index=False)
    miva_id = models.BigIntegerField(
        "order number", help_text="Miva's order id, the number that shoppers see."
    )
    raw = models.JSONField(encoder=ExactEncoder, decoder=ExactDecoder)
    fingerprint = models.CharField(
        max_length=32, help_text="Of the content, without what Miva's workflows change on delivery."
    )
    state = models.CharField(max_length=12, choices=State)
    reason = models.TextField(blank=True, help_text="Why the order is held.")
    remedy = models.TextField(blank=True, help_text="What to do about it.")
    warnings = models.JSONField(default=list)
    export_number = models.PositiveBigIntegerField(
        null=True, help_text="Place in the sequence that Stone Edge reads."
    )
    first_number = models.PositiveBigIntegerField(
        null=True,
        help_text="The first export number that the order ever had; a desktop that names the order stands there.",
    )
    placed_at = models.DateTimeField()
    miva_status = models.IntegerField("Miva status")
    miva_updated = models.BigIntegerField(
        default=0, help_text="dt_updated of the kept version, Unix seconds; 0: not told."
    )
    total = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal(0))
    customer = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    skus = models.TextField(
        blank=True, help_text="Codes and SKUs of the lines, lower case, each between spaces."
    )
    road = models.CharField(max_length=12, help_text="By which road the kept version came.")
    fetched_at = models.DateTimeField(help_text="When the request that brought the kept version was sent.")
    kept_at = models.DateTimeField(default=timezone.now, help_text="When the order first arrived here.")
    changed_at = models.DateTimeField(null=True, help_text="When a later version replaced the first.")
    numbered_at = models.DateTimeField(null=True, help_text="When it took its export number.")
    checked_at = models.DateTimeField(
        null=True, help_text="When an incomplete order was last looked at in Miva."
    )
    released_at = models.DateTimeField(null=True, help_text="When it became ready after having been held.")
    acknowledged_at = models.DateTimeField(null=True, help_text="When Miva accepted our acknowledgement.")

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Upsert by the far side's id; one export number once (architecture, decisions 4 and 6)."""

        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "miva_id"], name="order_of_store"),
            models.UniqueConstraint(fields=["store", "export_number"], name="export_number_of_store"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "placed_at"], name="order_placed"),
            models.Index(fields=["miva_id"], name="order_number"),
            models.Index(fields=["email"], name="order_email"),
            models.Index(fields=["store"], condition=models.Q(state="held"), name="order_held"),
            models.Index(
                fields=["store", "checked_at"],
                condition=models.Q(state="incomplete"),
                name="order_incomplete",
            ),
        ]

    def __str__(self) -> str:
        """Return the order number."""
        return str(self.miva_id)


class ExportSequence(models.Model):
    """The store's counter of export numbers. Its row is the lock that every writer of the store's orders takes."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="sequence")
    last_number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        """Return the store and its last number."""
        return f"{self.store_id}: {self.last_number}"


class ReceivedPage(models.Model):
    """A page of a queue without acknowledgement, on disk before anything else is done with it; gone when its orders are kept.

    Miva counts these orders as delivered the moment it answers, so there is no second copy (Miva reference §9.3).
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="received_pages")
    orders = models.JSONField(encoder=ExactEncoder, decoder=ExactDecoder)
    received_at = models.DateTimeField(
        default=timezone.now, help_text="When the request that brought it was sent."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """In order of arrival."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        """Return the store and the time."""
        return f"{self.store_id} {self.received_at:%Y-%m-%d %H:%M:%S}"


class Download(models.Model):
    """A run of export numbers that a desktop was given, and when. Written beside the answer, never read to make one."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="downloads")
    desktop = models.ForeignKey(Desktop, on_delete=models.SET_NULL, null=True, related_name="downloads")
    first_number = models.PositiveBigIntegerField()
    last_number = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Found by the number that it covers."""

        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "-last_number"], name="download_reach")
        ]

    def __str__(self) -> str:
        """Return the range."""
        return f"{self.first_number}-{self.last_number}"


class OrderHint(models.Model):
    """Somebody without a signature says: look at this order. Only the number is believed; fetched, the row is gone.

    Number 0 says: look at the store. One row per store and number, however often it is said.
    """

    LEASE: ClassVar[timedelta] = timedelta(minutes=3)

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="hints")
    miva_id = models.BigIntegerField("order number")
    hinted_at = models.DateTimeField(default=timezone.now, help_text="When it was last said.")
    mark = models.UUIDField(default=uuid.uuid4, help_text="Another one each time that it is said.")
    not_before = models.DateTimeField(default=timezone.now, db_index=True)
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True, help_text="Fencing token of the worker that fetches the order.")
    taken_mark = models.UUIDField(
        null=True, help_text="The mark when that worker took it: another one by now means, said again since."
    )
    looks = models.PositiveSmallIntegerField(default=0, help_text="How often Miva did not know the order.")
    failures = models.PositiveIntegerField(default=0, help_text="Failed calls in a row.")
    problem_kind = models.CharField(max_length=20, blank=True, help_text="How the last call failed.")

    objects = StoreQuerySet.as_manager()

    class Meta:
        """The constraint is what makes a doubled webhook one row."""

        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "miva_id"], name="hint_of_store")
        ]

    def __str__(self) -> str:
        """Return the order number, or that it is about the whole store."""
        return str(self.miva_id or "the store")


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
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
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
