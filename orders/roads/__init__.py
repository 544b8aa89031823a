"""The roads by which the clock gets orders out of a Miva store (guide "Requesting Orders - Quick Start Guide").

Each road only asks and remembers how far it got; keeping is the same for all (orders.keep). What they share:

* pages go by `id > last`, so that rows which come, go or change meanwhile shift nothing (Miva reference §6.2);
* the time is taken before the first question is sent, and the cursor moves in the same transaction as the page;
* what overlaps is asked for again: an order that comes twice changes nothing;
* a page is asked for when the one in front of it is committed, not before. Where asking changes nothing at Miva and something is
  still to be said about that one, both go on side by side (`ask_ahead`).
"""

from orders.roads.base import Road
from orders.roads.dates import DateRoad, UpdatedRoad
from orders.roads.numbers import NumberRoad
from orders.roads.queues import AcknowledgedQueueRoad, QueueRoad
from stores.miva.client import MivaClient
from stores.models import PullCursor, Store

ROADS: dict[str, type[Road]] = {
    Store.Strategy.QUEUE_ACK: AcknowledgedQueueRoad,
    Store.Strategy.QUEUE: QueueRoad,
    Store.Strategy.DATE: DateRoad,
    Store.Strategy.UPDATED: UpdatedRoad,
    Store.Strategy.NUMBER: NumberRoad,
}

__all__ = ["ROADS", "Road", "road_for"]


def road_for(store: Store, client: MivaClient) -> Road:
    """Return the road that the store is set to, standing where its cursor says."""
    return ROADS[store.strategy](store, client, PullCursor.objects.get(store=store))
