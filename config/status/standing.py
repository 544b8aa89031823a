"""How stores stand, as pages and monitors are told: a line for each service, and a word over all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from config.health import clock_health
from config.standing import services_of, worst
from config.status.problems import CLOCK
from config.status.strips import Days, Strip, days_of, strip, today_of
from stores.admin.words import SHAPES
from stores.health import Fixer, Service, ServiceHealth, State
from stores.models import Store


@dataclass(frozen=True)
class Line:
    """A service of a store on a page."""

    health: ServiceHealth
    strip: Strip

    @property
    def tone(self) -> str:
        """Colour and shape."""
        return self.health.state.tone

    @property
    def shape(self) -> str:
        """The sign beside the word, for who sees no colours."""
        return SHAPES[self.tone]


@dataclass(frozen=True)
class StoreStanding:
    """How a store stands. `clock_runs` off: nothing of ours works just now, so nothing is shown as good."""

    store: Store
    healths: Sequence[ServiceHealth]
    clock_runs: bool

    @property
    def state(self) -> State:
        """The most urgent state; late at best while our clock stands still, unless the store wants nothing of it."""
        found = worst(self.healths).state
        waits = not self.clock_runs and found not in (State.OFF, State.PAUSED)
        return min(found, State.LATE, key=lambda state: state.urgency) if waits else found

    @property
    def tone(self) -> str:
        """Colour and shape of the word over all."""
        return self.state.tone

    @property
    def shape(self) -> str:
        """The sign beside it."""
        return SHAPES[self.tone]

    @property
    def headline(self) -> str:
        """Return in a sentence how the store stands, and whose turn it is."""
        if self.state == State.OK:
            return _("Everything works.")
        if any(health.needs_merchant for health in self.healths):
            return _("Something needs you.")
        if self.state.wrong:
            return _("Something is wrong. We are on it.")
        if self.state == State.NEVER:
            return _("Not everything has begun yet.")
        return str(self.state.label)


@dataclass(frozen=True)
class Card(StoreStanding):
    """A store on a page."""

    lines: Sequence[Line]


def standings_of(stores: Sequence[Store], now: datetime) -> list[StoreStanding]:
    """Return how these stores stand: as many queries as for one."""
    healths, runs = services_of(stores, now), clock_runs()
    seen = (lambda health: health) if runs else without_clock
    return [StoreStanding(store, list(map(seen, healths[store.pk])), runs) for store in stores]


def without_clock(health: ServiceHealth) -> ServiceHealth:
    """Return how a service stands while our clock does not run: only Stone Edge still gets what it asks for."""
    if health.service == Service.ORDERS_OUT or health.state not in (State.OK, State.NEVER):
        return health
    words = _("It stands still, because our clock does.")
    return replace(health, state=State.LATE, sentence=words, remedy="", fixer=Fixer.SUPPORT, kind=CLOCK)


def cards_of(stores: Sequence[Store], now: datetime) -> list[Card]:
    """Return the cards of these stores: as many queries as for one."""
    days = days_of(stores, now.date())
    return [card_of(standing, days, now) for standing in standings_of(stores, now)]


def card_of(standing: StoreStanding, days: Days, now: datetime) -> Card:
    """Return the card of a store."""
    store, healths = standing.store, standing.healths
    lines = [Line(health, strip_of(store, health, days, now)) for health in healths]
    return Card(store, healths, standing.clock_runs, lines)


def strip_of(store: Store, health: ServiceHealth, days: Days, now: datetime) -> Strip:
    """Return the strip of a service."""
    of_service = days.get((store.pk, str(health.service)), {})
    return strip(f"{store.pk}-{health.service}", of_service, today_of(store, now))


def clock_runs() -> bool:
    """Whether beat and workers are heard; not known counts as no."""
    try:
        return clock_health().running
    except (RedisError, OSError):
        return False


def twin(standing: StoreStanding, now: datetime) -> dict[str, object]:
    """Return the store's page for monitors: `state` of the store and of each service (`stores.health.State`), times in UTC."""
    return {
        "store": standing.store.slug,
        "name": standing.store.name,
        "state": str(standing.state),
        "ok": standing.state == State.OK,
        "checked_at": moment(now),
        "clock_running": standing.clock_runs,
        "services": list(told(standing.healths)),
    }


def told(healths: Iterable[ServiceHealth]) -> Iterable[dict[str, object]]:
    """Yield each service for monitors; sentence and remedy are in the caller's language, all else is stable."""
    for health in healths:
        yield {
            "service": str(health.service),
            "state": str(health.state),
            "ok": health.good,
            "sentence": health.sentence,
            "whose_turn": str(Fixer.MERCHANT if health.needs_merchant else health.fixer),
            "remedy": health.remedy if health.fixer == Fixer.MERCHANT else "",
            "last_tried_at": moment(health.last_tried_at),
            "last_good_at": moment(health.last_good_at),
            "next_run_at": moment(health.next_run_at),
            "waiting": health.waiting,
            "oldest_waiting_at": moment(health.oldest_waiting_at),
            "held": health.held,
        }


def moment(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
