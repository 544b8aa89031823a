"""What support tells everybody about the platform: incidents, and how they went on."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Incident(models.Model):
    """Something that many merchants notice. Words only: how the components stand is computed, never set by hand."""

    class Component(models.TextChoices):
        """What it is about, in the words of the public page."""

        PORTAL = "portal", _("Portal and pages")
        DATABASE = "database", _("Database")
        CLOCK = "clock", _("Clock and workers")
        PULLS = "pulls", _("Orders from Miva")
        DOOR = "door", _("Stone Edge's door")

    title = models.CharField(max_length=120, help_text="One sentence that everybody may read.")
    component = models.CharField(
        max_length=8, choices=Component, help_text="What does not work as it should."
    )
    began_at = models.DateTimeField(
        default=timezone.now, db_index=True, help_text="When people first noticed it."
    )
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Blank: it goes on.")

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-began_at", "-pk"]
        permissions = (("export_incident", "Can export incidents"),)

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class IncidentUpdate(models.Model):
    """What support says about an incident as it goes on."""

    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, related_name="updates", help_text="What it is about."
    )
    at = models.DateTimeField(default=timezone.now, help_text="When this became known.")
    text = models.TextField(max_length=1000, help_text="Public: name no merchant and no store.")

    class Meta:
        """Newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        """Return its beginning."""
        return self.text[:60]
