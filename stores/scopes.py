"""What an API token may do: a resource and whether it is read or changed."""

from django.db.models import TextChoices


class Scope(TextChoices):
    """One permission of a token. To write does not include to read."""

    STORES_READ = "stores:read", "see stores and their health"
    ORDERS_READ = "orders:read", "read and export orders"
    ORDERS_WRITE = "orders:write", "acknowledge, send again, hold, release and ignore orders"
    SHIPMENTS_READ = "shipments:read", "read shipments"
    SHIPMENTS_WRITE = "shipments:write", "report shipments and statuses"
    STOCK_READ = "stock:read", "read stock and its changes"
    STOCK_WRITE = "stock:write", "change stock"
    CATALOGUE_READ = "catalogue:read", "read products"
    CUSTOMERS_READ = "customers:read", "read customers"
    MAPPINGS_READ = "mappings:read", "read mappings"
    MAPPINGS_WRITE = "mappings:write", "change mappings"
    EXCHANGES_READ = "exchanges:read", "read the journal"
    BACKFILLS_READ = "backfills:read", "see backfills and their progress"
    BACKFILLS_WRITE = "backfills:write", "start and stop backfills"
    AUDIT_READ = "audit:read", "read the audit trail"
    WEBHOOKS_READ = "webhooks:read", "see webhook subscriptions and their calls"
    WEBHOOKS_WRITE = "webhooks:write", "subscribe, stop and send again"
