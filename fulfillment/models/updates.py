"""What Stone Edge reported."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from orders.models import Order
from stores.models import Desktop, Store, StoreQuerySet


class StatusUpdate(models.Model):
    """One message about one order, as it was received; said again word for word, it is counted and not kept twice."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="status_updates", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="status_updates")
    desktop = models.ForeignKey(
        Desktop, on_delete=models.SET_NULL, null=True, related_name="status_updates", db_index=False
    )
    label = models.CharField("status", max_length=200, blank=True, help_text="As Stone Edge names it.")
    meaning = models.CharField(
        max_length=12, blank=True, help_text="How it was read; blank: the label is unknown."
    )
    reference = models.CharField(
        "Stone Edge number", max_length=60, blank=True, help_text="The order's number in Stone Edge."
    )
    content = models.JSONField(help_text="The message about this order.")
    effect = models.TextField(blank=True, help_text="What came of it, in words.")
    received_at = models.DateTimeField(default=timezone.now)
    repeated = models.PositiveIntegerField(default=0, help_text="How often it came again.")
    last_at = models.DateTimeField(default=timezone.now, help_text="When it came last.")

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]
        permissions = (("export_statusupdate", "Can export status updates"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "-id"], name="update_of_store"),
            models.Index(fields=["store"], condition=models.Q(meaning=""), name="update_unknown"),
        ]

    def __str__(self) -> str:
        """Return the order and the label."""
        return f"{self.order_id}: {self.label or '(no status)'}"
