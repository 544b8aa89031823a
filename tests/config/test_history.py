"""What is written down about days and hours: looking twice counts nothing twice, not looking loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from config.history import record
from orders.models import Download, ExportSequence
from stores import cursors
from stores.health import Service, State
from stores.history import prune
from stores.models import OutboxClock, PullCursor, ServiceDay, ServiceHour, Store
from tests.factories import make_store

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 17, tzinfo=UTC)  # in New York


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def store():
    return make_store(interval_minutes=60)


def now() -> datetime:
    return datetime.now(UTC)


def succeed(store: Store) -> None:
    """A pull that reaches its end."""
    cursors.settle_good(cursors.claim(store), store, finished=True, clock_offset=None)


def fail(store: Store) -> None:
    """A pull that does not."""
    told = {"problem": "Miva did not answer.", "remedy": "", "kind": "down", "retry_after": None}
    cursors.settle_failed(cursors.claim(store), store, **told)


def day(store: Store, service: str = Service.ORDERS_IN, **at) -> ServiceDay:
    """The row of a service."""
    return ServiceDay.objects.of(store).filter(service=service, **at).latest("day")


def test_a_day_has_the_runs_and_what_they_carried(store):
    succeed(store)
    succeed(store)
    fail(store)
    ExportSequence.objects.create(store=store, last_number=7)
    Download.objects.create(store=store, first_number=1, last_number=5, count=5)
    OutboxClock.objects.create(
        store=store, kind="fulfillment.shipment", last_tried_at=NOON, good_runs=2, bad_runs=1, carried=2
    )
    record(now())
    pulls, tracking = day(store), day(store, Service.TRACKING)
    assert (pulls.good_runs, pulls.bad_runs, pulls.carried, pulls.worst) == (2, 1, 7, State.FAILING)
    assert (tracking.good_runs, tracking.bad_runs, tracking.carried) == (2, 1, 2)
    assert day(store, Service.ORDERS_OUT).carried == 5


def test_a_doubled_run_counts_nothing_twice(store, clock):
    fail(store)
    record(now())
    clock.shift(timedelta(minutes=5))
    for _ in range(3):
        record(now())
    row = day(store)
    assert (row.bad_runs, row.seconds_watched, row.seconds_wrong) == (1, 300, 300)
    assert ServiceDay.objects.of(store).count() == 4


def test_time_is_wrong_only_while_something_is_wrong_and_the_worst_state_stays(store, clock):
    succeed(store)
    record(now())
    clock.shift(timedelta(minutes=5))
    record(now())
    fail(store)
    clock.shift(timedelta(minutes=5))
    record(now())
    succeed(store)
    clock.shift(timedelta(minutes=5))
    record(now())
    row = day(store)
    assert (row.seconds_watched, row.seconds_wrong, row.worst) == (900, 300, State.FAILING)


def test_a_gap_in_which_nobody_looked_is_not_counted_and_its_runs_are(store, clock):
    succeed(store)
    record(now())
    clock.shift(timedelta(hours=3))
    succeed(store)
    succeed(store)
    record(now())
    assert (day(store).seconds_watched, day(store).good_runs) == (0, 3)


def test_a_new_day_begins_where_the_last_one_ended_in_the_stores_own_zone(store, clock):
    succeed(store)
    record(now())
    clock.shift(timedelta(hours=11))
    assert now().astimezone(ZoneInfo("America/New_York")).day == 22
    record(now())
    succeed(store)  # between the last look of the old day and the first of the new one
    clock.shift(timedelta(hours=2))
    record(now())
    days = ServiceDay.objects.of(store).filter(service=Service.ORDERS_IN).order_by("day")
    assert [(f"{row.day:%d}", row.good_runs) for row in days] == [("22", 1), ("23", 1)]


def test_a_store_that_was_not_watched_for_a_month_goes_on_where_it_ended(store, clock):
    succeed(store)
    record(now())
    clock.shift(timedelta(days=30))
    succeed(store)
    record(now())
    assert day(store).good_runs == 1


def test_hours_are_sums_over_all_stores_and_begin_with_nothing(store, clock):
    PullCursor.objects.update(good_runs=500)
    record(now())
    assert ServiceHour.objects.get(service=Service.ORDERS_IN).good_runs == 0
    other = make_store()
    succeed(store)
    succeed(other)
    fail(other)
    record(now())
    record(now())
    clock.shift(timedelta(hours=1))
    succeed(other)
    record(now())
    hours = ServiceHour.objects.filter(service=Service.ORDERS_IN).order_by("hour")
    assert [(row.good_runs, row.bad_runs) for row in hours] == [(2, 1), (1, 0)]


def test_a_store_that_is_switched_off_is_not_written_down(store):
    Store.objects.update(active=False)
    record(now())
    assert not ServiceDay.objects.exists()


def test_a_deleted_store_takes_no_figure_below_nothing(store):
    succeed(store)
    record(now())
    store.delete()
    record(now())
    assert ServiceHour.objects.get(service=Service.ORDERS_IN).good_runs == 0


def test_as_many_queries_for_many_stores_as_for_one(store, django_assert_max_num_queries):
    record(now())
    with django_assert_max_num_queries(60) as one:
        record(now())
    for _ in range(6):
        make_store()
    record(now())
    with django_assert_max_num_queries(len(one)):
        record(now())


def test_old_days_and_hours_are_forgotten(store, clock):
    record(now())
    clock.shift(timedelta(days=15))
    assert prune(now()) == 4  # the hours
    clock.shift(timedelta(days=386))
    assert prune(now()) == 4
    assert not ServiceDay.objects.exists()
