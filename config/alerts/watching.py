"""The dead-man switch: who tells that the clock is dead, when all that tells is done by the clock?

The web processes do. Each looks at the heartbeat after an answer has gone out, at most once a minute; /health/ready/, which
monitors ask all the time, is such an answer. While the clock lives that is one look into the cache. When it is silent, the process
writes problem and notice and sends the mail itself, by the clock's own verbs: they let one process through, however many there are.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from redis.exceptions import RedisError

from config.alerts.composing import compose
from config.alerts.problems import Kind, Seen, write
from config.alerts.sending import send_due
from config.alerts.telling import tell
from config.alerts.turns import process_turns
from config.health import clock_health
from stores.health import Fixer
from stores.models import AlertEvent, Problem
from stores.models.alerts import CLOCK

log = logging.getLogger(__name__)

SILENT = timedelta(minutes=5)
REMEDY = "Start celery beat and the workers; nothing is pulled, pushed or told until then. Nothing is lost meanwhile."
UNREACHABLE = "Queue and cache (REDIS_URL) cannot be reached."


def after_request(**_: Any) -> None:
    """Look at the clock after an answer, and raise the alarm when it is silent. Never raises: the answer is out."""
    now = timezone.now()
    if not process_turns().take(now):
        return
    try:
        seen = clock_seen(now)
        if seen.kind:
            raise_alarm(seen, now)
    except (DatabaseError, RedisError, OSError):
        log.exception("the clock is silent, and the alarm could not be raised")


def raise_alarm(seen: Seen, now: datetime) -> None:
    """Write that the clock is silent, and tell support in its place once that has lasted."""
    log.critical("the clock is silent: %s", seen.sentence)
    write([seen], now)
    tell(now)
    if untold_clock().exists():
        compose(now)
    send_due(now, Q(pk__in=AlertEvent.objects.filter(problem__store=None).values("notice")))


def untold_clock() -> Any:
    """Return what support is owed about the clock."""
    return AlertEvent.objects.filter(notice=None, problem__store=None)


def look(now: datetime) -> None:
    """Look at the clock from inside: whatever was wrong with it is over."""
    if Problem.objects.filter(store=None, recovered_at=None).exists():
        write([clock_seen(now)], now)


def clock_seen(now: datetime) -> Seen:
    """Return how the clock stands."""
    try:
        health = clock_health()
    except (RedisError, OSError):
        return Seen(None, CLOCK, Kind.STOPPED, UNREACHABLE, REMEDY, Fixer.SUPPORT, patience=SILENT)
    if health.running:
        return Seen(None, CLOCK, "")
    known = health.beat_at is not None and now - health.beat_at >= SILENT
    sentence = f"{health.sentence[:1].upper()}{health.sentence[1:]}."
    patience = timedelta() if known else SILENT
    return Seen(
        None, CLOCK, Kind.STOPPED, sentence, REMEDY, Fixer.SUPPORT, patience=patience, since=health.beat_at
    )
