"""Comparisons with Miva: what each night found, and "Compare now"."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from orders import jobs, reconcile
from orders.admin.backfills import state_label
from orders.models import Job, Order, Reconciliation
from orders.tasks import run_reconciliation
from stores.admin.filters import MerchantOfStoreFilter, ProblemTextFilter, StoreFilter, by_age, whole
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, label, link, list_of, page_of, short, when
from stores.models import Store
from stores.nudges import nudge


class FoundFilter(admin.SimpleListFilter):
    """Comparisons that found something."""

    title = "result"
    parameter_name = "found"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what can have been found."""
        return [("missing", "Orders were missing"), ("different", "Any difference"), ("nothing", "Nothing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep by the counts."""
        different = Q(missing_count__gt=0) | Q(extra_count__gt=0) | Q(different_count__gt=0)
        chosen = {"missing": Q(missing_count__gt=0), "different": different, "nothing": ~different}
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(Reconciliation)
class ReconciliationAdmin(FactAdmin):
    """One comparison. `?store=` chooses a store; its list has the button."""

    empty_words = (
        "No store has been compared with Miva yet. The clock does that every night; 'Compare now' on a "
        "store's page does it at once."
    )
    list_display = (
        "began",
        "store_link",
        "state_shown",
        "compared",
        "missing_shown",
        "extra_shown",
        "different_shown",
        "problem_shown",
    )
    list_filter = (
        "state",
        FoundFilter,
        ProblemTextFilter,
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("created_at"),
    )
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "state": "get_state_display",
        "from": "since",
        "until": "until",
        "compared": "compared",
        "missing": "missing_count",
        "missing_numbers": "missing",
        "imported": "imported",
        "not_in_miva": "extra_count",
        "older_here": "different_count",
        "problem": "problem",
        "finished": "finished_at",
    }
    list_select_related = ("store__merchant",)
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("days",)  # all that the page shows stands above it
    list_before_template = "admin/orders/reconciliation_compare.html"
    change_form_template = "admin/orders/reconciliation_page.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the button."""
        view = self.admin_site.admin_view(self.compare_view)
        return [
            path("compare/<key:store_id>/", view, name="orders_reconciliation_compare"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; with the button when one store is chosen."""
        chosen = request.GET.get("store", "")
        stores = Store.objects.select_related("merchant").filter(pk=whole(chosen))
        store = stores.first() if may_compare(request) else None
        response: HttpResponse = super().changelist_view(
            request, (extra_context or {}) | {"compare_store": store}
        )
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what was found."""
        row = self.get_object(request, object_id)
        context = self.result(request, row) if row and self.has_view_permission(request, row) else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return response

    def compare_view(self, request: HttpRequest, store_id: int) -> HttpResponse:
        """The button "Compare now"."""
        store = get_object_or_404(Store.objects.select_related("merchant"), pk=store_id)
        if not may_compare(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(list_of("orders_reconciliation", store=store.pk))
        row = self.asked_for(store) or self.ask(request, store)
        messages.success(request, f"{store} is being compared with Miva. Reload this page in a moment.")
        return HttpResponseRedirect(page_of(row))

    def asked_for(self, store: Store) -> Reconciliation | None:
        """Return a comparison that somebody has asked for and that is still going on: a button may be pressed twice."""
        rows: QuerySet[Reconciliation] = Reconciliation.objects.of(store)
        return rows.filter(planned=False, state__in=jobs.OPEN).first()

    def ask(self, request: HttpRequest, store: Store) -> Reconciliation:
        """Write it down and tell the workers."""
        row = reconcile.start(store, by=request.user)
        transaction.on_commit(partial(nudge, run_reconciliation, row.pk))
        return row

    def result(self, request: HttpRequest, row: Reconciliation) -> dict[str, Any]:
        """Return what the page shows."""
        return {
            "subtitle": str(row),
            "row": row,
            "state": state_label(row),
            "sentence": sentence(row),
            "open": row.state in jobs.OPEN,
            "facts": facts(row),
            "findings": findings(row),
            "compare_store": row.store if may_compare(request) else None,
        }

    @admin.display(description="began")
    def began(self, row: Reconciliation) -> SafeString | str:
        """Return when it began, or when it will."""
        return when(row.until or row.not_before)

    @admin.display(description="store")
    def store_link(self, row: Reconciliation) -> SafeString:
        """Return a link to the store."""
        return link(page_of(row.store), f"{row.store.merchant} · {row.store.name}")

    @admin.display(description="state")
    def state_shown(self, row: Reconciliation) -> SafeString:
        """Return the state as a label."""
        return state_label(row)

    @admin.display(description="missing")
    def missing_shown(self, row: Reconciliation) -> SafeString | int:
        """Return how many were not here, and how many of them are now."""
        if not row.missing_count:
            return 0
        return format_html("{} {}", row.missing_count, label(f"{row.imported} imported", "warn"))

    @admin.display(description="not in Miva any more")
    def extra_shown(self, row: Reconciliation) -> int:
        """Return how many Miva does not list."""
        return row.extra_count

    @admin.display(description="different")
    def different_shown(self, row: Reconciliation) -> int:
        """Return how many were older here."""
        return row.different_count

    @admin.display(description="problem")
    def problem_shown(self, row: Reconciliation) -> SafeString | str:
        """Return what is wrong, on one line."""
        return short(row.problem, 60) or NEVER


def may_compare(request: HttpRequest) -> bool:
    """Whether the user may ask for a comparison."""
    return bool(request.user.has_perm("orders.add_reconciliation"))


def sentence(row: Reconciliation) -> str:
    """Return in one sentence what came of it."""
    if row.problem:
        return row.problem
    if row.state == Job.State.WAITING and not row.started_at:
        return "It begins at the planned time."
    if row.state != Job.State.DONE:
        return f"{row.compared:,} orders are compared so far."
    if row.missing_count or row.extra_count or row.different_count:
        return f"{row.compared:,} orders were compared; there are differences."
    return f"{row.compared:,} orders were compared; nothing is missing, and nothing is different."


def facts(row: Reconciliation) -> list[tuple[str, Any]]:
    """Return names and values of the page."""
    return [
        ("Days", row.days),
        ("Orders placed since", when(row.since)),
        ("Asked for by", row.created_by or ("the clock, each night" if row.planned else "command")),
        ("Planned for", when(row.not_before)),
        ("Began", when(row.until)),
        ("Finished", when(row.finished_at)),
        ("Orders compared", f"{row.compared:,}"),
        ("Imported", f"{row.imported:,}"),
        ("Fetched again", f"{row.refreshed:,}"),
    ]


def findings(row: Reconciliation) -> list[tuple[str, str, SafeString, int]]:
    """Return the kinds of differences: name, what was done about it, the numbers, how many more there are."""
    kinds = (
        ("missing", "Missing here", "They were in Miva and not here, and were imported at once."),
        ("different", "Changed in Miva since", "They were newer in Miva than here, and were fetched again."),
        (
            "extra",
            "Not in Miva any more",
            "Miva does not list them: deleted or archived there. They stay here.",
        ),
    )
    return [
        (
            words,
            done,
            linked(row, getattr(row, kind)),
            getattr(row, f"{kind}_count") - len(getattr(row, kind)),
        )
        for kind, words, done in kinds
        if getattr(row, f"{kind}_count")
    ]


def linked(row: Reconciliation, numbers: list[int]) -> SafeString:
    """Return the order numbers, as links where the order is here."""
    here = dict(Order.objects.of(row.store).filter(miva_id__in=numbers).values_list("miva_id", "pk"))
    words = [
        (link(page_of(Order(pk=here[number])), number) if number in here else str(number),)
        for number in numbers
    ]
    return format_html_join(", ", "{}", words)
