"""Backfills: asked for from a store's page, watched while they run, paused, taken up again, cancelled."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders import backfill, jobs
from orders.admin.span_form import SpanForm
from orders.models import Backfill, Job
from orders.tasks import run_backfill
from stores.admin.acting import Act, Acting, each
from stores.admin.filters import MerchantOfStoreFilter, ProblemTextFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, label, link, page_of, short, span, when
from stores.miva.errors import MivaError
from stores.models import Store
from stores.nudges import nudge

STATES = {
    Job.State.WAITING: ("Waiting", "quiet"),
    Job.State.RUNNING: ("Running", "good"),
    Job.State.PAUSED: ("Paused", "warn"),
    Job.State.CANCELLED: ("Cancelled", "quiet"),
    Job.State.DONE: ("Done", "good"),
    Job.State.FAILED: ("Failed", "bad"),
}


def decision(
    name: str,
    words: str,
    explanation: str,
    done: str,
    states: tuple[str, ...],
    verb: Callable[[Backfill], bool],
) -> Act:
    """Return something that a person can decide about backfills in these states."""
    return Act(
        name,
        words,
        f"{words}: {{}}?",
        explanation,
        CHANGE,
        each(verb, f"{{}} {done}"),
        none="Nothing was changed: it is further than that by now.",
        fits=lambda rows: rows.filter(state__in=states),
    )


def gone_on(row: Backfill) -> bool:
    """Let the backfill go on, and tell the workers."""
    done = backfill.go_on(row)
    if done:
        transaction.on_commit(partial(nudge, run_backfill, row.pk))
    return done


CHANGE = "orders.change_backfill"
DECISIONS = (
    decision(
        "pause",
        "Pause",
        "It stops before the next page and keeps its place.",
        "paused.",
        jobs.OPEN,
        backfill.pause,
    ),
    decision("go_on", "Go on", "It goes on where it stopped.", "going on.", backfill.STOPPED, gone_on),
    decision(
        "cancel",
        "Cancel for good",
        "It stops before the next page and cannot go on. The orders that it has fetched stay.",
        "cancelled.",
        (*backfill.UNFINISHED, Job.State.FAILED),
        backfill.cancel,
    ),
)


@admin.register(Backfill)
class BackfillAdmin(Acting, FactAdmin):
    """One backfill. Nothing is edited: it is asked for, and decided about by buttons."""

    empty_words = (
        "Nothing was fetched again so far. When orders are missing, open the store and press 'Fetch a "
        "range again'."
    )
    list_display = (
        "covers",
        "store_link",
        "state_shown",
        "progress",
        "new",
        "updated",
        "unchanged",
        "held",
        "problem_shown",
        "asked",
    )
    list_filter = (
        "state",
        ProblemTextFilter,
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("created_at", "asked for"),
    )
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "state": "get_state_display",
        "range": "__str__",
        "estimated": "estimated",
        "fetched": "fetched",
        "new": "new",
        "updated": "updated",
        "unchanged": "unchanged",
        "held": "held",
        "problem": "problem",
        "asked_by": "created_by__username",
        "asked_for": "created_at",
        "finished": "finished_at",
    }
    list_select_related = ("store__merchant", "created_by")
    ordering = ("-pk",)
    sortable_by = ()
    acts = DECISIONS
    fields = ("kind",)  # all that the page shows stands above it
    change_form_template = "admin/orders/backfill_page.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that ask."""
        view = self.admin_site.admin_view
        return [
            path("new/<key:store_id>/", view(self.new_view), name="orders_backfill_new"),
            path("<key:pk>/progress/", view(self.progress_view), name="orders_backfill_progress"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show how far it is."""
        row = self.get_object(request, object_id)
        context = self.standing(request, row) if row and self.has_view_permission(request, row) else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return response

    def new_view(self, request: HttpRequest, store_id: int) -> HttpResponse:
        """Ask for the range, then show how many orders it has, then start."""
        store = get_object_or_404(Store.objects.select_related("merchant"), pk=store_id)
        if not request.user.has_perm("orders.add_backfill"):
            raise PermissionDenied
        form = SpanForm(request.POST or None, store=store)
        if request.method != "POST" or not form.is_valid():
            return self.form_page(request, store, form)
        if "start" in request.POST:
            return self.started(request, store, form)
        try:
            found = backfill.estimate(store, form.span)
        except MivaError as error:
            form.add_error(None, f"{error.reason} {error.remedy}".strip())
            return self.form_page(request, store, form)
        return self.form_page(request, store, form, found)

    def form_page(
        self, request: HttpRequest, store: Store, form: SpanForm, found: backfill.Estimate | None = None
    ) -> TemplateResponse:
        """Return the page with the form, or with the estimate."""
        context = self.frame(request, "Fetch a range of orders again") | {
            "store": store,
            "zone": store.zone.key,
            "form": form,
            "estimate": found,
            "duration": found and span(found.seconds),
        }
        return TemplateResponse(request, "admin/orders/backfill_form.html", context)

    def started(self, request: HttpRequest, store: Store, form: SpanForm) -> HttpResponse:
        """Start the backfill, unless this very one is under way already: a button may be pressed twice."""
        row = backfill.under_way(store, form.span).first()
        if row is None:
            estimated = form.cleaned_data["estimated"] or 0
            row = backfill.start(store, form.span, estimated=estimated, by=request.user)
            transaction.on_commit(partial(nudge, run_backfill, row.pk))
        return HttpResponseRedirect(page_of(row))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the part of the page that changes."""
        row = self.found(request, pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return TemplateResponse(request, "admin/orders/backfill_progress.html", self.standing(request, row))

    def found(self, request: HttpRequest, pk: int) -> Backfill:
        """Return the backfill of an address. Raises Http404."""
        row: Backfill = get_object_or_404(
            Backfill.objects.select_related("store__merchant", "created_by"), pk=pk
        )
        return row

    def standing(self, request: HttpRequest, row: Backfill) -> dict[str, Any]:
        """Return what the page shows."""
        return {
            "subtitle": str(row),
            "row": row,
            "state": state_label(row),
            "sentence": sentence(row),
            "percent": round(backfill.share(row) * 100),
            "open": row.state in jobs.OPEN,
            "facts": facts(row),
            "decisions": self.offered(request, row),
        }

    @admin.display(description="range")
    def covers(self, row: Backfill) -> str:
        """Return which orders."""
        return str(row)

    @admin.display(description="store")
    def store_link(self, row: Backfill) -> SafeString:
        """Return a link to the store."""
        return link(page_of(row.store), f"{row.store.merchant} · {row.store.name}")

    @admin.display(description="state")
    def state_shown(self, row: Backfill) -> SafeString:
        """Return the state as a label."""
        return state_label(row)

    @admin.display(description="progress")
    def progress(self, row: Backfill) -> SafeString:
        """Return how far it is."""
        return format_html('<span class="c2c-number">{}</span>', progress_words(row))

    @admin.display(description="problem")
    def problem_shown(self, row: Backfill) -> SafeString | str:
        """Return what is wrong, on one line."""
        return short(row.problem, 60) or NEVER

    @admin.display(description="asked for")
    def asked(self, row: Backfill) -> SafeString:
        """Return when, and by whom."""
        return format_html(
            "{} {}", when(row.created_at), f"by {row.created_by}" if row.created_by else "by command"
        )


def state_label(row: Job) -> SafeString:
    """Return a job's state as a label; one that is tried again after a failure is no good news."""
    words, tone = STATES[Job.State(row.state)]
    return label(words, "warn" if row.problem and row.state in jobs.OPEN else tone)


def sentence(row: Backfill) -> str:
    """Return in one sentence where it stands."""
    if row.state in jobs.OPEN and not (row.store.active and row.store.merchant.active):
        return "It waits, because the store is switched off."
    if row.state in jobs.OPEN and row.store.paused_reason:
        return f"It waits, because the store is paused: {row.store.paused_reason}"
    if row.state == Job.State.WAITING and not row.started_at:
        return "It begins within a minute."
    return row.problem or f"{progress_words(row)} orders."


def progress_words(row: Backfill) -> str:
    """Return how many of how many."""
    if row.state == Job.State.DONE:
        return f"{row.fetched:,}"
    return f"{row.fetched:,} of about {row.estimated:,}"


def facts(row: Backfill) -> list[tuple[str, Any]]:
    """Return names and values of the page."""
    pace, left = backfill.speed(row), backfill.time_left(row)
    return [
        ("New", f"{row.new:,}"),
        ("Updated", f"{row.updated:,}"),
        ("Unchanged", f"{row.unchanged:,}"),
        ("Held", f"{row.held:,}"),
        ("Speed", f"{pace:.1f} orders a second" if pace else NEVER),
        ("Time left", f"about {span(left.total_seconds())}" if left is not None else NEVER),
        ("Up to order number", row.position or NEVER),
        ("Asked for", when(row.created_at)),
        ("By", row.created_by or "command"),
        ("Started", when(row.started_at)),
        ("Next attempt", when(row.not_before) if row.state == Job.State.WAITING and row.problem else NEVER),
        ("Finished", when(row.finished_at)),
    ]


def address_of_new(store: Store) -> str:
    """Return the address of the form for this store."""
    return reverse("admin:orders_backfill_new", args=[store.pk])
