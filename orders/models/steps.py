"""What an order's row does not remember: each change after its arrival overwrites the one before."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from orders.models.orders import Order
from stores.models import Store, StoreQuerySet


class OrderStep(models.Model):
    """A later version of an order, or a judgement that changed where it stands. Written by the verbs, never changed."""

    class Kind(models.TextChoices):
        """Why it stands elsewhere."""

        EDITED = "edited", "edited in Miva"
        JUDGED = "judged", "judged again"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=6, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    road = models.CharField(max_length=12, blank=True, help_text="By which road the version came.")
    road_before = models.CharField(
        max_length=12, blank=True, help_text="By which road the one before had come."
    )
    state_before = models.CharField(max_length=12, choices=Order.State)
    reason_before = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=Order.State)
    reason = models.TextField(blank=True)
    export_number = models.PositiveBigIntegerField(null=True, help_text="The number that it has since.")
    request_id = models.CharField(max_length=64, blank=True, help_text="Of the request or task that did it.")

    objects = StoreQuerySet.as_manager()

    class Meta:
        """In order of time; read through their order only."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        """Return what happened."""
        return f"{self.get_kind_display()}: {self.state}"
