"""Telling subscribers what has happened: the deliveries are written in the transaction of what they tell, and sent afterwards.

A delivery's key is made of what happened. So the same thing is told once, however often it is announced, and receivers can drop
by that key what comes twice because an answer was lost.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from stores.events import Happening
from stores.models import Store, WebhookDelivery, WebhookSubscription

BATCH = 500


def announce(store: Store, happened: Iterable[Happening]) -> int:
    """Write what subscribers are to be told. Returns how many deliveries.

    `happened` is read only when there is somebody to be told: a generator costs nothing else.
    """
    listening = list(WebhookSubscription.objects.of(store).filter(active=True))
    if not listening:
        return 0
    rows = list(deliveries(store, listening, happened))
    WebhookDelivery.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def deliveries(
    store: Store, listening: Iterable[WebhookSubscription], happened: Iterable[Happening]
) -> Iterator[WebhookDelivery]:
    """Yield a delivery for each who wants to know."""
    now = timezone.now()
    for each in happened:
        for subscription in listening:
            if subscription.wants(each.event):
                yield delivery(store, subscription, each, now)


def delivery(
    store: Store, subscription: WebhookSubscription, what: Happening, now: datetime
) -> WebhookDelivery:
    """Return the unsaved delivery of one thing to one subscriber; it waits when he cannot be reached at present."""
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"{subscription.pk} {store.pk} {what.event} {what.mark}")
    told = {"id": key, "event": what.event, "at": now, "store": store.slug, "data": what.data}
    return WebhookDelivery(
        store=store,
        subscription=subscription,
        key=key,
        event=what.event,
        body=json.dumps(told, cls=DjangoJSONEncoder, separators=(",", ":")),
        created_at=now,
        due_at=max(now, subscription.waits_until or now),
    )
