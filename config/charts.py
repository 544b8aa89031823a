"""Small charts of what was done hour by hour: bars as SVG, and the same figures as a table for who cannot see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stores.health import Service
from stores.models import ServiceHour

HOURS = 24
WIDTH, HEIGHT, GAP = 12, 48, 2  # of a bar and its place, in units of the drawing


@dataclass(frozen=True)
class Bar:
    """One hour: its count, and where it is drawn."""

    hour: datetime
    count: int
    bad: int
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Chart:
    """The last HOURS hours of one figure; `sentence` says the same in words."""

    name: str
    sentence: str
    bars: Sequence[Bar]
    width: int = HOURS * WIDTH
    height: int = HEIGHT
    bar_width: int = WIDTH - GAP


def charts(now: datetime) -> list[Chart]:
    """Return pulls and orders of the last hours, all stores together: one query."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    rows = ServiceHour.objects.filter(service=Service.ORDERS_IN, hour__gte=first)
    hours = {row.hour: row for row in rows}
    pulls, orders = [], []
    for number in range(HOURS):
        hour = first + timedelta(hours=number)
        row = hours.get(hour)
        pulls.append((hour, row.good_runs + row.bad_runs if row else 0, row.bad_runs if row else 0))
        orders.append((hour, row.carried if row else 0, 0))
    return [chart("Pulls per hour", pulls), chart("Orders per hour", orders)]


def chart(name: str, counts: Sequence[tuple[datetime, int, int]]) -> Chart:
    """Return a chart of hour, count and how many of these failed."""
    most = max(count for _, count, _ in counts) or 1
    bars = [
        Bar(hour, count, bad, place * WIDTH, HEIGHT - HEIGHT * count / most, HEIGHT * count / most)
        for place, (hour, count, bad) in enumerate(counts)
    ]
    total, failed = sum(bar.count for bar in bars), sum(bar.bad for bar in bars)
    sentence = f"{total:,} in the last {HOURS} hours, {bars[-1].count:,} in the present one"
    return Chart(name, f"{sentence}, {failed:,} failed." if failed else f"{sentence}.", bars)
