"""What "healthy" means: one shape for the four services of a store, shown alike in the admin, on the merchant's page, in the API
and in metrics (architecture, decision 14). Each app judges its own service in a `health.py` with `summary(store)` and
`summaries(stores)`; this one has the shape, and judges *Orders from Miva*.

Rules that all of them follow: a failed run never moves the last success; nothing is ok while something is wrong; what never
happened is not called ok; what began and neither ended nor goes on has crashed, and is called so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stores.models import PullCursor, Store
from stores.sentences import told

MISSED_RUNS = 2  # a store is late when it has had no success for this many intervals
GRACE = timedelta(minutes=2)  # and this long: the clock's own step and the time that a pull takes
LASTING = timedelta(hours=6)  # a store that cannot be reached for so long does not come back by itself


class Service(TextChoices):
    """What the portal does for a store, in the merchant's words and in the order in which pages show it."""

    ORDERS_IN = "orders_from_miva", gettext_lazy("Orders from Miva")
    ORDERS_OUT = "orders_to_stone_edge", gettext_lazy("Orders to Stone Edge")
    TRACKING = "tracking_to_miva", gettext_lazy("Tracking to Miva")
    STOCK = "stock_to_miva", gettext_lazy("Stock to Miva")


class State(TextChoices):
    """How a service stands, most urgent first."""

    tone: str
    """Colour and shape of its label."""

    FAILING = "failing", "bad", gettext_lazy("Failing")
    CRASHED = "crashed", "bad", gettext_lazy("Stopped in the middle")
    LATE = "late", "bad", gettext_lazy("Late")
    HELD = "held", "warn", gettext_lazy("Working, some set aside")
    WARNING = "warning", "warn", gettext_lazy("Working, with a warning")
    NEVER = "never", "quiet", gettext_lazy("Not started yet")
    PAUSED = "paused", "quiet", gettext_lazy("Paused")
    OK = "ok", "good", gettext_lazy("Working")
    OFF = "off", "quiet", gettext_lazy("Switched off")

    def __new__(cls, value: str, tone: str = "") -> "State":
        """Return the state with its tone."""
        state = str.__new__(cls, value)
        state._value_, state.tone = value, tone
        return state

    @property
    def urgency(self) -> int:
        """Place in the order of urgency; 0 comes first."""
        return list(type(self)).index(self)

    @property
    def wrong(self) -> bool:
        """Whether something is wrong: it fails, it waits too long, or a part of it was set aside."""
        return self in WRONG

    @property
    def stopped(self) -> bool:
        """Whether nothing is coming through at this moment though it should."""
        return self in STOPPED


STOPPED = frozenset({State.FAILING, State.CRASHED, State.LATE})
WRONG = STOPPED | {State.HELD, State.WARNING}


class Fixer(TextChoices):
    """Who has to do something."""

    MERCHANT = "merchant", gettext_lazy("The merchant")
    SUPPORT = "support", gettext_lazy("Support")
    NOBODY = "nobody", gettext_lazy("Nobody")


# Whose a failure is, by its kind (architecture, decision 3): what Miva locks or refuses is set in Miva's own pages; what cannot be
# reached is tried again by itself; all else is a fault of ours.
FIXERS: Mapping[str, Fixer] = {
    "locked": Fixer.MERCHANT,
    "refused": Fixer.MERCHANT,
    "warning": Fixer.MERCHANT,
    "down": Fixer.NOBODY,
    "unsure": Fixer.NOBODY,
}


def fixer_of(kind: str) -> Fixer:
    """Return who has to do something about a failure of this kind."""
    return FIXERS.get(kind, Fixer.SUPPORT)


class Judgement(NamedTuple):
    """A state and why: a sentence, what to do about it (empty: nothing), and who does it."""

    state: State
    sentence: str
    remedy: str = ""
    fixer: Fixer = Fixer.NOBODY
    kind: str = ""
    """How it failed: one of FIXERS, or drift; empty where nothing failed."""


