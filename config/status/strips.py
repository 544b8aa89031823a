"""Ninety days of a service as a strip of bars, with the same in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import formats
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stores.health import State
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


Days = Mapping[tuple[int, str], Mapping[date, ServiceDay]]  # by store and service


def days_of(stores: Iterable[Store], today: date) -> Days:
    """Return the days of these stores' services by store and service: one query."""
    rows = ServiceDay.objects.filter(store__in=stores, day__gt=today - timedelta(days=DAYS))
    found: dict[tuple[int, str], dict[date, ServiceDay]] = {}
    for row in rows:
        found.setdefault((row.store_id, row.service), {})[row.day] = row
    return found


def strip(key: str, days: Mapping[date, ServiceDay], today: date) -> Strip:
    """Return the strip of a service that ends today. A day that nobody watched is neither good nor bad."""
    last = [today - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    return drawn(key, [figures(day, days.get(day)) for day in last])


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


def figures(day: date, row: ServiceDay | None) -> tuple[str, str]:
    """Return tone and figures of a day: its most urgent state, how long something was wrong, what was carried."""
    name = formats.date_format(day, "SHORT_DATE_FORMAT")
    if row is None:
        return "quiet", _("%(day)s: not watched") % {"day": name}
    state = State(row.worst)
    told = [str(state.label)]
    if row.seconds_wrong >= 60:
        minutes = row.seconds_wrong // 60
        told.append(
            ngettext("%(count)s minute wrong", "%(count)s minutes wrong", minutes) % {"count": minutes}
        )
    if row.good_runs or row.bad_runs:
        runs = row.good_runs + row.bad_runs
        told.append(
            _("%(bad)s of %(all)s runs failed") % {"bad": row.bad_runs, "all": runs}
            if row.bad_runs
            else ngettext("%(count)s run", "%(count)s runs", runs) % {"count": runs}
        )
    if row.carried:
        told.append(ngettext("%(count)s carried", "%(count)s carried", row.carried) % {"count": row.carried})
    return state.tone, f"{name}: {', '.join(told)}"


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
