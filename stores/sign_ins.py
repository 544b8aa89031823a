"""Where people are logged in, and ending that."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from redis.exceptions import RedisError

from stores.audit import note
from stores.models import SignIn

log = logging.getLogger(__name__)

SEEN_EACH = 60  # seconds


def saw(request: HttpRequest) -> None:
    """Note that the person of this request was here, at most once a minute."""
    key = request.session.session_key
    try:
        if not key or not cache.add(f"seen:{key}", True, SEEN_EACH):
            return
    except RedisError:
        log.warning("where people are logged in is not noted: the cache cannot be reached")
        return
    here = {"address": request.META.get("REMOTE_ADDR") or None, "last_seen_at": timezone.now()}
    browser = request.headers.get("User-Agent", "")[:200]
    SignIn.objects.update_or_create(
        session_key=key, defaults={"user_id": int(request.user.pk or 0), "browser": browser, **here}
    )


def moved(former: str | None, present: str | None) -> None:
    """Keep a session's line when the session gets another key."""
    SignIn.objects.filter(session_key=former).update(session_key=present)


def open_ones(user: Any = None) -> QuerySet[SignIn]:
    """Return the sessions that are still good, of one person or of all."""
    alive = Session.objects.filter(expire_date__gt=timezone.now())
    rows = SignIn.objects.filter(session_key__in=alive.values("session_key")).select_related("user")
    return rows.filter(user=user) if user is not None else rows


def end(rows: QuerySet[SignIn], verb: str = "session ended") -> int:
    """End sessions: their next request leads to the login. Returns how many."""
    with transaction.atomic():
        chosen = list(rows.select_related("user"))
        Session.objects.filter(session_key__in=[row.session_key for row in chosen]).delete()
        SignIn.objects.filter(pk__in=[row.pk for row in chosen]).delete()
        for row in chosen:
            note(verb, row.user, before={"address": row.address, "browser": row.browser})
    return len(chosen)


def prune() -> int:
    """Forget sessions that have run out; returns how many."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    old = SignIn.objects.exclude(session_key__in=Session.objects.values("session_key"))
    return old.filter(last_seen_at__lt=timezone.now() - timedelta(minutes=5)).delete()[0]
