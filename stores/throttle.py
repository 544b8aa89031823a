"""Counting failed logins, of desktops and of people alike: per name and address together, and per address.

So nobody can lock out somebody else from another place, nor guess by trying many names. Without the cache nothing is counted.
"""

import hashlib
import logging
from collections.abc import Iterable
from typing import cast

from django.core.cache import DEFAULT_CACHE_ALIAS, cache, caches
from redis.exceptions import RedisError

from stores.shared_cache import PromptRedisCache

log = logging.getLogger(__name__)

WINDOW = 15 * 60  # seconds
ATTEMPTS_PER_LOGIN = 10  # failures of one user name from one address
ATTEMPTS_PER_ADDRESS = 50  # failures of one address, whatever the user name
TOO_MANY = f"Too many failed logins. Check user name and password and try again in {WINDOW // 60} minutes."


def keys(door: str, username: str, address: str) -> tuple[str, str]:
    """Return under which keys the failures at a door are counted: of the name from this address, and of the address."""
    name = hashlib.sha256(username.lower().encode(errors="replace")).hexdigest()[:24]
    return f"{door}:{name}:{address}", f"{door}::{address}"


def reached(key: str, limit: int) -> bool:
    """Whether a limit is reached. Without the cache nothing is counted: a merchant's import matters more than the throttle."""
    try:
        return int(cache.get(key) or 0) >= limit
    except RedisError:
        log.warning("failed logins are not throttled: the cache cannot be reached")
        return False


def count(key: str, seconds: int) -> int:
    """Count one more under the key; returns how many there were within `seconds` from the first. Raises RedisError."""
    return cast(PromptRedisCache, caches[DEFAULT_CACHE_ALIAS]).count(key, seconds)


def count_failure(keys: Iterable[str]) -> None:
    """Count one more failure under each key."""
    try:
        for key in keys:
            count(key, WINDOW)
    except RedisError:
        log.warning("a failed login was not counted")
