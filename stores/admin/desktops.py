"""Stone Edge logins."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from stores.access import issue_password
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, by_age
from stores.admin.lists import PortalAdmin
from stores.admin.words import label, link, page_of, when
from stores.models import Desktop

SILENT = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
HOW = "A new login gets its password on the store's page: Issue new Stone Edge password."


class SilentFilter(admin.SimpleListFilter):
    """Logins that have not called for some time."""

    title = "last seen"
    parameter_name = "silent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return for how long."""
        each = [(name, f"Not for a {name}") for name in SILENT]
        return [*each, ("never", "Never")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Desktop]) -> QuerySet[Desktop]:
        """Keep those that were silent so long; one that was never seen has a choice of its own."""
        if self.value() == "never":
            return queryset.filter(last_seen_at=None)
        length = SILENT.get(self.value() or "")
        return queryset.filter(last_seen_at__lt=timezone.now() - length) if length else queryset


@admin.register(Desktop)
class DesktopAdmin(PortalAdmin):
    """The logins that Stone Edge desktops use; their passwords are issued on the store's page and shown once."""

    empty_words = (
        "No Stone Edge login has been issued yet. Open a store and press 'Issue new Stone Edge password'."
    )
    list_display = ("username", "store_link", "store_code", "last_seen", "client_version", "is_active")
    list_filter = (
        "active",
        SilentFilter,
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("created_at", "issued"),
    )
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "user_name": "username",
        "store_code": "store_code",
        "active": "active",
        "last_seen": "last_seen_at",
        "version": "client_version",
        "issued": "created_at",
    }
    list_select_related = ("store__merchant",)
    search_fields = ("username", "store__name", "store__merchant__name")
    search_help_text = "User name, store or merchant"
    autocomplete_fields = ("store",)
    readonly_fields = ("last_seen", "client_version", "created_at")
    fieldsets = (
        (None, {"fields": ("store", "username", "store_code", "active"), "description": HOW}),
        ("Seen", {"fields": ("last_seen", "client_version", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Desktop]:
        """Return the logins without their hashes."""
        rows: QuerySet[Desktop] = super().get_queryset(request)
        return rows.defer("password_hash")

    def save_model(self, request: HttpRequest, obj: Desktop, form: Any, change: bool) -> None:
        """Save; a new login gets a password that nobody sees, so that it cannot be used before one is issued."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            issue_password(obj)

    def response_add(
        self, request: HttpRequest, obj: Desktop, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Say what is still missing."""
        messages.info(request, f"{obj.username} has no password yet: issue one here.")
        return HttpResponse(
            status=302, headers={"Location": reverse("admin:stores_store_password", args=[obj.store_id])}
        )

    @admin.display(description="store", ordering="store__name")
    def store_link(self, desktop: Desktop) -> SafeString:
        """Return a link to the store."""
        return link(page_of(desktop.store), f"{desktop.store.merchant} · {desktop.store.name}")

    @admin.display(description="last seen", ordering="last_seen_at")
    def last_seen(self, desktop: Desktop) -> Any:
        """Return when it last called."""
        return when(desktop.last_seen_at)

    @admin.display(description="state", ordering="active")
    def is_active(self, desktop: Desktop) -> SafeString:
        """Return whether it may log in."""
        return label("Active", "good") if desktop.active else label("Switched off", "quiet")
