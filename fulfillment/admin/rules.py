"""What a store's status labels and carriers mean, and what it wants done with its shipments."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import StackedInline

from fulfillment.models import CarrierMapping, FulfillmentRules, StatusMeaning, StatusUpdate, StoreShipping
from stores.admin.filters import MerchantFilter
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


class UnknownLabelFilter(admin.SimpleListFilter):
    """Stores whose Stone Edge has sent a status label that nobody has explained yet."""

    title = "problem"
    parameter_name = "problem"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the one choice."""
        return [("unknown", "Unknown status labels")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StoreShipping]) -> QuerySet[StoreShipping]:
        """Keep the stores with such a message."""
        unknown = StatusUpdate.objects.filter(store=OuterRef("pk"), meaning="")
        return queryset.filter(Exists(unknown)) if self.value() == "unknown" else queryset


@admin.register(StoreShipping)
class StoreShippingAdmin(PortalAdmin):
    """One store's shipping. Stores are added and deleted on their own page."""

    empty_words = (
        "No store is connected yet. Connect one first: then its status labels and carriers are entered here."
    )
    list_display = ("name", "merchant", "labels", "carriers")
    list_filter = (UnknownLabelFilter, MerchantFilter, "active")
    export_columns = {
        "merchant": "merchant__name",
        "store": "name",
        "active": "active",
        "own_labels": "own_labels",
        "own_carriers": "own_carriers",
    }
    list_select_related = ("merchant",)
    search_fields = ("name", "slug", "merchant__name")
    fields = ("store_shown",)
    readonly_fields = ("store_shown",)
    inlines: ClassVar[list[Any]] = [RulesInline, MeaningInline, CarrierInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoreShipping]:
        """Return the stores with the numbers of their own labels and carriers."""
        rows: QuerySet[StoreShipping] = super().get_queryset(request)
        labels = Count("status_meanings", distinct=True)
        return rows.annotate(own_labels=labels, own_carriers=Count("carriers", distinct=True))

    @admin.display(description="own status labels", ordering="own_labels")
    def labels(self, store: StoreShipping) -> int:
        """Return how many labels mean something else here than elsewhere."""
        return int(getattr(store, "own_labels", 0))

    @admin.display(description="own carriers", ordering="own_carriers")
    def carriers(self, store: StoreShipping) -> int:
        """Return how many carriers are entered here."""
        return int(getattr(store, "own_carriers", 0))

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
