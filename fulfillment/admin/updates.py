"""What Stone Edge reported, message by message, and what came of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fulfillment.admin.words import order_link, store_link
from fulfillment.models import StatusUpdate
from fulfillment.models.rules import Meaning
from fulfillment.record import apply_again
from fulfillment.tasks import nudge
from stores.admin.acting import Act, Asked, Result, about
from stores.admin.buttons import WithButtons
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, by_age, whole
from stores.admin.lists import FactAdmin
from stores.admin.words import label, short, when


class MeaningFilter(admin.SimpleListFilter):
    """How labels were read."""

    title = "meaning"
    parameter_name = "meaning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the meanings, first the labels without one."""
        return [
            ("unknown", "Unknown labels"),
            *[(str(value), str(words)) for value, words in Meaning.choices],
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep by the meaning."""
        value = self.value()
        return queryset.filter(meaning="" if value == "unknown" else value) if value else queryset


def applied(asked: Asked) -> Result:
    """Read the messages once more, the oldest first."""
    rows = sorted(asked.rows, key=lambda row: int(row.pk))
    for row in rows:
        if apply_again(row):
            nudge(row.store_id)
    return Result(
        done=[f"Applied again: {len(rows)}. What came of each stands beside it."],
    )


APPLY = Act(
    "apply",
    "Apply again",
    "Apply {} again?",
    "Each message is read with the store's present status labels and carriers, the oldest first. What Miva has of it already is "
    "not done twice.",
    "fulfillment.decide_shipment",
    applied,
    takes=about(0.05),
)


@admin.register(StatusUpdate)
class StatusUpdateAdmin(WithButtons, FactAdmin):
    """One message about one order."""

    empty_words = (
        "Stone Edge has not sent any status yet. Check that 'Send Status To Web' is on in its Shopping "
        "Carts screen."
    )
    list_display = (
        "received",
        "order_shown",
        "store_shown",
        "label",
        "meaning_shown",
        "effect_shown",
        "repeated",
    )
    list_display_links = ("received",)
    list_filter = (MeaningFilter, MerchantOfStoreFilter, StoreFilter, by_age("received_at", "received"))
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "order": "order__miva_id",
        "status": "label",
        "meaning": "meaning",
        "effect": "effect",
        "stone_edge_number": "reference",
        "received": "received_at",
        "repeated": "repeated",
        "last": "last_at",
    }
    list_select_related = ("store__merchant", "order")
    search_fields = ("=order__miva_id",)
    search_help_text = "Order number"
    ordering = ("-pk",)
    sortable_by = ()
    fields = (
        "order",
        "label",
        "meaning",
        "effect",
        "reference",
        "desktop",
        "received_at",
        "repeated",
        "last_at",
        "content",
    )
    acts = (APPLY,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusUpdate]:
        """Return the messages, without the orders' raw documents."""
        rows: QuerySet[StatusUpdate] = super().get_queryset(request)
        return rows.select_related("store__merchant", "order").defer("order__raw")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StatusUpdate], search_term: str
    ) -> tuple[QuerySet[StatusUpdate], bool]:
        """Return the messages about an order."""
        words = search_term.strip()
        if not words:
            return queryset, False
        return queryset.filter(order__miva_id=whole(words)), False

    @admin.display(description="received")
    def received(self, row: StatusUpdate) -> SafeString | str:
        """Return when it came."""
        return when(row.received_at)

    @admin.display(description="order")
    def order_shown(self, row: StatusUpdate) -> SafeString:
        """Return a link to the order."""
        return order_link(row)

    @admin.display(description="store")
    def store_shown(self, row: StatusUpdate) -> SafeString:
        """Return a link to the store."""
        return store_link(row)

    @admin.display(description="meaning")
    def meaning_shown(self, row: StatusUpdate) -> SafeString | str:
        """Return how the label was read."""
        return str(Meaning(row.meaning).label) if row.meaning else label("Unknown", "warn")

    @admin.display(description="effect")
    def effect_shown(self, row: StatusUpdate) -> SafeString | str:
        """Return what came of it, on one line."""
        return short(row.effect, 80)
