"""The journal: every conversation with Miva, with desktops and with programs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from stores.admin.filters import FunctionFilter, MerchantOfStoreFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin, is_list_of
from stores.admin.words import NEVER, label, link, page_of, short, when
from stores.models import Exchange

TONES = {"ok": "good", "down": "warn", "refused": "bad", "locked": "bad", "unsure": "warn"}


@admin.register(Exchange)
class ExchangeAdmin(FactAdmin):
    """What was asked, what was answered, how long it took; secrets and card numbers were taken out before it was stored."""

    empty_words = (
        "No conversation has taken place in the days that are kept. Connect a store, or press 'Check "
        "connection' on a store's page: each question to Miva and each request of a desktop stands here."
    )
    export_columns = {
        "at": "at",
        "merchant": "store__merchant__name",
        "store": "store__name",
        "direction": "get_direction_display",
        "function": "function",
        "milliseconds": "milliseconds",
        "outcome": "get_outcome_display",
        "http_status": "http_status",
        "desktop": "desktop__username",
        "token": "token__name",
        "address": "address",
        "request_id": "request_id",
        "error": "error",
    }
    list_display = (
        "function",
        "at_shown",
        "store_link",
        "direction",
        "time_taken",
        "outcome_label",
        "error_shown",
    )
    list_filter = (
        "outcome",
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("at", "when"),
        "direction",
        FunctionFilter,
    )
    list_select_related = ("store__merchant", "desktop", "token")
    search_fields = ("function", "request_id", "error")
    search_help_text = "Function, request id or error"
    sortable_by = ()
    fields = (
        "function",
        "outcome_label",
        "error",
        "at",
        "store_link",
        "direction",
        "desktop",
        "token",
        "address",
        "time_taken",
        "http_status",
        "request_id",
        "request_text",
        "response_text",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exchange]:
        """Return the conversations; a list leaves the bodies where they are."""
        rows: QuerySet[Exchange] = super().get_queryset(request)
        return rows.defer("request", "response") if is_list_of(request, Exchange) else rows

    @admin.display(description="when")
    def at_shown(self, exchange: Exchange) -> Any:
        """Return when it began."""
        return when(exchange.at)

    @admin.display(description="store")
    def store_link(self, exchange: Exchange) -> SafeString | str:
        """Return a link to the store; a caller without a login has none."""
        store = exchange.store
        return link(page_of(store), f"{store.merchant} · {store.name}") if store else "unknown caller"

    @admin.display(description="time")
    def time_taken(self, exchange: Exchange) -> str:
        """Return how long it took."""
        return f"{exchange.milliseconds:,} ms"

    @admin.display(description="outcome")
    def outcome_label(self, exchange: Exchange) -> SafeString:
        """Return how it ended."""
        return label(exchange.get_outcome_display().capitalize(), TONES[exchange.outcome])

    @admin.display(description="error")
    def error_shown(self, exchange: Exchange) -> SafeString | str:
        """Return the beginning of the error."""
        return short(exchange.error) or NEVER

    @admin.display(description="request")
    def request_text(self, exchange: Exchange) -> SafeString:
        """Return what was asked."""
        return block(exchange.request, "Request")

    @admin.display(description="response")
    def response_text(self, exchange: Exchange) -> SafeString:
        """Return what was answered."""
        return block(exchange.response, "Response")


def block(text: str, name: str) -> SafeString:
    """Return a text as it is, in a box that scrolls."""
    return format_html(
        '<pre class="c2c-code" tabindex="0" role="region" aria-label="{}">{}</pre>', name, text or "(nothing)"
    )
