"""What programs want to be told, and the calls that tell it: the row is the queue (architecture, decision 1)."""

import json
import secrets
import uuid
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from stores.events import CHOSEN, Event
from stores.fields import EncryptedTextField
from stores.miva.addresses import check_shape
from stores.models.outbox import OutboxRow
from stores.models.querysets import StoreQuerySet
from stores.models.tenants import Store

MOST = 20  # subscriptions of a store: each thing that happens is told to all of them
SHAPE = (
    "The address must be a whole https address of the public internet, without user name and # part, such as "
    "https://erp.example.com/portal-events."
)


def new_secret() -> str:
    """Return a secret with which calls are signed."""
    return f"whsec_{secrets.token_urlsafe(32)}"


class WebhookSubscription(models.Model):
    """An address of a merchant's program that is called when something happens in a store. The address may hold a credential and is
    kept like one; the secret is shown once."""

    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, related_name="webhook_subscriptions", db_index=False
    )
    name = models.CharField(max_length=80, help_text="Which program is called, as the audit trail will say.")
    url = EncryptedTextField(
        "address", default="", help_text="https only, such as https://erp.example.com/portal-events."
    )
    host = models.CharField(max_length=253, editable=False, help_text="The address's host.")
    secret = EncryptedTextField("signing secret", default=new_secret, editable=False)
    events = models.JSONField(default=list, help_text="About what. Empty: about everything.", blank=True)
    active = models.BooleanField(default=True, help_text="Off: nothing is sent.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text="Failed calls since one worked."
    )
    failing_since = models.DateTimeField(null=True, editable=False)
    waits_until = models.DateTimeField(
        null=True, editable=False, help_text="Not called before this time, because calls have failed."
    )
    problem = models.TextField(
        blank=True, editable=False, help_text="How the last call failed, or why it was stopped."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Found by the store for each thing that happens."""

        ordering: ClassVar[list[str]] = ["-pk"]
        verbose_name = "webhook subscription"
        permissions = (
            ("act_webhooksubscription", "Can test, stop and start webhook subscriptions"),
            ("export_webhooksubscription", "Can export webhook subscriptions, without their addresses"),
        )
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "-id"], name="subscription_of_store")
        ]

    def __str__(self) -> str:
        """Return the name; never the address."""
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with the host of an address that was entered."""
        if self.url:
            self.host = (urlsplit(self.url).hostname or "")[:253]
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse events that are not there and an address that must not be called. Raises ValidationError."""
        known = [value for value, _ in CHOSEN]
        if not isinstance(self.events, list) or (unknown := [one for one in self.events if one not in known]):
            named = unknown[0] if isinstance(self.events, list) else self.events
            raise ValidationError({"events": f"'{named}' is no event. Choose from {', '.join(known)}."})
        try:
            check_shape(self.url, settings.ALLOW_PRIVATE_STORE_HOSTS, settings.ALLOW_HTTP_STORES)
        except ValueError as error:
            raise ValidationError({"url": SHAPE}) from error
        if self._state.adding and WebhookSubscription.objects.of(self.store_id).count() >= MOST:
            raise ValidationError(
                f"The store has {MOST} subscriptions already. Delete one that nobody needs."
            )

    def wants(self, event: str) -> bool:
        """Whether this is to be told there."""
        return event == Event.PING or not self.events or event in self.events


class WebhookDelivery(OutboxRow):
    """One call that tells a subscriber of one event, with its retries. `stores.delivering` sends it; those of a subscription go
    one at a time."""

    LANE = "subscription"
    LEASE = timedelta(seconds=90)  # a call takes 15 seconds, and some more until the name is resolved
    ONE_FAR_SIDE = False

    subscription = models.ForeignKey(WebhookSubscription, on_delete=models.CASCADE, related_name="deliveries")
    key = models.UUIDField(
        default=uuid.uuid4,
        unique=True,
        help_text="The same with every attempt; receivers drop doubles by it.",
    )
    event = models.CharField(max_length=20, choices=Event)
    body = models.TextField(help_text="What is sent, as JSON.")
    response_status = models.PositiveSmallIntegerField(null=True)
    response = models.TextField(blank=True, help_text="How the receiver's answer begins.")

    class Meta(OutboxRow.Meta):
        """Newest first; old ones are found by their age."""

        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        permissions = (
            ("again_webhookdelivery", "Can send webhook deliveries again"),
            ("export_webhookdelivery", "Can export webhook deliveries, without what was sent"),
        )
        indexes: ClassVar[list[models.Index]] = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["store", "-id"], name="delivery_of_store"),
            models.Index(fields=["created_at"], name="delivery_made"),
        ]

    def __str__(self) -> str:
        """Return the event and its key."""
        return f"{self.event} {self.key}"

    @property
    def state(self) -> str:
        """Whether it waits, has been delivered, or was given up."""
        if self.done_at:
            return "delivered"
        return "given_up" if self.parked_at else "waiting"

    @property
    def content(self) -> dict[str, Any]:
        """What is sent."""
        return dict(json.loads(self.body))
