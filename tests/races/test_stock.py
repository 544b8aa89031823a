"""Races on purpose: several desktops and workers at the stock of one store."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from inventory import record
from inventory.models import StockChange, StockPush
from inventory.push import push_due
from inventory.record import Asker, Wanted
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from tests.factories import store_of
from tests.inventory.helpers import Asking, refresh
from tests.inventory.stocktaking import push_all, row_of
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        store = store_of(sandbox, server)
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        refresh(store)
        yield store


def failures(results: list[object]) -> list[object]:
    return [result for result in results if isinstance(result, Exception)]


def test_desktops_that_change_one_sku_at_once_lose_nothing(store, sandbox):
    desktops = [Asking(store), Asking(store)]

    def change(index: int) -> list[str]:
        return [desktops[index].text("invupdate", update="mug-11~-1") for _ in range(25)]

    answers = at_once(2, change)
    told = sorted(int(line.split("QOH=")[1].split(";")[0]) for lines in answers for line in lines)
    assert told == list(range(50, 100))
    push_all(store)
    assert sandbox.stock("mug-11") == 50
    assert StockChange.objects.of(store).filter(outcome="applied").count() == 50


def test_control_without_the_lock_the_same_desktops_lose_changes(store):
    """Proves that the race above happens."""
    record.add(store, [Wanted("mug-11", 0)], Asker(), look_up=lambda: False)
    read = threading.Barrier(2)

    def careless(_: int) -> None:
        row = row_of(store, "mug-11")
        read.wait(10)
        row.delta -= 1
        row.save(update_fields=["delta"])

    at_once(2, careless)
    assert row_of(store, "mug-11").delta == -1


def test_workers_and_desktops_together_end_at_the_right_figure(store, sandbox):
    desktop = Asking(store)

    def work(index: int) -> None:
        for _ in range(10):
            if index == 0:
                desktop.text("invupdate", update="mug-11~-1")
            elif index == 1:
                sandbox.place_order(items=[{"code": "mug-11", "quantity": 1}])
            else:
                push_due(store, budget=1)

    assert not failures(at_once(4, work))
    push_all(store)
    assert sandbox.stock("mug-11") == 80


def test_a_count_of_everything_while_single_skus_change_and_are_pushed(store, sandbox):
    codes = ["mug-11", "glaze", "clay-10", "sticker", "wheel", "soap", "brush", "cloth"]
    desktop, other = Asking(store), Asking(store)

    def work(index: int) -> None:
        for turn in range(6):
            if index == 0:
                order = codes if turn % 2 else codes[::-1]
                assert "Err" not in desktop.text(
                    "qohreplace", update="".join(f"{code}~10|" for code in order)
                )
            elif index == 1:
                other.text("invupdate", update=f"{codes[turn]}~1")
            else:
                push_due(store, budget=1)

    assert not failures(at_once(3, work))
    desktop.text("qohreplace", update="".join(f"{code}~10|" for code in codes))
    push_all(store)
    assert {sandbox.stock(code) for code in codes} == {10}
    assert not StockPush.objects.of(store).exclude(count=None, sent_delta=None, delta=F("delta") * 0).exists()
