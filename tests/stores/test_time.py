"""Days of 23 and 25 hours, and clocks that do not agree."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from orders.keep import keep
from orders.models import Order
from orders.pull import pull
from orders.serve import select
from orders.translate import Rules, translate
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from tests.factories import as_sent, make_store, raw_orders, store_of
from tests.orders.roads.helpers import ALL, calls, conditions, kept, place

YORK, BERLIN, BEIRUT = "America/New_York", "Europe/Berlin", "Asia/Beirut"
NIGHTS = [
    (YORK, date(2026, 3, 8), 23),
    (YORK, date(2026, 11, 1), 25),
    (BERLIN, date(2026, 3, 29), 23),
    (BERLIN, date(2026, 10, 25), 25),
    (BEIRUT, date(2026, 3, 29), 23),  # midnight itself does not exist there
]
EACH_NIGHT = pytest.mark.parametrize(("zone", "day", "hours"), NIGHTS, ids=str)


def first_moment(zone: str, day: date) -> datetime:
    """When the day begins, found minute by minute."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(ZoneInfo(zone)).date() != day:
        moment += timedelta(minutes=1)
    return moment


def placed_at(store, moments: list[datetime]) -> list[int]:
    """Keep an order for each moment; returns their numbers."""
    raws = [
        as_sent(raw) | {"orderdate": int(moment.timestamp())}
        for raw, moment in zip(raw_orders(len(moments)), moments, strict=True)
    ]
    keep(store, raws, fetched_at=max(moments), road="date")
    return [raw["id"] for raw in raws]


@EACH_NIGHT
def test_the_day_has_as_many_hours_as_the_test_believes(zone, day, hours):
    length = first_moment(zone, day + timedelta(days=1)) - first_moment(zone, day)
    assert length == timedelta(hours=hours)


@pytest.mark.django_db
@EACH_NIGHT
def test_a_selection_by_day_begins_with_the_first_second_of_the_day(zone, day, hours):
    store = make_store(time_zone=zone)
    begin = first_moment(zone, day)
    before, first, last = placed_at(
        store, [begin - timedelta(seconds=1), begin, begin + timedelta(hours=hours, seconds=-1)]
    )
    selected = [order.miva_id for order in select(store, "", day).page(1, 10)]
    assert selected == [first, last]
    assert before not in selected


@pytest.mark.django_db
@EACH_NIGHT
def test_the_day_after_begins_where_the_long_or_short_day_ends(zone, day, hours):
    store = make_store(time_zone=zone)
    end = first_moment(zone, day) + timedelta(hours=hours)
    _, first = placed_at(store, [end - timedelta(seconds=1), end])
    assert [order.miva_id for order in select(store, "", day + timedelta(days=1)).page(1, 10)] == [first]


@pytest.mark.parametrize(
    ("zone", "utc", "shown"),
    [
        (YORK, datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC), "2026-03-08 01:59:59"),
        (YORK, datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "2026-03-08 03:00:00"),
        (YORK, datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "2026-11-01 01:30:00"),
        (YORK, datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "2026-11-01 01:30:00"),
        (YORK, datetime(2026, 11, 1, 7, 0, tzinfo=UTC), "2026-11-01 02:00:00"),
        (BERLIN, datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "2026-03-29 03:00:00"),
        (BERLIN, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25 02:30:00"),
        (BERLIN, datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25 02:30:00"),
    ],
)
def test_the_order_date_is_what_the_stores_clock_on_the_wall_showed(zone, utc, shown):
    [raw] = raw_orders()
    raw["orderdate"] = int(utc.timestamp())
    translated = translate(raw, Rules(time_zone=ZoneInfo(zone))).order.order_date
    assert translated.strftime("%Y-%m-%d %H:%M:%S") == shown


@pytest.mark.django_db(transaction=True)
@EACH_NIGHT
def test_a_pull_every_half_hour_through_the_night_brings_every_order_once(zone, day, hours):
    with time_machine.travel(first_moment(zone, day) - timedelta(minutes=10)) as clock:
        sandbox = SandboxStore(seed=4)
        with serve(sandbox) as server:
            store = store_of(sandbox, server, strategy="date", time_zone=zone, overlap_minutes=5)
            for _ in range(12):
                place(sandbox, 1)
                pulled = pull(store)
                assert pulled.new == 1
                clock.shift(timedelta(minutes=30))
    assert kept(store) == sorted(sandbox.orders)
    asked = [
        int(conditions(call)["orderdate GE"])
        for call in calls(sandbox, ALL)
        if "orderdate GE" in conditions(call)
    ]
    steps = {later - earlier for earlier, later in itertools.pairwise(asked)}
    assert all(abs(step - 1800) <= 60 for step in steps)  # UTC has no such nights


def clocked(offset: float) -> SandboxStore:
    """A store whose clock is off by so many seconds, and whose token does not mind."""
    return SandboxStore(seed=4, require_timestamp=False, clock=lambda: time.time() + offset)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("offset", [-1500, -240, 0, 240, 1500])
def test_the_difference_of_the_clocks_is_measured_and_kept(offset):
    sandbox = clocked(offset)
    with serve(sandbox) as server:
        store = store_of(sandbox, server, strategy="date", timestamp=False)
        pull(store)
    assert PullCursor.objects.get().clock_offset == pytest.approx(offset, abs=3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("strategy", ["date", "updated"])
@pytest.mark.parametrize("offset", [-1500, -240, 240, 1500])
def test_a_store_whose_clock_is_minutes_off_loses_nothing(offset, strategy):
    """The overlap is a minute here: what saves the orders is the measured difference."""
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC)) as clock:
        sandbox = clocked(offset)
        place(sandbox, 1)
        with serve(sandbox) as server:
            store = store_of(sandbox, server, strategy=strategy, timestamp=False, overlap_minutes=1)
            for _ in range(8):
                pull(store)
                place(sandbox, 1)
                clock.shift(timedelta(minutes=3))
            pull(store)
        assert kept(store) == sorted(sandbox.orders)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_measured_difference_the_same_store_loses_orders():
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC)) as clock:
        sandbox = clocked(-1500)
        place(sandbox, 1)
        with serve(sandbox) as server:
            store = store_of(sandbox, server, strategy="date", timestamp=False, overlap_minutes=1)
            for _ in range(8):
                pull(store)
                PullCursor.objects.update(clock_offset=None)
                place(sandbox, 1)
                clock.shift(timedelta(minutes=3))
        assert Order.objects.count() < len(sandbox.orders)


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_jumps_by_less_than_the_overlap_loses_nothing():
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC)) as clock:
        off = [0.0]
        sandbox = SandboxStore(seed=4, require_timestamp=False, clock=lambda: time.time() + off[0])
        with serve(sandbox) as server:
            store = store_of(sandbox, server, strategy="date", timestamp=False, overlap_minutes=30)
            for jump in (0, -900, 900, -1500, 0):
                off[0] = jump
                place(sandbox, 1)
                clock.shift(timedelta(minutes=1))
                pull(store)
        assert kept(store) == sorted(sandbox.orders)
