"""What crosses the apps in the support team's pages: the first page and the navigation."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from config.health import clock, probe
from orders.admin.overview import overview
from orders.health import with_orders
from stores.admin.standing import NEEDS_ATTENTION, state_label, with_standing
from stores.admin.words import label, link, list_of, page_of, when
from stores.health import summary
from stores.models import Store

SHOWN = 10


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the first page: who needs help, what waits, whether the clock runs. Only for those who may see stores."""
    if not request.user.has_perm("stores.view_store"):
        return context
    rows: Any = with_orders(with_standing(Store.objects.select_related("merchant", "cursor")))
    stores = list(
        rows.filter(active=True, merchant__active=True).order_by("urgency", "merchant__name", "name")
    )
    needing = [store for store in stores if standing(store) in NEEDS_ATTENTION]
    ticking = probe(clock)
    return context | {
        "title": "Overview",
        "console": {
            "stores": [row(store) for store in needing[:SHOWN]],
            "more": max(len(needing) - SHOWN, 0),
            "needing": len(needing),
            "all": len(stores),
            "waiting": sum(getattr(store, "waiting", 0) for store in stores),
            "held": sum(getattr(store, "held", 0) for store in stores),
            "clock": label("Running", "good") if ticking == "ok" else label("Not running", "bad"),
            "clock_sentence": "" if ticking == "ok" else ticking,
            "all_needing": list_of("stores_store", problem="yes"),
            "all_stores": list_of("stores_store"),
            "held_orders": list_of("orders_order", state__exact="held"),
        }
        | overview(request, timezone.now()),
    }


def standing(store: Store) -> str:
    """Return the state that the query gave."""
    return str(getattr(store, "standing", ""))


def row(store: Store) -> dict[str, Any]:
    """Return a line about a store that needs somebody."""
    health = summary(store)
    return {
        "link": link(page_of(store), f"{store.merchant} · {store.name}"),
        "state": state_label(health.state),
        "sentence": health.sentence,
        "remedy": health.remedy,
        "since": when(health.last_good_at),
    }


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar."""
    support = [
        {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index"), "permission": having("")},
        item("Stores", "storefront", "stores", "store"),
        item("Orders", "receipt_long", "orders", "order"),
        item("Shipments", "local_shipping", "fulfillment", "shipment"),
        item("Status updates", "mark_email_read", "fulfillment", "statusupdate"),
        item("Backfills", "history", "orders", "backfill"),
        item("Reconciliations", "fact_check", "orders", "reconciliation"),
        item("Custom fields", "data_object", "orders", "customfield"),
        item("Payment mappings", "credit_card", "orders", "paymentmapping"),
        item("Unmapped payments", "credit_card_off", "orders", "unmappedpayment"),
        item("Catalogue", "inventory_2", "inventory", "product"),
        item("Stock", "inventory_2", "inventory", "stockpush"),
        item("Exchanges", "forum", "stores", "exchange"),
    ]
    accounts = [
        item("Merchants", "apartment", "stores", "merchant"),
        item("Desktops", "key", "stores", "desktop"),
        item("API tokens", "api", "stores", "apitoken"),
    ]
    team = [
        item("Users", "person", "auth", "user"),
        item("Groups", "group", "auth", "group"),
        item("Sessions", "devices", "stores", "signin"),
        item("Audit trail", "history_edu", "stores", "auditentry"),
    ]
    return [
        {"title": "Support", "items": support},
        {"title": "Accounts", "separator": True, "items": accounts},
        {"title": "Team", "separator": True, "items": team},
    ]


def item(title: str, icon: str, app: str, model: str) -> dict[str, Any]:
    """Return the sidebar's line of a model's list, for those who may see it."""
    link = reverse(f"admin:{app}_{model}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": having(f"{app}.view_{model}")}


def having(permission: str) -> Callable[[HttpRequest], bool]:
    """Return a question whether the user has the permission; an empty one everybody has."""

    def allowed(request: HttpRequest) -> bool:
        user: User | AnonymousUser = request.user
        return not permission or user.has_perm(permission)

    return allowed
