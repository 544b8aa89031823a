"""Orders: found by number, e-mail, SKU or name; the page shows what Miva sent beside what Stone Edge gets."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.admin import journey, timeline
from orders.admin.decisions import DECISIONS
from orders.admin.labels import state_label
from orders.admin.missing import MissingOrders
from orders.admin.search import found
from orders.admin.since_download import SinceDownloadFilter, is_cancelled
from orders.admin.texts import texts_of
from orders.admin.timeline import Event
from orders.admin.times import Times
from orders.admin.translation import VIEW, may
from orders.health import not_given_anywhere
from orders.models import Download, Order
from orders.translate.statuses import order_status
from stores.admin.acting import Acting
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin, is_list_of
from stores.admin.words import NEVER, SHAPES, label, link, list_of, page_of, short, when
from stores.admin.zones import viewer_zone


class WarningFilter(admin.SimpleListFilter):
    """Orders that came through with a remark."""

    title = "warnings"
    parameter_name = "warnings"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return yes and no."""
        return [("yes", "With warnings"), ("no", "Without")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Keep by whether the list of warnings is empty."""
        if self.value() == "yes":
            return queryset.exclude(warnings=[])
        return queryset.filter(warnings=[]) if self.value() == "no" else queryset


class WaitingFilter(admin.SimpleListFilter):
    """Orders that no desktop of their store was given yet."""

    title = "waiting"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the one choice."""
        return [("yes", "For Stone Edge")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Keep those that `orders.health` counts as waiting."""
        return queryset.filter(not_given_anywhere()) if self.value() == "yes" else queryset


@admin.register(Order)
class OrderAdmin(Acting, MissingOrders, FactAdmin):
    """One order. Nobody edits an order here: Miva has the original, the store's settings decide about the translation."""

    empty_words = (
        "No order has arrived yet. Open the store and press 'Pull now'; its state says why when nothing "
        "comes."
    )
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "order": "miva_id",
        "placed": "placed_at",
        "customer": "customer",
        "email": "email",
        "total": "total",
        "state": "get_state_display",
        "reason": "reason",
        "export_number": "export_number",
        "arrived": "kept_at",
        "changed": "changed_at",
        "came_by": "road",
        "status_in_miva": "miva_status",
    }
    list_display = (
        "number",
        "store_link",
        "placed",
        "customer",
        "email_shown",
        "total_shown",
        "standing",
        "place",
        "downloaded",
    )
    list_filter = (
        "state",
        WaitingFilter,
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("placed_at"),
        SinceDownloadFilter,
        WarningFilter,
    )
    list_select_related = ("store__merchant",)
    search_fields = ("miva_id",)
    search_help_text = "Order number, e-mail, SKU or customer"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("miva_id",)  # all that the page shows stands above it
    acts = DECISIONS
    change_form_template = "admin/orders/order/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Return the orders; a list leaves the raw documents where they are and knows when each was downloaded."""
        rows: QuerySet[Order] = super().get_queryset(request)
        if not is_list_of(request, Order):
            return rows
        return rows.defer("raw").annotate(given_at=Coalesce(given("first_number"), given("export_number")))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Return the orders that the words in the box mean; never a row twice."""
        return (found(queryset, search_term), False) if search_term.strip() else (queryset, False)

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the page about an order that is not here."""
        view = self.admin_site.admin_view(self.missing_view)
        return [path("missing/", view, name="orders_order_missing"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show where the order is, both documents and the conversations."""
        order = self.get_object(request, object_id)
        context = (
            self.order_context(request, order) if order and self.has_view_permission(request, order) else {}
        )
        response: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return response

    def order_context(self, request: HttpRequest, order: Order) -> dict[str, Any]:
        """Return what the page shows."""
        download = journey.first_download(order)
        times = Times(viewer_zone(request, order.store.zone))
        return {
            "subtitle": f"Order {order.miva_id}",
            "sentence": journey.sentence(order, download),
            "remedy": order.remedy,
            "state_label": state_label(order),
            "changed_since": journey.changed_since(order, download),
            "is_cancelled": is_cancelled(order),
            "changed_at": order.changed_at and journey.moment(order, order.changed_at),
            "facts": facts(order),
            **texts_of(order, download),
            "journey": self.journey(request, order, times),
            "times": times,
            "all_conversations": list_of("stores_exchange", store=order.store_id),
            "decisions": self.offered(request, order),
            "resends": [(when(each.at), each) for each in order.resends.select_related("by").order_by("-pk")],
            "preview": may(request.user, VIEW)
            and f"{reverse('admin:stores_store_translation', args=[order.store_id])}?order={order.miva_id}#result",
        }

    def events(self, request: HttpRequest, order: Order) -> list[Event]:
        """Return the steps of the order's journey; apps that stand on this one add theirs."""
        return timeline.events(order)

    def journey(self, request: HttpRequest, order: Order, times: Times) -> list[dict[str, Any]]:
        """Return the lines of the journey."""
        may_look = request.user.has_perm("stores.view_exchange")
        return [
            {
                "event": event,
                "local": times.local(event.at),
                "utc": times.utc(event.at),
                "shape": SHAPES[event.tone],
                "conversation": conversation(event) if may_look else NEVER,
            }
            for event in timeline.with_exchanges(order, self.events(request, order))
        ]

    @admin.display(description="number")
    def number(self, order: Order) -> int:
        """Return the order number."""
        return order.miva_id

    @admin.display(description="store")
    def store_link(self, order: Order) -> SafeString:
        """Return a link to the store."""
        return link(page_of(order.store), f"{order.store.merchant} · {order.store.name}")

    @admin.display(description="placed")
    def placed(self, order: Order) -> SafeString:
        """Return when it was placed, in the store's zone."""
        return format_html(
            '<time datetime="{}" title="{} UTC">{}</time>',
            order.placed_at.isoformat(),
            f"{order.placed_at:%Y-%m-%d %H:%M:%S}",
            journey.moment(order, order.placed_at),
        )

    @admin.display(description="e-mail")
    def email_shown(self, order: Order) -> SafeString | str:
        """Return the address, which may break before its @ and nowhere else."""
        name, at, host = order.email.rpartition("@")
        return format_html("{}<wbr>{}{}", name, at, host) if at else order.email or NEVER

    @admin.display(description="total")
    def total_shown(self, order: Order) -> SafeString:
        """Return the grand total."""
        return format_html('<span class="c2c-number">{}</span>', f"{order.total:,.2f}")

    @admin.display(description="state")
    def standing(self, order: Order) -> SafeString:
        """Return the state and, when it is not ready, why."""
        return format_html("{} {}", state_label(order), short(order.reason, 60))

    @admin.display(description="export")
    def place(self, order: Order) -> int | str:
        """Return the export number."""
        return order.export_number or NEVER

    @admin.display(description="downloaded")
    def downloaded(self, order: Order) -> Any:
        """Return when a desktop was given it, and whether it has changed since."""
        given_at = getattr(order, "given_at", None)
        if given_at is None:
            return NEVER
        changed = order.changed_at is not None and order.changed_at > given_at
        since = label("Cancelled", "bad") if is_cancelled(order) else label("Changed since", "warn")
        return format_html("{} {}", when(given_at), since if changed else "")


def given(place: str) -> Subquery:
    """Return, as a part of the list's query, when a desktop was given the place that this column names."""
    covering = Download.objects.filter(
        store=OuterRef("store"), first_number__lte=OuterRef(place), last_number__gte=OuterRef(place)
    )
    # By reach, as the index is sorted: the batch that ends nearest after the number.
    return Subquery(covering.order_by("last_number").values("at")[:1])


def conversation(event: Event) -> SafeString | str:
    """Return a link to the conversation of a step, or to whatever its request or task said."""
    if event.exchange:
        words = f"{event.exchange.function.rpartition(':')[2]}: {event.exchange.get_outcome_display()}"
        return link(page_of(event.exchange), words)
    if event.request_id:
        return link(list_of("stores_exchange", q=event.request_id), f"request {event.request_id[:8]}")
    return NEVER


def facts(order: Order) -> list[tuple[str, Any]]:
    """Return names and values of the strip."""
    return [
        ("Store", link(page_of(order.store), f"{order.store.merchant} · {order.store.name}")),
        ("Placed", journey.moment(order, order.placed_at)),
        ("Customer", order.customer or NEVER),
        ("E-mail", order.email or NEVER),
        ("Total", f"{order.total:,.2f}"),
        ("Export number", order.export_number or NEVER),
        ("Arrived here", when(order.kept_at)),
        ("Acknowledged to Miva", when(order.acknowledged_at)),
        ("Changed in Miva", when(order.changed_at)),
        ("Released", when(order.released_at)),
        ("Came by", timeline.ROADS.get(order.road, order.road)),
        ("Status in Miva", order_status(order.miva_status)),
    ]
