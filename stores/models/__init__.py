"""Who a merchant is, both wires he is reached by, and what was said over them."""

from stores.models.audit import AppendOnly, AuditEntry
from stores.models.cursors import PullCursor
from stores.models.history import ServiceDay, ServiceHour, Tally
from stores.models.journal import Exchange
from stores.models.logins import Desktop, WebhookSecret
from stores.models.outbox import OutboxClock, OutboxRow
from stores.models.people import Authenticator, SignIn
from stores.models.querysets import StoreQuerySet
from stores.models.setup import StoreSetup
from stores.models.tenants import Merchant, Store, check_time_zone
from stores.models.tokens import ApiToken, IdempotencyKey

__all__ = [
    "ApiToken",
    "AppendOnly",
    "AuditEntry",
    "Authenticator",
    "Desktop",
    "Exchange",
    "IdempotencyKey",
    "Merchant",
    "OutboxClock",
    "OutboxRow",
    "PullCursor",
    "ServiceDay",
    "ServiceHour",
    "SignIn",
    "Store",
    "StoreQuerySet",
    "StoreSetup",
    "Tally",
    "WebhookSecret",
    "check_time_zone",
]
