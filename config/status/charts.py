"""Two charts of a store, as bars and as a table: orders for each day, and minutes from the check-out to Stone Edge."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from orders.models import Download, Order
from stores.models import Store

DAYS = 30
ORDERS = 2_000  # of the latest, that are looked at for how long they took
BATCHES = 1_000
WIDTH, GAP, HEIGHT = 16, 3, 80  # of a bar's place and of the drawing, in its units


@dataclass(frozen=True)
class Bar:
    """One day: its figure (None: nothing to tell), and where it is drawn."""

    day: date
    figure: int | None
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Chart:
    """A figure for each of the last days; `sentence` says in words what there is to see."""

    key: str
    name: str
    sentence: str
    bars: Sequence[Bar]
    width: int = DAYS * WIDTH
    height: int = HEIGHT
    bar_width: int = WIDTH - GAP


def charts(store: Store, now: datetime) -> list[Chart]:
    """Return the two charts: three queries, bounded whatever the store's size."""
    today = now.astimezone(store.zone).date()
    since = datetime.combine(today - timedelta(days=DAYS - 1), time(), tzinfo=store.zone)
    orders, minutes = placed(store, since), durations(store, since)
    total = sum(orders.values())
    return [
        chart(
            "orders",
            _("Orders per day"),
            _("%(count)s orders were placed in the last %(days)s days.") % {"count": total, "days": DAYS},
            {**dict.fromkeys(days(today), 0), **orders},
            today,
        ),
        chart(
            "minutes",
            _("Minutes from check-out to Stone Edge"),
            in_words(minutes.values()),
            {day: round(median(each)) for day, each in minutes.items()},
            today,
        ),
    ]


def days(today: date) -> list[date]:
    """Return the last days, oldest first."""
    return [today - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]


def placed(store: Store, since: datetime) -> dict[date, int]:
    """Return how many orders were placed on each day of the store's zone."""
    rows = Order.objects.of(store).filter(placed_at__gte=since)
    counted = rows.annotate(day=TruncDate("placed_at", tzinfo=store.zone)).order_by().values("day")
    return dict(counted.annotate(orders=Count("*")).values_list("day", "orders"))


def durations(store: Store, since: datetime) -> dict[date, list[float]]:
    """Return how many minutes orders took from being placed to their first download, by the day on which they were placed."""
    rows = Order.objects.of(store).filter(export_number__isnull=False, placed_at__gte=since)
    latest = rows.order_by("-export_number").values_list("export_number", "placed_at")[:ORDERS]
    orders = sorted(latest)
    batches = Download.objects.of(store).filter(at__gt=since).order_by("-pk")
    spans = list(batches.values_list("first_number", "last_number", "at")[:BATCHES])[::-1]
    found: dict[date, list[float]] = {}
    for placed_at, taken_at in first_downloads(orders, spans):
        minutes = max((taken_at - placed_at).total_seconds() / 60, 0.0)
        found.setdefault(placed_at.astimezone(store.zone).date(), []).append(minutes)
    return found


def first_downloads(
    orders: Sequence[tuple[int, datetime]], spans: Iterable[tuple[int, int, datetime]]
) -> Iterable[tuple[datetime, datetime]]:
    """Yield when an order was placed and when it was first taken. `orders` by number, `spans` by time, oldest first."""
    numbers = [number for number, _placed in orders]
    taken: dict[int, datetime] = {}
    for first, last, at in spans:
        for place in range(bisect_left(numbers, first), bisect_right(numbers, last)):
            taken.setdefault(place, at)
    return ((orders[place][1], at) for place, at in taken.items())


def in_words(minutes: Iterable[list[float]]) -> str:
    """Return the middle of all of them in words."""
    every = [each for some in minutes for each in some]
    if not every:
        return _("No order of the last %(days)s days has been taken by Stone Edge yet.") % {"days": DAYS}
    return _("Half of the orders took %(minutes)s minutes or less.") % {"minutes": round(median(every))}


def chart(key: str, name: str, sentence: str, figures: Mapping[date, int], today: date) -> Chart:
    """Return the chart of these figures."""
    most = max(figures.values(), default=0) or 1
    bars = []
    for number, day in enumerate(days(today)):
        figure = figures.get(day)
        height = round(HEIGHT * (figure or 0) / most, 1)
        bars.append(Bar(day, figure, number * WIDTH, HEIGHT - height, height))
    return Chart(key, name, sentence, bars)
