"""What is and was wrong."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from config.alerts.letters import service_name
from stores.admin.filters import MerchantOfStoreFilter, OverFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, label, link, page_of, short, span, when
from stores.models import Problem

TONES = {"credentials": "bad", "stopped": "bad", "paused": "quiet", "off": "quiet"}


class RecoveredFilter(OverFilter):
    """Problems by whether they are over."""

    column = "recovered_at"


@admin.register(Problem)
class ProblemAdmin(FactAdmin):
    """What was and is wrong, from its beginning to its end."""

    empty_words = "Nothing has been wrong yet. A problem stands here from the first minute; people are told once it lasts."
    list_display = ("what", "whose", "kind_label", "sentence_shown", "began", "told", "ended")
    list_filter = (
        RecoveredFilter,
        "kind",
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("opened_at", "began"),
        "service",
    )
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "service": "service",
        "problem": "get_kind_display",
        "cause": "sentence",
        "remedy": "remedy",
        "began": "opened_at",
        "people_told": "told_at",
        "over": "recovered_at",
    }
    list_select_related = ("store__merchant",)
    search_fields = ("store__name", "store__merchant__name", "sentence")
    search_help_text = "Store, merchant or sentence"
    sortable_by = ()
    fields = ("what", "whose", "kind_label", "sentence", "remedy", "fixer", "began", "told", "ended")
    readonly_fields = fields

    @admin.display(description="service")
    def what(self, row: Problem) -> str:
        """Return the service."""
        return service_name(row.service)

    @admin.display(description="store")
    def whose(self, row: Problem) -> SafeString | str:
        """Return a link to the store."""
        return link(page_of(row.store), f"{row.store.merchant} · {row.store}") if row.store else "the portal"

    @admin.display(description="problem")
    def kind_label(self, row: Problem) -> SafeString:
        """Return the kind as a label; quiet once it is over."""
        tone = "quiet" if row.recovered_at else TONES.get(row.kind, "warn")
        return label(str(Problem.Kind(row.kind).label), tone)

    @admin.display(description="cause")
    def sentence_shown(self, row: Problem) -> SafeString | str:
        """Return why, on one line."""
        return short(row.sentence)

    @admin.display(description="began")
    def began(self, row: Problem) -> Any:
        """Return since when."""
        return when(row.opened_at)

    @admin.display(description="people told")
    def told(self, row: Problem) -> Any:
        """Return when people were told first."""
        return when(row.told_at)

    @admin.display(description="over")
    def ended(self, row: Problem) -> str:
        """Return how long it lasted; a dash while it goes on."""
        if row.recovered_at is None:
            return NEVER
        return f"after {span((row.recovered_at - row.opened_at).total_seconds())}"
