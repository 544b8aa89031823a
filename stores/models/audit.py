"""The audit trail: who did what, when, to which object, and why. It only grows."""

from typing import Any, ClassVar, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from stores.models.querysets import StoreQuerySet
from stores.models.tenants import Merchant, Store


class AppendOnly(Exception):
    """Somebody tried to change or delete what has been noted."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("The audit trail only grows: an entry is neither changed nor deleted.")


class AuditQuerySet(StoreQuerySet):
    """Entries, which can be read and added to."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse. Raises AppendOnly."""
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse. Raises AppendOnly."""
        raise AppendOnly

    def delete(self) -> NoReturn:
        """Refuse. Raises AppendOnly."""
        raise AppendOnly


class AuditEntry(models.Model):
    """One thing that somebody did. `before` and `after` hold what changed, by field; secrets only as set or changed.

    Store and merchant are kept as they were: the entry outlives them.
    """

    class Kind(models.TextChoices):
        """What sort of actor it was."""

        USER = "user", "person"
        COMMAND = "command", "command"
        TOKEN = "token", "API token"
        DESKTOP = "desktop", "Stone Edge desktop"
        CLOCK = "clock", "clock"
        PORTAL = "portal", "the portal itself"

    at = models.DateTimeField("when", default=timezone.now)
    actor_kind = models.CharField("kind of actor", max_length=8, choices=Kind)
    actor_name = models.CharField(
        "actor", max_length=150, blank=True, help_text="User name, command, token or desktop."
    )
    address = models.GenericIPAddressField(null=True, help_text="Where the request came from.")
    request_id = models.CharField(max_length=64, blank=True)
    store = models.ForeignKey(
        Store, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    verb = models.CharField("what", max_length=60)
    object_type = models.CharField("kind of object", max_length=60, blank=True, help_text="app.model")
    object_id = models.CharField(max_length=40, blank=True)
    object_label = models.CharField("object", max_length=200, blank=True)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    reason = models.CharField(max_length=300, blank=True)
    count = models.PositiveIntegerField(null=True, help_text="How many rows it was about.")

    objects = AuditQuerySet.as_manager()

    class Meta:
        """Newest first, by id: no full sort on a long trail."""

        ordering: ClassVar[list[str]] = ["-pk"]
        verbose_name_plural = "audit entries"
        default_permissions = ("view",)
        permissions = (("export_auditentry", "Can export the audit trail"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "-id"], name="audit_of_store"),
            models.Index(fields=["merchant", "-id"], name="audit_of_merchant"),
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_of_object"),
            models.Index(fields=["actor_name", "-id"], name="audit_of_actor"),
            models.Index(fields=["verb", "-id"], name="audit_of_verb"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        """Return who did what."""
        return f"{self.actor_name or self.get_actor_kind_display()}: {self.verb} {self.object_label}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert. Raises AppendOnly for a row that is there."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse. Raises AppendOnly."""
        raise AppendOnly
