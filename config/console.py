"""The navigation of the support team's pages."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.urls import reverse


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
        item("Members", "group", "stores", "membership"),
        item("Status links", "link", "stores", "sharelink"),
        item("Incidents", "campaign", "stores", "incident"),
        item("Desktops", "key", "stores", "desktop"),
        item("API tokens", "api", "stores", "apitoken"),
        item("Subscriptions", "sensors", "stores", "webhooksubscription"),
        item("Deliveries", "outbound", "stores", "webhookdelivery"),
    ]
    alerts = [
        item("Problems", "warning", "stores", "problem"),
        item("Recipients", "contact_mail", "stores", "alertrecipient"),
        item("Webhooks", "webhook", "stores", "alerthook"),
        item("Notices", "outgoing_mail", "stores", "notice"),
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
        {"title": "Alerts", "separator": True, "items": alerts},
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
