"""Reading a store's catalogue or customers anew."""

from typing import ClassVar

from django.db import models

from orders.models import Job


class CatalogueRefresh(Job):
    """One complete reading of a store's products, or of its customers; `position` is the last Miva id that is done."""

    class Kind(models.TextChoices):
        """What is read."""

        PRODUCTS = "products", "products"
        CUSTOMERS = "customers", "customers"

    kind = models.CharField(max_length=10, choices=Kind)
    planned = models.BooleanField(default=False, help_text="By the clock.")
    expected = models.PositiveBigIntegerField(
        default=0, help_text="Rows that Miva counted when the reading began."
    )
    read = models.PositiveBigIntegerField(default=0, help_text="Rows read so far.")
    new = models.PositiveBigIntegerField(default=0)
    gone = models.PositiveBigIntegerField(
        default=0, help_text="Rows that were here and are not in Miva any more."
    )

    class Meta(Job.Meta):
        """A store has at most one reading of a kind ahead or under way."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["store", "kind"],
                condition=models.Q(state__in=("waiting", "running")),
                name="one_refresh_at_a_time",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            *Job.Meta.indexes,
            models.Index(
                fields=["store", "kind", "-finished_at"],
                condition=models.Q(state="done"),
                name="refresh_done",
            ),
        ]

    def __str__(self) -> str:
        """Return what is read and since when."""
        return f"{self.get_kind_display()}, {(self.started_at or self.not_before):%Y-%m-%d %H:%M} UTC"
