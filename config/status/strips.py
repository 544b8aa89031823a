"""Ninety days of a service as a strip of bars, with the same in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape
from typing import NamedTuple

from django.utils import formats
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from stores.health import Service, State
from stores.models import ServiceDay, Store

DAYS = 90
STEP, WIDTH, HEIGHT = 6, 4, 24  # of a day's place, its bar, and the strip, in units of the drawing
# How high a bar is: the worse the day, the lower. So nobody needs to see colours.
HEIGHTS: Mapping[str, int] = {"good": 24, "warn": 15, "bad": 8, "quiet": 3}


@dataclass(frozen=True)
class Strip:
    """The drawing, a sentence that says the same, and the days on which something was wrong, newest first."""

    drawing: SafeString
    sentence: str
    wrong: Sequence[str]


WATCHED = (
    20 * 3600
)  # seconds of a day that is over: who was watched less has no good day, for nobody knows what it was


class Day(NamedTuple):
    """What is shown of a day of a service; the fields of ServiceDay."""

    worst: str
    seconds_watched: int
    seconds_wrong: int
    good_runs: int
    bad_runs: int
    carried: int


Days = Mapping[tuple[int, str], Mapping[date, Day]]  # by store and service


def days_of(stores: Iterable[Store], today: date) -> Days:
    """Return the days of these stores' services by store and service: one query."""
    since = today - timedelta(days=DAYS)
    rows = ServiceDay.objects.filter(store__in=stores, service__in=Service.values, day__gt=since).order_by()
    found: dict[tuple[int, str], dict[date, Day]] = {}
    for store, service, day, *figures in rows.values_list("store", "service", "day", *Day._fields):
        found.setdefault((store, service), {})[day] = Day(*figures)
    return found


def strip(key: str, days: Mapping[date, Day], today: date) -> Strip:
    """Return the strip of a service that ends today. A day that nobody watched is neither good nor bad."""
    last = [today - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    language = get_language()
    return drawn(key, [figures(day, days.get(day), language, over=day < today) for day in last])


def drawn(key: str, days: Sequence[tuple[str, str]]) -> Strip:
    """Return the strip of DAYS days, oldest first, each with its tone and its figures in words. `key` is its own on the page."""
    bars = [bar(number, tone, words) for number, (tone, words) in enumerate(days)]
    wrong = [words for tone, words in days if tone in ("bad", "warn")]
    sentence = in_words(sum(tone == "good" for tone, _words in days), len(wrong))
    drawing = (
        f'<svg id="strip-{key}" class="strip" viewBox="0 0 {DAYS * STEP} {HEIGHT}" preserveAspectRatio="none" '
        'role="img" tabindex="0" '
        f'aria-label="{escape(sentence)}">{"".join(bars)}</svg>'
    )
    return Strip(mark_safe(drawing), sentence, wrong[::-1])  # noqa: S308  # its only texts are escaped


def bar(number: int, tone: str, words: str) -> str:
    """Return a day's bar; its title is what the pointer and the arrow keys tell."""
    height = HEIGHTS[tone]
    return (
        f'<rect class="{tone}" x="{number * STEP}" y="{HEIGHT - height}" width="{WIDTH}" height="{height}">'
        f"<title>{escape(words)}</title></rect>"
    )


def figures(day: date, row: Day | None, language: str | None, *, over: bool) -> tuple[str, str]:
    """Return tone and figures of a day: its most urgent state, how long something was wrong, what was carried.

    A day that is `over` and was watched for a part only is not called good: while our clock stands still, nobody looks.
    """
    name = name_of(day, language)
    if row is None:
        return "quiet", _("%(day)s: not watched") % {"day": name}
    tone, label = state_of(row.worst, language)
    told = [label]
    if over and row.seconds_watched < WATCHED:
        tone = "quiet" if tone == "good" else tone
        told.append(hours_watched(row.seconds_watched // 3600, language))
    if row.seconds_wrong >= 60:
        told.append(minutes_wrong(row.seconds_wrong // 60, language))
    if runs := row.good_runs + row.bad_runs:
        told.append(runs_of(runs, row.bad_runs, language))
    if row.carried:
        told.append(carried(row.carried, language))
    return tone, f"{name}: {', '.join(told)}"


# A page has thousands of days, and most of their words are the same: each is made once for each language.


@lru_cache(1_000)
def name_of(day: date, language: str | None) -> str:
    """Return what a day is called."""
    return formats.date_format(day, "SHORT_DATE_FORMAT")


@lru_cache(100)
def state_of(name: str, language: str | None) -> tuple[str, str]:
    """Return a state's tone, and what it is called."""
    state = State(name)
    return state.tone, str(state.label)


@lru_cache(100)
def hours_watched(hours: int, language: str | None) -> str:
    """Return for how long somebody looked."""
    return ngettext("watched for %(count)s hour", "watched for %(count)s hours", hours) % {"count": hours}


@lru_cache(5_000)
def minutes_wrong(minutes: int, language: str | None) -> str:
    """Return for how long something was wrong."""
    return ngettext("%(count)s minute wrong", "%(count)s minutes wrong", minutes) % {"count": minutes}


@lru_cache(5_000)
def runs_of(runs: int, bad: int, language: str | None) -> str:
    """Return how often it ran, and how often in vain."""
    if bad:
        return _("%(bad)s of %(all)s runs failed") % {"bad": bad, "all": runs}
    return ngettext("%(count)s run", "%(count)s runs", runs) % {"count": runs}


@lru_cache(5_000)
def carried(count: int, language: str | None) -> str:
    """Return how much arrived."""
    return ngettext("%(count)s carried", "%(count)s carried", count) % {"count": count}


def in_words(good: int, wrong: int) -> str:
    """Return what the strip shows."""
    unknown = DAYS - good - wrong
    parts = [
        ngettext("%(count)s day without a problem", "%(count)s days without a problem", good)
        % {"count": good},
        ngettext("%(count)s with one", "%(count)s with one", wrong) % {"count": wrong},
    ]
    if unknown:
        parts.append(
            ngettext("%(count)s without figures", "%(count)s without figures", unknown) % {"count": unknown}
        )
    return _("The last %(days)s days: %(parts)s") % {"days": DAYS, "parts": ", ".join(parts)}


def today_of(store: Store, now: datetime) -> date:
    """Return the present day of the store, in whose zone its days are counted."""
    return now.astimezone(store.zone).date()
