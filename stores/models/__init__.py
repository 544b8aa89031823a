"""Who a merchant is, both wires he is reached by, and what was said over them."""

from stores.models.alerts import AlertHook, AlertRecipient, Destination, Problem
from stores.models.audit import AppendOnly, AuditEntry
from stores.models.cursors import PullCursor
from stores.models.history import ServiceDay, ServiceHour, Tally
from stores.models.incidents import Incident, IncidentUpdate
from stores.models.journal import Exchange
from stores.models.logins import Desktop, WebhookSecret
from stores.models.members import Letter, Membership, ShareLink
from stores.models.notices import AlertEvent, Notice
from stores.models.outbox import OutboxClock, OutboxRow
from stores.models.people import Authenticator, SignIn
from stores.models.querysets import StoreQuerySet
from stores.models.setup import StoreSetup
from stores.models.subscriptions import WebhookDelivery, WebhookSubscription
from stores.models.tenants import Merchant, Store, check_time_zone
from stores.models.tokens import ApiToken, IdempotencyKey

__all__ = [
    "AlertEvent",
    "AlertHook",
    "AlertRecipient",
    "ApiToken",
    "AppendOnly",
    "AuditEntry",
    "Authenticator",
    "Desktop",
    "Destination",
    "Exchange",
    "IdempotencyKey",
    "Incident",
    "IncidentUpdate",
    "Letter",
    "Membership",
    "Merchant",
    "Notice",
    "OutboxClock",
    "OutboxRow",
    "Problem",
    "PullCursor",
    "ServiceDay",
    "ServiceHour",
    "ShareLink",
    "SignIn",
    "Store",
    "StoreQuerySet",
    "StoreSetup",
    "Tally",
    "WebhookDelivery",
    "WebhookSecret",
    "WebhookSubscription",
    "check_time_zone",
]
