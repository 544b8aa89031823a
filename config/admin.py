"""What crosses the apps on the pages about stores: the four services, copying settings, and what was done, set and seen."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from config.alerts import admin as alert_pages  # noqa: F401  # registers its pages
from config.copy_act import COPY
from config.standing import services, services_of
from config.store_mappings import mappings
from config.store_pages import Table, activity, breaker, people
from stores.admin.standing import state_label
from stores.admin.stores import Facts, StoreChangeList
from stores.admin.words import NEVER, list_of, span, when
from stores.health import Service, ServiceHealth
from stores.models import Store

# Whatever the apps have made of the page stays on it.
Present = type(admin.site.get_model_admin(Store))
admin.site.unregister(Store)

WAITING = {
    Service.ORDERS_OUT: ("orders_order", {"waiting": "yes"}, {"state__exact": "held"}),
    Service.TRACKING: ("fulfillment_shipment", {"state": "open"}, {"state": "parked"}),
    Service.STOCK: ("inventory_stockpush", {"standing": "waiting"}, {"standing": "parked"}),
}

TABS: Mapping[str, Callable[[HttpRequest, Store], list[Table]]] = {
    "mappings": mappings,
    "activity": activity,
    "people": people,
}


class ServiceFilter(admin.SimpleListFilter):
    """Stores by how any of their services stands, judged as on all other pages."""

    title = "service"
    parameter_name = "service"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return any service, and each of them."""
        each = [(service.value, f"{service.label}: something is wrong") for service in Service]
        return [("attention", "Needs attention"), *each]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Store]) -> QuerySet[Store]:
        """Keep the stores by their judgement."""
        chosen = self.value()
        if chosen not in ("attention", *Service.values):
            return queryset
        stores = list(Store.objects.active().select_related("merchant"))
        kept = [
            pk
            for pk, healths in services_of(stores).items()
            if any(
                health.needs_attention
                if chosen == "attention"
                else health.service == chosen and health.state.wrong
                for health in healths
            )
        ]
        return queryset.filter(pk__in=kept)


class ServicesChangeList(StoreChangeList):
    """The list of stores; each row of the page knows how its services stand."""

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page, and judge its stores together."""
        super().get_results(request)
        healths = services_of(self.result_list)
        for store in self.result_list:
            store.services = healths[store.pk]


@admin.register(Store)
class StoreWithServicesAdmin(Present):  # type: ignore[misc, valid-type]  # known when it runs
    """A store with the health of its four services, and tabs for what belongs to it."""

    acts = (*Present.acts, COPY)  # type: ignore[attr-defined]  # known when it runs
    list_filter = (ServiceFilter, *Present.list_filter)
    list_display = (*Present.list_display, "other_services")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ServicesChangeList]:
        """Return the list whose rows know their services."""
        return ServicesChangeList

    @admin.display(description="other services")
    def other_services(self, store: Any) -> SafeString | str:
        """Return which services but the pull, which has columns of its own, have something wrong."""
        wrong = [each for each in store.services if each.state.wrong and each.service != Service.ORDERS_IN]
        rows = ((state_label(each.state), each.sentence, each.service.label) for each in wrong)
        return format_html_join(" ", '{} <span title="{}">{}</span>', rows) or NEVER

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the tabs."""
        view = self.admin_site.admin_view
        tabs = [
            path(f"<path:object_id>/{name}/", view(self.tab(make)), name=f"stores_store_{name}")
            for name, make in TABS.items()
        ]
        return [*tabs, *super().get_urls()]

    def tab(
        self, make: Callable[[HttpRequest, Store], list[Table]]
    ) -> Callable[[HttpRequest, str], HttpResponse]:
        """Return the view of a tab that has these tables."""

        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            store = self.get_object(request, object_id)
            if store is None:
                raise Http404("There is no such store.")
            if not self.has_view_permission(request, store):
                raise PermissionDenied
            context = {
                **self.frame(request, str(store)),
                "store": store,
                "original": store,
                "tables": make(request, store),
                "tabs": tabs_of(request, store),
            }
            return TemplateResponse(request, "admin/stores/store/tables.html", context)

        return view

    def strip(self, request: HttpRequest, store: Store) -> dict[str, Any]:
        """Add the four services."""
        cards = [card(store, health) for health in services(store)]
        return {**super().strip(request, store), "services": cards, "tabs": tabs_of(request, store)}

    def facts(self, store: Store, health: ServiceHealth) -> Facts:
        """Add whether calls go through, and how old the token is."""
        return [
            *super().facts(store, health),
            ("Calls to Miva", breaker(store)),
            ("API token set", when(store.token_set_at) if store.token_set_at else "not known"),
        ]


def tabs_of(request: HttpRequest, store: Store) -> list[tuple[str, str, bool]]:
    """Return name, address and whether it is the present page, of the store's tabs."""
    words = {"change": "Settings"} | {name: name.capitalize() for name in TABS}
    addresses = {name: reverse(f"admin:stores_store_{name}", args=[store.pk]) for name in words}
    return [(words[name], address, address == request.path) for name, address in addresses.items()]


def card(store: Store, health: ServiceHealth) -> dict[str, Any]:
    """Return what is shown about a service: its label, its clocks, and links to what waits and is set aside."""
    facts: list[tuple[str, Any, str]] = [
        ("Last attempt", when(health.last_tried_at), ""),
        ("Last success", when(health.last_good_at), ""),
        ("Next run", when(health.next_run_at), ""),
    ]
    if health.service in WAITING:
        model, waiting, held = WAITING[health.service]
        oldest = health.oldest_waiting_at
        since = f", the oldest for {span((timezone.now() - oldest).total_seconds())}" if oldest else ""
        facts += [
            ("Waiting", f"{health.waiting:,}{since}", list_of(model, store=store.pk, **waiting)),
            ("Set aside", f"{health.held:,}", list_of(model, store=store.pk, **held)),
        ]
    return {"health": health, "label": state_label(health.state), "facts": facts}
