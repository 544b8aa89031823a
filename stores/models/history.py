"""What the services did, day by day for each store and hour by hour for all of them: for strips, charts and reports."""

from typing import ClassVar

from django.db import models

from stores.models.querysets import StoreQuerySet
from stores.models.tenants import Store


class Tally(models.Model):
    """Figures of a stretch of time. Each is a counter that only grows, minus what it showed when the stretch began: reckoned again,
    it is the same."""

    service = models.CharField(max_length=24, help_text="Which service, e.g. orders_from_miva.")
    good_runs = models.PositiveIntegerField(default=0)
    bad_runs = models.PositiveIntegerField(default=0)
    carried = models.PositiveBigIntegerField(
        default=0, help_text="Orders, shipments or stock changes that arrived."
    )
    good_before = models.PositiveBigIntegerField(default=0, help_text="The counter when the stretch began.")
    bad_before = models.PositiveBigIntegerField(default=0)
    carried_before = models.PositiveBigIntegerField(default=0)

    class Meta:
        """Kept by the clock."""

        abstract = True


class ServiceDay(Tally):
    """One day of one service of a store, in the store's time zone."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="service_days", db_index=False)
    day = models.DateField()
    worst = models.CharField(max_length=12, help_text="The most urgent state of that day.")
    seconds_watched = models.PositiveIntegerField(default=0, help_text="How long somebody looked.")
    seconds_wrong = models.PositiveIntegerField(
        default=0, help_text="How long of that something was wrong with it."
    )
    sampled_at = models.DateTimeField(help_text="When somebody last looked.")

    objects = StoreQuerySet.as_manager()

    class Meta:
        """One row for each day; read by store, pruned by day."""

        ordering: ClassVar[list[str]] = ["-day", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "service", "day"], name="day_of_service")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["day"], name="service_day")]

    def __str__(self) -> str:
        """Return service and day."""
        return f"{self.service} {self.day:%Y-%m-%d}"


class ServiceHour(Tally):
    """One hour of a service, all stores together."""

    hour = models.DateTimeField(help_text="When it begins, in UTC.")

    class Meta:
        """One row for each hour."""

        ordering: ClassVar[list[str]] = ["-hour", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["hour", "service"], name="hour_of_service")
        ]

    def __str__(self) -> str:
        """Return service and hour."""
        return f"{self.service} {self.hour:%Y-%m-%d %H}:00 UTC"
