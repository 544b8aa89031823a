"""How what is pushed to Miva stands: the figures of one kind of outbox row for many stores, and the judgement on them.

Shipments and stock are judged alike; their apps add what only they know, and give the sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from stores import outbox
from stores.health import FIXERS, Fixer, Judgement, Service, ServiceHealth, State, fixer_of, stopped_by_hand
from stores.models import OutboxClock, OutboxRow, Store
from stores.sentences import told

UNATTENDED = timedelta(minutes=5)  # due so long, and nobody tried anything: the workers do not run
YOURS = [kind for kind, fixer in FIXERS.items() if fixer == Fixer.MERCHANT]
BEHIND = timedelta(hours=1)  # due so long, though somebody works: there is more to do than is done


@dataclass(frozen=True)
class Owed:
    """What Miva is owed of one kind, for one store. `problem` is why none of it can be pushed, empty when it can."""

    waiting: int = 0
    oldest_at: datetime | None = None
    """When the oldest row that waits was written down."""
    due_at: datetime | None = None
    """When the next of them may be pushed; in the past: it is the next one's turn."""
    abandoned: int = 0
    """Rows that a worker took and let go of without a word."""
    failing: int = 0
    """Rows that failed again and again for a reason of their own, and are tried again."""
    parked: int = 0
    yours: int = 0
    """Parked rows that the merchant himself can mend, in Miva's own pages."""
    problem: str = ""
    remedy: str = ""
    problem_kind: str = ""
    last_tried_at: datetime | None = None
    last_good_at: datetime | None = None


@dataclass(frozen=True)
class Words:
    """What the states are called for this kind of row. `parked` and `failing` have a place for the count: %(count)s."""

    working: str
    """It is on its way."""
    done: str
    """Nothing waits, and something has arrived before."""
    never: str
    """Nothing was ever sent."""
    parked: str
    failing: str


def owed(model: type[OutboxRow], stores: Sequence[Store], now: datetime) -> dict[int, Owed]:
    """Return what is owed, by the store's primary key: four queries, however many stores."""
    pks = [store.pk for store in stores]
    found: dict[int, dict[str, Any]] = {pk: {} for pk in pks}
    rows = model._default_manager.filter(store__in=pks).order_by()
    abandoned = Q(leased_until__lte=now)
    own_fault = Q(attempts__gte=outbox.OWN_FAULT, store_waits_until=None) & ~Q(problem="")
    waiting = (
        rows.filter(outbox.OPEN)
        .values("store")
        .annotate(
            waiting=Count("pk"),
            oldest_at=Min("created_at"),
            due_at=Min("due_at"),
            abandoned=Count("pk", filter=abandoned),
            failing=Count("pk", filter=own_fault),
        )
    )
    yours = Count("pk", filter=Q(problem_kind__in=YOURS))
    parked = rows.filter(outbox.PARKED).values("store").annotate(parked=Count("pk"), yours=yours)
    stopped = rows.filter(outbox.OPEN, outbox.FAILING).order_by("store_waits_until")
    problems = stopped.values("store", "problem", "remedy", "problem_kind")
    clocks = OutboxClock.objects.filter(store__in=pks, kind=model._meta.label_lower)
    for row in (*waiting, *parked, *problems, *clocks.values("store", "last_tried_at", "last_good_at")):
        found[row.pop("store")] |= row
    return {pk: Owed(**figures) for pk, figures in found.items()}


def judge(store: Store, owed: Owed, words: Words, now: datetime) -> Judgement:
    """Return the first judgement that applies."""
    if by_hand := stopped_by_hand(store):
        return by_hand
    if owed.problem:
        fixer = fixer_of(owed.problem_kind)
        return Judgement(State.FAILING, told(owed.problem), told(owed.remedy), fixer, owed.problem_kind)
    if standing := stands_still(owed, now):
        return standing
    if owed.parked:
        remedy = _("Open the list of what is parked: each row says why, and what to do.")
        return Judgement(State.HELD, words.parked % {"count": owed.parked}, remedy, Fixer.SUPPORT)
    if owed.failing:
        remedy = _("They are tried again by themselves; open them to see why they fail.")
        return Judgement(State.WARNING, words.failing % {"count": owed.failing}, remedy, Fixer.SUPPORT)
    if owed.waiting:
        return Judgement(State.OK if owed.last_good_at else State.NEVER, words.working)
    return Judgement(State.OK, words.done) if owed.last_good_at else Judgement(State.NEVER, words.never)


def stands_still(owed: Owed, now: datetime) -> Judgement | None:
    """Return the judgement when what is due is not taken, None when it is."""
    if owed.abandoned:
        return Judgement(
            State.CRASHED,
            _("A push began and ended without a word: its worker died."),
            _("Another worker goes on within a minute. Look at the workers if this stays."),
            Fixer.SUPPORT,
        )
    due_for = now - owed.due_at if owed.due_at else timedelta()
    idle = owed.last_tried_at is None or now - owed.last_tried_at > UNATTENDED
    if due_for > UNATTENDED and idle:
        return Judgement(
            State.LATE,
            _("Nobody pushes what is due."),
            _("Look at the workers and the clock (celery beat)."),
            Fixer.SUPPORT,
        )
    if due_for > BEHIND:
        return Judgement(
            State.LATE,
            _("More waits than is pushed: the oldest has been due for more than an hour."),
            _(
                "It goes on by itself. If it lasts, start more workers, or raise the store's requests per second."
            ),
            Fixer.SUPPORT,
        )
    return None


def health(service: Service, owed: Owed, judgement: Judgement, now: datetime, **told: Any) -> ServiceHealth:
    """Return the health of a service with these figures; `told` replaces some of them."""
    stands = judgement.state in (State.OFF, State.PAUSED)
    next_run_at = None if stands or owed.due_at is None else max(owed.due_at, now)
    figures: dict[str, Any] = {
        "last_tried_at": owed.last_tried_at,
        "last_good_at": owed.last_good_at,
        "next_run_at": next_run_at,
        "waiting": owed.waiting,
        "oldest_waiting_at": owed.oldest_at,
        "held": owed.parked,
        "yours": owed.yours,
    }
    return ServiceHealth(service, *judgement, **figures | told)
