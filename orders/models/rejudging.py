"""What settings that were changed leave to be done."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from stores.models import Store, StoreQuerySet


class Rejudgement(models.Model):
    """The store's settings were changed: its orders that wait or are held are judged again, batch by batch; gone when all are.

    Its position moves in the transaction that judges a batch, so a worker that dies loses nothing and nothing is done twice.
    """

    store = models.OneToOneField(
        Store, on_delete=models.CASCADE, primary_key=True, related_name="rejudgement"
    )
    position = models.BigIntegerField(default=0, help_text="Key of the last order that was judged.")
    asked_at = models.DateTimeField(default=timezone.now, help_text="When the settings were last changed.")
    nudged_at = models.DateTimeField(
        null=True, help_text="When the workers were last told about it, or worked on it."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Longest waiting first."""

        ordering: ClassVar[list[str]] = ["asked_at"]

    def __str__(self) -> str:
        """Return the store's key and how far it is."""
        return f"{self.store_id}, up to row {self.position}"
