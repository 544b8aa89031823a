"""Sending deliveries to subscribers: claim, call, settle, by the outbox's own rules (`stores.outbox`).

A subscriber that does not answer, or answers anything but 2xx, is left alone for a while that doubles, up to an hour, and with him
all that he is owed; nobody else waits for that, unless as many of a store hang at once as it may have in work. A delivery is given
up after three days of attempts and can be sent again. Who has taken nothing for five days is stopped.
"""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from stores import outbox, subscriptions
from stores.calling import call
from stores.draining import Drained, drain
from stores.models import Store, WebhookDelivery, WebhookSubscription
from stores.outbox import Claim, waiting_time
from stores.posting import PostFailed, PostRefused

BUDGET = 60.0  # seconds of one slice: a call takes 15 at most
MOST_ATTEMPTS = 80  # the waits between them make three days
STOP_AFTER = timedelta(days=5)
STOPPED = ("The subscription is stopped.", "Start it, then send this again.")
GONE = 410
AGAIN = "It is tried again by itself."


def deliver(store: Store, budget: float = BUDGET) -> Drained:
    """Send what is due to the store's subscribers until nothing is left or the budget (seconds) is used up."""
    return drain(WebhookDelivery, store, send, budget=budget)


def send(claimed: Claim[WebhookDelivery]) -> None:
    """Make one call and write what came of it. Raises LeaseLost."""
    (row,) = claimed.rows
    subscription = WebhookSubscription.objects.get(pk=row.subscription_id)
    if not subscription.active:
        claimed.park(row, *STOPPED, kind="stopped")
        return
    try:
        answer = call(subscription.url, subscription.secret, row.key, row.body)
    except PostRefused as error:
        failed(claimed, row, subscription, *error.args)
        return
    except PostFailed as error:
        failed(claimed, row, subscription, *error.args)
        return
    told = {"response_status": answer.status, "response": answer.excerpt}
    if 200 <= answer.status < 300:
        claimed.settle(row, **told)
        works(subscription)
        return
    failed(claimed, row, subscription, sentence(answer.status), AGAIN, answer.retry_after, **told)
    if answer.status == GONE:
        subscriptions.stop(subscription, "The receiver answered 410: it wants no more calls.")


def sentence(status: int) -> str:
    """Return what an answer means that is not 2xx."""
    moved = " Redirects are not followed: enter the new address." if 300 <= status < 400 else ""
    return f"The receiver answered {status}.{moved}"


def failed(
    claimed: Claim[WebhookDelivery],
    row: WebhookDelivery,
    subscription: WebhookSubscription,
    problem: str,
    remedy: str,
    retry_after: float | None = None,
    **told: object,
) -> None:
    """Give the delivery back, or up after enough attempts, and leave the subscriber alone for a while."""
    now = timezone.now()
    wait = waiting_time(subscription.failures + 1, "down", retry_after)
    if row.attempts >= MOST_ATTEMPTS:
        claimed.park(row, f"{problem} It was tried for three days.", remedy, kind="peer", **told)
    else:
        claimed.defer(row, problem, remedy, "peer", wait.total_seconds(), **told)
    since = subscription.failing_since or now
    WebhookSubscription.objects.filter(pk=subscription.pk).update(
        failures=F("failures") + 1, failing_since=since, waits_until=now + wait, problem=problem
    )
    waiting = WebhookDelivery.objects.filter(outbox.OPEN, subscription=subscription, leased_until=None)
    waiting.filter(due_at__lt=now + wait).update(due_at=now + wait)
    if now - since > STOP_AFTER:
        subscriptions.stop(subscription, f"Nothing was taken for five days. {problem}")


def works(subscription: WebhookSubscription) -> None:
    """Let what the subscriber is owed go on: he can be reached."""
    failing = WebhookSubscription.objects.filter(pk=subscription.pk, failures__gt=0)
    if failing.update(**subscriptions.CALM):
        subscriptions.hurry(subscription)
