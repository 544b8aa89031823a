"""Stock of Miva as Stone Edge changes it: what was asked, what is to be pushed, what was last known there."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from stores.events import Event
from stores.fields import by_whom
from stores.models import ApiToken, Desktop, OutboxRow, Store, StoreQuerySet


class StockPush(OutboxRow):
    """What Miva is still to be told about one SKU: one row for each, into which every change is merged.

    `count` and `delta` wait: a count replaces everything before it, deltas add up behind it. What is under way is kept in the
    `sent_*` fields until its effect is known, so that a worker that dies leaves behind what there is to find out.
    """

    EVENTS = {"parked_at": Event.STOCK_FAILED}

    sku = models.CharField("SKU", max_length=255, help_text="As Stone Edge writes it.")
    sku_key = models.CharField(max_length=255, editable=False)
    product_id = models.BigIntegerField(
        null=True, help_text="Miva id of the product that holds the stock, as far as it is known."
    )
    count = models.BigIntegerField(null=True, help_text="Absolute: what was counted.")
    counted_at = models.DateTimeField(null=True)
    delta = models.BigIntegerField(default=0, help_text="To be added, after the count if there is one.")
    active = models.BooleanField(null=True, help_text="To be shown in the store or not.")
    sent_count = models.BigIntegerField(null=True)
    sent_counted_at = models.DateTimeField(null=True)
    sent_delta = models.BigIntegerField(null=True, help_text="Under way when it is not blank.")
    sent_active = models.BooleanField(null=True)
    before = models.BigIntegerField(null=True, help_text="Miva's figure just before sending.")
    target = models.BigIntegerField(null=True, help_text="The figure that is to be reached.")
    arithmetic = models.TextField(blank=True, help_text="How the figure was reckoned.")
    read_at = models.DateTimeField(null=True, help_text="When Miva was asked for the figure before.")
    found = models.BigIntegerField(null=True, help_text="Miva's figure after an answer was lost.")

    class Meta(OutboxRow.Meta):
        """One row for each SKU of a store, whatever its case."""

        verbose_name = "stock push"
        verbose_name_plural = "stock pushes"
        permissions = (
            ("decide_stockpush", "Can push stock again, settle it and give it up"),
            ("set_stockpush", "Can set Miva's figure"),
            ("export_stockpush", "Can export stock"),
        )
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "sku_key"], name="one_push_for_each_sku")
        ]

    def __str__(self) -> str:
        """Return the SKU."""
        return self.sku

    def told(self) -> dict[str, Any]:
        """Return what subscribers are told of it."""
        return {"sku": self.sku, "product_id": self.product_id}

    @property
    def in_doubt(self) -> bool:
        """Whether a person has to say if the last change has arrived in Miva."""
        return self.parked_at is not None and self.sent_delta is not None


class StockLevel(models.Model):
    """The figure of a stock-keeping product in Miva as it was last known here, and how far it was off at night."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="stocklevels", db_index=False)
    product_id = models.BigIntegerField(help_text="Miva id of the product that holds the stock.")
    sku = models.CharField("SKU", max_length=255)
    figure = models.BigIntegerField()
    at = models.DateTimeField(help_text="When Miva had this figure; what shoppers took since is not in it.")
    confirmed_at = models.DateTimeField(
        default=timezone.now,
        help_text="When Miva last confirmed it: what was read of the product before is older.",
    )
    expected = models.BigIntegerField(null=True, help_text="By the ledger, at the last comparison.")
    drift = models.BigIntegerField(
        default=0, help_text="Miva's figure minus the expected one, at the last comparison."
    )
    compared_at = models.DateTimeField(null=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """One row for each product; drift is found without reading the rest."""

        ordering: ClassVar[list[str]] = ["sku"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "product_id"], name="level_of_product")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store"], condition=~models.Q(drift=0), name="level_drift")
        ]

    def __str__(self) -> str:
        """Return the SKU and its figure."""
        return f"{self.sku}: {self.figure}"


class StockChange(models.Model):
    """The ledger: one row for each change that was asked for, and what became of it. Rows are only ever added and settled."""

    class Kind(models.TextChoices):
        """What was asked for."""

        DELTA = "delta", "add"
        COUNT = "count", "set"
        ACTIVE = "active", "show in store"

    class Outcome(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "waiting"
        SENT = "sent", "under way"
        APPLIED = "applied", "in Miva"
        SUPERSEDED = "superseded", "replaced by a later one"
        UNTRACKED = "untracked", "left out: Miva does not track this product"
        UNKNOWN = "unknown", "left out: no such product"
        REFUSED = "refused", "refused"
        DROPPED = "dropped", "given up by support"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="stockchanges", db_index=False)
    desktop = models.ForeignKey(Desktop, on_delete=models.SET_NULL, null=True, related_name="+")
    user = by_whom()
    token = models.ForeignKey(
        ApiToken, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64, blank=True, help_text="Of the request that brought it.")
    sku = models.CharField("SKU", max_length=255, help_text="As it was sent.")
    sku_key = models.CharField(max_length=255, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.BigIntegerField(help_text="Units to add, or the figure to set; 1 or 0 for shown or not.")
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.WAITING)
    reason = models.TextField(blank=True, help_text="Why it was left out, and how its figure was reckoned.")
    figure = models.BigIntegerField(null=True, help_text="Miva's figure after it.")
    settled_at = models.DateTimeField(null=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Newest first; found by SKU, and by what is still open."""

        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "sku_key", "-id"], name="change_of_sku"),
            models.Index(
                fields=["store", "sku_key"],
                condition=models.Q(outcome__in=("waiting", "sent")),
                name="change_open",
            ),
            models.Index(fields=["at"], name="change_time"),
        ]

    def __str__(self) -> str:
        """Return SKU and amount."""
        sign = "+" if self.kind == self.Kind.DELTA and self.amount > 0 else ""
        return f"{self.sku} {self.get_kind_display()} {sign}{self.amount}"
