"""kill -9 at every call of every strategy, of a webhook's fetch and of a backfill; whoever comes next completes the work."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from orders.hints import fetch_hinted, hinted_stores, record
from orders.models import Backfill, ExportSequence, Job, Order, OrderHint, ReceivedPage
from orders.pull import pull
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from tests.crash.killing import asked, killed_at, nth
from tests.factories import store_of
from tests.faults.table import CALLS, contents_here, contents_there, reconciled, unpaid
from tests.orders.roads.helpers import ALL, LIST_OF, kept, place, set_up, shop
from tests.portal import Portal

ORDERS = 7
FETCH = "from orders.tasks import fetch_hints; fetch_hints({store})"
MOMENTS = [(road, *moment) for road in LIST_OF if road != "queue_ack" for moment in CALLS[road]]


@pytest.fixture
def strategy():
    return "date"


@pytest.fixture
def sandbox(strategy):
    sandbox = shop(0)
    set_up(sandbox, strategy)
    place(sandbox, ORDERS)
    return sandbox


@pytest.fixture
def store(portal, sandbox, strategy):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, page_size=3, strategy=strategy)


def time_passes(store: Store) -> None:
    """The leases of whoever was killed run out, and so do the waits."""
    past = timezone.now() - timedelta(seconds=1)
    PullCursor.objects.filter(store=store).exclude(leased_until=None).update(leased_until=past)
    OrderHint.objects.of(store).exclude(leased_until=None).update(leased_until=past)
    Backfill.objects.of(store).exclude(leased_until=None).update(leased_until=past)


def assert_all_here_once(sandbox: SandboxStore, store: Store, numbers: set[int]) -> None:
    assert contents_here(store) == contents_there(sandbox, numbers)
    given = Order.objects.of(store).exclude(export_number=None).values_list("export_number", flat=True)
    assert sorted(given) == list(range(1, ORDERS + 1))
    assert ExportSequence.objects.get(store=store).last_number == ORDERS
    assert not ReceivedPage.objects.of(store).exists()


@pytest.mark.parametrize(("strategy", "function", "number"), MOMENTS)
def test_after_a_kill_the_next_pull_ends_with_each_order_once(
    portal: Portal, sandbox, store, strategy, function, number
):
    waiting = unpaid(sandbox)
    killed = killed_at(portal, sandbox, nth(function, number), "pull_store", store.slug)
    assert killed.returncode == -signal.SIGKILL
    assert PullCursor.objects.get(store=store).last_good_at is None
    lost = set(sandbox.orders) - {waiting} - set(kept(store)) - set(sandbox.queues["new_and_updated"])

    time_passes(store)
    pull(store)

    if strategy == "queue":
        # Miva had delivered it to a process that was gone; the unpaid order, which no queue delivers, is watched from now on.
        assert set(reconciled(store).missing) == lost
    assert_all_here_once(sandbox, store, set(sandbox.orders))


def test_a_webhook_outlives_the_process_that_was_fetching_its_order(portal: Portal, sandbox, store):
    for number in sandbox.orders:
        record(store.pk, number)
    killed = killed_at(portal, sandbox, nth(ALL, 1), "shell", "-c", FETCH.format(store=store.pk))
    assert killed.returncode == -signal.SIGKILL
    assert OrderHint.objects.of(store).count() == ORDERS
    assert hinted_stores(timezone.now()) == []

    time_passes(store)
    assert hinted_stores(timezone.now()) == [store.pk]
    assert fetch_hinted(store).new == ORDERS
    assert_all_here_once(sandbox, store, set(sandbox.orders))
    assert not OrderHint.objects.of(store).exists()


@pytest.mark.parametrize("number", [1, 2, 3, 4], ids=["estimate", "page 1", "page 2", "page 3"])
def test_a_backfill_is_taken_up_where_its_process_was_killed(portal: Portal, sandbox, store, number):
    PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(minutes=10))
    command = ("pull_store", store.slug, "--since", "2020-01-01")
    killed = killed_at(portal, sandbox, nth(ALL, number), *command)
    assert killed.returncode == -signal.SIGKILL
    before = sorted(sandbox.orders)[: 3 * max(number - 2, 0)]
    assert kept(store) == before

    time_passes(store)
    counts = asked(*command)

    assert (counts["fetched"], counts["new"]) == (ORDERS, ORDERS)  # of the whole job: it is the same one
    assert Backfill.objects.of(store).get().state == Job.State.DONE
    assert_all_here_once(sandbox, store, set(sandbox.orders))
