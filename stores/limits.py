"""The most requests that one store gets, all workers together.

A moving window of one second in Redis, where every worker looks before it sends. While Redis cannot be reached each process
keeps to the limit by itself, so that work goes on.
"""

import functools
import logging
import random
import time

from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from stores.circuit import Circuit
from stores.miva.errors import MivaDown
from stores.models import Merchant, Store

log = logging.getLogger(__name__)

LONGEST_WAIT = 30.0  # seconds; with the longest request still well within a pull's lease
REDIS_SECONDS = 2.0  # after which Redis counts as not reachable
# What a merchant's people may have done for a store, all of them together.
PULL_NOW = RateLimitItemPerMinute(1, 2, namespace="PULL_NOW")
ASK_MIVA = RateLimitItemPerMinute(10, 10, namespace="ASK_MIVA")
# What a merchant's owners may have done: each of these sends something to somebody else.
ASK_ADDRESS = RateLimitItemPerMinute(5, 10, namespace="ASK_ADDRESS")
TEST_HOOK = RateLimitItemPerMinute(5, 10, namespace="TEST_HOOK")
ROUND = 0.002  # seconds between a turn that another worker took first and the next look


class OwnLimitReached(MivaDown):
    """The store's turn did not come: its own limit is used up by other workers."""


def wait_for_turn(store: Store) -> None:
    """Wait until the store's limit lets one more request through. Raises OwnLimitReached after LONGEST_WAIT seconds."""
    limit = RateLimitItemPerSecond(store.requests_per_second)
    deadline = time.monotonic() + LONGEST_WAIT
    while pause := turns(str(settings.CACHES["default"]["LOCATION"])).take(limit, str(store.pk)):
        if time.monotonic() + pause > deadline:
            raise OwnLimitReached(
                f"This store's own request limit of {store.requests_per_second} a second left no turn for "
                f"{LONGEST_WAIT:g} seconds: other work on the same store uses it up.",
                "It is tried again. If this stays, raise 'requests per second' on the store's page.",
                retry_after=LONGEST_WAIT,
            )
        time.sleep(pause)


def wait_before(limit: RateLimitItem, tenant: Store | Merchant) -> float:
    """Take a store's or merchant's turn under this limit and return 0, or return the seconds until there is one."""
    return turns(str(settings.CACHES["default"]["LOCATION"])).take(limit, str(tenant.pk))


class Turns:
    """The turns of all stores: in Redis, and in this process's memory while Redis is away."""

    def __init__(self, url: str) -> None:
        """Nothing is connected yet."""
        self._shared = MovingWindowRateLimiter(
            RedisStorage(url, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS)
        )
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._circuit = Circuit()

    def take(self, limit: RateLimitItem, key: str) -> float:
        """Take a turn and return 0, or return the seconds after which there may be one."""
        if self._circuit.may_try():
            try:
                pause = _take(self._shared, limit, key)
            except RedisError as error:
                log.warning(
                    "request limits hold for each process only, because Redis cannot be reached: %s", error
                )
                self._circuit.failed()
            else:
                self._circuit.works()
                return pause
        return _take(self._own, limit, key)


@functools.cache
def turns(url: str) -> Turns:
    """Return the process's own turns at this Redis, made at first use."""
    return Turns(url)


def _take(limiter: MovingWindowRateLimiter, limit: RateLimitItem, key: str) -> float:
    if limiter.hit(limit, "requests", key):
        return 0.0
    window = limiter.get_window_stats(limit, "requests", key)
    until = 0.0 if window.remaining > 0 else window.reset_time - time.time()
    return max(until, 0.0) + random.uniform(ROUND, 2 * ROUND)
