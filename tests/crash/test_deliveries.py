"""kill -9 of a worker that calls a subscriber, pulled by the receiver when it has answered, before the worker has noted that.

HTTP cannot tell afterwards whether a call was taken: it is made again, under the same id, and nobody else's is.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest
from django.utils import timezone

from stores import delivering, subscriptions
from stores.models import Store, WebhookDelivery, WebhookSubscription
from tests.config.alerting import Receiver, receiving
from tests.factories import make_store
from tests.portal import Portal


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def ping(store: Store, receiver: Receiver) -> WebhookDelivery:
    """What a new subscriber is told first."""
    return subscriptions.ping(WebhookSubscription.objects.create(store=store, name="ERP", url=receiver.url))


def test_killed_between_answer_and_receipt_the_call_is_made_again_under_its_id(portal: Portal, receiver):
    store = make_store()
    row = ping(store, receiver)
    with portal.worker() as worker:
        killed_at_the_answer(receiver, worker)
        portal.send("stores.tasks.sweep_deliveries")
        assert worker.wait(120) == -signal.SIGKILL
    row.refresh_from_db()
    assert row.done_at is None
    assert row.leased_until > timezone.now()

    other = ping(store, receiver)
    assert delivering.deliver(store).done == 1, "nobody waits for the dead one but his own receiver"
    assert [headers["x-connect2cart-id"] for headers, _ in receiver.got] == [str(row.key), str(other.key)]

    WebhookDelivery.objects.exclude(leased_until=None).update(leased_until=timezone.now())  # its lease ends
    assert delivering.deliver(store).done == 1
    first, _, again = receiver.got
    assert again[0]["x-connect2cart-id"] == first[0]["x-connect2cart-id"]
    assert again[1] == first[1]


def killed_at_the_answer(receiver: Receiver, worker: subprocess.Popen[bytes]) -> None:
    """Let the worker be killed, with its children, when the status of its call is out."""

    def kill(step: str) -> None:
        if step == "ANSWERED" and worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(10)

    receiver.at_step = kill
