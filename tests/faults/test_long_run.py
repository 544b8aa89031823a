"""Thousands of orders by every strategy at once, a fault of any kind with one call in twenty, and a worker killed again and again.

The worker is Celery's, in processes of its own; the test only knocks, as the clock does, and lets time pass: waits after a
failure end at once, and so do the leases of a worker that was killed. LONG_RUN_ORDERS says how many orders (750).
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from celery import Celery
from django.utils import timezone

from orders import reconcile
from orders.hints import record
from orders.models import Job, Order, OrderHint, ReceivedPage, Reconciliation
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from tests import portal as portals
from tests.factories import store_of
from tests.faults.table import (
    FAILING,
    HARMLESS,
    ODD_PAGES,
    assert_each_once_in_its_latest_version,
    recount,
)
from tests.orders.roads.helpers import LIST_OF, place, set_up
from tests.services import die_with_parent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

ORDERS = int(os.environ.get("LONG_RUN_ORDERS", "750"))
KILLS = 5
SHARE = 0.05  # of all calls meet with a fault
LONGEST = 300 + ORDERS / 25  # seconds after which it should have ended by itself
TICK = 0.4  # seconds between two knocks


@dataclass
class Worker:
    """A Celery worker with two processes that can be killed together."""

    portal: portals.Portal
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0
    alive_since: float = 0.0
    starts: int = field(default=0)

    def start(self) -> None:
        """Start it; it looks for due stores by itself when it is ready."""
        self.starts += 1
        with (self.portal.logs / f"worker-{self.starts}.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*portals.CELERY, "worker", "--concurrency", "2"],
                env=self.portal.environment,
                cwd=portals.ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
                start_new_session=True,
            )

    def ready(self) -> bool:
        """Whether it has taken up its work."""
        return " ready." in (self.portal.logs / f"worker-{self.starts}.log").read_text(errors="replace")

    def kill(self) -> None:
        """kill -9, its children too."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@dataclass
class Shop:
    """A sandbox, the store that it is to the portal, and what goes on in it."""

    sandbox: SandboxStore
    store: Store
    random: Random

    def live(self, orders: int) -> None:
        """Orders are placed, some are edited; half of all that is told by a webhook."""
        numbers = place(self.sandbox, orders)
        numbers.append(self.random.choice(list(self.sandbox.orders)))
        with self.sandbox.lock:
            recount(self.sandbox, numbers[-1])
        for number in numbers:
            if self.random.random() < 0.5:
                record(self.store.pk, number)

    def complete(self) -> bool:
        """Whether every order is here and no hint waits any more."""
        here = Order.objects.of(self.store).count()
        return here == len(self.sandbox.orders) and not OrderHint.objects.of(self.store).exists()


