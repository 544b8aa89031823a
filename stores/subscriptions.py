"""What is done with subscriptions and deliveries, by programs and by support: tested, stopped, started, sent again, forgotten."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from stores.announcing import delivery
from stores.audit import note, note_each
from stores.events import Event, Happening
from stores.models import WebhookDelivery, WebhookSubscription
from stores.outbox import OPEN, PARKED, make_due, set_aside
from stores.pruning import forget

KEEP_DELIVERED = timedelta(days=30)
KEEP_GIVEN_UP = timedelta(days=90)
DELIVERED = Q(done_at__isnull=False)
CLOSED = DELIVERED | PARKED
STATES = {"waiting": OPEN, "delivered": DELIVERED, "given_up": PARKED}
BY_A_PERSON = "The subscription was stopped."
CALM = {"failures": 0, "failing_since": None, "waits_until": None, "problem": ""}


def ping(subscription: WebhookSubscription) -> WebhookDelivery:
    """Write a test for a subscriber, and return it."""
    what = Happening(Event.PING, str(uuid.uuid4()), {"subscription": subscription.pk})
    row = delivery(subscription.store, subscription, what, timezone.now())
    row.save()
    return row


def stop(subscription: WebhookSubscription, reason: str = BY_A_PERSON) -> bool:
    """Send nothing more; what is open is given up and can be sent again. Returns False when it was stopped already."""
    with transaction.atomic():
        rows = WebhookSubscription.objects.filter(pk=subscription.pk, active=True)
        if not rows.update(active=False, waits_until=None, problem=reason):
            return False
        give_up(subscription, reason)
        note("webhook subscription stopped", subscription, reason=reason)
    return True


def give_up(subscription: WebhookSubscription, reason: str) -> None:
    """Set aside what a subscriber that is stopped is still owed."""
    owed = WebhookDelivery.objects.filter(subscription=subscription)
    set_aside(owed, reason, "Start the subscription, then send this again.", "stopped")


def start(subscription: WebhookSubscription) -> bool:
    """Send again from now on. Returns False when that was so already."""
    with transaction.atomic():
        rows = WebhookSubscription.objects.filter(pk=subscription.pk, active=False)
        if not rows.update(active=True, **CALM):
            return False
        note("webhook subscription started", subscription)
    return True


def after_change(subscription: WebhookSubscription) -> None:
    """Do what follows from a change of a subscription: give up what one that is stopped is owed, call the others now."""
    if not subscription.active:
        give_up(subscription, BY_A_PERSON)
        return
    for name, value in CALM.items():
        setattr(subscription, name, value)
    WebhookSubscription.objects.filter(pk=subscription.pk).update(**CALM)
    hurry(subscription)


def hurry(subscription: WebhookSubscription) -> None:
    """Let what a subscriber is owed be sent now."""
    waiting = WebhookDelivery.objects.filter(OPEN, subscription=subscription, leased_until=None)
    waiting.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())


def replay(rows: QuerySet[WebhookDelivery]) -> int:
    """Send deliveries once more, given up or delivered, under the same key, without waiting. Returns how many.

    Those of a stopped subscription stay as they are, and so does what is on its way.
    """
    with transaction.atomic():
        chosen = replayable(rows)
        note_each("send webhook again", list(chosen.select_related("store")))
        return make_due(chosen, now=True, response_status=None, response="")


def replayable(rows: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
    """Keep what can be sent again."""
    return rows.filter(CLOSED, subscription__active=True)


def prune(now: datetime) -> int:
    """Forget what was delivered a month ago or given up three months ago. Returns how many."""
    delivered = WebhookDelivery.objects.filter(done_at__lt=now - KEEP_DELIVERED)
    given_up = WebhookDelivery.objects.filter(parked_at__lt=now - KEEP_GIVEN_UP)
    return forget(delivered) + forget(given_up)
