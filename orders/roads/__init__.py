"""The roads by which the clock gets orders out of a Miva store (guide "Requesting Orders - Quick Start Guide").

Each road only asks and remembers how far it got; keeping is the same for all (orders.keep). What they share:

* pages go by `id > last`, so that rows which come, go or change meanwhile shift nothing (Miva reference §6.2);
* the time is taken before the first question is sent, and the cursor moves in the same transaction as the page;
* what overlaps is asked for again: an order that comes twice changes nothing;
* a page is asked for when the one in front of it is committed, not before. Where asking changes nothing at Miva and something is
  still to be said about that one, both go on side by side (`ask_ahead`).
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Min

from orders.models import Order
from orders.roads.base import Road
from orders.roads.dates import DateRoad, UpdatedRoad
from orders.roads.numbers import NumberRoad
from orders.roads.queues import AcknowledgedQueueRoad, QueueRoad
from stores.audit import note
from stores.miva.client import MivaClient
from stores.models import PullCursor, Store

ROADS: dict[str, type[Road]] = {
    Store.Strategy.QUEUE_ACK: AcknowledgedQueueRoad,
    Store.Strategy.QUEUE: QueueRoad,
    Store.Strategy.DATE: DateRoad,
    Store.Strategy.UPDATED: UpdatedRoad,
    Store.Strategy.NUMBER: NumberRoad,
}

QUEUES = (QueueRoad.name, AcknowledgedQueueRoad.name)
OPEN_BASKETS = timedelta(days=1)
AFTER_A_QUEUE = (
    "The store was read through a queue. That it is read otherwise now is no reason to fetch the history that it had before it "
    "was connected."
)

__all__ = ["AFTER_A_QUEUE", "ROADS", "Road", "road_for"]


def road_for(store: Store, client: MivaClient) -> Road:
    """Return the road that the store is set to, standing where its cursor says."""
    cursor = PullCursor.objects.get(store=store)
    road = ROADS[store.strategy]
    if store.start_from is None and not issubclass(road, QueueRoad) and is_first_after_a_queue(cursor):
        set_start(store, cursor)
    return road(store, client, cursor)


def is_first_after_a_queue(cursor: PullCursor) -> bool:
    """Whether a queue was read, and the store was never asked otherwise: its first pull would bring all its history."""
    if cursor.since or cursor.highest_number or cursor.window_road not in ("", *QUEUES):
        return False
    return Order.objects.of(cursor.store_id).filter(road__in=QUEUES).exists()


def set_start(store: Store, cursor: PullCursor) -> None:
    """Let the store begin when it was connected, as if somebody had entered that: there it can be seen, and moved back.

    What is left in a queue that was not read to its end has higher numbers than what was read: it is no older than the oldest.
    """
    store.start_from = store.created_at - OPEN_BASKETS
    if cursor.last_good_at is None or cursor.window_road:
        oldest = Order.objects.of(store).aggregate(oldest=Min("placed_at"))["oldest"]
        store.start_from = min(store.start_from, oldest or store.start_from)
    entered = {"start_from": store.start_from}
    with transaction.atomic():
        if Store.objects.filter(pk=store.pk, start_from=None).update(**entered):
            note("start set", store, before={"start_from": None}, after=entered, reason=AFTER_A_QUEUE)
