"""Telling the workers that there is something to do.

Nothing depends on it: the row is the queue, and the clock finds what is due (architecture, decision 1). So whoever tells does not
wait for a broker that is away or silent, above all no webhook and nobody in front of a page.
"""

import logging
from typing import Any

from celery import Celery, Task
from django.conf import settings
from django.core.cache import cache
from kombu import Connection
from kombu.exceptions import OperationalError
from kombu.pools import producers
from redis.exceptions import RedisError

from stores.circuit import circuit_to

log = logging.getLogger(__name__)

REPEATED = 20  # seconds after which a nudge that nobody heard is repeated


def nudge(task: "Task[Any, Any]", *args: Any) -> bool:
    """Send the task to the workers. Returns whether the broker took it: never raises and hardly waits when it does not."""
    circuit = circuit_to(f"broker {task.app.conf.broker_url}")
    if not circuit.may_try():
        return False
    try:
        with producers[prompt_connection(task.app)].acquire(block=True) as producer:
            task.apply_async(args, producer=producer, retry=False)
    except OperationalError:
        circuit.failed()
        log.warning("the broker cannot be reached: %s is left to the clock", task.name)
        return False
    circuit.works()
    return True


def prompt_connection(app: Celery) -> Connection:
    """Return a connection to the broker that gives up soon. It is opened with the first message, and kept."""
    patience = {"socket_timeout": settings.REDIS_TIMEOUT, "socket_connect_timeout": settings.REDIS_TIMEOUT}
    once = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
    return app.connection_for_write(transport_options=patience | once)


def nudge_once(task: "Task[[int], Any]", store_id: int) -> None:
    """Nudge a store's task with one message, however often it is said before it is heard. Never raises."""
    try:
        if cache.add(f"nudged:{task.name}:{store_id}", 1, REPEATED) and not nudge(task, store_id):
            heard(task, store_id)
    except (RedisError, OSError):
        log.warning("the workers were not told about store %s: the cache cannot be reached", store_id)


def heard(task: "Task[[int], Any]", store_id: int) -> None:
    """Let the next nudge through; the task calls it first, so that whatever is noted from here on is told again."""
    try:
        cache.delete(f"nudged:{task.name}:{store_id}")
    except (RedisError, OSError):
        log.warning("a nudge could not be forgotten: the cache cannot be reached")
