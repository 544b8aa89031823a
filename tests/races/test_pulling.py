"""Races on purpose: several workers on one store, and the same orders by two roads at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from orders.keep import Kept, keep
from orders.models import ExportSequence, Order
from orders.prepare import Preparer
from orders.pull import pull
from stores.cursors import StoreBusy
from stores.miva.errors import MivaError
from stores.sandbox import SandboxStore, serve
from stores.sandbox.workflows import NEW_AND_UPDATED
from tests.factories import later, make_store, raw_orders, store_of
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_four_workers_on_one_store_pull_each_order_once():
    sandbox = SandboxStore(seed=2, orders=60)
    waiting = sorted(sandbox.queues[NEW_AND_UPDATED])
    with serve(sandbox) as server:
        store = store_of(sandbox, server, page_size=10)
        results = at_once(4, lambda _: pull(store))
        assert sum(isinstance(result, StoreBusy) for result in results) >= 1
        assert not [result for result in results if isinstance(result, MivaError)]
        pull(store)
    assert list(Order.objects.order_by("miva_id").values_list("miva_id", flat=True)) == waiting
    assert sorted(Order.objects.values_list("export_number", flat=True)) == list(range(1, len(waiting) + 1))


def test_the_same_orders_by_four_roads_at_once_are_one_row_each_with_dense_numbers():
    store = make_store()
    raws = raw_orders(30)

    def road(index: int) -> Kept:
        mine = raws[index * 5 :] + raws[: index * 5]
        return keep(store, mine, fetched_at=NOW + timedelta(seconds=index), road="queue_ack")

    results = at_once(4, road)
    assert sum(len(result.new) for result in results) == 30
    assert sorted(Order.objects.values_list("export_number", flat=True)) == list(range(1, 31))


def test_control_without_the_lock_the_same_race_doubles_or_fails():
    """Proves that the race above happens: what `keep` does, but without taking the counter's lock."""
    store = make_store()
    raws = raw_orders(30)
    ExportSequence.objects.create(store=store)
    preparer = Preparer(store, NOW, "queue_ack")

    def careless(index: int) -> int:
        last = ExportSequence.objects.get(store=store).last_number
        known = set(Order.objects.of(store).values_list("miva_id", flat=True))
        gate.wait(10)
        for raw in raws:
            if raw["id"] not in known:
                last += 1
                order = preparer.prepare(raw["id"], raw.copy)
                order.export_number = last
                order.save()
        return last

    gate = threading.Barrier(2)
    results = at_once(2, careless)
    assert any(isinstance(result, IntegrityError) for result in results)


def test_a_reader_never_sees_a_later_number_before_an_earlier_one():
    store = make_store()
    pages = [raw_orders(5, seed=seed) for seed in range(8)]
    for page_index, page in enumerate(pages):
        for raw in page:
            raw["id"] += page_index * 1000
    seen_gap, stop = [], threading.Event()

    def read(_: int) -> None:
        while not stop.is_set():
            numbers = list(
                Order.objects.of(store).order_by("export_number").values_list("export_number", flat=True)
            )
            if numbers != list(range(1, len(numbers) + 1)):
                seen_gap.append(numbers)

    def write(index: int) -> None:
        keep(store, pages[index], fetched_at=NOW, road="queue_ack")

    def work(index: int) -> None:
        if index == 8:
            read(index)
            return
        write(index)
        with counted:
            done.append(index)
            if len(done) == 8:
                stop.set()

    done, counted = [], threading.Lock()
    assert [result for result in at_once(9, work) if result is not None] == []
    assert not seen_gap
    assert Order.objects.count() == 40


def test_an_edit_and_a_redelivery_at_once_end_with_the_edit():
    store = make_store()
    [raw] = raw_orders()
    keep(store, [raw], fetched_at=NOW, road="queue_ack")
    edited = later(raw, ship_city="Edited")
    at_once(
        4,
        lambda index: keep(
            store, [edited if index % 2 else raw], fetched_at=NOW + timedelta(seconds=index), road="queue_ack"
        ),
    )
    assert Order.objects.get().raw["ship_city"] == "Edited"
