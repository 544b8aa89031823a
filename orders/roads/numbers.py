"""By order number, with overlap (guide "Pull Orders By Order Number").

Miva gives an order its number when the shopper has entered his address. Baskets that are abandoned then leave holes, and slow
check-outs arrive late, behind numbers that are higher.
"""

import math
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Min
from django.utils import timezone

from orders.content import number_of
from orders.models import Order
from orders.roads.base import WINDOW_CLOSED, Road
from stores.miva.client import MivaClient, OrderPage
from stores.miva.undecoded import heads
from stores.models import PullCursor, Store

LATE = timedelta(hours=2)  # a basket that takes longer to check out is found by reconciliation
GO_ON = timedelta(
    minutes=30
)  # for so long reading goes on where it was interrupted; the overlap covers this time, too
LOOK_BACK = LATE + GO_ON


class NumberRoad(Road):
    """Everything above the highest number read, less the overlap."""

    name = "number"

    def __init__(self, store: Store, client: MivaClient, cursor: PullCursor) -> None:
        """Go on where the time ended, or begin behind the highest number by the overlap."""
        super().__init__(store, client, cursor)
        now = timezone.now()
        self.overlap = overlap(store, cursor.last_good_at)
        self.highest = cursor.highest_number
        if (
            cursor.window_road == self.name
            and cursor.window_asked_at
            and now - cursor.window_asked_at < GO_ON
        ):
            self.last, self.asked_at = cursor.window_after, cursor.window_asked_at
        else:
            self.last, self.asked_at = max(cursor.highest_number - self.overlap, 0), now

    def ask(self) -> OrderPage:
        """Return the next page of numbers."""
        return self.client.order_list(self.query(*self.since_start()))

    def commit(self, page: OrderPage) -> dict[str, Any]:
        """Pages ascend, so everything up to the page's highest number has been read with it."""
        numbers = [number for order in heads(page.orders) if (number := number_of(order))]
        self.highest = max([*numbers, self.highest])
        return {"highest_number": self.highest, "number_overlap": self.overlap}

    def finish(self) -> dict[str, Any]:
        """The next pull begins behind the highest number again."""
        return WINDOW_CLOSED

    def pause(self) -> dict[str, Any]:
        """Remember how far the overlap is read: one that is longer than a pull's time would never be read to its end."""
        return {"window_road": self.name, "window_asked_at": self.asked_at, "window_after": self.last}


def overlap(store: Store, last_good_at: datetime | None = None) -> int:
    """Return how many numbers to look back: the store's setting, or LOOK_BACK's worth of its numbers when that is more.

    Measured back from now and from the last pull that went well: after an outage of days nothing recent is here, while baskets
    that were open when it began lie as far behind the highest number as the store was busy then.
    """
    now = timezone.now()
    measured = (numbers_of(store, moment) for moment in (now, last_good_at or now))
    return max(store.number_overlap, *measured)


def numbers_of(store: Store, until: datetime) -> int:
    """Return LOOK_BACK's worth of the store's numbers: those of the day or of the last LOOK_BACK before this moment, holes
    included, whichever went faster."""
    recent = Order.objects.of(store).filter(placed_at__gt=until - timedelta(days=1), placed_at__lte=until)
    day = numbers_between(recent.aggregate(low=Min("miva_id"), high=Max("miva_id"))) * (
        LOOK_BACK / timedelta(days=1)
    )
    late = recent.filter(placed_at__gt=until - LOOK_BACK)
    busy = numbers_between(late.aggregate(low=Min("miva_id"), high=Max("miva_id")))
    return math.ceil(max(day, busy))


def numbers_between(found: dict[str, int | None]) -> int:
    """Return how many numbers lie between the lowest and the highest; 0 when there are none."""
    low, high = found["low"], found["high"]
    return 0 if low is None or high is None else high - low + 1
