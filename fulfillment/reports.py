"""One message about one order, with everything that decides what it means."""

from dataclasses import dataclass

from fulfillment.meanings import Meanings
from fulfillment.models import FulfillmentRules, StatusUpdate
from orders.models import Order
from stores.models import Store
from stores.seti import status_updates


@dataclass(frozen=True)
class Report:
    """`said` is the message as it was read, `kept` its row; the order is locked while it is recorded."""

    store: Store
    order: Order
    kept: StatusUpdate
    said: status_updates.StatusUpdate
    meanings: Meanings
    rules: FulfillmentRules


def counted(count: int, thing: str) -> str:
    """Return a number of things in words: `1 shipment`, `2 shipments`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
