"""Ranges: days and times in the store's zone, both nights on which the clocks are changed, and what cannot be meant."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from orders.spans import SpanError, between_dates, between_numbers, read_when

NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_day_begins_at_midnight_in_the_store_s_zone():
    assert read_when("2026-11-21", NEW_YORK) == utc("2026-11-21T05:00")


def test_a_day_as_the_end_is_meant_whole():
    assert read_when("2026-11-21", NEW_YORK, end=True) == utc("2026-11-22T05:00")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-07-01", 24)])
def test_a_whole_day_has_the_hours_that_it_has_when_the_clocks_are_changed(day, hours):
    span = between_dates(day, day, NEW_YORK)
    assert (span.until - span.since).total_seconds() == hours * 3600


def test_a_day_that_has_no_midnight_begins_with_its_first_moment():
    assert read_when("2026-03-08", ZoneInfo("America/Havana")) == utc("2026-03-08T05:00")


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("2026-11-21T15:30", False, "2026-11-21T20:30"),
        ("2026-11-21 15:30", True, "2026-11-21T20:30"),
        ("2026-11-21T15:30+01:00", False, "2026-11-21T14:30"),
        ("2026-11-21T15:30Z", True, "2026-11-21T15:30"),
    ],
)
def test_a_time_without_an_offset_is_in_the_store_s_zone(text, end, expected):
    assert read_when(text, NEW_YORK, end=end) == utc(expected)


def test_an_hour_that_comes_twice_begins_with_the_first_and_ends_with_the_second():
    assert read_when("2026-11-01T01:30", NEW_YORK) == utc("2026-11-01T05:30")
    assert read_when("2026-11-01T01:30", NEW_YORK, end=True) == utc("2026-11-01T06:30")


def test_an_hour_that_is_skipped_is_read_so_that_the_range_is_the_wider_one():
    assert read_when("2026-03-08T02:30", NEW_YORK) == utc("2026-03-08T06:30")
    assert read_when("2026-03-08T02:30", NEW_YORK, end=True) == utc("2026-03-08T07:30")


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "2026-02-30", "21.11.2026", "9999-12-31", "", "2026-11-21T25:00"]
)
def test_what_is_no_date_is_named_in_the_refusal(text):
    with pytest.raises(SpanError) as refused:
        read_when(text, NEW_YORK, end=True)
    assert f"'{text}'" in str(refused.value)


def test_a_range_that_ends_before_it_begins_is_refused_with_both_values():
    with pytest.raises(SpanError, match=r"2026-11-19.*2026-11-21"):
        between_dates("2026-11-21", "2026-11-19", NEW_YORK)


def test_one_day_is_a_range():
    assert between_dates("2026-11-21", "2026-11-21", NEW_YORK).until == utc("2026-11-22T05:00")


@pytest.mark.parametrize(("text", "bounds"), [("100-200", (100, 200)), ("7", (7, 7)), ("5 - 5", (5, 5))])
def test_numbers_are_a_range_or_one_number(text, bounds):
    span = between_numbers(text)
    assert (span.first, span.last) == bounds


@pytest.mark.parametrize("text", ["", "a-b", "200-100", "-5", "1-2-3", "1.5-2", "١-٢"])
def test_what_is_no_range_of_numbers_is_refused_by_its_text(text):
    with pytest.raises(SpanError) as refused:
        between_numbers(text)
    assert f"'{text}'" in str(refused.value)


def test_a_fraction_of_a_second_never_cuts_off_an_order():
    span = between_dates("2026-11-21T15:30:00.5Z", "2026-11-21T16:30:00.5Z", NEW_YORK)
    since, until = (condition.value for condition in span.conditions())
    assert (since, until) == (
        int(utc("2026-11-21T15:30:01").timestamp()),
        int(utc("2026-11-21T16:30:01").timestamp()),
    )
