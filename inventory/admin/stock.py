"""Stock: what Stone Edge changed, what Miva has, what waits and what is parked, one line for each SKU."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inventory.admin.stock_decisions import DECISIONS
from inventory.models import StockChange, StockLevel, StockPush, fold
from stores import outbox
from stores.admin.acting import Acting
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, label, link, list_of, page_of, short, when

SHOWN = 100  # changes of one SKU on its page


class StandingFilter(admin.SimpleListFilter):
    """Where SKUs stand."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [
            ("waiting", "Waiting"),
            ("parked", "Parked"),
            ("doubt", "Parked: has it arrived?"),
            ("drift", "With drift"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockPush]) -> QuerySet[StockPush]:
        """Keep those that stand so."""
        level = StockLevel.objects.filter(store=OuterRef("store"), product_id=OuterRef("product_id"))
        conditions = {
            "waiting": outbox.OPEN,
            "parked": outbox.PARKED,
            "doubt": outbox.PARKED & Q(sent_delta__isnull=False),
            "drift": Q(Exists(level.exclude(drift=0))),
        }
        return queryset.filter(conditions[self.value() or ""]) if self.value() in conditions else queryset


@admin.register(StockPush)
class StockAdmin(Acting, FactAdmin):
    """The stock of one SKU. Nobody edits a row: changes come from Stone Edge, or by "Set to"."""

    empty_words = (
        "Stone Edge has not sent the stock of any product that Miva has. Check that 'Synchronize Inventory' is on in its Shopping "
        "Carts screen."
    )
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "sku": "sku",
        "miva_product_id": "product_id",
        "in_miva": "figure",
        "in_miva_at": "figure_at",
        "drift": "drift",
        "waiting_count": "count",
        "waiting_delta": "delta",
        "parked": "parked_at",
        "problem": "problem",
        "last_change": "changed_by",
        "last_change_at": "changed_at",
    }
    list_display = ("name", "store_link", "miva_figure", "last_change", "waiting", "standing", "drift_shown")
    list_filter = (StandingFilter, MerchantOfStoreFilter, StoreFilter, by_age("parked_at", "parked"))
    list_select_related = ("store__merchant",)
    search_fields = ("sku_key",)
    search_help_text = "SKU or the beginning of it"
    ordering = ("store", "sku_key")
    sortable_by = ()
    fields = ("sku",)  # all that the page shows stands above it
    acts = DECISIONS
    change_form_template = "admin/inventory/stockpush/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockPush]:
        """Return the rows with what is known of Miva's figure, and the last change."""
        rows: QuerySet[StockPush] = super().get_queryset(request)
        level = StockLevel.objects.filter(store=OuterRef("store"), product_id=OuterRef("product_id"))
        changes = StockChange.objects.filter(store=OuterRef("store"), sku_key=OuterRef("sku_key"))
        return rows.annotate(
            figure=Subquery(level.values("figure")[:1]),
            figure_at=Subquery(level.values("at")[:1]),
            drift=Subquery(level.values("drift")[:1], output_field=IntegerField()),
            changed_at=Subquery(changes.order_by("-pk").values("at")[:1]),
            changed_by=Subquery(changes.order_by("-pk").values("amount")[:1]),
            changed_kind=Subquery(changes.order_by("-pk").values("kind")[:1]),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StockPush], search_term: str
    ) -> tuple[QuerySet[StockPush], bool]:
        """Return the rows whose SKU begins so."""
        return queryset.filter(sku_key__startswith=fold(search_term)), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show where the SKU stands and its history."""
        push = self.get_object(request, object_id)
        allowed = push is not None and self.has_view_permission(request, push)
        context = self.push_context(request, push) if allowed else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return response

    def push_context(self, request: HttpRequest, push: Any) -> dict[str, Any]:
        """Return what the page shows."""
        history = StockChange.objects.of(push.store).filter(sku_key=push.sku_key)
        return {
            "subtitle": push.sku,
            "standing": standing_label(push),
            "facts": self.facts(push),
            "changes": [
                (each, when(each.at)) for each in history.select_related("desktop", "user", "token")[:SHOWN]
            ],
            "decisions": self.offered(request, push),
            "all_exchanges": list_of("stores_exchange", store=push.store_id),
        }

    def facts(self, push: Any) -> list[tuple[str, Any]]:
        """Return names and values of the strip."""
        return [
            ("Store", self.store_link(push)),
            ("Last known in Miva", self.miva_figure(push)),
            ("Waiting", self.waiting(push)),
            ("Under way", under_way(push)),
            ("Drift last night", self.drift_shown(push)),
            ("Product in Miva", push.product_id or NEVER),
            ("Attempts", push.attempts),
            ("Next attempt", when(push.due_at) if not (push.done_at or push.parked_at) else NEVER),
        ]

    @admin.display(description="SKU")
    def name(self, push: StockPush) -> str:
        """Return the SKU."""
        return push.sku

    @admin.display(description="store")
    def store_link(self, push: StockPush) -> SafeString:
        """Return a link to the store."""
        return link(page_of(push.store), f"{push.store.merchant} · {push.store.name}")

    @admin.display(description="in Miva")
    def miva_figure(self, push: Any) -> SafeString | str:
        """Return the figure that Miva was last known to have, and when."""
        if push.figure is None:
            return NEVER
        return format_html('<span class="c2c-number">{}</span> {}', push.figure, when(push.figure_at))

    @admin.display(description="last change")
    def last_change(self, push: Any) -> SafeString | str:
        """Return what Stone Edge, or support, wanted last, and when."""
        if push.changed_at is None:
            return NEVER
        return format_html("{} {}", amount_words(push.changed_kind, push.changed_by), when(push.changed_at))

    @admin.display(description="waiting")
    def waiting(self, push: StockPush) -> str:
        """Return what is still to be sent."""
        return words_of(push.count, push.delta, push.active)

    @admin.display(description="standing")
    def standing(self, push: StockPush) -> SafeString:
        """Return where it stands and, when something is in the way, what."""
        return format_html("{} {}", standing_label(push), short(push.problem, 70))

    @admin.display(description="drift")
    def drift_shown(self, push: Any) -> SafeString | str:
        """Return how far Miva was from what the ledger led one to expect."""
        return label(f"{push.drift:+d}", "warn") if push.drift else NEVER


def standing_label(push: StockPush) -> SafeString:
    """Return where a SKU stands as a label."""
    if push.in_doubt:
        return label("Has it arrived?", "bad")
    if push.parked_at is not None:
        return label("Parked", "bad")
    if push.done_at is not None:
        return label("In Miva", "good")
    return label("Waiting after a failure", "warn") if push.problem else label("Waiting", "quiet")


def under_way(push: StockPush) -> str:
    """Return what was sent and is not known to have arrived."""
    return NEVER if push.sent_delta is None else words_of(push.sent_count, push.sent_delta, push.sent_active)


def words_of(count: int | None, delta: int, active: bool | None) -> str:
    """Return a merged change in words."""
    parts = [f"set to {count}"] if count is not None else []
    parts += [f"{delta:+d}"] if delta else []
    parts += ["show" if active else "hide"] if active is not None else []
    return ", ".join(parts) or NEVER


def amount_words(kind: str, amount: int) -> str:
    """Return one change in words."""
    if kind == StockChange.Kind.DELTA:
        return f"{amount:+d}"
    return f"set to {amount}" if kind == StockChange.Kind.COUNT else "show" if amount else "hide"
