"""What went over a store's wires lately, told by the hour and without a customer's data: read from the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.models import Exchange, Store

CONVERSATIONS = 300  # of the latest, that are looked at
SHOWN = 15

# Beginnings of functions' names, and what the merchant calls that; the first one that fits.
TO_MIVA = (
    (("QueueOrderList", "OrderList_Load", "Module"), _("Orders asked for in Miva")),
    (("OrderList_Acknowledge",), _("Orders acknowledged to Miva")),
    (("OrderShipment", "OrderItem"), _("Shipments sent to Miva")),
    (("ProductList_Adjust", "Inventory"), _("Stock sent to Miva")),
    (("",), _("Products, customers and settings read in Miva")),
)
FROM_DESKTOP = (
    (("ordercount", "downloadorders"), _("Stone Edge asked for orders")),
    (("updatestatus",), _("Stone Edge reported shipments")),
    (("invupdate", "qohreplace", "updatestockstatus"), _("Stone Edge reported stock")),
    (("",), _("Stone Edge asked for products or customers")),
)
WEBHOOK = ((("",), _("Miva told of an order")),)
PROGRAM = ((("",), _("A program used the REST API")),)
KINDS = {
    Exchange.Direction.MIVA: TO_MIVA,
    Exchange.Direction.DESKTOP: FROM_DESKTOP,
    Exchange.Direction.WEBHOOK: WEBHOOK,
    Exchange.Direction.API: PROGRAM,
}


@dataclass
class Event:
    """Conversations of one kind within an hour: the latest, how many, and how many of them failed."""

    words: str
    at: datetime
    count: int = 0
    failed: int = 0

    @property
    def tone(self) -> str:
        """Colour and shape: all failed, some, none."""
        return "good" if not self.failed else "bad" if self.failed == self.count else "warn"


def timeline(store: Store) -> Sequence[Event]:
    """Return what happened lately, the latest first: one query."""
    rows = Exchange.objects.of(store).order_by("-pk")
    found: dict[tuple[str, datetime], Event] = {}
    for direction, function, at, outcome in rows.values_list("direction", "function", "at", "outcome")[
        :CONVERSATIONS
    ]:
        words = name(direction, function)
        hour = timezone.localtime(at).replace(minute=0, second=0, microsecond=0)
        event = found.setdefault((words, hour), Event(words, at))
        event.count += 1
        event.failed += outcome != Exchange.Outcome.OK
    return list(found.values())[:SHOWN]


def name(direction: str, function: str) -> str:
    """Return what the merchant calls a function."""
    kinds = KINDS[Exchange.Direction(direction)]
    return next(str(words) for beginnings, words in kinds if function.startswith(beginnings))
