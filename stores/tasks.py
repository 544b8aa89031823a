"""Calling subscribers, and housekeeping. Tasks carry ids and call one verb: the clock finds what is due."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from stores import delivering, letters, outbox, sign_ins, subscriptions
from stores.models import Exchange, Store, WebhookDelivery
from stores.nudges import heard, nudge_once
from stores.pruning import forget
from stores.rest import idempotency

KEEP_SUCCESSES = timedelta(days=7)
KEEP_FAILURES = timedelta(days=120)


@shared_task
def deliver_events(store_id: int) -> None:
    """Call the store's subscribers; how it went is in the rows."""
    heard(deliver_events, store_id)
    store = Store.objects.active().filter(pk=store_id).first()
    if store is not None and not delivering.deliver(store).finished:
        nudge_once(deliver_events, store_id)


@shared_task
def sweep_deliveries() -> int:
    """Nudge the stores whose subscribers are to be called, paused ones as well. Returns how many."""
    ids = outbox.ready_stores(WebhookDelivery, timezone.now(), Store.objects.active())
    for store_id in ids:
        nudge_once(deliver_events, store_id)
    return len(ids)


@shared_task
def prune_deliveries() -> int:
    """Forget old deliveries to subscribers. Returns how many."""
    return subscriptions.prune(timezone.now())


@shared_task
def send_letters() -> int:
    """Send the invitations and the links to new passwords that are due. Returns how many."""
    return letters.send_due()


@shared_task
def prune_exchanges() -> int:
    """Remove old conversations, successes after days, failures after months. Returns how many."""
    now = timezone.now()
    successes = Exchange.objects.filter(outcome=Exchange.Outcome.OK, at__lt=now - KEEP_SUCCESSES)
    failures = Exchange.objects.filter(at__lt=now - KEEP_FAILURES)
    return forget(successes) + forget(failures)


@shared_task
def prune_sessions() -> int:
    """Forget sessions that have run out. Returns how many lines of people's sessions went with them."""
    return sign_ins.prune()


@shared_task
def prune_idempotency_keys() -> int:
    """Forget what programs have asked for under keys of their own. Returns how many."""
    return idempotency.prune()
