"""The broker only knocks: what is owed is pushed by a nudge, and without one by the sweep."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from fulfillment.models import Shipment
from fulfillment.tasks import push_shipments, sweep_shipments
from stores.models import Store
from tests.fulfillment.goods import form, in_miva, only, order_of, report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent():
    """What was sent to the workers, read from the real broker."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("celery", "unacked", "unacked_index")
    yield lambda: [arguments(json.loads(entry)) for entry in client.lrange("celery", 0, -1)]
    client.delete("celery", "unacked", "unacked_index")
    client.close()


def arguments(message):
    return json.loads(base64.b64decode(message["body"]))[0]


def test_the_task_pushes_what_is_due(sandbox, store, sent):
    order = order_of(store, sandbox, 1)
    report(store, form(order, "1Z1"))
    push_shipments(store.pk)
    assert in_miva(sandbox, order) == {"1Z1": {"MUG-1": 1}}


def test_a_second_message_does_nothing_more(sandbox, store, sent):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    push_shipments(store.pk)
    calls = len(sandbox.calls)
    push_shipments(store.pk)
    assert len(sandbox.calls) == calls


def test_with_several_orders_the_next_free_worker_helps(sandbox, store, sent):
    for number in range(3):
        report(store, form(order_of(store, sandbox, 1), f"1Z{number}"))
    push_shipments(store.pk)
    assert sent() == [[store.pk]]


def test_the_sweep_finds_what_no_nudge_told_and_says_it_once(sandbox, store, sent):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    assert sweep_shipments() == 1
    assert sweep_shipments() == 1
    assert sent() == [[store.pk]]


def test_the_sweep_finds_the_row_of_a_dead_worker_within_five_minutes(sandbox, store, sent):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    Shipment.objects.update(leased_until=timezone.now() + Shipment.LEASE)
    assert sweep_shipments() == 0
    Shipment.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert sweep_shipments() == 1
    assert timedelta(minutes=5) > Shipment.LEASE + timedelta(seconds=20)


@pytest.mark.parametrize("change", [{"active": False}, {"paused_reason": "moving house"}])
def test_a_store_that_is_off_or_paused_is_left_alone(sandbox, store, sent, change):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    Store.objects.update(**change)
    assert sweep_shipments() == 0
    push_shipments(store.pk)
    assert only(store).done_at is None
    assert not sandbox.calls
