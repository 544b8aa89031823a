"""One store with a very long queue does not delay the others."""

from __future__ import annotations

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from orders import tasks
from orders.models import Order
from stores import cursors
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from tests.factories import make_merchant, make_store, store_of

pytestmark = pytest.mark.django_db(transaction=True)
SMALL, HUGE, PAGE = 30, 200, 10


@pytest.fixture
def broker():
    """The real broker, empty before and after."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("celery")
    yield client
    client.delete("celery")
    client.close()


@pytest.fixture(autouse=True)
def _one_page_is_a_slice(monkeypatch):
    monkeypatch.setattr(tasks, "SLICE", 0.0)


@pytest.fixture
def asked():
    """Which store was asked for orders, in order: "huge" or "small"."""
    return []


@pytest.fixture
def huge(asked):
    sandbox = SandboxStore(seed=1, orders=HUGE)
    sandbox.before_reply.append(lambda call: asked.append("huge") if "Query" in call.function else None)
    with serve(sandbox) as server:
        yield store_of(sandbox, server, strategy="date", page_size=PAGE)


@pytest.fixture
def smalls(asked):
    sandbox = SandboxStore(seed=2, orders=1)
    sandbox.before_reply.append(lambda call: asked.append("small"))
    with serve(sandbox) as server:
        merchant = make_merchant()
        yield [store_of(sandbox, server, strategy="date", merchant=merchant) for _ in range(SMALL)]


def work(broker, until=lambda: False) -> int:
    """Be a worker: take messages from the broker until there is none; returns how many."""
    count = 0
    while not until() and (message := broker.rpop("celery")):
        content = json.loads(message)
        name = content["headers"]["task"].rpartition(".")[2]
        getattr(tasks, name)(*json.loads(base64.b64decode(content["body"]))[0])
        count += 1
    return count


def long_ago(store, minutes):
    PullCursor.objects.filter(store=store).update(due_at=timezone.now() - timedelta(minutes=minutes))


def slices_before_the_last_small(asked) -> int:
    last = len(asked) - asked[::-1].index("small")
    return asked[:last].count("huge")


def test_every_small_store_is_pulled_before_the_huge_one_has_its_second_slice(broker, huge, smalls, asked):
    long_ago(huge, 60)
    tasks.due_stores()
    work(broker)
    assert asked.count("small") == SMALL
    assert slices_before_the_last_small(asked) == 1
    assert Order.objects.of(huge).count() == HUGE


def test_with_two_workers_too(broker, huge, smalls, asked):
    long_ago(huge, 60)
    tasks.due_stores()

    def worker() -> None:
        try:
            deadline = time.monotonic() + 20
            while asked.count("small") < SMALL and time.monotonic() < deadline:
                work(broker, until=lambda: asked.count("small") >= SMALL)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(worker) for _ in range(2)]:
            future.result()
    assert asked.count("small") == SMALL
    assert slices_before_the_last_small(asked) <= 2


def test_control_without_slices_the_others_wait_for_the_whole_queue(broker, huge, smalls, asked, monkeypatch):
    monkeypatch.setattr(tasks, "SLICE", float("inf"))
    long_ago(huge, 60)
    tasks.due_stores()
    work(broker)
    assert slices_before_the_last_small(asked) == HUGE / PAGE


def test_a_store_that_becomes_due_meanwhile_is_next(broker, huge, smalls, asked):
    for small in smalls:
        PullCursor.objects.filter(store=small).update(due_at=timezone.now() + timedelta(hours=1))
    tasks.due_stores()
    work(broker, until=lambda: len(asked) == 5)
    cursors.make_due(smalls[:1])
    work(broker, until=lambda: "small" in asked)
    assert asked == ["huge"] * asked.index("small") + ["small"]
    assert asked.index("small") <= 6


def test_a_long_queue_goes_on_at_once_when_nobody_else_waits(broker, huge):
    tasks.due_stores()
    work(broker)
    assert Order.objects.of(huge).count() == HUGE


def test_knocks_do_not_add_up_while_the_clock_ticks_on(broker, huge, smalls):
    most = 0
    for _ in range(15):
        tasks.due_stores()
        work_one(broker)
        most = max(most, broker.llen("celery"))
    ticks = 15
    assert most <= ticks + 1  # one for each tick within the time of a tick, none for each store
    while message := broker.rpop("celery"):
        assert json.loads(base64.b64decode(json.loads(message)["body"]))[0][0] <= time.time() + tasks.TICK


def work_one(broker) -> None:
    done = []
    work(broker, until=lambda: bool(done) or bool(done.append(1)))


def test_many_workers_at_once_never_take_the_same_store():
    merchant = make_merchant()
    stores = [make_store(merchant=merchant) for _ in range(60)]
    gate, taken = threading.Barrier(4), []

    def take(_: int) -> None:
        try:
            gate.wait(10)
            while store_id := cursors.take(timezone.now()):
                taken.append(store_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take, range(4)))
    assert sorted(taken) == sorted(store.pk for store in stores)