@dataclass(frozen=True)
class ServiceHealth:
    """How one service of one store stands. Two clocks: the last attempt and the last success; a failure moves only the first."""

    service: Service
    state: State
    sentence: str
    remedy: str
    fixer: Fixer
    kind: str = ""
    last_tried_at: datetime | None = None
    last_good_at: datetime | None = None
    next_run_at: datetime | None = None
    """When it goes on by itself; None: stopped, nothing to do, or somebody else begins it."""
    waiting: int = 0
    """How many orders, shipments or SKUs are on their way."""
    oldest_waiting_at: datetime | None = None
    held: int = 0
    """How many are held or parked for a person."""
    yours: int = 0
    """How many of those the merchant himself can mend."""

    @property
    def good(self) -> bool:
        """Whether it works and nobody has to do anything."""
        return self.state == State.OK

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look: something is wrong, or it waits for somebody to start it."""
        return self.state.wrong or (self.state == State.NEVER and self.fixer != Fixer.NOBODY)

    @property
    def needs_merchant(self) -> bool:
        """Whether the merchant himself has to do something about it, or about a part of what was set aside."""
        return self.needs_attention and (self.fixer == Fixer.MERCHANT or self.yours > 0)


def switched_off(store: Store) -> Judgement | None:
    """Return the judgement on a store that is switched off, None for one that is not."""
    if store.active and store.merchant.active:
        return None
    return Judgement(
        State.OFF,
        _("This store is switched off."),
        _("Switch store and merchant on to start again."),
        Fixer.SUPPORT,
    )


def stopped_by_hand(store: Store) -> Judgement | None:
    """Return the judgement on a store for which the clock does nothing because somebody wanted that, else None."""
    if off := switched_off(store):
        return off
    if not store.paused_reason:
        return None
    return Judgement(
        State.PAUSED,
        _("Paused: %(reason)s") % {"reason": store.paused_reason},
        _("Resume the store to go on."),
        Fixer.SUPPORT,
    )


def summary(store: Store, now: datetime | None = None) -> ServiceHealth:
    """Return the health of *Orders from Miva*. Asks nothing of the database when the store came with merchant and cursor."""
    return health(store, getattr(store, "cursor", None), now or timezone.now())


def summaries(stores: Sequence[Store], now: datetime | None = None) -> dict[int, ServiceHealth]:
    """Return the same for many stores that came with their merchants, by primary key: one query."""
    now = now or timezone.now()
    cursors = PullCursor.objects.in_bulk([store.pk for store in stores])
    return {store.pk: health(store, cursors.get(store.pk), now) for store in stores}


def health(store: Store, cursor: PullCursor | None, now: datetime) -> ServiceHealth:
    """Return the health of a store's pull."""
    cursor = cursor or PullCursor(store=store, due_at=store.created_at)
    judgement = judge(store, cursor, now)
    stands_still = judgement.state in (State.OFF, State.PAUSED)
    return ServiceHealth(
        Service.ORDERS_IN,
        *judgement,
        last_tried_at=cursor.last_tried_at,
        last_good_at=cursor.last_good_at,
        next_run_at=None if stands_still else max(cursor.due_at, now),
    )


def judge(store: Store, cursor: PullCursor, now: datetime) -> Judgement:
    """Return the first judgement that applies. The list of stores has the states in SQL: `stores.admin.standing`."""
    if by_hand := stopped_by_hand(store):
        return by_hand
    fixer, problem, remedy = fixer_of(cursor.problem_kind), told(cursor.problem), told(cursor.remedy)
    if cursor.problem_kind == "down" and now - (cursor.problem_since or now) > LASTING:
        return Judgement(State.FAILING, problem, unreachable(), Fixer.MERCHANT, cursor.problem_kind)
    if cursor.problem and cursor.problem_kind != "warning":
        return Judgement(State.FAILING, problem, remedy, fixer, cursor.problem_kind)
    if cursor.leased_until and cursor.leased_until <= now:
        return Judgement(
            State.CRASHED,
            _("A pull began and ended without a word: its worker died."),
            _("The clock begins another within a minute. Look at the workers if this stays."),
            Fixer.SUPPORT,
        )
    if now - (cursor.last_good_at or store.created_at) > allowed(store):
        return late(cursor)
    if cursor.last_good_at is None:
        return Judgement(
            State.NEVER,
            _("No pull has succeeded yet."),
            _("The first pull starts within a minute when the workers run."),
        )
    if cursor.problem:
        return Judgement(State.WARNING, problem, remedy, fixer, cursor.problem_kind)
    return Judgement(State.OK, _("Orders are coming in."))


def unreachable() -> str:
    """Return what to do about a store that has not been reached for a long time."""
    return _(
        "The store has not answered for hours. Open it in a browser; when it does not work there either, ask its host. "
        "The pull goes on by itself as soon as it answers."
    )


def allowed(store: Store) -> timedelta:
    """Return how long a store may be without a successful pull before it is late."""
    return MISSED_RUNS * timedelta(minutes=store.interval_minutes) + GRACE


def late(cursor: PullCursor) -> Judgement:
    """Return the judgement on a store that has missed its runs without saying why."""
    sentence = (
        _("No pull has succeeded for more than two intervals.")
        if cursor.last_good_at
        else _("No pull has succeeded since the store was connected.")
    )
    return Judgement(
        State.LATE, sentence, _("Look at the workers and the clock (celery beat)."), Fixer.SUPPORT
    )
