"""The public page about the platform: its components, reckoned from rows, and incidents in support's words; no tenant's data."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from config.health import cache_works, clock, database, probe
from config.status.strips import DAYS, Strip, drawn
from config.status.viewer import for_viewer, page
from stores.admin.standing import with_standing
from stores.admin.words import SHAPES
from stores.health import Service, State
from stores.models import Exchange, Incident, ServiceDay, Store

FEW, MANY = 0.05, 0.5  # of all stores, or of all time: from here on it is a warning, or a failure
LATELY = timedelta(minutes=15)
KEPT = 300  # seconds that the history is not reckoned anew
OURS = "The portal could not handle the request"  # what the door says when a fault is ours (config.seti)
Component = Incident.Component


@dataclass(frozen=True)
class Standing:
    """How a component is."""

    component: Incident.Component
    tone: str
    words: str
    strip: Strip | None = None

    @property
    def shape(self) -> str:
        """The sign beside the words."""
        return SHAPES[self.tone]


@for_viewer
@require_GET
def platform(request: HttpRequest) -> HttpResponse:
    """Components, incidents, history."""
    now = timezone.now()
    since = now - timedelta(days=DAYS)
    lately = Incident.objects.filter(Q(began_at__gt=since) | Q(ended_at=None))
    incidents = list(lately.prefetch_related("updates"))
    standings = components(now)
    context = {
        "now": now,
        "components": standings,
        "going_on": [row for row in incidents if row.ended_at is None],
        "over": [row for row in incidents if row.ended_at is not None],
        "good": all(standing.tone == "good" for standing in standings),
    }
    return page(request, "platform", context)


def components(now: datetime) -> list[Standing]:
    """Return how the components are at this moment."""
    history, answers = kept_history(now), probed(probe(database))
    return [
        Standing(Component.PORTAL, *probed(probe(cache_works))),
        Standing(Component.DATABASE, *answers),
        Standing(Component.CLOCK, *ticking(probe(clock)), strip_of(history, "watched", now)),
        Standing(Component.PULLS, *pulls(now), strip_of(history, "good", now)),
        Standing(Component.DOOR, *(door(now) or answers)),
    ]


def probed(answer: str) -> tuple[str, str]:
    """Return tone and words of a probe."""
    return ("good", _("Working")) if answer == "ok" else ("bad", _("Not working"))


def ticking(answer: str) -> tuple[str, str]:
    """Return tone and words of the clock."""
    return ("good", _("Working")) if answer == "ok" else ("bad", _("Standing still"))


def pulls(now: datetime) -> tuple[str, str]:
    """Return how many of the stores that are worked for have stopped, as a share: no tenant can be told from it."""
    rows: Any = with_standing(Store.objects.served(), now)
    states = rows.order_by().values("standing")
    counts: dict[str, int] = dict(states.annotate(stores=Count("pk")).values_list("standing", "stores"))
    whole = sum(counts.values())
    if not whole or set(counts) == {str(State.NEVER)}:
        return "quiet", _("Not started yet")
    stopped = sum(count for state, count in counts.items() if State(state).stopped)
    tone = tone_of(stopped / whole)
    if tone == "good":
        return tone, _("Working")
    return tone, _("Stopped for %(share)s %% of the stores") % {"share": round(100 * stopped / whole)}


def door(now: datetime) -> tuple[str, str] | None:
    """Return that some of Stone Edge's questions met a fault of ours lately; None: what they need is the database alone."""
    rows = Exchange.objects.filter(outcome=Exchange.Outcome.REFUSED, at__gt=now - LATELY)
    faults = rows.filter(direction=Exchange.Direction.DESKTOP, error__startswith=OURS).count()
    if faults:
        return "warn", _("Some questions of Stone Edge could not be answered lately")
    return None


def tone_of(share: float) -> str:
    """Return the tone for a share of what is wrong."""
    return "good" if share < FEW else "warn" if share < MANY else "bad"


History = dict[str, dict[str, float]]  # of each day (ISO): shares between 0 and 1


def kept_history(now: datetime) -> History:
    """Return the history, reckoned at most once in KEPT seconds while the cache works: the page is everybody's."""
    try:
        kept: History | None = cache.get("platform-history")
        if kept is None:
            kept = history(now)
            cache.set("platform-history", kept, KEPT)
    except RedisError:
        return history(now)
    return kept


def history(now: datetime) -> History:
    """Return for each day how long pulls worked, of the time that was watched, and how long the clock was heard."""
    rows = ServiceDay.objects.filter(service=Service.ORDERS_IN, day__gt=(now - timedelta(days=DAYS)).date())
    figures = (
        rows.order_by()
        .values("day")
        .annotate(wrong=Sum("seconds_wrong"), watched=Sum("seconds_watched"), longest=Max("seconds_watched"))
    )
    return {
        row["day"].isoformat(): {
            "good": 1 - row["wrong"] / row["watched"] if row["watched"] else 0.0,
            "watched": min(row["longest"] / 86_400, 1.0),
        }
        for row in figures
    }


def strip_of(history: History, name: str, now: datetime) -> Strip:
    """Return a share's strip. The clock of today is not judged before the day is over."""
    today = now.date()
    days: list[tuple[str, str]] = []
    for number in range(DAYS):
        day = today - timedelta(days=DAYS - 1 - number)
        share = history.get(day.isoformat(), {}).get(name)
        days.append(told(day, None if name == "watched" and day == today else share))
    return drawn(name, days)


def told(day: date, share: float | None) -> tuple[str, str]:
    """Return tone and words of a day."""
    name = formats.date_format(day, "SHORT_DATE_FORMAT")
    if share is None:
        return "quiet", _("%(day)s: not watched") % {"day": name}
    words = _("%(day)s: worked %(share)s %% of the time")
    return tone_of(1 - share), words % {"day": name, "share": formats.number_format(100 * share, 1)}
