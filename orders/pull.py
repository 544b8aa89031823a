"""Pulling a store's orders: claim, page by page along the store's road, keep, settle."""

import logging
import time
from dataclasses import dataclass, field, fields

from django.utils import timezone

from orders.keep import Kept, keep
from orders.models import ReceivedPage
from orders.recheck import recheck_incomplete
from orders.roads import Road, road_for
from orders.roads.base import Advice
from orders.roads.queues import AcknowledgedQueueRoad
from stores import cursors
from stores.cursors import Lease, LeaseLost
from stores.miva.client import MivaClient
from stores.miva.errors import MivaDown, MivaError, MivaLocked, MivaRefused
from stores.models import Store
from stores.wires import miva_for

log = logging.getLogger(__name__)

BUDGET = 120.0  # seconds that one pull may hold a worker; what is left is taken up again at once

NUMBERLESS = (
    "Miva sent {count} records without an order number; they were left out.",
    "Ask Miva support which order this is; all other orders were imported.",
)


@dataclass
class Pulled:
    """Counts of one pull, as `pull_store --json` prints them."""

    fetched: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    held: int = 0
    acknowledged: int = 0

    def add(self, kept: Kept, fetched: int) -> None:
        """Add a kept page."""
        self.fetched += fetched
        self.new += len(kept.new)
        self.updated += len(kept.updated)
        self.unchanged += len(kept.unchanged)
        self.held += len(kept.held)

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


@dataclass
class Run:
    """One pull while it goes on."""

    store: Store
    client: MivaClient
    lease: Lease
    road: Road
    deadline: float  # of the monotonic clock: no page is begun after it
    pulled: Pulled = field(default_factory=Pulled)
    numberless: int = 0

    def page(self) -> bool:
        """Ask for one page and keep it: the cursor moves in the same transaction. Returns whether there are more."""
        asked_at = self.road.asked_ahead_at or timezone.now()
        page = self.road.ask()
        self.road.received(page, asked_at)
        kept = keep(
            self.store,
            page.orders,
            fetched_at=asked_at,
            road=self.road.name,
            guard=lambda: self.lease.renew(**self.road.commit(page)),
        )
        self.count(kept, len(page.orders))
        if time.monotonic() < self.deadline:
            self.road.ask_ahead(page)
        return self.road.kept(page, kept)

    def count(self, kept: Kept, fetched: int) -> None:
        """Add a page to the counts."""
        self.pulled.add(kept, fetched)
        self.numberless += kept.numberless

    def keep_received(self) -> None:
        """Keep pages that a worker had on disk when it died, before anything new is asked for."""
        for received in ReceivedPage.objects.of(self.store).order_by("pk"):
            page = received

            def gone(page: ReceivedPage = page) -> None:
                self.lease.renew()
                page.delete()

            kept = keep(self.store, page.orders, fetched_at=page.received_at, road="queue", guard=gone)
            self.count(kept, len(page.orders))

    def advice(self) -> Advice | None:
        """Return what support should know about a pull that went well."""
        if self.numberless:
            problem, remedy = NUMBERLESS
            return problem.format(count=self.numberless), remedy
        return self.road.advice()


def pull(store: Store, *, budget: float = BUDGET) -> Pulled:
    """Pull along the store's road until nothing is left or the budget (seconds) is used up.

    Raises cursors.StoreBusy when another pull holds the store, and the MivaError that ended the pull; the store's cursor says
    why and when it is tried again. Pages that were committed before stay.
    """
    lease = cursors.claim(store)
    client: MivaClient | None = None
    try:
        client = miva_for(store, renew=lease.outlast_request)
        run = Run(store, client, lease, road_for(store, client), time.monotonic() + budget)
        try:
            finished = through(run)
        finally:
            run.road.let_go()
        progress = run.road.finish() if finished else run.road.pause()
        if run.road.failure:
            lease.renew(**progress)
            raise run.road.failure
        advice = run.advice()
    except MivaError as error:
        fail(lease, store, error, client)
        raise
    except LeaseLost:
        raise
    except BaseException:
        cursors.settle_failed(
            lease,
            store,
            problem="The pull stopped because of a fault in the portal itself.",
            remedy="The log has the details; the pull is tried again by itself. Tell the operators if this stays.",
            kind="fault",
            retry_after=None,
        )
        raise
    cursors.settle_good(
        lease, store, finished=finished, clock_offset=client.clock_offset, warning=advice, progress=progress
    )
    if isinstance(run.road, AcknowledgedQueueRoad):
        run.pulled.acknowledged = run.road.count
    return run.pulled


def through(run: Run) -> bool:
    """Take page after page, then look at incomplete orders again. Returns whether the end was reached before the deadline."""
    run.keep_received()
    while run.page():
        if time.monotonic() >= run.deadline:
            return False
    try:
        run.count(*recheck_incomplete(run.store, run.client, run.lease))
    except MivaError as error:  # the road has been read to its end all the same
        run.road.failure = run.road.failure or error
    return True


def fail(lease: Lease, store: Store, error: MivaError, client: MivaClient | None) -> None:
    """Write down why the pull failed and when it is tried again."""
    cursors.settle_failed(
        lease,
        store,
        problem=error.reason,
        remedy=error.remedy,
        kind=kind_of(error),
        retry_after=error.retry_after,
        clock_offset=client.clock_offset if client else None,
    )
    log.warning("pull of %s failed: %s", store.slug, error.reason)


def kind_of(error: MivaError) -> str:
    """Return which of the four kinds of failure it is (architecture, decision 3)."""
    kinds = ((MivaLocked, "locked"), (MivaRefused, "refused"), (MivaDown, "down"))
    return next((kind for cls, kind in kinds if isinstance(error, cls)), "unsure")
