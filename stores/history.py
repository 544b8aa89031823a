"""Writing down what the services do: the only place that writes ServiceDay and ServiceHour.

The clock looks every few minutes. Counts are differences of counters that only grow, so that looking twice counts nothing twice,
and a look that is left out loses nothing. Lengths of time are added up from the last look on, under a lock on the row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.db import transaction

from stores.health import ServiceHealth, State
from stores.models import ServiceDay, ServiceHour, Store, Tally

KEEP_DAYS = timedelta(days=400)
KEEP_HOURS = timedelta(days=14)
LONGEST_LOOK = timedelta(minutes=20)  # in a longer gap nobody watched: the clock stood still

COUNTS = ["good_runs", "bad_runs", "carried"]
SEEN = ["worst", "seconds_watched", "seconds_wrong", "sampled_at"]


class Counters(NamedTuple):
    """What a service has done so far; grows only."""

    good_runs: int = 0
    bad_runs: int = 0
    carried: int = 0


NOTHING = Counters()
Key = tuple[int, str]  # the store's primary key and the service
Row = TypeVar("Row", bound=Tally)


def record_days(
    stores: Sequence[Store],
    healths: Mapping[int, Sequence[ServiceHealth]],
    counters: Mapping[Key, Counters],
    now: datetime,
) -> int:
    """Write the present day of these stores, each in its own time zone. Returns how many rows."""
    with transaction.atomic():
        rows = []
        last = last_days(stores, now)
        for store in stores:
            for health in healths[store.pk]:
                key = (store.pk, str(health.service))
                row = day_of(store, health, last.get(key), now)
                rows.append(look(tally(row, counters.get(key, NOTHING)), health.state, now))
        ServiceDay.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["store", "service", "day"],
            update_fields=[*COUNTS, *SEEN],
        )
    return len(rows)


def last_days(stores: Sequence[Store], now: datetime) -> dict[Key, ServiceDay]:
    """Return the last known day of each service, locked. What is not older than a day is enough nearly always."""
    rows = ServiceDay.objects.select_for_update().filter(store__in=stores).order_by("day", "pk")
    recent = {
        (row.store_id, row.service): row for row in rows.filter(day__gte=(now - timedelta(days=2)).date())
    }
    silent = {store.pk for store in stores} - {store for store, _ in recent}
    newest: dict[Key, ServiceDay] = {}
    for row in rows.filter(store__in=silent):
        newest[(row.store_id, row.service)] = row
    return newest | recent


def day_of(store: Store, health: ServiceHealth, last: ServiceDay | None, now: datetime) -> ServiceDay:
    """Return the row of the present day; a new one goes on where the last known one ended."""
    day = now.astimezone(store.zone).date()
    if last is not None and last.day >= day:
        return last
    row = ServiceDay(store=store, service=health.service, day=day, worst=health.state, sampled_at=now)
    return go_on(row, last)


def record_hours(counters: Mapping[str, Counters], now: datetime) -> int:
    """Write the present hour of all stores together; `counters` are their sums by service. Returns how many rows."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    recent = ServiceHour.objects.filter(hour__gt=now - KEEP_HOURS).order_by("hour", "pk")
    last = {row.service: row for row in recent}
    rows = []
    for service, counter in counters.items():
        row = last.get(service)
        if row is None:  # the first hour of all: what was before it is nobody's
            row = ServiceHour(service=service, hour=hour, **_before(counter))
        elif row.hour != hour:
            row = go_on(ServiceHour(service=service, hour=hour), row)
        rows.append(tally(row, counter))
    ServiceHour.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["hour", "service"], update_fields=COUNTS
    )
    return len(rows)


def go_on(row: Row, last: Row | None) -> Row:
    """Let the counters of a stretch begin where those of the last one ended."""
    if last is not None:
        for name, value in _before(
            Counters(
                last.good_before + last.good_runs,
                last.bad_before + last.bad_runs,
                last.carried_before + last.carried,
            )
        ).items():
            setattr(row, name, value)
    return row


def _before(counter: Counters) -> dict[str, int]:
    return {
        "good_before": counter.good_runs,
        "bad_before": counter.bad_runs,
        "carried_before": counter.carried,
    }


def tally(row: Row, counter: Counters) -> Row:
    """Write what the counters show since the stretch began; never less than nothing (a store may have been deleted)."""
    row.good_runs = max(counter.good_runs - row.good_before, 0)
    row.bad_runs = max(counter.bad_runs - row.bad_before, 0)
    row.carried = max(counter.carried - row.carried_before, 0)
    return row


def look(row: ServiceDay, state: State, now: datetime) -> ServiceDay:
    """Add the time since the last look, as it stands now; a gap in which nobody looked is left out."""
    since = now - row.sampled_at
    seconds = int(since.total_seconds()) if timedelta() < since <= LONGEST_LOOK else 0
    row.seconds_watched += seconds
    row.seconds_wrong += seconds if state.wrong else 0
    row.worst = min(State(row.worst), state, key=lambda each: each.urgency)
    row.sampled_at = max(row.sampled_at, now)
    return row


def prune(now: datetime) -> int:
    """Forget days and hours that are too old to be shown. Returns how many rows."""
    days, _ = ServiceDay.objects.filter(day__lt=(now - KEEP_DAYS).date()).delete()
    hours, _ = ServiceHour.objects.filter(hour__lt=now - KEEP_HOURS).delete()
    return days + hours
