"""Long work in short slices: who holds a job, when it steps back for the store's regular pull, how it ends.

The row is the queue (architecture, decisions 1 and 2): a claim is one conditional UPDATE with a fencing token, a page moves the
job's position in the transaction that keeps it, and the clock finds what is due again after a worker died.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.models import Job
from orders.pull import kind_of
from stores import cursors
from stores.cursors import LeaseLost, free
from stores.miva.client import MivaClient
from stores.miva.errors import MivaError
from stores.models import PullCursor, Store
from stores.wires import miva_for

log = logging.getLogger(__name__)

SLICE = 20.0  # seconds after which a worker is free for other stores
STEP_BACK = timedelta(seconds=15)  # how long a job leaves the store to its regular pull before it looks again
TAKEN_UP = timedelta(
    minutes=1
)  # within this time after the clock's nudge a regular pull is expected to begin
AT_ONCE = 20  # jobs of one kind that the clock starts with each tick

OPEN = (Job.State.WAITING, Job.State.RUNNING)

FAULT = (
    "The work stopped because of a fault in the portal itself.",
    "The log has the details; it is tried again by itself. Tell the operators if this stays.",
)


class JobBusy(Exception):
    """Another worker holds the job, or it is not open."""


class Outcome(Enum):
    """How a slice ended."""

    DONE = "the end was reached"
    MORE = "the slice was used up"
    GAVE_WAY = "the regular pull comes first"
    STOPPED = "a person paused or cancelled it"


Work = Callable[["JobLease", Any, MivaClient], Iterator[None]]
"""Given lease, job (as it stands now) and client: does one page each time it is advanced, and returns after the last."""


@dataclass(frozen=True)
class JobLease:
    """The right to work on a job until it ends or is renewed."""

    model: type[Job]
    pk: int
    token: uuid.UUID

    def rows(self) -> QuerySet[Any]:
        """Return the job as long as it is ours."""
        return self.model._default_manager.filter(pk=self.pk, lease=self.token)

    def renew(self, **progress: object) -> None:
        """Prolong the lease and note progress: with the caller's transaction or not at all. Raises LeaseLost."""
        if not self.rows().update(leased_until=timezone.now() + Job.LEASE, **progress):
            raise LeaseLost(f"{self.model._meta.verbose_name} {self.pk} is worked on by somebody else")

    def stopped(self) -> bool:
        """Whether a person has paused or cancelled the job. Raises LeaseLost."""
        state = self.rows().values_list("state", flat=True).first()
        if state is None:
            raise LeaseLost(f"{self.model._meta.verbose_name} {self.pk} is worked on by somebody else")
        return state not in OPEN

    def release(self, **fields: object) -> None:
        """Give the job back; what a person decided in the meantime stays."""
        self.rows().filter(state=Job.State.RUNNING).update(state=Job.State.WAITING)
        self.rows().update(leased_until=None, nudged_at=None, **fields)

    def finish(self) -> None:
        """Close a job that reached its end. One that was cancelled with its last page stays cancelled."""
        self.recovered()
        self.rows().exclude(state=Job.State.CANCELLED).update(
            state=Job.State.DONE, finished_at=timezone.now()
        )
        self.release()

    def recovered(self) -> None:
        """A page went well: what had failed before is over."""
        self.rows().filter(failures__gt=0).update(problem="", remedy="", failures=0)

    def fail(self, store: Store, reason: str, remedy: str, kind: str, retry_after: float | None) -> None:
        """Say why it does not go on and when it is tried again; only what Miva refuses for good is not."""
        failures = self.rows().values_list("failures", flat=True).first() or 0
        wait = cursors.waiting_time(store, failures + 1, kind, retry_after)
        if kind == "refused":
            ended = {"state": Job.State.FAILED, "finished_at": timezone.now()}
            self.rows().filter(state__in=OPEN).update(**ended)
        self.release(
            problem=reason, remedy=remedy, failures=F("failures") + 1, not_before=timezone.now() + wait
        )


def claim(job: Job) -> JobLease:
    """Take the job. Raises JobBusy while somebody else holds it, and when it is paused or at its end."""
    now = timezone.now()
    lease = JobLease(type(job), job.pk, uuid.uuid4())
    taken = (
        type(job)
        ._default_manager.filter(free(now), pk=job.pk, state__in=OPEN)
        .update(
            state=Job.State.RUNNING,
            lease=lease.token,
            leased_until=now + Job.LEASE,
            started_at=Coalesce(F("started_at"), now),
        )
    )
    if not taken:
        raise JobBusy(f"{job._meta.verbose_name} {job.pk} ({job}) is being worked on, or is not open")
    return lease


