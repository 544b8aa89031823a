"""What happens in a store that others may want to know."""

from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices


class Event(TextChoices):
    """What can happen that others want to know."""

    ORDER_KEPT = "order.kept", "an order has arrived from Miva"
    ORDER_CHANGED = "order.changed", "a later version of an order has come from Miva"
    ORDER_HELD = "order.held", "an order is held and does not go to Stone Edge"
    ORDER_RELEASED = "order.released", "an order that was held or incomplete is ready for Stone Edge"
    ORDER_CANCELLED = "order.cancelled", "an order was cancelled in Miva"
    ORDER_EXPORTED = "order.exported", "an order was given to Stone Edge"
    SHIPMENT_SENT = "shipment.sent", "Miva has a shipment, a cancellation or a back-order"
    SHIPMENT_FAILED = "shipment.failed", "a shipment waits for a person"
    STOCK_FAILED = "stock.failed", "a change of stock waits for a person"
    PING = "ping", "a test, and the first call to a new address"


CHOSEN = [
    (event.value, event.label) for event in Event if event != Event.PING
]  # every subscription gets pings


@dataclass(frozen=True)
class Happening:
    """Something that has happened in a store. `mark` tells it from all else of its kind, such as the order number and when it
    changed; `data` is what subscribers are told."""

    event: Event
    mark: str
    data: dict[str, Any]
