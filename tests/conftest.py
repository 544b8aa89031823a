"""What every test has: its own cache, no network but this machine."""

import gc
import ipaddress
import os
import socket
from collections.abc import Generator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

import config.urls  # noqa: F401  # registers the pages of the console, which some tests enumerate
from config.alerts.turns import process_turns
from stores.circuit import circuit_to
from stores.miva import transport
from tests.emptying import empty_by_rows

LONG = ("journey", "faults", "crash", "browser", "properties")
"""Folders whose tests are long: they begin first, so that at the end no worker waits for another one's."""

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

# Each parallel worker has database numbers of its own, one for the cache and one for the broker: it disturbs nobody else.
settings.CACHES["default"]["LOCATION"] = f"{settings.REDIS_URL}?db={WORKER + 1}"
settings.CELERY_BROKER_URL = f"{settings.CELERY_BROKER_URL}?virtual_host={WORKER + 8}"
settings.REDIS_URL = f"{settings.REDIS_URL}?db={WORKER + 8}"

BROKER = redis.Redis.from_url(settings.REDIS_URL)

# People's passwords are hashed slowly by intention; no test is about that.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Each test client has a portal of its own; none of them needs to know all static files before it is asked for one.
settings.WHITENOISE_AUTOREFRESH = True

# How long an example takes says something about the machine, nothing about the portal.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")


class NetworkRefused(AssertionError):
    """A test tried to reach another machine."""


real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex


def on_this_machine(family: int, address: Any) -> bool:
    """Whether an address is a unix socket or a loopback address."""
    if family == socket.AF_UNIX:
        return True
    host = address[0]
    try:
        return host == "localhost" or ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def guarded(real: Any) -> Any:
    """Return connect with the guard in front."""

    def connect(self: socket.socket, address: Any) -> Any:
        if not on_this_machine(self.family, address):
            raise NetworkRefused(f"a test tried to connect to {address}; tests stay on this machine")
        return real(self, address)

    return connect


def pytest_configure() -> None:
    """Close the network."""
    socket.socket.connect = guarded(real_connect)
    socket.socket.connect_ex = guarded(real_connect_ex)


def pytest_unconfigure() -> None:
    """Open it again, and close the connections to sandboxes that are kept for the next call."""
    for client in transport._shared.values():
        client.close()
    BROKER.close()
    socket.socket.connect, socket.socket.connect_ex = real_connect, real_connect_ex


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: of thousands of tests that come none goes, and none is looked at again later."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long ones in front; among themselves all stay in their random order."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite is tested as a file with its write-ahead log, as it is used, not in memory."""
    if connections["default"].vendor == "sqlite":
        connections["default"].settings_dict["TEST"]["NAME"] = str(
            tmp_path_factory.mktemp("database") / "test.sqlite3"
        )


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The server is thrown away after the tests, and its databases with it: nothing has to wait until nobody uses them."""
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Remember the database as the migrations left it."""
    with django_db_blocker.unblock():
        empty_by_rows()


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one cached (throttles and heartbeats above all), told the workers, or could not reach."""
    circuit_to.cache_clear()
    process_turns.cache_clear()
    cache.clear()
    BROKER.flushdb()
