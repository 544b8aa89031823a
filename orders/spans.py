"""A range of orders: by the dates on which they were placed, in the store's zone, or by their numbers."""

import math
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from stores.miva.paging import Condition, Where

NUMBERS = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?\Z")


class SpanError(ValueError):
    """A range that cannot be meant; the message names the value and the way out."""


@dataclass(frozen=True)
class Span:
    """Orders placed at `since` or later and before `until`, or numbered `first` to `last`. None is open."""

    since: datetime | None = None
    until: datetime | None = None
    first: int | None = None
    last: int | None = None

    def conditions(self) -> list[Condition]:
        """Return the range as Miva's conditions. Miva's order dates are whole Unix seconds (Miva reference §7.2)."""
        bounds: list[tuple[str, str, int | None]] = [
            ("orderdate", "GE", seconds(self.since)),
            ("orderdate", "LT", seconds(self.until)),
            ("id", "GE", self.first),
            ("id", "LE", self.last),
        ]
        return [Where(column, operator, value) for column, operator, value in bounds if value is not None]


def seconds(moment: datetime | None) -> int | None:
    """Return the first whole Unix second that is not before this moment."""
    return None if moment is None else math.ceil(moment.timestamp())


def between_dates(since: str, until: str, zone: zoneinfo.ZoneInfo) -> Span:
    """Return the range between two texts, either may be empty. Raises SpanError."""
    span = Span(
        read_when(since, zone) if since else None, read_when(until, zone, end=True) if until else None
    )
    if span.since and span.until and span.until <= span.since:
        raise SpanError(f"The range ends ('{until}') before it begins ('{since}'). Exchange the two.")
    return span


def between_numbers(text: str) -> Span:
    """Return the range of "1000-1500", or of one number. Raises SpanError."""
    found = NUMBERS.match(text.replace(" ", ""))
    if found is None:
        raise SpanError(f"'{text}' is no range of order numbers. Write it like 1000-1500.")
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise SpanError(f"The range '{text}' ends before it begins. Write the lower number first.")
    return Span(first=first, last=last)


def read_when(text: str, zone: zoneinfo.ZoneInfo, *, end: bool = False) -> datetime:
    """Return a day (2026-11-21) or a time (ISO 8601) in UTC. Raises SpanError.

    A day begins at its first moment in the store's zone; as an end it is meant whole. A time without an offset is in the
    store's zone; one that the clocks show twice, or skip, when they are changed is read so that the range is the wider one.
    """
    try:
        return _day(text, zone, end) or _time(text, zone, end)
    except (ValueError, OverflowError):
        raise SpanError(
            f"'{text}' is neither a day like 2026-11-21 nor a time like 2026-11-21T15:30 or 2026-11-21T15:30+01:00."
        ) from None


def _day(text: str, zone: zoneinfo.ZoneInfo, end: bool) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    day += timedelta(days=1 if end else 0)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _time(text: str, zone: zoneinfo.ZoneInfo, end: bool) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    readings = [moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return max(readings) if end else min(readings)
