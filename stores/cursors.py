"""When a store is due, who holds it, and how its last pull went: the only place that writes PullCursor.

A claim is one conditional UPDATE with a lease and a fencing token, committed before any wire opens; the token is checked again
with every page and when settling (architecture, decision 2). A lease, not a cache lock: it survives the broker and ends by itself.
"""

import random
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from stores.models import PullCursor, Store

NUDGE_AGAIN = timedelta(minutes=5)  # a store that a worker took and did not claim in this time is taken again
LONGEST_WAIT = timedelta(hours=1)
AT_FRONT = 20  # stores that a worker looks at, at once: some of them another may take first
ASKED_EACH = timedelta(minutes=1)


class StoreBusy(Exception):
    """Another pull holds the store."""


class LeaseLost(Exception):
    """The lease ended and somebody else took the store; what is not committed must not be."""


@dataclass
class Lease:
    """The right to pull one store until it ends or is renewed."""

    store_id: int
    token: uuid.UUID
    until: datetime

    def _row(self) -> QuerySet[PullCursor]:
        return PullCursor.objects.filter(store_id=self.store_id, lease=self.token)

    def renew(self, **progress: object) -> None:
        """Prolong the lease and move the cursor. Raises LeaseLost when it is somebody else's by now.

        Called inside the transaction that keeps a page, `progress` becomes true with that page or not at all.
        """
        until = timezone.now() + PullCursor.LEASE
        if not self._row().update(leased_until=until, **progress):
            raise LeaseLost(f"store {self.store_id} is pulled by somebody else")
        self.until = until

    def outlast_request(self) -> None:
        """See to it that the lease outlasts one more request: it does until a third of its time is gone, because nobody takes a
        store before the lease on it has ended.

        Raises LeaseLost when it is somebody else's by now.
        """
        if self.until < timezone.now() + PullCursor.LEASE * 2 / 3:
            self.renew()


def claim(store: Store) -> Lease:
    """Take the store. Raises StoreBusy while another pull holds it."""
    PullCursor.objects.bulk_create([PullCursor(store=store)], ignore_conflicts=True)
    now = timezone.now()
    lease = Lease(store.pk, uuid.uuid4(), now + PullCursor.LEASE)
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    taken = PullCursor.objects.filter(free, store=store).update(
        lease=lease.token, leased_until=lease.until, last_tried_at=now
    )
    if not taken:
        raise StoreBusy(f"{store} is being pulled at this moment")
    return lease


def settle_good(
    lease: Lease,
    store: Store,
    *,
    finished: bool,
    clock_offset: float | None,
    warning: tuple[str, str] | None = None,
    progress: Mapping[str, object] | None = None,
) -> None:
    """Close a pull that reached its end. `finished` off: more is waiting, so the store is due again at once.

    `warning` is a problem (sentence, remedy) that did not stop the orders from coming; `progress` is where the strategy's
    cursor stands now.
    """
    now = timezone.now()
    wait = spread(timedelta(minutes=store.interval_minutes)) if finished else timedelta()
    fields: dict[str, object] = {
        "leased_until": None,
        "nudged_at": None,
        "due_at": now + wait,
        "last_good_at": now,
        "failures": 0,
        "good_runs": F("good_runs") + 1,
        "clock_offset": clock_offset,
        **(progress or {}),
    }
    problem, remedy = warning or ("", "")
    _settle(lease, fields, problem, remedy, "warning" if warning else "")


def settle_failed(
    lease: Lease,
    store: Store,
    *,
    problem: str,
    remedy: str,
    kind: str,
    retry_after: float | None,
    clock_offset: float | None = None,
) -> None:
    """Close a pull that failed: say why and when it is tried again. `last_good_at` stays where it was."""
    cursor = PullCursor.objects.get(store=store)
    wait = waiting_time(store, cursor.failures + 1, kind, retry_after)
    fields: dict[str, object] = {
        "leased_until": None,
        "nudged_at": None,
        "due_at": timezone.now() + wait,
        "failures": F("failures") + 1,
        "bad_runs": F("bad_runs") + 1,
        "clock_offset": clock_offset if clock_offset is not None else F("clock_offset"),
    }
    _settle(lease, fields, problem, remedy, kind)


