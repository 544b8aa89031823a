"""The clock: which messages it sends, and that losing or doubling them changes nothing."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from orders.models import Order
from orders.tasks import due_stores, pull_store, retry_held
from stores.models import Exchange, PullCursor
from stores.sandbox import SandboxStore, serve
from stores.tasks import prune_exchanges
from tests.factories import make_store, raw_orders, store_of, without_lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker():
    """The real broker, empty before and after."""
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL.replace("redis+socket", "unix").replace("virtual_host", "db")
    )
    client.delete("celery", "unacked", "unacked_index")
    yield client
    client.delete("celery", "unacked", "unacked_index")
    client.close()


def messages(broker) -> list[dict]:
    return [json.loads(entry) for entry in broker.lrange("celery", 0, -1)]


def arguments(message) -> list:
    return json.loads(base64.b64decode(message["body"]))[0]


def test_each_due_store_gets_one_message_that_carries_its_id_alone(broker):
    stores = [make_store() for _ in range(3)]
    assert due_stores() == 3
    assert {message["headers"]["task"] for message in messages(broker)} == {"orders.tasks.pull_store"}
    assert sorted(arguments(message) for message in messages(broker)) == sorted(
        [store.pk] for store in stores
    )


def test_a_second_tick_sends_nothing_while_the_first_messages_wait(broker):
    make_store()
    due_stores()
    assert due_stores() == 0
    assert len(messages(broker)) == 1


def test_many_stores_due_at_once_are_spread_over_the_minute(broker):
    for _ in range(60):
        make_store()
    due_stores()
    starts = [datetime.fromisoformat(message["headers"]["eta"]) for message in messages(broker)]
    assert max(starts) - min(starts) > timedelta(seconds=20)
    assert max(starts) < timezone.now() + timedelta(seconds=55)


@pytest.fixture
def sandbox():
    return SandboxStore(seed=5, orders=8)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server)


def test_a_doubled_message_pulls_once(sandbox, store, broker):
    pull_store(store.pk)
    calls = len(sandbox.calls)
    pull_store(store.pk)
    assert len(sandbox.calls) == calls


def test_a_lost_message_is_sent_again_after_five_minutes(store, broker):
    due_stores()
    broker.delete("celery")
    PullCursor.objects.update(nudged_at=timezone.now() - timedelta(minutes=5, seconds=1))
    assert due_stores() == 1


def test_a_failing_store_raises_nothing_in_the_worker_and_is_written_down(sandbox, store, broker):
    sandbox.enabled = False
    pull_store(store.pk)
    assert PullCursor.objects.get().problem


@pytest.mark.parametrize("switch", [{"paused_reason": "moving house"}, {"active": False}])
def test_a_store_that_may_not_be_pulled_is_left_alone_by_a_late_message(sandbox, store, broker, switch):
    type(store).objects.update(**switch)
    pull_store(store.pk)
    assert not sandbox.calls


def test_held_orders_are_released_by_the_clock_when_the_cause_is_gone(store):
    from orders.keep import keep

    [raw] = raw_orders()
    keep(store, [without_lines(raw)], fetched_at=timezone.now(), road="queue_ack")
    assert retry_held() == 0
    Order.objects.update(raw=raw)
    assert retry_held() == 1


def test_the_journal_forgets_successes_after_days_and_failures_after_months(store):
    now = timezone.now()
    for outcome, days in (("ok", 1), ("ok", 8), ("down", 8), ("down", 130)):
        Exchange.objects.create(
            store=store,
            direction="miva",
            function=f"{outcome}{days}",
            milliseconds=1,
            outcome=outcome,
            at=now - timedelta(days=days),
        )
    assert prune_exchanges() == 2
    assert set(Exchange.objects.values_list("function", flat=True)) == {"ok1", "down8"}
