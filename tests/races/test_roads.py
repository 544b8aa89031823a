"""Races on purpose: the same orders at the same moment by a pull, by webhooks, by a backfill and by a comparison."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from orders import backfill, reconcile
from orders.hints import fetch_hinted, record
from orders.jobs import JobBusy, Outcome
from orders.models import Backfill, ExportSequence, Job, Order, OrderHint
from orders.pull import pull
from orders.spans import Span
from stores import cursors
from stores.cursors import StoreBusy
from stores.miva.paging import ListQuery
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from stores.wires import miva_for
from tests.factories import store_of
from tests.orders.roads.helpers import LIST_OF, calls, place, set_up, shop

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = Span(since=datetime(2020, 1, 1, tzinfo=UTC))
ORDERS = 24


@pytest.fixture(params=list(LIST_OF))
def strategy(request):
    return request.param


@pytest.fixture
def sandbox(strategy):
    sandbox = shop(0)
    set_up(sandbox, strategy)
    place(sandbox, ORDERS)
    return sandbox


@pytest.fixture
def store(sandbox, strategy):
    with serve(sandbox) as server:
        store = store_of(sandbox, server, page_size=5, strategy=strategy)
        not_due(store)
        yield store


def not_due(store: Store) -> None:
    """The regular pull is not due, so that nothing gives way to it."""
    PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(minutes=10))


def at_once(works: Sequence[Callable[[], object]]) -> list[object]:
    """Run each in a thread of its own, all beginning together; returns what each returned or raised."""
    gate, results = threading.Barrier(len(works)), [None] * len(works)

    def one(index: int) -> None:
        gate.wait(10)
        try:
            results[index] = works[index]()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def unexpected(results: list[object]) -> list[object]:
    """What was raised other than that somebody else is at it."""
    return [
        each for each in results if isinstance(each, Exception) and not isinstance(each, StoreBusy | JobBusy)
    ]


def backfill_to_its_end(job: Backfill) -> None:
    """Slice after slice; a pull that runs meanwhile comes first."""
    while backfill.work(job, budget=0, at_a_terminal=True) is not Outcome.DONE:
        job.refresh_from_db()


def assert_one_row_each_and_dense_numbers(store: Store, numbers: Sequence[int]) -> None:
    rows = Order.objects.of(store)
    assert list(rows.order_by("miva_id").values_list("miva_id", flat=True)) == sorted(numbers)
    given = sorted(rows.exclude(export_number=None).values_list("export_number", flat=True))
    assert given == list(range(1, ORDERS + 1))
    assert ExportSequence.objects.get(store=store).last_number == ORDERS


def test_pull_webhooks_backfill_and_comparison_at_once_give_one_row_each(sandbox, store):
    for number in sandbox.orders:
        record(store.pk, number)
    job = backfill.start(store, EVERYTHING, estimated=ORDERS)
    comparison = reconcile.start(store)
    results = at_once(
        [
            lambda: pull(store),
            lambda: fetch_hinted(store),
            lambda: backfill_to_its_end(job),
            lambda: reconcile.work(comparison),
        ]
    )
    assert not unexpected(results)
    assert_one_row_each_and_dense_numbers(store, list(sandbox.orders))
    assert not OrderHint.objects.of(store).exists()
    assert Backfill.objects.get(pk=job.pk).state == Job.State.DONE


def test_the_newest_version_wins_whichever_road_is_last(sandbox, store):
    """While all of them read, the orders are edited again and again; each edit is followed by its webhook."""
    numbers = sorted(sandbox.orders)[:6]
    job = backfill.start(store, EVERYTHING, estimated=ORDERS)

    def edit() -> None:
        for turn in range(6):
            for number in numbers:
                sandbox.edit_order(number, ship_city=f"Turn {turn}")
                record(store.pk, number)

    def fetch_often() -> None:
        for _ in range(6):
            fetch_hinted(store)

    results = at_once([edit, fetch_often, lambda: pull(store), lambda: backfill_to_its_end(job)])
    assert not unexpected(results)
    fetch_hinted(store)
    cities = Order.objects.of(store).filter(miva_id__in=numbers).values_list("raw__ship_city", flat=True)
    assert list(cities) == ["Turn 5"] * 6
    assert_one_row_each_and_dense_numbers(store, list(sandbox.orders))


class TestWithOneStrategy:
    """What is alike whatever the strategy."""

    @pytest.fixture
    def strategy(self):
        return "date"

    def test_two_workers_on_one_backfill_fetch_each_page_once(self, sandbox, store):
        job = backfill.start(store, EVERYTHING, estimated=ORDERS)
        results = at_once([lambda: backfill.work(job)] * 4)
        assert sum(isinstance(each, JobBusy) for each in results) >= 1
        assert not unexpected(results)
        assert len(calls(sandbox, "OrderList_Load_Query")) == 5
        assert Backfill.objects.get(pk=job.pk).fetched == ORDERS

    def test_control_without_the_claim_the_same_race_fetches_pages_again(self, sandbox, store):
        """Proves that the race above happens: each worker reads the position and asks, without claiming."""
        job = backfill.start(store, EVERYTHING, estimated=ORDERS)
        read = threading.Barrier(4)

        def careless() -> None:
            question: ListQuery = backfill.question(job, Backfill.objects.get(pk=job.pk).position)
            read.wait(10)
            miva_for(store).order_list(question)

        assert not unexpected(at_once([careless] * 4))
        assert len(calls(sandbox, "OrderList_Load_Query")) == 4

    def test_a_backfill_gives_way_to_a_pull_that_begins_between_two_pages(self, sandbox, store):
        job = backfill.start(store, EVERYTHING, estimated=ORDERS)
        begun: list[cursors.Lease] = []

        def claim_with_the_second_page(call) -> None:
            if len(calls(sandbox, "OrderList_Load_Query")) == 2 and not begun:
                begun.append(cursors.claim(store))
                connection.close()

        sandbox.before_reply.append(claim_with_the_second_page)
        assert backfill.work(job) is Outcome.GAVE_WAY
        assert Order.objects.of(store).count() == 10
        PullCursor.objects.filter(store=store).update(leased_until=None)
        assert backfill.work(Backfill.objects.get(pk=job.pk)) is Outcome.DONE
        assert_one_row_each_and_dense_numbers(store, list(sandbox.orders))

    def test_a_pull_and_fetchers_of_an_edited_order_end_with_the_edit(self, sandbox: SandboxStore, store):
        pull(store)
        number = min(sandbox.orders)
        sandbox.edit_order(number, ship_city="Editedville")
        record(store.pk, number)
        works = [lambda: pull(store), lambda: fetch_hinted(store), lambda: fetch_hinted(store)]
        assert not unexpected(at_once(works))
        assert Order.objects.of(store).get(miva_id=number).raw["ship_city"] == "Editedville"
        assert_one_row_each_and_dense_numbers(store, list(sandbox.orders))
