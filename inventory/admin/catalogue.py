"""Products as our copy has them: found by code, SKU or name; how old the copy is; "Refresh now"."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inventory import catalog
from inventory.catalogue_health import CopyHealth, summary
from inventory.models import CatalogueRefresh, Product, Variant, fold
from inventory.records import Catalogue
from inventory.tasks import run_refresh
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, by_age, whole
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, label, link, list_of, page_of, when
from stores.models import Store
from stores.nudges import nudge
from stores.seti.catalogue_rendering import render_product
from stores.seti.values import number, plain, price

Kind = CatalogueRefresh.Kind

MOST_VARIANTS = 200  # that the page of a product shows


class PresenceFilter(admin.SimpleListFilter):
    """Products that Miva has, and those that it had."""

    title = "in Miva"
    parameter_name = "present"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return yes and no."""
        return [("yes", "Still there"), ("no", "Gone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Keep by what the last complete reading found."""
        if self.value() is None:
            return queryset
        return queryset.filter(gone_at__isnull=self.value() == "yes")


@admin.register(Product)
class ProductAdmin(FactAdmin):
    """One product of the copy. `?store=` chooses a store; its list tells the age of the copy and has the button."""

    empty_words = (
        "No product has been read yet. The copy fills by itself soon after a store is connected; choose "
        "the store and press 'Refresh now' to begin at once."
    )
    list_display = ("code_shown", "sku", "name_shown", "store_link", "price_shown", "stock", "sold", "read")
    list_filter = (PresenceFilter, MerchantOfStoreFilter, StoreFilter, by_age("read_at", "read"), "role")
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "code": "code",
        "sku": "sku",
        "name": "name",
        "miva_id": "miva_id",
        "price": "price",
        "cost": "cost",
        "weight": "weight",
        "stock_in_miva": "quantity",
        "stock_is_tracked": "tracked",
        "sold_as": "get_role_display",
        "active": "active",
        "read": "read_at",
        "gone": "gone_at",
    }
    list_select_related = ("store__merchant",)
    search_fields = ("code_key",)
    search_help_text = "Code or SKU; in the list of one store also a part of it or of the name"
    ordering = ("-pk",)
    sortable_by = ()
    list_before_template = "admin/inventory/copy.html"
    change_form_template = "admin/inventory/product.html"
    fields = ("code",)  # all that the page shows stands above it

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """Return the products that the word in the box means, in any case; never a row twice."""
        key = fold(search_term)
        if not key:
            return queryset, False
        exact = Q(code_key=key) | Q(sku_key=key)
        part = Q(code_key__contains=key) | Q(sku_key__contains=key) | Q(name__icontains=key)
        return queryset.filter(part if request.GET.get("store") else exact), False

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the button."""
        view = self.admin_site.admin_view(self.refresh_view)
        return [
            path("refresh/<key:store_id>/", view, name="inventory_catalogue_refresh"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the age of the copy when one store is chosen."""
        rows = Store.objects.select_related("merchant").filter(pk=whole(request.GET.get("store")))
        store = rows.first() if self.has_view_permission(request) else None
        context = copy_context(request, store) if store else {}
        response: HttpResponse = super().changelist_view(request, (extra_context or {}) | context)
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what Miva told, and what Stone Edge gets of it."""
        product = self.get_object(request, object_id)
        seen = product is not None and self.has_view_permission(request, product)
        context = product_context(product) if product and seen else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return response

    def refresh_view(self, request: HttpRequest, store_id: int) -> HttpResponse:
        """The button "Refresh now": products and customers."""
        store = get_object_or_404(Store.objects.select_related("merchant"), pk=store_id)
        if not may_refresh(request):
            raise PermissionDenied
        if request.method == "POST":
            for kind in Kind:
                row = catalog.start(store, kind, by=request.user)
                transaction.on_commit(partial(nudge, run_refresh, row.pk))
            messages.success(
                request, f"Products and customers of {store} are being read. Reload this page in a moment."
            )
        return HttpResponseRedirect(list_of("inventory_product", store=store.pk))

    @admin.display(description="code")
    def code_shown(self, product: Product) -> SafeString | str:
        """Return the code, marked when Miva does not have the product any more."""
        if product.gone_at is None:
            return product.code or NEVER
        return format_html("{} {}", product.code or NEVER, label("Gone", "quiet"))

    @admin.display(description="name")
    def name_shown(self, product: Product) -> str:
        """Return the name."""
        return plain(product.name) or NEVER

    @admin.display(description="store")
    def store_link(self, product: Product) -> SafeString:
        """Return a link to the store."""
        return link(page_of(product.store), f"{product.store.merchant} · {product.store.name}")

    @admin.display(description="price")
    def price_shown(self, product: Product) -> SafeString:
        """Return the price."""
        return format_html('<span class="c2c-number">{}</span>', price(product.price))

    @admin.display(description="stock in Miva")
    def stock(self, product: Product) -> SafeString | str:
        """Return the stock as it was read."""
        return stock_of(product)

    @admin.display(description="sold as")
    def sold(self, product: Product) -> str:
        """Return what it is for."""
        return product.get_role_display()

    @admin.display(description="read")
    def read(self, product: Product) -> SafeString | str:
        """Return when Miva was asked for it."""
        return when(product.read_at)


def may_refresh(request: HttpRequest) -> bool:
    """Whether the user may ask for a reading."""
    return bool(request.user.has_perm("inventory.add_cataloguerefresh"))


def stock_of(product: Product) -> SafeString | str:
    """Return the stock, or that there is none to tell."""
    if product.role == Product.Role.VARIANTS:
        return "on its variants"
    if not product.tracked:
        return "not tracked"
    return format_html('<span class="c2c-number">{}</span>', f"{product.quantity:,}")


def copy_context(request: HttpRequest, store: Store) -> dict[str, Any]:
    """Return what stands above the list of one store."""
    health = summary(store)
    return {
        "copy_store": store,
        "copies": [("Products", told(health.products)), ("Customers", told(health.customers))],
        "copy_problems": [each for each in (health.products, health.customers) if each.problem],
        "may_refresh": may_refresh(request),
    }


def told(copy: CopyHealth) -> SafeString:
    """Return how many rows there are, how old they are and when they are read next."""
    if copy.read_at is None:
        state = label("Never read completely", "warn")
    else:
        state = format_html("{}, read {}", f"{copy.rows:,}", when(copy.read_at))
    if copy.reading:
        return format_html("{}; {}", state, label(f"reading, {copy.reading}", "quiet"))
    return format_html("{}; next {}", state, when(copy.next_at)) if copy.next_at else state


def product_context(product: Product) -> dict[str, Any]:
    """Return what the page of one product shows."""
    (record,) = Catalogue(product.store).products([product])
    return {
        "subtitle": str(product),
        "name": plain(product.name) or product.code,
        "facts": facts(product),
        "listed": product.listed_at is not None and product.unlisted_at is None,
        "document": render_product(record).replace("><", ">\n<"),
        "variants": variants_of(product),
        "all_products": list_of("inventory_product", store=product.store_id),
    }


def facts(product: Product) -> list[tuple[str, Any]]:
    """Return names and values of the page."""
    return [
        ("Store", link(page_of(product.store), f"{product.store.merchant} · {product.store.name}")),
        ("Code", product.code or NEVER),
        ("SKU", product.sku or NEVER),
        ("Miva id", product.miva_id),
        ("Price", price(product.price)),
        ("Cost", price(product.cost)),
        ("Weight", number(product.weight)),
        ("Stock in Miva", stock_of(product)),
        ("Sold as", product.get_role_display()),
        ("Active in Miva", "Yes" if product.active else "No"),
        ("Read", when(product.read_at)),
        ("Gone from Miva", when(product.gone_at)),
    ]


def variants_of(product: Product) -> list[tuple[str, list[tuple[SafeString | str, int]]]]:
    """Return the product's variants, or those that it stands for: options, and parts with quantities as links."""
    rows = Variant.objects.of(product.store).filter(
        Q(product_id=product.miva_id) | Q(part_id=product.miva_id)
    )
    variants = list(rows[:MOST_VARIANTS])
    ids = {part for variant in variants for part, _ in variant.parts}
    known = {row.miva_id: row for row in Product.objects.of(product.store).filter(miva_id__in=ids)}
    return [
        (
            str(variant),
            [
                (link(page_of(known[part]), known[part].code) if part in known else str(part), quantity)
                for part, quantity in variant.parts
            ],
        )
        for variant in variants
    ]