@contextmanager
def shops() -> Iterator[list[Shop]]:
    """A shop for each strategy, with half of its orders."""
    with ExitStack() as stack:
        opened = []
        for seed, strategy in enumerate(LIST_OF):
            sandbox = SandboxStore(seed=seed)
            set_up(sandbox, strategy)
            server = stack.enter_context(serve(sandbox))
            store = store_of(sandbox, server, page_size=5, strategy=strategy)
            opened.append(Shop(sandbox, store, Random(seed)))
            place(sandbox, ORDERS // len(LIST_OF) // 2)
        yield opened


def misfortunes(sandbox: SandboxStore) -> None:
    """A fault of any kind, with SHARE of the calls."""
    kinds = [*FAILING.values(), *HARMLESS.values(), *ODD_PAGES.values()]
    for misfortune in kinds:
        sandbox.faults.add(misfortune.kind, times=None, probability=SHARE / len(kinds), **misfortune.options)


def time_passes(shops: list[Shop], *, leases: bool) -> None:
    """The waits are over; the leases, too, of a worker that is gone."""
    past = timezone.now() - timedelta(seconds=1)
    unfinished = [shop.store.pk for shop in shops if not shop.complete()]
    PullCursor.objects.filter(store__in=unfinished, leased_until=None).update(due_at=past, nudged_at=None)
    OrderHint.objects.filter(lease=None).update(not_before=past)
    if leases:
        PullCursor.objects.exclude(leased_until=None).update(leased_until=past, nudged_at=None, due_at=past)
        OrderHint.objects.exclude(lease=None).update(leased_until=past)


def test_in_a_long_run_of_faults_and_kills_nothing_is_lost_and_nothing_doubled():
    with shops() as opened, portals.portal_on(portals.test_database_url()) as portal:
        worker = Worker(portal)
        broker = portal.environment["REDIS_URL"].replace("unix://", "redis+socket://", 1)
        clock = Celery(
            broker=broker, set_as_current=False
        )  # the other tests' tasks belong to the portal's app
        for shop in opened:
            misfortunes(shop.sandbox)
        try:
            killed_again_and_again(worker, clock, opened)
            until_enough_struck(clock, opened)
            for shop in opened:
                shop.sandbox.faults.clear()
            to_the_end(clock, opened)
        finally:
            worker.kill()
        assert worker.kills == KILLS
        for shop in opened:
            assert_each_once_in_its_latest_version(shop.sandbox, shop.store, set(shop.sandbox.orders))
        assert not ReceivedPage.objects.exists()


def killed_again_and_again(worker: Worker, clock: Celery, opened: list[Shop]) -> None:
    """Shops go on living while the worker is killed, each time after some seconds of work."""
    each = ORDERS // len(LIST_OF) // 2 // KILLS
    for _ in range(KILLS):
        worker.start()
        while not worker.ready():
            time.sleep(0.1)
        for shop in opened:
            shop.live(each)
        for _ in range(4):
            tick(clock, opened)
        worker.kill()
        worker.kills += 1
        time_passes(opened, leases=True)
    worker.start()


def until_enough_struck(clock: Celery, opened: list[Shop]) -> None:
    """Shops go on living until the faults are many enough to prove something: chance alone decides when."""
    deadline = time.monotonic() + LONGEST
    while sum(len(shop.sandbox.faults.taken) for shop in opened) < ORDERS * SHARE / 10:
        for shop in opened:
            shop.live(1)
        tick(clock, opened)
        assert time.monotonic() < deadline, f"too few faults struck within {LONGEST:g} seconds"


def to_the_end(clock: Celery, opened: list[Shop]) -> None:
    """Knock until all is here; what the queue without acknowledgement delivered to nobody, a comparison finds."""
    deadline = time.monotonic() + LONGEST
    while not all(shop.complete() or shop.store.strategy == "queue" for shop in opened):
        tick(clock, opened)
        assert time.monotonic() < deadline, f"the rest did not come within {LONGEST:g} seconds"
    good_since = timezone.now()
    PullCursor.objects.update(due_at=good_since, nudged_at=None)
    while PullCursor.objects.filter(last_good_at__gt=good_since, leased_until=None).count() < len(opened):
        tick(clock, opened)
        assert time.monotonic() < deadline, "not every store had a good pull in the end"
    PullCursor.objects.update(due_at=timezone.now() + timedelta(minutes=10))
    for shop in opened:
        reconcile.start(shop.store)
    while Reconciliation.objects.exclude(state=Job.State.DONE).filter(planned=False).exists():
        Reconciliation.objects.filter(leased_until=None).update(not_before=timezone.now())
        clock.send_task("orders.tasks.due_reconciliations")
        time.sleep(TICK)
        assert time.monotonic() < deadline, "the comparison did not end"


def tick(clock: Celery, opened: list[Shop]) -> None:
    """What the clock does each minute."""
    time_passes(opened, leases=False)
    clock.send_task("orders.tasks.due_stores")
    clock.send_task("orders.tasks.sweep_hints")
    time.sleep(TICK)
