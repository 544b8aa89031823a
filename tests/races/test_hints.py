"""Races on purpose: webhooks, fetchers and a pull of the same store at the same moment."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from orders.hints import claim, fetch_hinted, record
from orders.models import Order, OrderHint
from orders.pull import pull
from orders.recheck import fetch
from stores.miva.errors import MivaError
from stores.sandbox import SandboxStore, serve
from stores.wires import miva_for
from tests.factories import store_of
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3, orders=24, skipped_share=0.0)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, page_size=5)


def failures(results: list[object]) -> list[object]:
    return [result for result in results if isinstance(result, Exception)]


def fetched_numbers(sandbox) -> Counter[int]:
    """How often each number was asked for by number."""
    counted: Counter[int] = Counter()
    for call in sandbox.calls:
        wheres = [
            where
            for entry in call.parameters.get("Filter", [])
            if entry["name"] == "search"
            for where in entry["value"]
        ]
        for where in wheres:
            if (where["field"], where["operator"]) == ("id", "IN"):
                counted.update(int(number) for number in str(where["value"]).split(","))
    return counted


def test_four_fetchers_of_one_store_ask_for_each_order_once(sandbox, store):
    for number in sandbox.orders:
        record(store.pk, number)
    assert not failures(at_once(4, lambda _: fetch_hinted(store)))
    assert fetched_numbers(sandbox) == Counter(sandbox.orders.keys())
    assert Order.objects.count() == 24
    assert not OrderHint.objects.exists()


def test_control_without_the_claim_the_same_race_asks_for_each_order_again(sandbox, store):
    """Proves that the race above happens: what `fetch_hinted` does, but without claiming."""
    for number in sandbox.orders:
        record(store.pk, number)
    read = threading.Barrier(4)

    def careless(_: int) -> None:
        numbers = list(OrderHint.objects.of(store).values_list("miva_id", flat=True))
        read.wait(10)
        fetch(store, miva_for(store), numbers, road="webhook")

    assert not failures(at_once(4, careless))
    assert set(fetched_numbers(sandbox).values()) == {4}


def test_no_hint_is_ever_in_two_batches_that_were_claimed_at_once(sandbox, store):
    for number in range(1, 401):
        record(store.pk, number)
    results = at_once(6, lambda _: claim(store))
    assert not failures(results)
    taken = [number for batch in results if batch for number in batch.numbers]
    assert taken
    assert len(taken) == len(set(taken))


def test_pull_and_webhooks_of_the_same_orders_at_once_give_one_row_each(sandbox, store):
    for number in sandbox.orders:
        record(store.pk, number)
    results = at_once(3, lambda index: pull(store) if index == 0 else fetch_hinted(store))
    assert not [result for result in failures(results) if isinstance(result, MivaError)]
    pull(store)
    assert Order.objects.count() == 24
    numbers = sorted(Order.objects.exclude(export_number=None).values_list("export_number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_webhooks_that_arrive_while_their_orders_are_fetched_are_never_lost(sandbox, store):
    """Each webhook is recorded before or after an answer of Miva's; the edit that it stands for must be kept in the end."""
    numbers = sorted(sandbox.orders)[:6]

    def work(index: int) -> None:
        if index < 2:
            for turn in range(8):
                for number in numbers[index::2]:
                    sandbox.edit_order(number, ship_city=f"Turn {turn}")
                    record(store.pk, number)
        else:
            for _ in range(8):
                fetch_hinted(store)

    assert not failures(at_once(4, work))
    fetch_hinted(store)
    cities = Order.objects.filter(miva_id__in=numbers).values_list("raw__ship_city", flat=True)
    assert list(cities) == ["Turn 7"] * 6
    assert not OrderHint.objects.exists()


def test_the_same_webhook_by_many_at_once_is_one_hint(store):
    assert not failures(at_once(8, lambda _: record(store.pk, 10057)))
    assert OrderHint.objects.count() == 1
