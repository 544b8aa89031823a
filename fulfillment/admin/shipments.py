"""Shipments: found by order or tracking number; the page says what is wrong, and a person tries again or closes it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from fulfillment.admin.words import numbers, order_link, sentence, standing, store_link
from fulfillment.decide import done_elsewhere, try_again, undecided
from fulfillment.models import Package, Shipment
from fulfillment.shipping import key_of
from stores.admin.exports import Exporting
from stores.admin.filters import StoreFilter
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, page_of, short, when
from stores.outbox import OPEN

STANDINGS = {
    "parked": Q(parked_at__isnull=False, done_at=None),
    "failing": OPEN & ~Q(problem=""),
    "open": OPEN,
    "done": Q(done_at__isnull=False),
}


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200)


class StandingFilter(admin.SimpleListFilter):
    """Where shipments stand."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return [
            ("parked", "Parked"),
            ("failing", "Waits after a failure"),
            ("open", "On its way"),
            ("done", "Done"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep by the state."""
        return queryset.filter(STANDINGS.get(self.value() or "", Q()))


@admin.register(Shipment)
class ShipmentAdmin(Exporting, FactAdmin):
    """One shipment, cancellation or back-order. Nobody edits one: Stone Edge has the original."""

    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "order": "order__miva_id",
        "what": "get_kind_display",
        "step": "get_step_display",
        "tracking": "tracking",
        "problem": "problem",
        "remedy": "remedy",
        "reported": "created_at",
        "parked": "parked_at",
        "done": "done_at",
        "closed_by": "closed_by",
    }
    list_display = (
        "tracking_shown",
        "order_shown",
        "store_shown",
        "kind_shown",
        "state",
        "step",
        "problem_shown",
        "reported",
    )
    list_display_links = None
    list_filter = (StandingFilter, "kind", StoreFilter)
    list_select_related = ("store__merchant", "order")
    search_fields = ("packages__key",)
    search_help_text = "Order number or tracking number"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("kind",)  # all that the page shows stands above it
    actions = ("try_selected", "close_selected")
    change_form_template = "admin/fulfillment/shipment_page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        """Return the rows, without the orders' raw documents."""
        rows: QuerySet[Shipment] = super().get_queryset(request)
        return (
            rows.select_related("store__merchant", "order").defer("order__raw").prefetch_related("packages")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Shipment], search_term: str
    ) -> tuple[QuerySet[Shipment], bool]:
        """Return the rows of an order, or with a tracking number that begins so."""
        words = search_term.strip()
        if not words:
            return queryset, False
        found = Q(pk__in=Package.objects.filter(key__startswith=key_of(words)).values("shipment"))
        if words.isascii() and words.isdigit() and len(words) < 19:
            found |= Q(order__miva_id=int(words))
        return queryset.filter(found), False

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons."""
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/again/", view(self.again_view), name="fulfillment_shipment_again"),
            path("<path:object_id>/close/", view(self.close_view), name="fulfillment_shipment_close"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what is pushed, how far it got and what can be done."""
        row = self.get_object(request, object_id)
        context = self.page(request, row) if row and self.has_view_permission(request, row) else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return response

    def page(self, request: HttpRequest, row: Shipment) -> dict[str, Any]:
        """Return what the page shows."""
        return {
            "subtitle": row.tracking or str(row),
            "state": standing(row),
            "sentence": sentence(row),
            "remedy": row.remedy,
            "facts": facts(row),
            "lines": row.lines.all(),
            "packages": row.packages.all(),
            "may_decide": row.done_at is None and self.has_decide_permission(request),
        }

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may decide about shipments."""
        return self.may(request, "decide")

    def row_to_decide(self, request: HttpRequest, object_id: str) -> QuerySet[Shipment]:
        """Return the row of a button that was pressed. Raises Http404 or PermissionDenied."""
        row = self.row_for(request, object_id, "decide")
        return Shipment.objects.filter(pk=row.pk)

    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Try again"."""
        rows = self.row_to_decide(request, object_id)
        if request.method == "POST":
            self.tried(request, rows)
        return HttpResponseRedirect(page_of(rows.get()))

    def close_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Done elsewhere…": ask for the reason, then close."""
        rows = self.row_to_decide(request, object_id)
        page = page_of(rows.get())
        return self.closed(request, rows, page) or HttpResponseRedirect(page)

    @admin.action(description="Try again", permissions=["decide"])
    def try_selected(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> None:
        """Push the selected rows again."""
        self.tried(request, queryset)

    @admin.action(description="Done elsewhere…", permissions=["decide"])
    def close_selected(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> HttpResponse | None:
        """Ask for the reason, then close the selected rows."""
        return self.closed(request, queryset, request.get_full_path())

    def tried(self, request: HttpRequest, rows: QuerySet[Shipment]) -> None:
        """Make rows due and say so."""
        chosen = list(undecided(rows))
        count = try_again(Shipment.objects.filter(pk__in=[row.pk for row in chosen]))
        for row in chosen:
            self.log_change(request, row, "Try again.")
        if count:
            messages.success(
                request, f"Pushed again: {count}. Reload this page in a moment to see how it went."
            )
        else:
            messages.info(request, "Nothing of this is owed any more, or a worker is at it.")

    def closed(self, request: HttpRequest, rows: QuerySet[Shipment], back: str) -> HttpResponse | None:
        """Close rows, if the reason is given; else return the page that asks for it."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        chosen = list(undecided(rows).select_related("order", "store__merchant").defer("order__raw"))
        if chosen and not form.is_valid():
            context = self.admin_site.each_context(request) | {
                "title": "Done elsewhere",
                "opts": self.opts,
                "rows": chosen,
                "form": form,
                "back": back,
            }
            return TemplateResponse(request, "admin/fulfillment/shipment_close.html", context)
        if not chosen:
            messages.info(request, "Nothing of this is owed any more, or a worker is at it.")
            return None
        reason = form.cleaned_data["reason"]
        count = done_elsewhere(rows, request.user.get_username(), reason)
        for row in chosen:
            self.log_change(request, row, f"Done elsewhere: {reason}")
        messages.success(request, f"Marked as done elsewhere: {count}.")
        return None

    @admin.display(description="tracking number")
    def tracking_shown(self, row: Shipment) -> SafeString | str:
        """Return the tracking numbers."""
        return numbers(row)

    @admin.display(description="order")
    def order_shown(self, row: Shipment) -> SafeString:
        """Return a link to the order."""
        return order_link(row)

    @admin.display(description="store")
    def store_shown(self, row: Shipment) -> SafeString:
        """Return a link to the store."""
        return store_link(row)

    @admin.display(description="what")
    def kind_shown(self, row: Shipment) -> str:
        """Return what is done."""
        return str(row.get_kind_display())

    @admin.display(description="state")
    def state(self, row: Shipment) -> SafeString:
        """Return the state as a label."""
        return standing(row)

    @admin.display(description="reason")
    def problem_shown(self, row: Shipment) -> SafeString | str:
        """Return what is wrong, on one line."""
        return short(row.problem, 70) or NEVER

    @admin.display(description="reported")
    def reported(self, row: Shipment) -> SafeString | str:
        """Return when Stone Edge reported it."""
        return when(row.created_at)


def facts(row: Shipment) -> list[tuple[str, Any]]:
    """Return names and values of the page."""
    return [
        ("Order", order_link(row)),
        ("Store", store_link(row)),
        ("What", str(row.get_kind_display()).capitalize()),
        ("Step", str(row.get_step_display()).capitalize()),
        ("Shipment in Miva", row.miva_id or NEVER),
        ("Reported", when(row.created_at)),
        ("Next attempt", when(row.due_at) if not (row.done_at or row.parked_at) else NEVER),
        ("Attempts", row.attempts),
        ("Parked", when(row.parked_at)),
        ("Done", when(row.done_at)),
    ]
