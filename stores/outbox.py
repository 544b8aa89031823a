"""What is pushed to Miva when, by whom, and what happens after a failure: the only retry policy.

A claim is one conditional UPDATE with a lease and a fencing token, committed before any wire opens; the token is checked again
with everything that is written afterwards (architecture, decision 2). A failure that concerns the whole store makes all of its
rows wait: one of them is tried when the wait is over, and the others go on when that one was answered.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import Case, F, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from stores.announcing import announce
from stores.cursors import LONGEST_WAIT, LeaseLost, free, spread
from stores.miva.errors import MivaError
from stores.models import OutboxRow, Store

AT_ONCE = 4  # rows of one store in work: a busy store leaves workers to the others
SLOW = timedelta(seconds=5)  # a call that takes longer: no further worker waits for this far side
AT_FRONT = 20  # rows that a worker looks at, at once: some of them another may take first
FIRST_WAIT = timedelta(seconds=20)  # most failures are over by then
STORE_WIDE = ("down", "locked", "unsure")  # the store's other rows would meet the same: they wait, too

OWN_FAULT = 3  # after so many attempts a failure counts as the row's own, though the store may have the same
OPEN = Q(done_at=None, parked_at=None)
PARKED = Q(parked_at__isnull=False)
FAILING = Q(store_waits_until__isnull=False)
FREE: dict[str, object] = {"leased_until": None}
CALM: dict[str, object] = {
    "attempts": 0,
    "problem": "",
    "remedy": "",
    "problem_kind": "",
    "store_waits_until": None,
}

Row = TypeVar("Row", bound=OutboxRow)


@dataclass(frozen=True)
class Claim(Generic[Row]):
    """The right to push some rows of one store until it ends or is renewed. Every method but `ours` raises LeaseLost when a row
    is somebody else's by now, and nothing is written then."""

    model: type[Row]
    store: Store
    token: uuid.UUID
    rows: Sequence[Row]
    became: Counter[str] = field(default_factory=Counter)
    """How many rows were settled ("done_at"), parked ("parked_at") or given back ("due_at")."""

    def ours(self) -> QuerySet[Row]:
        """Return the rows that this claim still holds: neither settled, deferred, parked nor taken over."""
        return self.model._default_manager.filter(lease=self.token, leased_until__isnull=False)

    def still_ours(self, rows: Sequence[Row]) -> list[Row]:
        """Return those of the rows that this claim still holds, as they were taken: read anew they would not tell what has changed
        since then."""
        held = set(self.ours().values_list("pk", flat=True))
        return [row for row in rows if row.pk in held]

    def renew(self, row: Row, **progress: object) -> None:
        """Prolong the lease and note a step that is reached."""
        self._write(row, leased_until=timezone.now() + self.model.LEASE, **progress)
        for name, value in progress.items():
            setattr(row, name, value)

    def settle(self, row: Row, **progress: object) -> bool:
        """Close a row whose effect is there. Returns False when something else is to be pushed since it was taken: it is due again
        instead."""
        return self._close(row, "done_at", **CALM, **progress)

    def settle_all(self, rows: Sequence[Row], **progress: object) -> None:
        """Close many rows whose effect is there, as `settle` closes one."""
        now, done = timezone.now(), 0
        versions: dict[int, list[int]] = {}
        for row in rows:
            versions.setdefault(row.version, []).append(row.pk)
        with transaction.atomic():
            for version, pks in versions.items():
                same = self.ours().filter(pk__in=pks, version=version)
                done += same.update(done_at=now, **CALM, **progress, **FREE)
            changed = self.ours().filter(pk__in=[row.pk for row in rows])
            again = changed.update(due_at=now, **CALM, **progress, **FREE)
            if done + again < len(rows):
                raise LeaseLost(f"{self.model._meta.verbose_name_plural} are pushed by somebody else")
            resume(self.model, self.store)
        self.became.update({"done_at": done, "due_at": again})

    def renew_rest(self) -> None:
        """Prolong the lease of all rows that are not closed or given back yet; called before each request to Miva."""
        left = len(self.rows) - self.became.total()
        if self.ours().update(leased_until=timezone.now() + self.model.LEASE) < left:
            raise LeaseLost(f"{self.model._meta.verbose_name_plural} are pushed by somebody else")

    def give_back(self, rows: Sequence[Row]) -> None:
        """Let go of rows that were not tried: they are due as before, and another claim may take them."""
        held = self.ours().filter(pk__in=[row.pk for row in rows])
        self.became["due_at"] += held.update(attempts=Greatest(F("attempts") - 1, 0), **FREE)

    def park(self, row: Row, problem: str, remedy: str, kind: str = "refused", **progress: object) -> bool:
        """Set a row aside for a person: it will not work as it stands. Returns False when something else is to be pushed since it
        was taken: it is due again instead."""
        said = {"problem": problem, "remedy": remedy, "problem_kind": kind, "store_waits_until": None}
        return self._close(row, "parked_at", **said, **progress)

    def defer(
        self,
        row: Row,
        problem: str,
        remedy: str,
        kind: str,
        retry_after: float | None = None,
        **progress: object,
    ) -> None:
        """Give a row back; it is tried again later, each time after a longer wait. With a kind of STORE_WIDE the store's other rows
        wait, too."""
        now = timezone.now()
        said: dict[str, object] = {"problem": problem, "remedy": remedy, "problem_kind": kind}
        if kind in STORE_WIDE:
            failing = self.model._default_manager.filter(OPEN, FAILING, store=self.store).exclude(pk=row.pk)
            said["store_waits_until"] = now + waiting_time(failing.count() + 1, kind, retry_after)
        due_at = now + waiting_time(row.attempts, kind, retry_after)
        self._write(row, due_at=due_at, **said, **FREE, **progress)
        self.became["due_at"] += 1

    def fail(self, row: Row, error: MivaError) -> None:
        """Park what Miva refuses; everything else is tried again (architecture, decision 3)."""
        if error.outcome == "refused":
            self.park(row, error.reason, error.remedy)
        else:
            self.defer(row, error.reason, error.remedy, error.outcome, error.retry_after)

    def _close(self, row: Row, closed_at: str, **fields: object) -> bool:
        now = timezone.now()
        with transaction.atomic():
            same = self._ours(row).filter(version=row.version)
            closed = same.update(**{closed_at: now}, **fields, **FREE)
            if not closed:
                self._write(row, due_at=now, **fields | CALM, **FREE)
            elif closed_at in row.EVENTS:
                announce(self.store, row.happenings(closed_at, now, fields))
            resume(self.model, self.store)  # whatever Miva said, it can be reached
        self.became[closed_at if closed else "due_at"] += 1
        return bool(closed)

    def _ours(self, row: Row) -> QuerySet[Row]:
        return self.ours().filter(pk=row.pk)

    def _write(self, row: Row, **fields: object) -> None:
        if not self._ours(row).update(**fields):
            raise LeaseLost(f"{self.model._meta.verbose_name} {row.pk} is pushed by somebody else")


