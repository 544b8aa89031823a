"""The boxes of the store's form: how they are grouped, and what support has to know about each."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from stores.admin.secrets import SECRETS
from stores.models import Store

CONNECTION = (
    "What the merchant's Miva administrator finds under Users → API Tokens, and the address of his store."
)
STORED = "Stored encrypted and never shown again, to nobody. An empty box keeps what is stored."
ORDERS = (
    "How orders are asked for. A strategy may be changed at any time: an order that comes twice changes nothing. "
    "Beneath each box stands which strategies use it; the others leave it alone."
)
PRODUCTS = (
    "Must match what the merchant uses in Stone Edge; orders that are here already follow a change at once."
)
STOCK = "What happens to quantities on hand on their way from Stone Edge to Miva."
SCHEDULE = (
    "How often and how fast orders are pulled. A reason under 'paused reason' stops the clock for this store; "
    "empty it to go on."
)

ADVICE: Mapping[Store.Strategy, str] = {
    Store.Strategy.QUEUE_ACK: "the one to choose; an order leaves Miva's queue only when it is safe here. Three order "
    "workflows must be enabled in Miva.",
    Store.Strategy.QUEUE: "only where acknowledging is not possible; an answer that is lost on the way is gone from the "
    "queue, and the nightly reconciliation has to find it.",
    Store.Strategy.DATE: "for a Miva older than 10.03 whose workflows nobody may touch; changed orders do not come again.",
    Store.Strategy.UPDATED: "where nobody may touch the workflows and Miva is 10.03 or newer; new and changed orders come.",
    Store.Strategy.NUMBER: "the last resort; finds new orders by their numbers, and changes only within the overlap.",
}


def advice() -> SafeString:
    """Return a sentence for each strategy."""
    rows = ((strategy.label, sentence) for strategy, sentence in ADVICE.items())
    return format_html_join("", '<span class="c2c-advice"><strong>{}:</strong> {}</span>', rows)


HELP: dict[str, Any] = {
    "strategy": advice(),
    "queue_code": "Used by both order queues. Miva: Order Workflows → Queues.",
    "start_from": "Used by date range, last update and order number: the clock pulls no order that was placed before this "
    "time (UTC), and a webhook brings none. Empty: all orders that the store has; after a queue, those "
    "since the store was connected. Fetching a range again looks behind it.",
    "overlap_minutes": "Used by date range and last update: how far each pull looks back behind the last one, in minutes. "
    "An order that appears later than that is found by the nightly reconciliation.",
    "number_overlap": "Used by order number: how many numbers each pull looks back at least. In a busy store it looks back "
    "further by itself.",
    "complete_only": "Used by every strategy: an order without a payment waits as incomplete until it has one; an order "
    "whose total is 0.00 needs none. Off: it goes to Stone Edge without a payment.",
    "requests_per_second": "Most requests to this store, whoever asks: pulls, webhooks, backfills and reconciliations together. "
    "Lower it when the merchant's host complains.",
    "catalogue_hours": "How old our copy of products and customers may become before it is read anew. Stone Edge's imports of "
    "products and customers are answered from this copy.",
    "untracked": "Miva counts only the products whose inventory it tracks. Tracking that starts may hide a product from shoppers.",
    "unknown_sku": "Stone Edge sends a change again until it is told that it is done: choose the second when its queue jams. "
    "Such a change is then looked up in Miva, and shown here when the SKU is not there either.",
    "leave_out_undownloaded": "Stone Edge counts without the orders that it has not downloaded yet. Off: its counts go to Miva as "
    "they are, and what shoppers bought in the meantime is sold twice.",
    "page_size": "Orders asked for at once. Lower it when Miva answers too slowly or in parts.",
}

FIELDSETS: tuple[tuple[str | None, dict[str, Any]], ...] = (
    (None, {"fields": ("merchant", "name", "slug", "active")}),
    (
        "Connection",
        {
            "fields": ("endpoint", "store_code", "digest", "timestamp", "basic_user"),
            "description": CONNECTION,
        },
    ),
    ("Secrets", {"fields": SECRETS, "description": STORED}),
    (
        "Orders",
        {
            "fields": (
                "strategy",
                "queue_code",
                "start_from",
                "overlap_minutes",
                "number_overlap",
                "last_overlap",
                "complete_only",
                "time_zone",
            ),
            "description": ORDERS,
        },
    ),
    ("Products and kits", {"fields": ("identifier", "kits"), "description": PRODUCTS}),
    ("Stock", {"fields": ("untracked", "unknown_sku", "leave_out_undownloaded"), "description": STOCK}),
    (
        "Schedule",
        {
            "fields": (
                "interval_minutes",
                "page_size",
                "catalogue_hours",
                "requests_per_second",
                "paused_reason",
                "created_at",
            ),
            "description": SCHEDULE,
        },
    ),
)
