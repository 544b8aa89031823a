"""The cache in Redis, which holds up nobody: while Redis does not answer, the cache fails at once instead of after its time.

Whoever uses it goes on without it (throttles count nothing, nudges are left to the clock), so waiting would be for nothing.
"""

from functools import cache, partial
from typing import Any, cast

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.exceptions import ConnectionError as NotReached
from redis.exceptions import TimeoutError as NoAnswer

from stores.circuit import circuit_to

# Counts one more; the first one says when it ends. One command, so one round trip, and never a count without an end.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


class PromptRedis(Redis):
    """A Redis that is not asked while it does not answer."""

    def __init__(self, address: str, **options: Any) -> None:
        """Take its address and Redis's options."""
        super().__init__(**options)
        self._address = address

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Return the answer. Raises redis.exceptions.ConnectionError and TimeoutError."""
        circuit = circuit_to(self._address)
        if not circuit.may_try():
            raise NotReached("Redis did not answer a moment ago")
        try:
            answer: Any = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except (NotReached, NoAnswer):
            circuit.failed()
            raise
        circuit.works()
        return answer


class PromptClient(RedisCacheClient):
    """Django's client with such a Redis."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        """Take Django's arguments."""
        super().__init__(servers, **options)
        self._client = cache(
            partial(PromptRedis, f"cache {servers[0]}")
        )  # one for each pool, not for each call

    def count(self, key: str, seconds: int) -> int:
        """Count one more under a whole key."""
        return int(self.get_client(key, write=True).eval(COUNT, 1, key, seconds))


class PromptRedisCache(RedisCache):
    """The cache backend for the settings."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        """Take Django's arguments."""
        super().__init__(server, params)
        self._class = PromptClient

    def count(self, key: str, seconds: int) -> int:
        """Count one more under the key; returns how many there were within `seconds` from the first. Raises RedisError."""
        client = cast(PromptClient, self._cache)
        return client.count(self.make_and_validate_key(key), seconds)