def resume(model: type[Row], store: Store) -> None:
    """Let the store's rows go on: it can be reached. A row that failed again and again keeps its own wait."""
    soon = When(attempts__lt=OWN_FAULT, leased_until=None, then=timezone.now())
    model._default_manager.filter(OPEN, FAILING, store=store).update(
        due_at=Case(soon, default=F("due_at")), store_waits_until=None
    )


def try_now(model: type[Row], store: Store) -> int:
    """Let what waits because the store could not be reached be pushed now, however often it has failed: a person says so.
    Returns how many rows."""
    failing = model._default_manager.filter(OPEN, FAILING, free(timezone.now()), store=store)
    return make_due(failing, now=True)


def claim(model: type[Row], store: Store, most: int = 1) -> Claim[Row] | None:
    """Take up to `most` due rows of the store, those that failed before last; None when nothing is to be done now.

    Rows with a lane are taken one at a time. Any number of workers may call this at once.
    """
    now = timezone.now()
    if stopped(model, store, now):
        return None
    of_row = ("pk", f"{model.LANE}_id" if model.LANE else "pk")
    while candidates := list(_due(model, store, now).values_list(*of_row)[: max(most, AT_FRONT)]):
        token = uuid.uuid4()
        if model.LANE:
            taken = any(_take_from_lane(model, pk, lane_id, token, now) for pk, lane_id in candidates)
        else:
            taken = _take(model, [pk for pk, _ in candidates[:most]], token, now)
        if taken:
            rows = list(model._default_manager.filter(lease=token).order_by("pk"))
            return Claim(model, store, token, rows)
    return None


def stopped(model: type[Row], store: Store, now: datetime) -> bool:
    """Whether no row of the store is to be taken at this moment.

    A failure of the whole store is waited out, and then one row goes first; a store that answers slowly holds no more workers
    than those that it has; a busy one has at most AT_ONCE. Rows that go to several places wait for slow ones only when these are
    as many as that.
    """
    rows = model._default_manager.filter(OPEN, store=store)
    held = rows.filter(leased_until__gt=now).order_by("leased_until")
    ends = list(held.values_list("leased_until", flat=True)[:AT_ONCE])
    slow = model.ONE_FAR_SIDE and bool(ends) and ends[0] < now + model.LEASE - SLOW
    until = rows.filter(FAILING).aggregate(until=Max("store_waits_until"))["until"]
    return slow or len(ends) >= AT_ONCE or (until is not None and (bool(ends) or until > now))


