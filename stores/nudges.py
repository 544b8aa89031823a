"""Telling the workers that a store has something to do: one message, however often it is said before it is heard.

Nothing depends on it: a sweep on the clock finds what is due (architecture, decision 1).
"""

import logging
from typing import Any

from celery import Task
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

REPEATED = 20  # seconds after which a nudge that nobody heard is repeated


def nudge(task: "Task[[int], Any]", store_id: int) -> None:
    """Send the store's id to the task. Never raises and never waits for a broker that is away."""
    try:
        if cache.add(f"nudged:{task.name}:{store_id}", 1, REPEATED):
            task.apply_async((store_id,), retry=False)
    except (RedisError, OSError):
        log.warning("the workers were not told about store %s: the cache cannot be reached", store_id)
    except OperationalError:
        log.warning("the workers were not told about store %s: the broker cannot be reached", store_id)
        heard(task, store_id)


def heard(task: "Task[[int], Any]", store_id: int) -> None:
    """Let the next nudge through; called first by the task, so that whatever is noted from here on is told again."""
    try:
        cache.delete(f"nudged:{task.name}:{store_id}")
    except (RedisError, OSError):
        log.warning("a nudge could not be forgotten: the cache cannot be reached")
