"""What a store's status labels and carriers mean, and what it wants done with its shipments."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import StackedInline

from fulfillment.models import CarrierMapping, FulfillmentRules, StatusMeaning, StoreShipping
from stores.admin.lists import PortalAdmin
from stores.admin.words import link, page_of
from stores.models import Store


class RulesInline(StackedInline):  # type: ignore[misc]  # unfold has no types
    """The store's choices; while none are saved, the defaults that the form shows hold."""

    model = FulfillmentRules
    extra = 1
    can_delete = False


class MeaningInline(StackedInline):  # type: ignore[misc]  # unfold has no types
    """The store's own status labels."""

    model = StatusMeaning
    extra = 0
    verbose_name_plural = "status labels of this store"


class CarrierInline(StackedInline):  # type: ignore[misc]  # unfold has no types
    """The store's own carriers."""

    model = CarrierMapping
    extra = 0
    verbose_name_plural = "carriers of this store"


@admin.register(StoreShipping)
class StoreShippingAdmin(PortalAdmin):
    """One store's shipping. Stores are added and deleted on their own page."""

    empty_words = (
        "No store is connected yet. Connect one first: then its status labels and carriers are entered here."
    )
    list_display = ("name", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("name", "slug", "merchant__name")
    fields = ("store_shown",)
    readonly_fields = ("store_shown",)
    inlines: ClassVar[list[Any]] = [RulesInline, MeaningInline, CarrierInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a store is connected on its own page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Store | None = None) -> bool:
        """Refuse: a store is deleted on its own page."""
        return False

    @admin.display(description="store")
    def store_shown(self, store: Store) -> SafeString:
        """Return a link to the store's own page."""
        return link(page_of(Store(pk=store.pk)), f"{store.merchant} · {store.name}")