def _due(model: type[Row], store: Store, now: datetime) -> QuerySet[Row]:
    """Return what may be taken: open, due, free, and in no lane that somebody works in."""
    rows = model._default_manager.filter(OPEN, free(now), store=store, due_at__lte=now)
    if model.LANE:
        held = model._default_manager.filter(OPEN, store=store, leased_until__gt=now)
        rows = rows.exclude(**{f"{model.LANE}__in": held.values(model.LANE)})
    return rows.order_by("attempts", "due_at", "pk")


def _take_from_lane(model: type[Row], pk: int, lane_id: int, token: uuid.UUID, now: datetime) -> bool:
    """Take one row unless another one of its lane is being pushed; the lane's own row is the lock for this short look."""
    owner = model._meta.get_field(model.LANE).related_model
    with transaction.atomic():
        list(owner._default_manager.select_for_update().filter(pk=lane_id).values_list("pk"))  # type: ignore[union-attr]
        if model._default_manager.filter(OPEN, leased_until__gt=now, **{model.LANE: lane_id}).exists():
            return False
        return _take(model, [pk], token, now)


def _take(model: type[Row], pks: Sequence[int], token: uuid.UUID, now: datetime) -> bool:
    rows = model._default_manager.filter(OPEN, free(now), pk__in=pks, due_at__lte=now)
    return bool(rows.update(lease=token, leased_until=now + model.LEASE, attempts=F("attempts") + 1))


def waiting(model: type[Row], store: Store, now: datetime) -> int:
    """Return how many rows of the store could be taken now."""
    return _due(model, store, now).count()


def ready_stores(model: type[Row], now: datetime, among: QuerySet[Store] | None = None) -> list[int]:
    """Return the stores that have a row to push now, the one that has waited longest first; `among` those that the clock works for,
    unless others are given."""
    among = Store.objects.served() if among is None else among
    rows = model._default_manager.filter(OPEN, free(now), store__in=among, due_at__lte=now)
    found = rows.order_by().values("store").annotate(since=Min("due_at")).order_by("since", "store")
    return list(found.values_list("store", flat=True))


def store_problem(model: type[Row], store: Store) -> str:
    """Return why none of the store's rows can be pushed, with the remedy; empty when they can."""
    row = model._default_manager.filter(OPEN, FAILING, store=store).order_by("-store_waits_until").first()
    return f"{row.problem} {row.remedy}".strip() if row else ""


def make_due(rows: QuerySet[Row], *, now: bool = False, **changes: object) -> int:
    """Make rows due, whatever they were: parked, done or waiting, and write `changes` with that. Returns how many.

    Called when something else is to be pushed; what failed waits until its time all the same, for Miva may still be at work on
    it. A person who says `now` does not wait. A push that goes on at this moment does not close them.
    """
    calm: dict[str, object] = {"due_at": timezone.now(), **CALM}
    if not now:
        calm = {name: _unless_failed(rows.model, name, value) for name, value in calm.items()}
    again = {"version": F("version") + 1, "parked_at": None, "done_at": None}
    return rows.update(**again, **calm, **changes)


def set_aside(rows: QuerySet[Row], problem: str, remedy: str, kind: str) -> int:
    """Park rows that are open and that nobody holds, without asking Miva about them. Returns how many."""
    now = timezone.now()
    said = {"problem": problem, "remedy": remedy, "problem_kind": kind, "store_waits_until": None}
    with transaction.atomic():
        chosen = rows.filter(OPEN, free(now))
        told = list(chosen.select_for_update()) if "parked_at" in rows.model.EVENTS else []
        count = chosen.update(parked_at=now, **said)
        for row in told:
            announce(row.store, row.happenings("parked_at", now, said))
    return count


def _unless_failed(model: type[Row], name: str, value: object) -> Case:
    """Return the value for a field, which an open row keeps as it is after a failure."""
    failed = When(OPEN & ~Q(problem_kind=""), then=F(name))
    column = model._meta.get_field(name)
    return Case(failed, default=Value(value, output_field=column))  # type: ignore[arg-type]


def waiting_time(attempts: int, kind: str, retry_after: float | None) -> timedelta:
    """Return how long to wait after so many attempts: doubled each time with jitter, at most an hour, Retry-After honoured.

    Wrong credentials are tried again only each hour: more attempts help nobody and may lock the token.
    """
    if kind == "locked":
        return spread(LONGEST_WAIT)
    wait = min(FIRST_WAIT * 2 ** min(max(attempts - 1, 0), 10), LONGEST_WAIT)
    asked = timedelta(seconds=min(retry_after or 0.0, LONGEST_WAIT.total_seconds()))
    return max(spread(wait), asked)
