"""Tasks carry ids and call one verb. Losing or doubling any of them changes nothing: the sweep finds what is due."""

from celery import shared_task
from django.utils import timezone

from fulfillment.edited import park_unfit
from fulfillment.models import Shipment
from fulfillment.prune import prune
from fulfillment.push import push
from stores import nudges, outbox
from stores.models import Store


@shared_task
def push_shipments(store_id: int) -> None:
    """Push what the store's shipments need; how it went is in their rows. With more to come the store stands in line again."""
    nudges.heard(push_shipments, store_id)
    store = Store.objects.served().select_related("merchant").filter(pk=store_id).first()
    if store is None or outbox.stopped(Shipment, store, timezone.now()):
        return
    if outbox.waiting(Shipment, store, timezone.now()) > 1:
        nudge(store_id)  # the next free worker takes the next order
    if not push(store).finished:
        nudge(store_id)


@shared_task
def sweep_shipments() -> int:
    """Nudge the stores that have something to push: the nudge was lost, a worker died, a wait is over. Returns how many.

    What does not fit its order any more is parked first.
    """
    park_unfit(timezone.now())
    ids = outbox.ready_stores(Shipment, timezone.now())
    for store_id in ids:
        nudge(store_id)
    return len(ids)


@shared_task
def prune_updates() -> int:
    """Forget old messages. Returns how many."""
    return prune(timezone.now())


def nudge(store_id: int) -> None:
    """Tell the workers that a store has something to push."""
    nudges.nudge_once(push_shipments, store_id)