def _settle(lease: Lease, fields: dict[str, object], problem: str, remedy: str, kind: str) -> None:
    cursor = PullCursor.objects.filter(store_id=lease.store_id).first()
    same = cursor is not None and cursor.problem_kind == kind and cursor.problem_since is not None
    fields["problem_since"] = (
        None if not problem else cursor.problem_since if same and cursor else timezone.now()
    )
    lease._row().update(problem=problem, remedy=remedy, problem_kind=kind, **fields)


def waiting_time(store: Store, failures: int, kind: str, retry_after: float | None) -> timedelta:
    """Return how long to wait after a failure: doubled each time with jitter, at most an hour, Retry-After honoured.

    Wrong credentials are tried again only each hour: more attempts help nobody and may lock the token.
    """
    if kind == "locked":
        return spread(LONGEST_WAIT)
    wait = min(timedelta(minutes=min(store.interval_minutes, 5)) * 2 ** min(failures - 1, 10), LONGEST_WAIT)
    asked = timedelta(seconds=min(retry_after or 0.0, LONGEST_WAIT.total_seconds()))
    return max(spread(wait), asked)


def spread(wait: timedelta) -> timedelta:
    """Return the time, up to a tenth shorter: stores that were due together do not stay together."""
    return wait * random.uniform(0.9, 1.0)


def make_due(stores: Iterable[Store], at: datetime | None = None) -> int:
    """Make stores due now (or then); returns how many."""
    chosen = list(stores)
    PullCursor.objects.bulk_create([PullCursor(store=store) for store in chosen], ignore_conflicts=True)
    return PullCursor.objects.filter(store__in=chosen).update(due_at=at or timezone.now(), nudged_at=None)


def waiting(now: datetime) -> QuerySet[PullCursor]:
    """Return the stores whose turn it is and that no worker has, longest waiting first."""
    rows = PullCursor.objects.filter(_untaken(now), store__in=Store.objects.served(), due_at__lte=now)
    return rows.order_by("due_at")


def take(now: datetime) -> int | None:
    """Return the store that has waited longest and note that a worker has it; None when none is due.

    Any number of workers may call this at once: one conditional UPDATE decides who gets a store.
    """
    while longest := list(waiting(now).values_list("store_id", flat=True)[:AT_FRONT]):
        for store_id in longest:
            if PullCursor.objects.filter(_untaken(now), store_id=store_id, due_at__lte=now).update(
                nudged_at=now
            ):
                return store_id
    return None


def _untaken(now: datetime) -> Q:
    told = Q(nudged_at__isnull=True) | Q(nudged_at__lte=now - NUDGE_AGAIN) | Q(leased_until__lte=now)
    return told & free(now)


def free(now: datetime) -> Q:
    """Return the condition that nobody holds a row, whatever it stands for: its lease was given back or has ended."""
    return Q(leased_until=None) | Q(leased_until__lte=now)


def ask(store: Store) -> bool:
    """Make a store due soon because somebody says that there is something to pull; at most once a minute, like the clock.

    Returns False while a pull holds the store: it may have passed the place already, so ask again after it. A store
    that waits after a failure keeps its turn, and is not asked more often than its back-off allows.
    """
    PullCursor.objects.bulk_create([PullCursor(store=store)], ignore_conflicts=True)
    cursor = PullCursor.objects.get(store=store)
    now = timezone.now()
    at = max(now, cursor.last_tried_at + ASKED_EACH) if cursor.last_tried_at else now
    rows = PullCursor.objects.filter(free(now), store=store, lease=cursor.lease)
    if cursor.failures or cursor.due_at <= at:
        return rows.exists()
    return bool(rows.update(due_at=at, nudged_at=None))
