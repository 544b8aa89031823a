"""Miva's custom order fields as the portal knows them."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from orders.models import CustomField
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin
from stores.admin.words import link, page_of, when


@admin.register(CustomField)
class CustomFieldAdmin(FactAdmin):
    """What Miva listed. What happens to a field is decided on the store's translation page."""

    empty_words = (
        "Miva has not told of any custom order field yet. It is asked once a day; 'Ask Miva now' on a "
        "store's translation page asks at once."
    )
    list_display = ("code", "store_link", "module", "name", "type", "group", "seen")
    list_filter = (MerchantOfStoreFilter, StoreFilter, by_age("seen_at", "last listed by Miva"))
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "code": "code",
        "module": "module",
        "name": "name",
        "type": "type",
        "group": "group",
        "last_listed": "seen_at",
    }
    list_select_related = ("store__merchant",)
    search_fields = ("code", "name", "module")
    search_help_text = "Field code, name or module"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("code", "store_link", "module", "name", "type", "group", "seen")
    readonly_fields = fields

    @admin.display(description="store")
    def store_link(self, field: CustomField) -> SafeString:
        """Return a link to the store."""
        return link(page_of(field.store), f"{field.store.merchant} · {field.store.name}")

    @admin.display(description="last listed by Miva")
    def seen(self, field: CustomField) -> Any:
        """Return when Miva last listed it."""
        return when(field.seen_at)
