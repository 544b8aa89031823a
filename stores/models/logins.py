"""What lets somebody in: the desktop's login and the webhook's address."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from stores.fields import EncryptedTextField
from stores.models.querysets import StoreQuerySet
from stores.models.tenants import Store


class Desktop(models.Model):
    """A Stone Edge login for one store. The password is shown once and kept as a hash only."""

    store = models.ForeignKey(
        Store,
        on_delete=models.PROTECT,
        related_name="desktops",
        help_text="The store whose orders this login downloads.",
    )
    username = models.CharField(
        "user name", max_length=60, unique=True, help_text="Stone Edge: Cart ID/User Name."
    )
    password_hash = models.CharField(max_length=200, editable=False)
    store_code = models.CharField(
        max_length=60,
        blank=True,
        help_text="Stone Edge: Store Code. Blank: whatever the desktop sends is accepted.",
    )
    active = models.BooleanField(
        default=True, help_text="Off: Stone Edge is refused with this login, whatever the password."
    )
    last_seen_at = models.DateTimeField(null=True, editable=False)
    client_version = models.CharField(
        max_length=30, blank=True, editable=False, help_text="omversion of the last request."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """By user name."""

        ordering: ClassVar[list[str]] = ["username"]
        permissions = (("export_desktop", "Can export Stone Edge logins"),)

    def __str__(self) -> str:
        """Return the user name."""
        return self.username


class WebhookSecret(models.Model):
    """The secret part of a store's webhook address. Miva can neither log in nor sign (Miva reference §15): this is all it proves.

    Found by its digest; the secret itself is kept encrypted, so that support can show the address again.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="webhook_secrets")
    digest = models.CharField(
        max_length=64, unique=True, editable=False, help_text="SHA-256 of the secret, hexadecimal."
    )
    secret = EncryptedTextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    retired_at = models.DateTimeField(
        null=True, editable=False, help_text="Since then its address answers 404."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Oldest first."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        """Return the store and the day; never the secret."""
        return f"webhook of {self.store_id}, {self.created_at:%Y-%m-%d}"