def work(job: Job, pages: Work, *, budget: float = SLICE, at_a_terminal: bool = False) -> Outcome:
    """Take the job and do pages until its end, until the budget (seconds) is used up or until something comes first.

    Raises JobBusy, LeaseLost, and the MivaError that ended the slice; the row then says why and when it is tried again.
    `at_a_terminal`: there may be no workers; only a regular pull that really runs, or is about to, comes first.
    """
    lease = claim(job)
    store = job.store
    try:
        client = miva_for(store, renew=lease.renew)
        steps = pages(lease, lease.rows().select_related("store__merchant").get(), client)
        outcome = through(lease, store, steps, time.monotonic() + budget, at_a_terminal)
    except MivaError as error:
        lease.fail(store, error.reason, error.remedy, kind_of(error), error.retry_after)
        log.warning("%s %s of %s failed: %s", job._meta.verbose_name, job.pk, store.slug, error.reason)
        raise
    except LeaseLost:
        raise
    except Exception:
        lease.fail(store, *FAULT, "fault", None)
        raise
    except BaseException:
        lease.release()
        raise
    settle(lease, outcome)
    return outcome


def through(
    lease: JobLease, store: Store, steps: Iterator[None], deadline: float, at_a_terminal: bool = False
) -> Outcome:
    """Do page after page; before each one look whether the job is still wanted and whether the regular pull comes first."""
    while True:
        if lease.stopped():
            return Outcome.STOPPED
        if pull_comes_first(store, timezone.now(), at_a_terminal=at_a_terminal):
            return Outcome.GAVE_WAY
        if next(steps, Outcome.DONE) is Outcome.DONE:
            return Outcome.DONE
        lease.recovered()
        if time.monotonic() >= deadline:
            return Outcome.MORE


def settle(lease: JobLease, outcome: Outcome) -> None:
    """Give back a job whose slice went well."""
    if outcome is Outcome.DONE:
        lease.finish()
    elif outcome is Outcome.GAVE_WAY:
        lease.release(not_before=timezone.now() + STEP_BACK)
    else:
        lease.release(not_before=timezone.now())


def pull_comes_first(store: Store, now: datetime, *, at_a_terminal: bool = False) -> bool:
    """Whether the store's regular pull runs or is due.

    At a terminal a due pull counts only when the clock has just told the workers: without them it would be due for ever.
    """
    due = Q(due_at__lte=now, store__in=Store.objects.served())
    if at_a_terminal:
        due &= Q(nudged_at__gt=now - TAKEN_UP)
    return PullCursor.objects.filter(due | Q(leased_until__gt=now), store=store).exists()


def due(model: type[Job], now: datetime, limit: int = AT_ONCE) -> list[int]:
    """Return the jobs whose turn it is, one of each store, longest waiting first, and note that the workers were told."""
    told = Q(nudged_at__isnull=True) | Q(nudged_at__lte=now - cursors.NUDGE_AGAIN)
    rows = ready(model).filter(told, free(now), not_before__lte=now).order_by("not_before")
    held = set(
        model._default_manager.filter(state__in=OPEN, leased_until__gt=now).values_list("store_id", flat=True)
    )
    chosen: dict[int, int] = {}
    for pk, store_id in rows.values_list("pk", "store_id").iterator():
        if len(chosen) == limit:
            break
        if store_id not in held:
            chosen.setdefault(store_id, pk)
    model._default_manager.filter(pk__in=chosen.values()).update(nudged_at=now)
    return list(chosen.values())


def is_due(job: Job, now: datetime) -> bool:
    """Whether the job's turn has come; a message may arrive late or twice."""
    return ready(type(job)).filter(free(now), pk=job.pk, not_before__lte=now).exists()


def told(job: Job) -> None:
    """Note that the workers are told about the job."""
    type(job)._default_manager.filter(pk=job.pk).update(nudged_at=timezone.now())


def ready(model: type[Job]) -> QuerySet[Any]:
    """Return open jobs of stores that the clock works on."""
    return model._default_manager.filter(state__in=OPEN, store__in=Store.objects.served())
