"""The request limit of a store, which holds for all workers together."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings as django_settings

from stores import circuit, limits
from stores.limits import OwnLimitReached, Turns, wait_for_turn
from stores.miva.client import MivaClient
from stores.miva.errors import MivaDown
from stores.miva.paging import ListQuery
from stores.models import Exchange, Store
from stores.sandbox import SandboxStore, serve
from stores.wires import credentials_of, miva_for
from tests.factories import make_store, store_of

NOWHERE = "unix:///nowhere/valkey.sock"


def within(limit: int, times: list[float], began: float) -> bool:
    """Whether no turn came too early: with ten a second the eleventh comes a second after the first, or later.

    Turns are noted some time after they were given, so only this can be said whatever else the machine does.
    """
    return all(time >= began + place // limit - 0.01 for place, time in enumerate(sorted(times)))


def stored(number: int, per_second: int) -> Store:
    """A store without a database."""
    return Store(pk=number, requests_per_second=per_second)


def at_once(count: int, work) -> None:
    """Work in so many threads that begin together; raises what one of them raised."""
    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(work) for _ in range(count)]:
            future.result()


WORKER = """
import sys, time
import django
django.setup()
from django.conf import settings
from stores.limits import wait_for_turn
from stores.models import Store
settings.CACHES["default"]["LOCATION"] = sys.argv[1]
print("ready", flush=True)
sys.stdin.readline()
for _ in range(6):
    wait_for_turn(Store(pk=1, requests_per_second=10))
    print(time.time(), flush=True)
"""


def test_four_processes_together_stay_under_the_limit():
    command = [sys.executable, "-c", WORKER, django_settings.CACHES["default"]["LOCATION"]]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert {worker.stdout.readline() for worker in workers} == {"ready\n"}
    began = time.time()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    times = [float(line) for worker in workers for line in worker.communicate(timeout=120)[0].split()]
    assert len(times) == 24
    assert within(10, times, began)


def test_a_control_without_the_common_limit_goes_over_it():
    times: list[float] = []

    def work() -> None:
        turns = Turns(NOWHERE)  # as if each were a process of its own, without Redis
        for _ in range(6):
            while pause := turns.take(limits.RateLimitItemPerSecond(10), "1"):
                time.sleep(pause)
            times.append(time.time())

    began = time.time()
    at_once(4, work)
    assert not within(10, times, began)


@pytest.mark.django_db(transaction=True)
def test_requests_arrive_at_the_store_within_its_limit_whoever_sends_them():
    sandbox = SandboxStore(seed=1, orders=1)
    with serve(sandbox) as server:
        credentials = credentials_of(store_of(sandbox, server))

        def work() -> None:
            client = MivaClient(
                credentials,
                allow_private=True,
                allow_http=True,
                before_send=lambda: wait_for_turn(stored(7, 8)),
            )
            for _ in range(5):
                client.order_list(ListQuery(count=1))

        began = time.time()
        at_once(4, work)
    times = [call.at for call in sandbox.calls]
    assert len(times) == 20
    assert within(8, times, began)


def test_other_stores_are_not_slowed():
    busy, quiet = stored(1, 1), stored(2, 50)
    wait_for_turn(busy)
    waiting = threading.Thread(target=wait_for_turn, args=(busy,))
    waiting.start()
    began = time.monotonic()
    for _ in range(20):
        wait_for_turn(quiet)
    assert time.monotonic() - began < 0.9
    waiting.join(5)


def test_a_turn_comes_as_soon_as_the_limit_allows():
    store = stored(1, 2)
    began = time.monotonic()
    for _ in range(5):
        wait_for_turn(store)
    assert 1.95 < time.monotonic() - began < 2.9


def test_a_turn_that_does_not_come_is_said_and_tried_again_later(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_WAIT", 0.3)
    store = stored(1, 1)
    wait_for_turn(store)
    with pytest.raises(MivaDown, match="own request limit of 1 a second") as refused:
        wait_for_turn(store)
    assert isinstance(refused.value, OwnLimitReached)
    assert refused.value.retry_after == 0.3


@pytest.mark.django_db(transaction=True)
def test_a_request_whose_turn_does_not_come_is_not_sent_nor_in_the_journal(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_WAIT", 0.2)
    sandbox = SandboxStore(seed=1, orders=1)
    with serve(sandbox) as server:
        store = store_of(sandbox, server, requests_per_second=1)
        client = miva_for(store)
        client.order_list(ListQuery(count=1))
        with pytest.raises(OwnLimitReached):
            client.order_list(ListQuery(count=1))
    assert len(sandbox.calls) == Exchange.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_time_spent_waiting_is_not_the_stores():
    """Neither in the journal nor in the request's own time, which Miva refuses when it is old."""
    sandbox = SandboxStore(seed=1, orders=1, timestamp_window=1)
    with serve(sandbox) as server:
        client = miva_for(store_of(sandbox, server, requests_per_second=1))
        for _ in range(3):
            client.order_list(ListQuery(count=1))
    assert Exchange.objects.filter(outcome="ok", milliseconds__lt=700).count() == 3


def test_without_redis_each_process_keeps_to_the_limit_and_work_goes_on(monkeypatch):
    monkeypatch.setitem(django_settings.CACHES["default"], "LOCATION", NOWHERE)
    store, times, began = stored(1, 5), [], time.time()
    for _ in range(12):
        wait_for_turn(store)
        times.append(time.time())
    assert within(5, times, began)


def test_redis_is_used_again_when_it_is_back(monkeypatch):
    limit, turns = limits.RateLimitItemPerSecond(1), Turns(django_settings.CACHES["default"]["LOCATION"])
    away = Turns(NOWHERE)
    monkeypatch.setattr(circuit, "AGAIN", 0.05)
    there = turns._shared
    turns._shared = away._shared
    assert turns.take(limit, "5") == 0
    turns._shared = there
    time.sleep(0.1)
    assert turns.take(limit, "5") == 0  # the memory's turn is taken, Redis knows of none
    assert Turns(django_settings.CACHES["default"]["LOCATION"]).take(limit, "5") > 0


@pytest.mark.django_db
def test_a_store_is_asked_five_times_a_second_unless_somebody_sets_more():
    store = make_store()
    assert Store._meta.get_field("requests_per_second").default == 5
    store.requests_per_second = 201
    with pytest.raises(Exception, match="200"):
        store.clean_fields()
