"""Every conversation, in either direction."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from stores.models.logins import Desktop
from stores.models.querysets import StoreQuerySet
from stores.models.tenants import Store
from stores.models.tokens import ApiToken


class Exchange(models.Model):
    """The journal: one conversation with Miva, a desktop or a program, redacted, also when no answer came."""

    class Direction(models.TextChoices):
        """Who began it."""

        MIVA = "miva", "to Miva"
        DESKTOP = "desktop", "from Stone Edge"
        WEBHOOK = "webhook", "webhook from Miva"
        API = "api", "from the REST API"

    class Outcome(models.TextChoices):
        """How it ended; for Miva the four kinds of failure."""

        OK = "ok", "done"
        DOWN = "down", "not reached"
        REFUSED = "refused", "refused"
        LOCKED = "locked", "locked out"
        UNSURE = "unsure", "no answer"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, related_name="exchanges")
    desktop = models.ForeignKey(Desktop, on_delete=models.SET_NULL, null=True, related_name="exchanges")
    token = models.ForeignKey(
        ApiToken, on_delete=models.SET_NULL, null=True, related_name="exchanges", verbose_name="API token"
    )
    direction = models.CharField(max_length=8, choices=Direction)
    function = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    http_status = models.PositiveSmallIntegerField(null=True)
    address = models.GenericIPAddressField(null=True, help_text="Of the desktop or program.")
    request_id = models.CharField(max_length=64, blank=True)
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)
    error = models.TextField(blank=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Newest first, by id: no full sort on a long journal."""

        ordering: ClassVar[list[str]] = ["-pk"]
        permissions = (("export_exchange", "Can export exchanges"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "-id"], name="exchange_of_store"),
            models.Index(fields=["store", "at"], name="exchange_time"),
            models.Index(fields=["outcome", "at"], name="exchange_pruning"),
        ]

    def __str__(self) -> str:
        """Return function and outcome."""
        return f"{self.function}: {self.get_outcome_display()}"
