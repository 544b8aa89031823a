"""One message about one order, with everything that decides what it means."""

from dataclasses import dataclass

from fulfillment.meanings import Meanings
from fulfillment.models import FulfillmentRules, StatusUpdate
from orders.models import Order
from stores.models import Store
from stores.seti import status_updates


@dataclass(frozen=True)
class Report:
    """`said` is the message as it was read, `kept` its row; the order is locked while it is recorded. `of_several`: the message is
    about other orders, too, and comes again as a whole as long as one of them is unknown."""

    store: Store
    order: Order
    kept: StatusUpdate
    said: status_updates.StatusUpdate
    meanings: Meanings
    rules: FulfillmentRules
    of_several: bool = False

    def is_late(self) -> bool:
        """Whether what it says is older than what is recorded: a newer message was kept, or this is one that was kept before and
        that Stone Edge sends again. One about a single order was answered OK when it was kept, and has left Stone Edge's queue
        (SETI reference §2.9): the same words are a new report then."""
        others = StatusUpdate.objects.filter(order=self.order)
        same = others.filter(pk__lt=self.kept.pk, content=self.kept.content)
        return others.filter(pk__gt=self.kept.pk).exists() or (self.of_several and same.exists())


def counted(count: int, thing: str) -> str:
    """Return a number of things in words: `1 shipment`, `2 shipments`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
