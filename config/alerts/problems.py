"""Comparing how the services stand with the problems that are known: they are opened, go on, and end.

Everything is decided by conditional UPDATEs and a unique constraint: a look that is doubled, or left out, changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, Q

from config.standing import services_of
from stores.health import GRACE, Service, ServiceHealth, State, allowed
from stores.models import Problem, Store

AT_ONCE = 200  # stores judged together
STEADY = timedelta(
    minutes=3
)  # a problem is over when nothing was wrong for so long: what comes and goes is one problem
# What lasts is told again: each day at first, each week later. Not what somebody has switched off.
REMINDED, LASTING, REMINDED_LATER = timedelta(days=1), timedelta(days=7), timedelta(days=7)
OPEN = Q(recovered_at=None)
Kind = Problem.Kind

# How long a problem lasts before people are told, by its kind. A pull that fails is judged by its missed runs instead.
PATIENCE: Mapping[str, timedelta] = {
    Kind.CREDENTIALS: timedelta(minutes=5),  # Miva has said no, and is asked again only each hour
    Kind.STOPPED: timedelta(minutes=10),
    Kind.HELD: timedelta(minutes=10),
    Kind.PARKED: timedelta(minutes=10),
    Kind.DRIFT: timedelta(minutes=10),
    Kind.WARNING: timedelta(minutes=30),
    Kind.PAUSED: timedelta(minutes=2),
    Kind.OFF: timedelta(minutes=2),
}


@dataclass(frozen=True)
class Seen:
    """What was seen at one look: a service of a store, whether something is wrong there, and what."""

    store: Store | None
    service: str
    kind: str
    """Empty: all is well."""
    sentence: str = ""
    remedy: str = ""
    fixer: str = ""
    ripe: bool = True
    """Whether people may be told as soon as the patience with its kind is over."""
    patience: timedelta = timedelta()
    since: datetime | None = None
    """Since when, where that is known better than by looking."""


def look(now: datetime) -> int:
    """Look at all services of all stores. Returns how many problems are open."""
    stores = list(Store.objects.select_related("merchant", "cursor"))
    for start in range(0, len(stores), AT_ONCE):
        some = stores[start : start + AT_ONCE]
        healths = services_of(some, now)
        seen = [seen_of(store, health, now) for store in some for health in healths[store.pk]]
        write([each for each in seen if each], now)
    return Problem.objects.filter(OPEN, store__isnull=False).count()


def seen_of(store: Store, health: ServiceHealth, now: datetime) -> Seen | None:
    """Return what is to be written about a service; None when nothing can be said, because somebody has stopped the store."""
    by_hand = health.state in (State.OFF, State.PAUSED)
    if by_hand and health.service != Service.ORDERS_IN:
        return None
    kind = kind_of(health)
    patience, ripe = patience_with(store, health, kind, now)
    return Seen(
        store,
        health.service,
        kind,
        health.sentence,
        health.remedy,
        health.fixer,
        ripe=ripe,
        patience=patience,
    )


def kind_of(health: ServiceHealth) -> str:
    """Return the kind of problem that a service has; empty when it has none."""
    if health.state.stopped:
        return Kind.CREDENTIALS if health.kind == "locked" else Kind.STOPPED
    if health.state == State.HELD:
        return Kind.HELD if health.service == Service.ORDERS_OUT else Kind.PARKED
    if health.state == State.WARNING:
        return Kind.DRIFT if health.kind == "drift" else Kind.WARNING
    return {State.PAUSED: Kind.PAUSED, State.OFF: Kind.OFF}.get(health.state, "")


def patience_with(store: Store, health: ServiceHealth, kind: str, now: datetime) -> tuple[timedelta, bool]:
    """Return how long a problem has to last, and whether people may be told then.

    A pull that fails has to have missed two runs; one that is late has missed them, and so has everything else that is late.
    """
    if health.state == State.LATE:
        return timedelta(), True
    if kind == Kind.STOPPED and health.service == Service.ORDERS_IN:
        missed = now - (health.last_good_at or store.created_at) > allowed(store)
        return timedelta(minutes=store.interval_minutes) - GRACE, missed
    return PATIENCE.get(kind, timedelta()), True


def write(seen: Iterable[Seen], now: datetime) -> None:
    """Write what was seen: open, go on with, or end the problems."""
    seen = list(seen)
    stores = {each.store.pk for each in seen if each.store}
    whose = Q(store__in=stores) if stores else Q(store=None)
    known = {(row.store_id, row.service): row for row in Problem.objects.filter(OPEN, whose)}
    for each in seen:
        row = known.get((each.store.pk if each.store else None, each.service))
        if each.kind and row is None:
            begin(each, now)
        elif each.kind and row is not None:
            go_on(row, each, now)
        elif row is not None:
            end(row, now)


def begin(seen: Seen, now: datetime) -> None:
    """Open a problem, unless another process has just done so."""
    row = Problem(store=seen.store, service=seen.service, kind_since=now, **said(seen, now))
    row.opened_at = seen.since or now
    Problem.objects.bulk_create([row], ignore_conflicts=True)


def go_on(row: Problem, seen: Seen, now: datetime) -> None:
    """Note that a problem is still there, or has become another; one that is ripe is marked to be told."""
    changed = row.kind != seen.kind
    since = {"kind_since": now} if changed else {}
    rows = Problem.objects.filter(OPEN, pk=row.pk)
    rows.update(well_since=None, ripe=not changed and is_ripe(row, seen, now), **since, **said(seen, now))


def is_ripe(row: Problem, seen: Seen, now: datetime) -> bool:
    """Whether people are to be told of a problem that goes on: for the first time, or once more."""
    lasted = now - row.kind_since
    if row.told_kind != seen.kind:
        return seen.ripe and lasted >= seen.patience
    if seen.kind == Kind.OFF or row.reminded_at is None:
        return False
    return now - row.reminded_at >= (REMINDED if lasted < LASTING else REMINDED_LATER)


def said(seen: Seen, now: datetime) -> dict[str, object]:
    """Return what is written anew at each look."""
    return {
        "kind": seen.kind,
        "sentence": seen.sentence,
        "remedy": seen.remedy,
        "fixer": seen.fixer,
        "last_seen_at": now,
    }


def end(row: Problem, now: datetime) -> None:
    """Note that nothing is wrong any more; the problem is over once that has lasted. It ended when it was first well."""
    rows = Problem.objects.filter(OPEN, pk=row.pk)
    if row.well_since is None:
        rows.update(well_since=now)
    elif now - row.well_since >= STEADY:
        told = ExpressionWrapper(Q(told_at__isnull=False), BooleanField())
        rows.filter(well_since=row.well_since).update(recovered_at=row.well_since, ripe=told)
