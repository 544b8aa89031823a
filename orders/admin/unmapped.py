"""The payment methods that nobody has mapped yet: each becomes a mapping, or there is nothing to map."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from orders.admin.payments import address_of_new, suggestion
from orders.models import UnmappedPayment
from stores.admin.filters import StoreFilter
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, link, list_of, page_of, when

LIST = "admin:orders_unmappedpayment_changelist"


class ReasonForm(forms.Form):
    """Why there is nothing to map."""

    reason = forms.CharField(max_length=200)


class StandingFilter(admin.SimpleListFilter):
    """Those that somebody has to look at, unless the dismissed ones are asked for."""

    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what there is beside the open ones."""
        return [("dismissed", "Nothing to map")]

    def choices(self, changelist: Any) -> Any:
        """Call the choice without a value by what it shows."""
        first, *others = super().choices(changelist)
        yield first | {"display": "To be mapped"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the dismissed ones or the others."""
        return queryset.filter(dismissed_at__isnull=self.value() != "dismissed")


@admin.register(UnmappedPayment)
class UnmappedPaymentAdmin(FactAdmin):
    """Payment methods that are sent as generic payments, because no row of the table fits."""

    list_display = (
        "method",
        "store_link",
        "count",
        "first",
        "last",
        "example",
        "dismissal",
        "make",
        "decide",
    )
    list_display_links = None
    list_filter = (StandingFilter, StoreFilter)
    list_select_related = ("store__merchant", "dismissed_by")
    ordering = ("-last_seen", "-pk")
    sortable_by = ()

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Leave the links out for those who may not make mappings."""
        return self.list_display if self.may_decide(request) else self.list_display[:-2]

    def may_decide(self, request: HttpRequest) -> bool:
        """Return whether this person may make mappings, and so decide that there is none to make."""
        return request.user.has_perm("orders.add_paymentmapping")

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons; there is no page to edit an entry."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/dismiss/", view(self.dismiss_view), name="orders_unmappedpayment_dismiss"),
            path("<int:pk>/restore/", view(self.restore_view), name="orders_unmappedpayment_restore"),
            *super().get_urls(),
        ]

    def entry_to_decide(self, request: HttpRequest, pk: int) -> UnmappedPayment:
        """Return the entry of a button that was pressed. Raises Http404 or PermissionDenied."""
        if not self.may_decide(request):
            raise PermissionDenied
        found: UnmappedPayment = get_object_or_404(self.get_queryset(request), pk=pk)
        return found

    def dismiss_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button "Nothing to map…": ask for the reason, then set the entry aside; its payments go on being counted."""
        row = self.entry_to_decide(request, pk)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self.question(request, "Nothing to map", row, form)
        reason = form.cleaned_data["reason"]
        self.decided(
            request, row, f"Nothing to map: {reason}", dismissed_at=timezone.now(), dismissed_because=reason
        )
        messages.success(request, f"{row} is out of the list. It stays a generic payment.")
        return HttpResponseRedirect(reverse(LIST))

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button "Take back…": ask, then have the entry in the list again."""
        row = self.entry_to_decide(request, pk)
        if request.method != "POST":
            return self.question(request, "Take back", row)
        self.decided(request, row, "To be mapped after all", dismissed_at=None, dismissed_because="")
        messages.success(request, f"{row} is to be mapped after all.")
        return HttpResponseRedirect(reverse(LIST))

    def question(
        self, request: HttpRequest, title: str, row: UnmappedPayment, form: ReasonForm | None = None
    ) -> TemplateResponse:
        """Return the page that asks."""
        context = self.frame(request, title) | {"row": row, "form": form, "back": reverse(LIST)}
        return TemplateResponse(request, "admin/orders/unmapped_decide.html", context)

    def decided(self, request: HttpRequest, row: UnmappedPayment, words: str, **fields: Any) -> None:
        """Write a decision, and into the history who made it."""
        UnmappedPayment.objects.filter(pk=row.pk).update(**fields, dismissed_by=request.user)
        self.log_change(request, row, words)

    @admin.display(description="module / description")
    def method(self, row: UnmappedPayment) -> str:
        """Return what the payments say."""
        return str(row)

    @admin.display(description="store")
    def store_link(self, row: UnmappedPayment) -> SafeString:
        """Return a link to the store."""
        return link(page_of(row.store), f"{row.store.merchant} · {row.store.name}")

    @admin.display(description="first seen")
    def first(self, row: UnmappedPayment) -> SafeString | str:
        """Return when the first one came."""
        return when(row.first_seen)

    @admin.display(description="last seen")
    def last(self, row: UnmappedPayment) -> SafeString | str:
        """Return when the latest one came."""
        return when(row.last_seen)

    @admin.display(description="example order")
    def example(self, row: UnmappedPayment) -> SafeString:
        """Return the latest order with it, as a link."""
        return link(list_of("orders_order", store=row.store_id, q=row.order_number), row.order_number)

    @admin.display(description="")
    def make(self, row: UnmappedPayment) -> SafeString:
        """Return the link to a form that is filled in."""
        return link(address_of_new(**suggestion(row), unmapped=row.pk), "Make a mapping")

    @admin.display(description="reason")
    def dismissal(self, row: UnmappedPayment) -> str:
        """Return why there is nothing to map, and who said so."""
        return f"{row.dismissed_because} ({row.dismissed_by})" if row.dismissed_at else NEVER

    @admin.display(description="")
    def decide(self, row: UnmappedPayment) -> SafeString:
        """Return the link to the question, or to the way back."""
        if row.dismissed_at:
            return link(reverse("admin:orders_unmappedpayment_restore", args=[row.pk]), "Take back…")
        return link(reverse("admin:orders_unmappedpayment_dismiss", args=[row.pk]), "Nothing to map…")
