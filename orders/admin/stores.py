"""What orders add to the pages about stores: how many wait and are held, and "Pull now".

`stores` may not import `orders`; so the store's pages are registered again from here, with more on them.
"""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from orders import hints, rejudging
from orders.admin.backfills import address_of_new
from orders.admin.connecting import ConnectPages
from orders.admin.reconciliations import may_compare
from orders.admin.store_acts import FETCH, PULL
from orders.admin.translation import VIEW, TranslationPages, may
from orders.admin.translation_forms import ON_STORE
from orders.health import summary, with_orders
from orders.models import Order, ReceivedPage
from orders.settings import outdate
from orders.tasks import rejudge_store
from stores.admin.lists import is_list_of
from stores.admin.stores import Facts, StoreAdmin
from stores.admin.words import link, list_of, span
from stores.health import ServiceHealth
from stores.models import Store
from stores.nudges import nudge

MATTERS_TO_THE_TRANSLATION = frozenset({"identifier", "kits", "complete_only", "time_zone"})
MOST_COUNTED = 1_000  # more than that is "many", whoever looks

admin.site.unregister(Store)


@admin.register(Store)
class StoreWithOrdersAdmin(ConnectPages, StoreAdmin, TranslationPages):
    """A store with its orders."""

    list_display = (*StoreAdmin.list_display, "waiting_orders", "held_orders")
    acts = (PULL, *StoreAdmin.acts, FETCH)
    list_before_template = "admin/stores/store/connect_button.html"
    show_add_link = False  # the button above the list says what adding a store is

    def get_queryset(self, request: HttpRequest) -> QuerySet[Store]:
        """Return the stores; in the list with the numbers of their orders."""
        rows = super().get_queryset(request)
        return with_orders(rows) if is_list_of(request, Store) else rows

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons, and of the translation page."""
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/translation/", view(self.translation_view), name="stores_store_translation"
            ),
            path("<path:object_id>/discover/", view(self.discover_view), name="stores_store_discover"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """Save; what the translation depends on makes the waiting orders be judged again."""
        if change and set(ON_STORE) & set(form.changed_data):
            outdate(obj)
        super().save_model(request, obj, form, change)
        if change and MATTERS_TO_THE_TRANSLATION & set(form.changed_data):
            rejudging.ask([obj])
            transaction.on_commit(partial(nudge, rejudge_store, obj.pk))

    def buttons(self, request: HttpRequest, store: Store) -> list[tuple[str, str]]:
        """Add "Compare now"; a range of one store is fetched on a page of its own, which counts first."""
        compare = [("admin:orders_reconciliation_compare", "Compare now")] if may_compare(request) else []
        acts = [
            button for button in super().buttons(request, store) if button[0] != "admin:stores_store_fetch"
        ]
        return [*acts, *compare]

    def links(self, request: HttpRequest, store: Store) -> list[SafeString]:
        """Add the orders, and the ways to fetch and to compare them once more."""
        of_state = {
            state: list_of("orders_order", store=store.pk, state__exact=state) for state in Order.State
        }
        may_fetch = request.user.has_perm("orders.add_backfill")
        translation = reverse("admin:stores_store_translation", args=[store.pk])
        return [
            *([link(translation, "Translation and preview")] if may(request.user, VIEW) else []),
            *([link(address_of_new(store), "Fetch a range again")] if may_fetch else []),
            link(list_of("orders_order", store=store.pk), "Orders"),
            link(of_state[Order.State.HELD], "Held orders"),
            link(of_state[Order.State.INCOMPLETE], "Incomplete orders"),
            link(of_state[Order.State.IGNORED], "Ignored orders"),
            link(list_of("orders_backfill", store=store.pk), "Backfills"),
            link(list_of("orders_reconciliation", store=store.pk), "Reconciliations"),
            *super().links(request, store),
        ]

    def facts(self, store: Store, health: ServiceHealth) -> Facts:
        """Add what waits for Stone Edge, and what waits for Miva."""
        orders = summary(store)
        oldest = orders.oldest_waiting_at
        since = f", the oldest for {span((timezone.now() - oldest).total_seconds())}" if oldest else ""
        return [
            *super().facts(store, health),
            ("Waiting for Stone Edge", f"{orders.waiting}{since}"),
            ("Held", orders.held),
            *waiting_for_miva(store),
        ]

    @admin.display(description="waiting", ordering="waiting")
    def waiting_orders(self, store: Store) -> Any:
        """Return how many orders wait for Stone Edge."""
        return getattr(store, "waiting", 0)

    @admin.display(description="held", ordering="held")
    def held_orders(self, store: Store) -> Any:
        """Return how many orders are held, as a link to them."""
        held = getattr(store, "held", 0)
        return (
            link(list_of("orders_order", store=store.pk, state__exact=Order.State.HELD), held) if held else 0
        )


def waiting_for_miva(store: Store) -> Facts:
    """Return what is not complete, not fetched or not unpacked yet, each counted up to MOST_COUNTED."""
    incomplete = Order.objects.of(store).filter(state=Order.State.INCOMPLETE)
    pages = at_most(ReceivedPage.objects.of(store)[:MOST_COUNTED].count())
    return [
        ("Incomplete, waiting for a payment", at_most(incomplete[:MOST_COUNTED].count())),
        ("Named by a webhook, not fetched yet", at_most(hints.waiting(store.pk, MOST_COUNTED))),
        *([("Pages received, not unpacked yet", pages)] if pages != "0" else []),
    ]


def at_most(number: int) -> str:
    """Return a number that was counted up to MOST_COUNTED."""
    return f"{number:,}" if number < MOST_COUNTED else f"{MOST_COUNTED:,} or more"
