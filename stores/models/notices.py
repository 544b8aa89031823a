"""What people are owed about problems, and the mails and webhook calls that tell it: the row is the queue."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from stores.models.alerts import AlertHook, AlertRecipient, Destination, Problem


class Addressed(models.Model):
    """Belongs to a person or to a webhook."""

    recipient = models.ForeignKey(AlertRecipient, on_delete=models.CASCADE, null=True)
    hook = models.ForeignKey(AlertHook, on_delete=models.CASCADE, null=True)

    class Meta:
        """Exactly one of the two."""

        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(recipient=None, hook__isnull=False) | Q(recipient__isnull=False, hook=None),
                name="%(class)s_has_one_destination",
            )
        ]

    @property
    def destination(self) -> Destination:
        """Where it goes."""
        destination = self.recipient or self.hook
        assert destination is not None  # noqa: S101 - the constraint says so
        return destination


class Notice(Addressed):
    """One mail or one webhook call as it is sent, with its retries. `config.alerts.sending` claims, settles, defers and parks."""

    LEASE: ClassVar[timedelta] = timedelta(minutes=5)  # longer than a dozen steps of EMAIL_TIMEOUT

    class Purpose(models.TextChoices):
        """Why it is sent."""

        ALERT = "alert", "Alert"
        DIGEST = "digest", "Daily digest"
        CONFIRM = "confirm", "Question whether the address is right"
        TEST = "test", "Test"

    key = models.UUIDField(
        default=uuid.uuid4,
        unique=True,
        help_text="The same with every attempt to send this text; receivers drop doubles by it.",
    )
    purpose = models.CharField(max_length=8, choices=Purpose)
    subject = models.CharField(max_length=250)
    text = models.TextField(help_text="The mail's text, or the webhook's body.")
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, help_text="Not sent before this time.")
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(default=uuid.uuid4, help_text="Fencing token of the process that holds the row.")
    leased_until = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, help_text="How the last attempt failed.")
    remedy = models.TextField(blank=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    response = models.TextField(blank=True, help_text="How the receiver's answer begins.")
    parked_at = models.DateTimeField(null=True, help_text="When it was given up.")
    done_at = models.DateTimeField(null=True)

    class Meta(Addressed.Meta):
        """Newest first; what is open is found without reading what is done."""

        ordering: ClassVar[list[str]] = ["-pk"]
        permissions = (
            ("again_notice", "Can send alerts again that were given up"),
            ("export_notice", "Can export sent alerts"),
        )
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=Q(done_at=None, parked_at=None), name="notice_open"),
            models.Index(fields=["created_at"], name="notice_made"),
        ]

    def __str__(self) -> str:
        """Return the subject."""
        return self.subject


class AlertEvent(Addressed):
    """That somebody is to be told of a problem, reminded of it, or told of its end; several go into one notice."""

    RECOVERED: ClassVar[str] = "recovered"
    REMINDER: ClassVar[str] = "again"

    problem = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="events")
    event = models.CharField(
        max_length=12, help_text="The kind of the problem; that it is over; or which reminder of it this is."
    )
    at = models.DateTimeField(default=timezone.now)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, null=True, related_name="events")

    class Meta(Addressed.Meta):
        """Nobody is told the same twice."""

        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Addressed.Meta.constraints,
            models.UniqueConstraint(
                fields=["problem", "event", "recipient"], name="alert_event_of_recipient"
            ),
            models.UniqueConstraint(fields=["problem", "event", "hook"], name="alert_event_of_hook"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["at"], condition=Q(notice=None), name="alert_event_untold")
        ]

    def __str__(self) -> str:
        """Return the event."""
        return self.event

    @property
    def reminds(self) -> bool:
        """Whether it tells once more what was told before."""
        return self.event.startswith(self.REMINDER)
