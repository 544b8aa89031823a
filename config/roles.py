"""Who may do what: the four roles of the support team as groups, and every permission that they have, on one page.

Deleting facts (orders, shipments, stock, exchanges, the audit trail) is in no role and in no page: FactAdmin refuses it to
superusers, too. Whoever needs something between two roles gets a group of his own beside these.
"""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction

VIEWER, SUPPORT, LEAD, ADMINISTRATOR = "viewer", "support", "lead", "administrator"

SEEN = (
    *("stores.merchant", "stores.store", "stores.desktop", "stores.exchange", "stores.auditentry"),
    "stores.apitoken",
    *("orders.order", "orders.backfill", "orders.reconciliation", "orders.customfield"),
    *("orders.paymentmapping", "orders.unmappedpayment", "orders.translationsettings"),
    *("fulfillment.shipment", "fulfillment.statusupdate", "fulfillment.storeshipping"),
    *("fulfillment.fulfillmentrules", "fulfillment.statusmeaning", "fulfillment.carriermapping"),
    *("inventory.product", "inventory.stockpush"),
    *("stores.membership", "stores.sharelink", "stores.incident", "stores.incidentupdate"),
    *("stores.problem", "stores.alertrecipient", "stores.alerthook", "stores.notice"),
    *("stores.webhooksubscription", "stores.webhookdelivery"),
)
EXPORTED = (
    *("stores.merchant", "stores.store", "stores.desktop", "stores.exchange", "stores.apitoken"),
    *("stores.membership", "stores.sharelink", "stores.incident", "stores.problem", "stores.notice"),
    *("stores.alertrecipient", "stores.alerthook"),
    *("stores.webhooksubscription", "stores.webhookdelivery"),
    *("orders.order", "orders.backfill", "orders.reconciliation", "orders.customfield"),
    *("orders.paymentmapping", "orders.unmappedpayment"),
    *("fulfillment.shipment", "fulfillment.statusupdate", "fulfillment.storeshipping"),
    *("inventory.product", "inventory.stockpush"),
)
EXPORTED_BY_LEADS = ("stores.auditentry", "stores.signin")  # accounts and groups go with the sessions


def on(actions: str, *models: str) -> set[str]:
    """Return the permissions for these actions (words with blanks between) on these models."""
    split = [model.split(".") for model in models]
    return {f"{app}.{action}_{model}" for app, model in split for action in actions.split()}


# What each role may, beside what the role before it may.
ADDED: Mapping[str, set[str]] = {
    VIEWER: on("view", *SEEN),
    SUPPORT: (
        on("check pull push pause", "stores.store")
        | on("viewas", "stores.merchant")
        | on("add change delete", "stores.membership")
        | on("change", "stores.sharelink")
        | on("add change", "stores.incident", "stores.incidentupdate")
        | on("add change delete", "stores.alertrecipient")
        | on("test", "stores.alerthook")
        | on("again", "stores.notice", "stores.webhookdelivery")
        | on("act", "stores.webhooksubscription")
        | on("decide resend", "orders.order")
        | on("add change", "orders.backfill", "orders.paymentmapping")
        | on("add", "orders.reconciliation", "inventory.cataloguerefresh")
        | on("change", "orders.translationsettings", "fulfillment.storeshipping")
        | on("add change delete", "fulfillment.statusmeaning", "fulfillment.carriermapping")
        | on("add change", "fulfillment.fulfillmentrules")
        | on("decide", "fulfillment.shipment", "inventory.stockpush")
        | on("set", "inventory.stockpush")
        | on("export", *EXPORTED)
    ),
    LEAD: (
        on("add change", "stores.merchant", "stores.store", "stores.desktop")
        | on("add end", "stores.apitoken")
        | on("secrets password webhook", "stores.store")
        | on("add change delete", "stores.alerthook")
        | on("delete", "orders.paymentmapping")
        | on("export", *EXPORTED_BY_LEADS)
        | on("view", "auth.user", "stores.signin")
        | on("secondfactor", "stores.signin")
    ),
    ADMINISTRATOR: (
        on("delete", "stores.merchant", "stores.store", "stores.desktop", "stores.apitoken")
        | on("add change delete", "auth.user", "auth.group")
        | on("view", "auth.group")
        | on("end", "stores.signin")
    ),
}


def permissions_of(role: str) -> set[str]:
    """Return all permissions of a role as "app.codename"."""
    names = list(ADDED)
    return set().union(*(ADDED[each] for each in names[: names.index(role) + 1]))


def make_roles() -> list[str]:
    """Create the groups and give each exactly its permissions, as often as one likes; returns permissions that are not there."""
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    wanted = {role: permissions_of(role) for role in ADDED}
    with transaction.atomic():
        Group.objects.bulk_create([Group(name=role) for role in ADDED], ignore_conflicts=True)
        for group in Group.objects.filter(name__in=ADDED):
            group.permissions.set(keys(wanted[group.name], known))
    return sorted(set().union(*wanted.values()) - set(known))


def keys(names: Iterable[str], known: Mapping[str, int]) -> list[int]:
    """Return the primary keys of those of the permissions that are there."""
    return [known[name] for name in names if name in known]
