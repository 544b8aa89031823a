"""The clock: which messages it sends, and that losing or doubling them changes nothing."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from orders.models import Order
from orders.tasks import TICK, due_stores, pull_next, pull_store, retry_held
from stores.cursors import make_due
from stores.models import Exchange, PullCursor
from stores.sandbox import SandboxStore, serve
from stores.tasks import prune_exchanges
from tests.factories import make_store, raw_orders, store_of, without_lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker():
    """The real broker, empty before and after."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("celery", "unacked", "unacked_index")
    yield client
    client.delete("celery", "unacked", "unacked_index")
    client.close()


def messages(broker) -> list[dict]:
    return [json.loads(entry) for entry in broker.lrange("celery", 0, -1)]


def arguments(message) -> list:
    return json.loads(base64.b64decode(message["body"]))[0]


def test_one_message_tells_the_workers_however_many_stores_are_due(broker):
    for _ in range(30):
        make_store()
    assert due_stores() == 30
    [message] = messages(broker)
    assert message["headers"]["task"] == "orders.tasks.pull_next"
    assert arguments(message) == [pytest.approx(time.time() + TICK, abs=5)]


def test_no_message_is_sent_when_no_store_is_due(broker):
    make_store()
    PullCursor.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    assert due_stores() == 0
    assert messages(broker) == []


def test_a_knock_is_passed_on_before_the_store_is_pulled_so_that_all_workers_have_work(
    sandbox, store, broker
):
    seen = []
    sandbox.before_reply.append(lambda call: seen.append(len(messages(broker))))
    pull_next(time.time() + TICK)
    assert set(seen) == {1}


def test_a_knock_after_its_time_does_nothing_because_the_clock_has_knocked_anew(sandbox, store, broker):
    pull_next(time.time() - 1)
    assert not sandbox.calls
    assert messages(broker) == []


def test_a_knock_ends_where_no_store_is_due(sandbox, store, broker):
    pull_next(time.time() + TICK)
    pull_next(time.time() + TICK)
    assert len(messages(broker)) == 1  # of the first
    assert PullCursor.objects.get().failures == 0


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


def test_a_doubled_knock_pulls_once(sandbox, store, broker):
    pull_next(time.time() + TICK)
    calls = len(sandbox.calls)
    pull_next(time.time() + TICK)
    assert len(sandbox.calls) == calls


def test_a_lost_knock_is_made_good_by_the_next_tick(store, broker):
    due_stores()
    broker.delete("celery")
    assert due_stores() == 1
    assert len(messages(broker)) == 1


def test_a_person_may_pull_a_store_that_waits_after_failures(sandbox, store, broker):
    sandbox.enabled = False
    for _ in range(5):
        pull_store(store.pk)
        make_due([store])
    PullCursor.objects.update(due_at=timezone.now() + timedelta(hours=1))
    sandbox.enabled = True
    pull_store(store.pk)
    assert not Order.objects.exists()
    make_due([store])
    pull_store(store.pk)
    assert Order.objects.exists()
    assert PullCursor.objects.get().failures == 0


def test_locked_credentials_stop_that_store_alone(sandbox, store, broker):
    sandbox.token = "another token"
    other_shop = SandboxStore(seed=6, orders=3)
    with serve(other_shop) as server:
        other = store_of(other_shop, server)
        for _ in range(2):
            pull_next(time.time() + TICK)
    locked = PullCursor.objects.get(store=store)
    assert (locked.problem_kind, locked.failures) == ("locked", 1)
    assert locked.due_at > timezone.now() + timedelta(minutes=50)
    assert PullCursor.objects.get(store=other).last_good_at is not None


def test_a_failing_store_raises_nothing_in_the_worker_and_is_written_down(sandbox, store, broker):
    sandbox.enabled = False
    pull_store(store.pk)
    assert PullCursor.objects.get().problem


def test_a_store_that_was_switched_off_after_the_message_was_sent_is_not_pulled(sandbox, store, broker):
    type(store).objects.update(active=False)
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
