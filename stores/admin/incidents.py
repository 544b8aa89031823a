"""What support tells everybody: incidents and their updates, shown on the public page of the platform."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.admin import StackedInline

from stores.admin.filters import OverFilter, by_age
from stores.admin.lists import PortalAdmin
from stores.admin.words import label
from stores.models import Incident, IncidentUpdate


class IncidentUpdateInline(StackedInline):  # type: ignore[misc]  # unfold has no types
    """How it goes on."""

    model = IncidentUpdate
    extra = 1


@admin.register(Incident)
class IncidentAdmin(PortalAdmin):
    """Public words about something that many merchants notice."""

    empty_words = (
        "Nothing has been told yet. Add an incident when something goes wrong that many merchants notice."
    )
    list_display = ("title", "component", "standing", "began_at", "ended_at")
    list_filter = (OverFilter, "component", by_age("began_at", "began"))
    export_columns = {
        "title": "title",
        "component": "get_component_display",
        "began": "began_at",
        "ended": "ended_at",
    }
    search_fields = ("title",)
    inlines = (IncidentUpdateInline,)
    fields = ("title", "component", "began_at", "ended_at")

    @admin.display(description="state")
    def standing(self, row: Incident) -> Any | SafeString:
        """Return whether it goes on."""
        return label("Over", "good") if row.ended_at else label("Goes on", "warn")
