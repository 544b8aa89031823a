"""What a program calls the REST API with, and what it has asked for under a key of its own."""

import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stores.fields import EncryptedTextField
from stores.models.tenants import Merchant, Store
from stores.scopes import Scope


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens, and which of them are accepted."""

    def live(self) -> "ApiTokenQuerySet":
        """Return the tokens that have neither ended nor been revoked."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class ApiToken(models.Model):
    """A program's key to one store, or to all stores of a merchant. Shown once and kept as a hash only."""

    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text="Whose stores the token opens.",
    )
    store = models.ForeignKey(
        Store,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_tokens",
        help_text="Blank: all stores of the merchant, also those that he connects later.",
    )
    name = models.CharField(max_length=80, help_text="Which program has it, as the audit trail will say.")
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(
        max_length=64, editable=False, help_text="SHA-256 of the whole token, hexadecimal."
    )
    scopes = models.JSONField(default=list, help_text="What the token may do.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Blank: until it is revoked.")
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, editable=False)
    replaced_by = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="replaces"
    )

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]
        verbose_name = "API token"
        permissions = (
            ("end_apitoken", "Can rotate and revoke API tokens"),
            ("export_apitoken", "Can export API tokens"),
        )

    def __str__(self) -> str:
        """Return the name and how the token begins; never the token."""
        return f"{self.name} ({self.prefix})"

    @property
    def live(self) -> bool:
        """Whether it is accepted."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    def clean(self) -> None:
        """Refuse a store of another merchant and scopes that are not there. Raises ValidationError."""
        problems: dict[str, Any] = {}
        if self.store and self.store.merchant_id != self.merchant_id:
            problems["store"] = f"{self.store} is not a store of {self.merchant}."
        unknown = sorted(set(self.scopes) - set(Scope.values))
        if unknown or not self.scopes:
            known = ", ".join(Scope.values)
            problems["scopes"] = f"{', '.join(unknown) or 'None'} is no scope. Choose from {known}."
        if problems:
            raise ValidationError(problems)


class IdempotencyKey(models.Model):
    """A POST that a program may send again: what it was, who works on it until when, and how it was answered."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="SHA-256 of method, path and body, hexadecimal.")
    lease = models.UUIDField(default=uuid.uuid4, help_text="Fencing token of the request that is answered.")
    leased_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Blank: not answered yet.")
    answer = EncryptedTextField(blank=True, default="", help_text="The answer's JSON; it may hold a secret.")
    etag = models.CharField(max_length=80, blank=True, help_text="The answer's ETag, if it had one.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        """The constraint is what makes one of two requests at once wait."""

        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["token", "key"], name="key_of_token")
        ]

    def __str__(self) -> str:
        """Return the key."""
        return self.key
