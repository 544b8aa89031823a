"""One order, and its place in the sequence that Stone Edge reads."""

from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from orders.models.exact import ExactDecoder, ExactEncoder
from orders.models.searching import BeginningIndex, WordsIndex
from stores.fields import by_whom
from stores.models import Desktop, Store, StoreQuerySet


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
    cancelled = models.BooleanField(
        default=False, help_text="Ignored because Miva cancelled it, until it changes there; not by a person."
    )
    held_by_hand = models.BooleanField(
        default=False, help_text="Held because a person or a program said so, until it is released."
    )
    export_number = models.PositiveBigIntegerField(
        null=True, help_text="Place in the sequence that Stone Edge reads."
    )
    first_number = models.PositiveBigIntegerField(
        null=True,
        help_text="The first export number that the order ever had; a desktop that names the order stands there.",
    )
    former_numbers = models.JSONField(
        default=list, help_text="The export numbers that it had before, oldest first."
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
    released_at = models.DateTimeField(
        null=True, help_text="When it became ready after having been held, or was sent again."
    )

    encoded = ""  # the raw order as JSON, where the maker of the row had it at hand

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Upsert by the far side's id; one export number once (architecture, decisions 4 and 6)."""

        ordering: ClassVar[list[str]] = ["-pk"]
        permissions = (
            ("decide_order", "Can try again, ignore and release orders"),
            ("resend_order", "Can send orders to Stone Edge again"),
            ("export_order", "Can export orders"),
        )
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "miva_id"], name="order_of_store"),
            models.UniqueConstraint(fields=["store", "export_number"], name="export_number_of_store"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "placed_at"], name="order_placed"),
            models.Index(fields=["miva_id"], name="order_number"),
            models.Index(fields=["store", "-id"], name="order_list"),
            models.Index(
                fields=["state", "-id"], condition=~models.Q(state="exportable"), name="order_set_aside"
            ),
            models.Index(fields=["-id"], condition=~models.Q(warnings=[]), name="order_warned"),
            BeginningIndex(fields=["email"], name="order_email"),
            WordsIndex(fields=["customer", "skus"], name="order_words"),
            models.Index(fields=["store"], condition=models.Q(state="held"), name="order_held"),
            models.Index(
                fields=["store", "export_number"],
                condition=models.Q(state="exportable"),
                name="order_ready",
            ),
            models.Index(
                fields=["store"], condition=models.Q(changed_at__isnull=False), name="order_changed"
            ),
            models.Index(
                fields=["store", "checked_at"],
                condition=models.Q(state="incomplete"),
                name="order_incomplete",
            ),
        ]

    def __str__(self) -> str:
        """Return the order number."""
        return str(self.miva_id)

    @property
    def current(self) -> dict[str, Any]:
        """The raw order under the status that Miva has it in by now: what Stone Edge was given stays as it is (`orders.keep`), and
        is given again under the status that is true then."""
        raw: dict[str, Any] = self.raw
        return raw | {"status": self.miva_status}

    @property
    def places(self) -> list[int]:
        """The export numbers that it has had, oldest first, and the present one."""
        return [place for place in (*self.former_numbers, self.export_number) if place is not None]

    @cached_property
    def acknowledged_at(self) -> datetime | None:
        """When Miva last accepted our acknowledgement; asks the database."""
        found = Acknowledgement.objects.of(self.store_id).filter(miva_id=self.miva_id)
        return found.values_list("at", flat=True).first()


class Acknowledgement(models.Model):
    """Miva accepted our acknowledgement of this order. Noting it on the order itself would rewrite a long row."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    miva_id = models.BigIntegerField("order number")
    at = models.DateTimeField()

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Once per order."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "miva_id"], name="acknowledgement_of_order")
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


class Download(models.Model):
    """A run of export numbers that a desktop was given, and when. Written beside the answer.

    Never pruned: an order tells for as long as it is kept who was given it, and counts of stock and `lastorder` depend on it.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="downloads")
    desktop = models.ForeignKey(Desktop, on_delete=models.SET_NULL, null=True, related_name="downloads")
    first_number = models.PositiveBigIntegerField()
    last_number = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField()
    after = models.PositiveBigIntegerField(
        default=0, help_text="The place behind which the desktop asked: that of the last order that it has."
    )
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

    @property
    def numbers(self) -> range:
        """The export numbers that it covers."""
        return range(self.first_number, self.last_number + 1)


class DownloadDocument(models.Model):
    """The XML of a download's orders as the desktop got it; `orders.documents` packs and forgets it."""

    download = models.OneToOneField(
        Download, on_delete=models.CASCADE, primary_key=True, related_name="document"
    )
    content = models.BinaryField()

    def __str__(self) -> str:
        """Return the download's range."""
        return str(self.download)


class Resend(models.Model):
    """An order was given to Stone Edge once more because somebody asked for it: who, when, why, and from which place to which."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="resends")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="resends")
    former_number = models.PositiveBigIntegerField(help_text="The export number that a desktop was given.")
    export_number = models.PositiveBigIntegerField(
        help_text="The place that it took at the end of the sequence."
    )
    reason = models.CharField(max_length=200)
    by = by_whom()
    at = models.DateTimeField(default=timezone.now)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        """Return the two places."""
        return f"{self.former_number} → {self.export_number}"
