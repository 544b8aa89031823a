"""A Redis that takes connections and never answers holds up neither webhooks nor desktops nor people."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

from config.celery import app
from orders.models import OrderHint
from orders.tasks import fetch_hints
from stores import circuit, nudges, webhooks
from stores.models import PullCursor
from tests.factories import make_store

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 20  # webhooks, or stores


class Silent:
    """A server that accepts and never answers: the kernel takes the connections."""

    def __init__(self, server: socket.socket) -> None:
        self.server = server
        self.address = f"redis://127.0.0.1:{server.getsockname()[1]}"

    def met(self) -> int:
        """How often somebody tried since the last look; a message to the broker may try twice."""
        self.server.setblocking(False)
        count = 0
        while True:
            try:
                self.server.accept()[0].close()
            except BlockingIOError:
                return count
            count += 1


@pytest.fixture
def silent() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        yield Silent(server)


@pytest.fixture
def soon(settings) -> float:
    """After which time the portal gives up, as it is without a word in its environment."""
    settings.REDIS_TIMEOUT = 0.3
    return settings.REDIS_TIMEOUT


@pytest.fixture
def cache_is_silent(silent, soon, settings) -> None:
    options = {"socket_timeout": soon, "socket_connect_timeout": soon}
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": silent.address, "OPTIONS": options}
    }


@pytest.fixture
def broker_is_silent(silent, soon, monkeypatch) -> None:
    monkeypatch.setattr(app.conf, "broker_url", silent.address)


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes, at the best of three times: the machine has other work, too."""
    times = []
    for _ in range(3):
        circuit.circuit_to.cache_clear()
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.mark.parametrize("away", ["cache_is_silent", "broker_is_silent"])
def test_webhooks_are_on_disk_and_answered_and_one_of_them_waits(away, request, silent):
    request.getfixturevalue(away)
    store = make_store()
    address = f"/hooks/miva/{webhooks.issue(store).secret}/"
    numbers = iter(range(1, 1 + AT_ONCE))

    def webhook() -> None:
        assert Client().get(address, {"Order_ID": next(numbers)}).status_code == 200

    for _ in range(AT_ONCE):
        webhook()
    assert silent.met() <= 2
    assert OrderHint.objects.of(store).count() == AT_ONCE


@pytest.mark.usefixtures("cache_is_silent")
def test_desktops_are_answered_and_one_of_them_waits(caller, silent):
    for _ in range(AT_ONCE):
        assert "ordercount=0" in caller.text("ordercount", lastorder="0")
    assert silent.met() <= 2


@pytest.mark.usefixtures("broker_is_silent", "cache_is_silent")
def test_who_waits_does_not_wait_for_a_second(silent):
    def miss() -> None:
        with pytest.raises(RedisError):
            cache.get("anything")

    assert seconds(miss) < 0.7
    assert seconds(lambda: nudges.nudge(fetch_hints, 1)) < 0.7
    assert silent.met() >= 6


@pytest.mark.usefixtures("broker_is_silent", "cache_is_silent")
def test_pull_now_makes_many_stores_due_and_waits_once_for_each(admin_client, silent):
    stores = [make_store() for _ in range(AT_ONCE)]
    PullCursor.objects.update(due_at=timezone.now() + timedelta(days=1))
    chosen = {"action": "pull", "_selected_action": [store.pk for store in stores], "sure": "yes"}
    admin_client.post(reverse("admin:stores_store_changelist"), chosen)
    assert silent.met() <= 3  # the broker for the stores, the cache for when the person was last seen
    assert PullCursor.objects.filter(due_at__lte=timezone.now()).count() == AT_ONCE


@pytest.mark.usefixtures("broker_is_silent")
def test_a_nudge_says_that_nobody_heard_it():
    assert not nudges.nudge(fetch_hints, 1)


def test_the_broker_is_told_again_when_it_answers_again(monkeypatch):
    monkeypatch.setattr(circuit, "AGAIN", 1.0)
    circuit.circuit_to(f"broker {app.conf.broker_url}").failed()
    assert not nudges.nudge(fetch_hints, 1)
    time.sleep(1.05)
    assert nudges.nudge(fetch_hints, 1)
    assert nudges.nudge(fetch_hints, 1)


def test_the_cache_is_used_again_when_it_answers_again(settings, monkeypatch):
    monkeypatch.setattr(circuit, "AGAIN", 1.0)
    circuit.circuit_to(f"cache {settings.CACHES['default']['LOCATION']}").failed()
    with pytest.raises(RedisError):
        cache.get("anything")
    time.sleep(1.05)
    assert cache.get("anything") is None


def test_while_it_is_silent_one_caller_tries_at_a_time():
    reach = circuit.Circuit()
    reach.failed()
    reach._again_at = time.monotonic() - 1
    assert [reach.may_try() for _ in range(5)] == [True, False, False, False, False]
    reach.works()
    assert reach.may_try()
    assert reach.may_try()
