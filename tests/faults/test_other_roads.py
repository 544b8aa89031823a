"""The fault table over what a webhook, a backfill and a comparison ask for: put off, said, and made good in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from orders import backfill, reconcile
from orders.hints import fetch_hinted, record
from orders.jobs import Outcome
from orders.models import Backfill, Job, OrderHint, Reconciliation
from orders.pull import pull
from orders.spans import Span
from stores.miva.errors import MivaError
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from tests.factories import store_of
from tests.faults.table import FAILING, assert_each_once_in_its_latest_version, recount, strike
from tests.orders.roads.helpers import ALL, kept, place, shop

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = Span(since=datetime(2020, 1, 1, tzinfo=UTC))


@contextmanager
def seven_orders() -> Iterator[tuple[SandboxStore, Store]]:
    """A store with seven orders that no pull has brought, and whose next pull is far away."""
    sandbox = shop(0)
    with serve(sandbox) as server:
        store = store_of(sandbox, server, page_size=3)
        pull(store)
        place(sandbox, 7)
        for queue in sandbox.queues.values():
            queue.clear()
        yield sandbox, store


def let_time_pass(store: Store) -> None:
    """All waits are over, but for the regular pull's."""
    past = timezone.now() - timedelta(seconds=1)
    OrderHint.objects.of(store).update(not_before=past)
    PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(minutes=10))


def test_a_hint_stands_until_its_order_is_here_whatever_goes_wrong(subtests):
    for name, misfortune in FAILING.items():
        with subtests.test(name), seven_orders() as (sandbox, store):
            for number in sandbox.orders:
                record(store.pk, number)
            strike(sandbox, misfortune, ALL, 1)
            with pytest.raises(MivaError):
                fetch_hinted(store)
            assert [taken.kind for taken in sandbox.faults.taken] == [misfortune.kind]
            assert OrderHint.objects.of(store).filter(failures=1, lease=None).count() == 7
            assert fetch_hinted(store).fetched == 0  # it waits its turn
            recount(sandbox, min(sandbox.orders))
            let_time_pass(store)
            fetch_hinted(store)
            assert_each_once_in_its_latest_version(sandbox, store, set(sandbox.orders))
            assert not OrderHint.objects.of(store).exists()


@pytest.mark.parametrize("nth", [1, 3])
def test_a_backfill_goes_on_where_it_was_whatever_goes_wrong(subtests, nth):
    for name, misfortune in FAILING.items():
        with subtests.test(name), seven_orders() as (sandbox, store):
            job = backfill.start(store, EVERYTHING, estimated=7)
            strike(sandbox, misfortune, ALL, nth)
            with pytest.raises(MivaError):
                backfill.work(job)
            failed = Backfill.objects.get(pk=job.pk)
            assert (failed.fetched, failed.failures, failed.leased_until) == (3 * (nth - 1), 1, None)
            assert failed.problem.endswith(".")
            assert failed.not_before > timezone.now()
            assert kept(store) == sorted(sandbox.orders)[: 3 * (nth - 1)]
            backfill.go_on(failed)  # only what Miva refuses for good waits for a person
            assert backfill.work(failed) is Outcome.DONE
            done = Backfill.objects.get(pk=job.pk)
            assert (done.state, done.fetched, done.new, done.problem) == (Job.State.DONE, 7, 7, "")
            assert_each_once_in_its_latest_version(sandbox, store, set(sandbox.orders))


@pytest.mark.parametrize("nth", [1, 2])
def test_a_comparison_finds_what_is_missing_whatever_goes_wrong(subtests, nth):
    """The first question is for the numbers, the second one for the orders that are missing."""
    for name, misfortune in FAILING.items():
        with subtests.test(name), seven_orders() as (sandbox, store):
            pull(store)
            let_time_pass(store)
            row = reconcile.start(store)
            strike(sandbox, misfortune, ALL, nth)
            with pytest.raises(MivaError):
                reconcile.work(row)
            assert kept(store) == []
            failed = Reconciliation.objects.get(pk=row.pk)
            assert (failed.failures, failed.missing, failed.leased_until) == (1, [], None)
            assert failed.problem.endswith(".")
            Reconciliation.objects.filter(pk=row.pk).update(state=Job.State.WAITING)
            assert reconcile.work(failed) is Outcome.DONE
            found = Reconciliation.objects.get(pk=row.pk)
            assert (found.missing, found.imported) == (sorted(sandbox.orders), 7)
            assert_each_once_in_its_latest_version(sandbox, store, set(sandbox.orders))
