"""Merchants' people, the letters that they get, and the links by which others may look on."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.fields import by_whom
from stores.models.querysets import StoreQuerySet
from stores.models.tenants import Merchant, Store


class Membership(models.Model):
    """A person who sees the status pages of a merchant. Members are no staff; staff has no use for a membership
    (`stores.access.stores_of`)."""

    class Role(models.TextChoices):
        """What a member may do."""

        OWNER = "owner", _("Owner")
        VIEWER = "viewer", _("Viewer")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.CASCADE,
        related_name="memberships",
        help_text="Whose stores the person sees.",
    )
    role = models.CharField(
        max_length=6,
        choices=Role,
        default=Role.VIEWER,
        help_text="An owner may also pull at once, make links for others, and say who else is told.",
    )
    language = models.CharField(
        max_length=2,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
        help_text="Of the letters to this person. The pages speak the browser's.",
    )
    invited_by = by_whom(editable=False)
    invited_at = models.DateTimeField(
        null=True, editable=False, help_text="When the last invitation was sent; blank: none yet."
    )

    class Meta:
        """A person has one role with a merchant."""

        verbose_name = "member"
        ordering: ClassVar[list[str]] = ["merchant__name", "user__username"]
        permissions = (("export_membership", "Can export members"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "merchant"], name="membership_of_user")
        ]

    def __str__(self) -> str:
        """Return who, and of whom."""
        return f"{self.user} of {self.merchant}"


class Letter(models.Model):
    """A mail about signing in that is to be sent (`stores.letters`), gone when it is: the invitation of a member, or the link to
    choose a new password, for whoever has this address."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, null=True)
    address = models.EmailField(max_length=254)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        """Shown nowhere: the list of members says when each was invited."""

        default_permissions = ()

    def __str__(self) -> str:
        """Return what it is; never the address."""
        return f"letter {self.pk}"


class ShareLinks(StoreQuerySet):
    """Links, and which of them are good."""

    def good(self) -> "ShareLinks":
        """Return the links that are neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ShareLink(models.Model):
    """A read-only address of a store's status page, for a merchant's web agency. Only a digest of its secret is kept."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="share_links")
    name = models.CharField(max_length=80, help_text="For whom.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = by_whom()
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True, help_text="To the minute.")

    objects = ShareLinks.as_manager()

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]
        default_permissions = ("view", "change")
        permissions = (("export_sharelink", "Can export share links"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store"], condition=Q(revoked_at=None), name="share_link_open")
        ]

    def __str__(self) -> str:
        """Return for whom; never the secret."""
        return self.name
