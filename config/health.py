"""/health/live/ and /health/ready/: for load balancers and monitors. No login, no tenant's data."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

from config.celery import HEARTBEAT, WORKER

LATE = 120.0  # seconds without a heartbeat: the clock rings every 20


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process handles requests."""
    return HttpResponse("alive\n", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and cache can be used, else 503; each component says how it is.

    The clock (beat and workers) is told, too, but a web process can serve desktops without it.
    """
    components = {"database": probe(database), "cache": probe(cache_works), "clock": probe(clock)}
    works = components["database"] == components["cache"] == "ok"
    return JsonResponse({"ready": works, **components}, status=200 if works else 503)


def probe(check: Callable[[], str]) -> str:
    """Return what the check says; a failure in words, without addresses or credentials."""
    try:
        return check()
    except (DatabaseError, RedisError, OSError) as error:
        return f"not reached ({type(error).__name__})"


def database() -> str:
    """Return ok when the database answers and has all migrations."""
    executor = MigrationExecutor(connection)
    return "migrations are missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def cache_works() -> str:
    """Return ok when the cache answers."""
    cache.get(HEARTBEAT)
    return "ok"


def clock() -> str:
    """Return ok when beat has rung and a worker has heard it lately, else what is wrong."""
    health = clock_health()
    return "ok" if health.running else health.sentence


@dataclass(frozen=True)
class ClockHealth:
    """Whether beat and workers live. Beat speaks through a task, which proves the broker, too; a worker also for itself."""

    running: bool
    sentence: str
    beat_at: datetime | None
    """When a worker last heard beat."""
    worker_at: datetime | None
    """When a worker last gave a sign of life; None: not known, or none is there."""


def clock_health() -> ClockHealth:
    """Return how the clock is. Raises RedisError when the cache cannot be asked."""
    heard = cache.get_many((HEARTBEAT, WORKER))
    beat, worker = (heard.get(name) for name in (HEARTBEAT, WORKER))
    now = time.time()
    silent = None if beat is None else now - float(beat)
    lives = worker is not None and now - float(worker) < LATE
    return ClockHealth(
        silent is not None and silent < LATE, spoken(silent, lives), moment(beat), moment(worker)
    )


def spoken(silent: float | None, worker_lives: bool) -> str:
    """Return how the clock is in words; `silent`: seconds since beat was heard, None when it never was."""
    if silent is None:
        return "no heartbeat yet: start celery beat and a worker"
    if silent < LATE:
        return "ticking"
    to_look_at = "celery beat: a worker lives" if worker_lives else "celery beat and the workers"
    return f"no heartbeat for {int(silent)} seconds: look at {to_look_at}"


def moment(stamp: float | None) -> datetime | None:
    """Return a Unix time as a moment."""
    return None if stamp is None else datetime.fromtimestamp(float(stamp), UTC)
