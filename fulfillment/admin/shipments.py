"""Shipments: found by order or tracking number; the page says what is wrong, and a person tries again or closes it."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from fulfillment.admin.words import numbers, order_link, sentence, standing, store_link
from fulfillment.decide import done_elsewhere, new_label, relabelling, try_again, undecided
from fulfillment.models import Package, Shipment
from fulfillment.readings import key_of
from stores.admin.acting import IN_THE_BACKGROUND, Act, Acting, Asked, ReasonForm, Result, about
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, by_age, whole
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, short, when
from stores.outbox import OPEN

STANDINGS = {
    "parked": Q(parked_at__isnull=False, done_at=None),
    "failing": OPEN & ~Q(problem=""),
    "open": OPEN,
    "done": Q(done_at__isnull=False),
}


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


def tried(asked: Asked) -> Result:
    """Make rows due."""
    count = try_again(chosen(asked))
    return Result(
        done=[f"Pushed again: {count}. Reload this page in a moment to see how it went."] if count else [],
    )


def relabelled(asked: Asked) -> Result:
    """Give known packages their new numbers."""
    count = new_label(chosen(asked), asked.who)
    return Result(
        done=[f"New labels: {count}. The shipments that have these packages are pushed again."]
        if count
        else []
    )


def closed(asked: Asked) -> Result:
    """Close rows with the reason."""
    reason = asked.given["reason"]
    count = done_elsewhere(chosen(asked), asked.who, reason)
    return Result(
        done=[f"Marked as done elsewhere: {count}."] if count else [],
    )


def chosen(asked: Asked) -> QuerySet[Shipment]:
    """Return the rows as the verbs take them."""
    return Shipment.objects.filter(pk__in=[row.pk for row in asked.rows])


NOT_OWED = "Nothing of this is owed any more, or a worker is at it."
AGAIN = Act(
    "again",
    "Try again",
    "Try {} again?",
    "The order is read in Miva first, and what is missing there is done; nothing is done twice.",
    "fulfillment.decide_shipment",
    tried,
    none=NOT_OWED,
    takes=about(2, IN_THE_BACKGROUND),
    fits=undecided,
)
RELABEL = Act(
    "relabel",
    "It is a new label",
    "Take the number of {} for a new label?",
    "The shipment that has the package gets the new tracking number in Miva, and no further one is made: what was reported with "
    "the number is not shipped a second time.",
    "fulfillment.decide_shipment",
    relabelled,
    none=NOT_OWED,
    takes=about(2, IN_THE_BACKGROUND),
    fits=relabelling,
)
CLOSE = Act(
    "close",
    "Done elsewhere",
    "Mark {} as done elsewhere?",
    "What is marked as done elsewhere is not pushed to Miva any more, and counts as shipped from here on.",
    "fulfillment.decide_shipment",
    closed,
    none=NOT_OWED,
    fits=undecided,
    form=ReasonForm,
)


@admin.register(Shipment)
class ShipmentAdmin(Acting, FactAdmin):
    """One shipment, cancellation or back-order. Nobody edits one: Stone Edge has the original."""

    empty_words = (
        "Stone Edge has not reported any shipment yet. Check that 'Send Status To Web' is on in its "
        "Shopping Carts screen."
    )
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
    list_filter = (
        StandingFilter,
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("created_at", "reported"),
        "kind",
    )
    list_select_related = ("store__merchant", "order")
    search_fields = ("packages__key",)
    search_help_text = "Order number or tracking number"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("kind",)  # all that the page shows stands above it
    acts = (AGAIN, RELABEL, CLOSE)
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
        return queryset.filter(found | Q(order__miva_id=whole(words))), False

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
            "decisions": self.offered(request, row),
        }

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
