"""Pulling a store's orders: claim, page by page, keep, acknowledge, settle.

Queue with acknowledgement (guide "Order Workflow + Order Acknowledgement"; Miva reference §9): a page is committed here before
the next is asked for, and only what is committed is acknowledged. Pages go by `id > last`, so an order is seen at most once in
a pull whatever the workflows do with the queue, and orders that arrive meanwhile shift nothing.
"""

import logging
import time
from dataclasses import dataclass, field, fields

from django.utils import timezone

from orders.keep import Kept, keep, note_acknowledged
from stores import cursors
from stores.cursors import Lease, LeaseLost
from stores.miva.client import MivaClient
from stores.miva.errors import MivaDown, MivaError, MivaLocked, MivaRefused
from stores.miva.paging import ORDER_COLUMNS, ListQuery, Where
from stores.models import Store
from stores.wires import miva_for

log = logging.getLogger(__name__)

BUDGET = 120.0  # seconds that one pull may hold a worker; what is left is taken up again at once
SAMPLE = 20  # acknowledged numbers that are remembered for the check whether acknowledging moves orders

NOT_MOVING = (
    "Orders that were acknowledged stay in the queue '{queue}': acknowledging moves nothing in Miva.",
    "In Miva open Order Workflows and enable 'Process Order Acknowledgement' (trigger: order acknowledged), with an "
    "action that takes the order out of the queue '{queue}'. Orders are imported all the same.",
)
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
    pulled: Pulled = field(default_factory=Pulled)
    last: int = 0
    redelivered: int = 0
    numberless: int = 0
    acknowledged: list[int] = field(default_factory=list)  # of the last page
    not_acknowledged: MivaError | None = None

    def page(self) -> bool:
        """Ask for one page, keep it, acknowledge it. Returns whether there is more."""
        asked_at = timezone.now()
        page = self.client.queue_orders(self.store.queue_code, self.query())
        kept = keep(self.store, page.orders, fetched_at=asked_at, road="queue_ack", guard=self.lease.renew)
        self.pulled.add(kept, len(page.orders))
        self.redelivered += kept.redelivered
        self.numberless += kept.numberless
        self.acknowledge(kept.numbers)
        reached = max(kept.numbers, default=self.last)
        more = page.total_count > len(page.orders) and reached > self.last
        self.last = reached
        return more

    def query(self) -> ListQuery:
        """Return the question for the next page."""
        return ListQuery(
            conditions=(Where("id", "GT", self.last),),
            ondemand=ORDER_COLUMNS,
            sort="id",
            count=self.store.page_size,
        )

    def acknowledge(self, numbers: list[int]) -> None:
        """Tell Miva which orders are safe here. If that fails, importing goes on: unacknowledged orders come again."""
        if not numbers or self.not_acknowledged:
            return
        try:
            answer = self.client.acknowledge(numbers)
        except MivaError as error:
            self.not_acknowledged = error
            return
        done = [number for number in numbers if number not in answer.failed]
        note_acknowledged(self.store, done)
        self.acknowledged = done
        self.pulled.acknowledged += len(done)

    def warning(self) -> tuple[str, str] | None:
        """Return what support should know about a pull that went well."""
        if self.redelivered and self.redelivered == self.pulled.fetched:
            problem, remedy = NOT_MOVING
            return problem.format(queue=self.store.queue_code), remedy.format(queue=self.store.queue_code)
        if self.numberless:
            problem, remedy = NUMBERLESS
            return problem.format(count=self.numberless), remedy
        return None


def pull(store: Store, *, budget: float = BUDGET) -> Pulled:
    """Pull the store's queue until it is empty or the budget (seconds) is used up.

    Raises cursors.StoreBusy when another pull holds the store, and the MivaError that ended the pull; the store's cursor says
    why and when it is tried again. Pages that were committed before stay.
    """
    lease = cursors.claim(store)
    run: Run | None = None
    try:
        run = Run(store, miva_for(store), lease)
        finished = through(run, time.monotonic() + budget)
        if run.not_acknowledged:
            raise run.not_acknowledged
    except MivaError as error:
        fail(lease, store, error, run)
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
        lease,
        store,
        finished=finished,
        clock_offset=run.client.clock_offset,
        warning=run.warning(),
        acknowledged=run.acknowledged[-SAMPLE:],
    )
    return run.pulled


def through(run: Run, deadline: float) -> bool:
    """Take page after page. Returns whether the end was reached before the deadline."""
    while run.page():
        if time.monotonic() >= deadline:
            return False
    return True


def fail(lease: Lease, store: Store, error: MivaError, run: Run | None) -> None:
    """Write down why the pull failed and when it is tried again."""
    cursors.settle_failed(
        lease,
        store,
        problem=error.reason,
        remedy=error.remedy,
        kind=kind_of(error),
        retry_after=error.retry_after,
        clock_offset=run.client.clock_offset if run else None,
    )
    log.warning("pull of %s failed: %s", store.slug, error.reason)


def kind_of(error: MivaError) -> str:
    """Return which of the four kinds of failure it is (architecture, decision 3)."""
    kinds = ((MivaLocked, "locked"), (MivaRefused, "refused"), (MivaDown, "down"))
    return next((kind for cls, kind in kinds if isinstance(error, cls)), "unsure")
