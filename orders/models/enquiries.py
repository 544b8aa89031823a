"""Asking Miva about one order that is not here."""

from typing import ClassVar

from django.db import models

from orders.models.jobs import Backfill, Job


class Enquiry(Job):
    """One look at Miva for one order number: read-only, asked for by a person, answered by a worker."""

    class Answer(models.TextChoices):
        """What Miva said."""

        EXISTS = "exists", "exists in Miva"
        PASSED = "passed", "not in Miva, though higher numbers are"
        AHEAD = "ahead", "not in Miva, and no higher number is"
        UNREACHED = "unreached", "no answer"

    number = models.BigIntegerField("order number")
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    placed_at = models.DateTimeField(null=True, help_text="When the order was placed, as Miva says.")
    updated_at = models.DateTimeField(null=True, help_text="When it was last changed there; blank: not told.")
    miva_status = models.IntegerField("Miva status", null=True)
    queue_code = models.CharField(max_length=60, blank=True, help_text="The queue that was looked at.")
    in_queue = models.BooleanField(
        null=True, help_text="Whether the order is in that queue; blank: not told."
    )
    next_number = models.BigIntegerField(null=True, help_text="The next number that Miva has.")
    backfill = models.ForeignKey(
        Backfill,
        on_delete=models.SET_NULL,
        null=True,
        related_name="enquiries",
        help_text="By which it is fetched.",
    )

    class Meta(Job.Meta):
        """One open question about a number at a time."""

        verbose_name_plural = "enquiries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["store", "number"],
                condition=models.Q(state__in=("waiting", "running")),
                name="one_open_enquiry",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            *Job.Meta.indexes,
            models.Index(fields=["store", "number", "-id"], name="enquiry_of_number"),
        ]

    def __str__(self) -> str:
        """Return which order."""
        return f"order {self.number}"
