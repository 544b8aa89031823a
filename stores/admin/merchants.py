"""Merchants."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, is_valid_path, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from stores import viewing
from stores.admin.acting import ReasonForm
from stores.admin.deleting import refusals
from stores.admin.filters import ProblemFilter, by_age
from stores.admin.lists import PortalAdmin
from stores.admin.standing import NEEDS_ATTENTION, with_standing
from stores.admin.words import label, link, list_of, page_of
from stores.models import Merchant, Store

PAGES = "/status/"  # the merchant's own pages


class MerchantProblemFilter(ProblemFilter):
    """Merchants with a store that somebody has to look at."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Merchant]) -> QuerySet[Merchant]:
        """Keep by how their stores stand."""
        if self.value() not in ("yes", "no"):
            return queryset
        stores: QuerySet[Any] = with_standing(Store.objects.active())
        wrong = stores.filter(standing__in=NEEDS_ATTENTION).order_by()
        troubled = Q(pk__in=wrong.values("merchant"))
        return queryset.filter(troubled if self.value() == "yes" else ~troubled)


@admin.register(Merchant)
class MerchantAdmin(PortalAdmin):
    """Who sells through the portal."""

    empty_words = "There is no merchant yet. 'Connect a store' creates the merchant together with the store."
    list_display = ("name", "contact", "store_count", "time_zone", "is_active")
    list_filter = (MerchantProblemFilter, "active", by_age("created_at", "here since"))
    export_columns = {
        "merchant": "name",
        "slug": "slug",
        "contact": "contact_name",
        "email": "contact_email",
        "time_zone": "time_zone",
        "stores": "store_total",
        "active": "active",
        "here_since": "created_at",
    }
    search_fields = ("name", "slug", "contact_name", "contact_email")
    search_help_text = "Name or contact"
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("stores_here", "created_at")
    fieldsets = (
        (None, {"fields": ("name", "slug", "active", "stores_here")}),
        ("Contact", {"fields": ("contact_name", "contact_email", "time_zone", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merchant]:
        """Return the merchants with the number of their stores that are switched on."""
        rows: QuerySet[Merchant] = super().get_queryset(request)
        return rows.annotate(store_total=Count("stores", filter=Q(stores__active=True)))

    @admin.display(description="contact", ordering="contact_name")
    def contact(self, merchant: Merchant) -> str:
        """Return whom to call."""
        return " · ".join(filter(None, (merchant.contact_name, merchant.contact_email))) or "—"

    @admin.display(description="stores", ordering="store_total")
    def store_count(self, merchant: Merchant) -> SafeString:
        """Return how many stores are switched on, as a link to them."""
        return link(list_of("stores_store", merchant=merchant.pk), getattr(merchant, "store_total", 0))

    @admin.display(description="state", ordering="active")
    def is_active(self, merchant: Merchant) -> SafeString:
        """Return whether the merchant is served."""
        return label("Active", "good") if merchant.active else label("Switched off", "quiet")

    @admin.display(description="stores")
    def stores_here(self, merchant: Merchant) -> SafeString | str:
        """Return links to the merchant's stores."""
        rows = merchant.stores.all() if merchant.pk else []
        return format_html_join(" · ", "{}", ((link(page_of(store), store),) for store in rows)) or "none yet"

    change_form_outer_before_template = "admin/stores/merchant/strip.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks before one sees the merchant's pages."""
        view = self.admin_site.admin_view(self.viewas_view)
        return [path("<path:object_id>/view-as/", view, name="stores_merchant_viewas"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form, with the button above it."""
        context = (extra_context or {}) | {
            "may_view_as": self.may(request, "viewas"),
            "may_invite": request.user.has_perm("stores.add_membership"),
        }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def viewas_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, then show the merchant's pages."""
        merchant = self.row_for(request, object_id, "viewas")
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            context = self.frame(request, "View as merchant") | {"merchant": merchant, "form": form}
            context |= {"minutes": viewing.LASTS.seconds // 60, "back": page_of(merchant)}
            return TemplateResponse(request, "admin/stores/merchant/viewas.html", context)
        seen = viewing.start(request, merchant, form.cleaned_data["reason"])
        messages.info(request, f"Until {seen.until:%H:%M} UTC you see the pages of {merchant} as he does.")
        return HttpResponseRedirect(PAGES if is_valid_path(PAGES) else page_of(merchant))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Return what stands in the way of deleting; stores do."""
        return refusals(self, objs, request)
