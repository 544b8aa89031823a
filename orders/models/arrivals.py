"""What has arrived but is not an order yet: pages on disk, and hints."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from orders.models.exact import ExactDecoder, ExactEncoder
from stores.models import Store, StoreQuerySet


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
