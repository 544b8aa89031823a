"""How *Stock to Miva* is judged, beyond what it has in common with shipments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from inventory.health import summaries, summary
from inventory.models import StockChange, StockLevel, StockPush
from stores.draining import drain
from stores.health import Fixer, Service, State
from stores.miva.errors import MivaRefused
from stores.outbox import make_due
from tests.factories import make_store

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def store():
    return make_store()


def owe(store, sku="mug") -> StockPush:
    """A SKU whose change Miva does not have yet."""
    return StockPush.objects.create(store=store, sku=sku, sku_key=sku, delta=1)


def settle(claimed) -> None:
    """Miva has them."""
    claimed.settle_all(claimed.rows)


def test_nothing_was_ever_sent_is_not_called_ok(store):
    assert (summary(store).service, summary(store).state) == (Service.STOCK, State.NEVER)


def test_the_last_success_stays_when_the_same_sku_changes_again(store, clock):
    owe(store)
    drain(StockPush, store, settle, most=10, budget=0)
    clock.shift(timedelta(minutes=3))
    make_due(StockPush.objects.of(store), delta=2)
    health = summary(store)
    assert (health.state, health.waiting, health.last_good_at) == (State.OK, 1, NOW)


def test_the_age_of_what_waits_is_that_of_the_oldest_change_and_not_of_the_row(store, clock):
    owe(store)
    drain(StockPush, store, settle, most=10, budget=0)
    clock.shift(timedelta(days=3))
    make_due(StockPush.objects.of(store), delta=2)
    for minutes in (2, 1):
        at = NOW + timedelta(days=3, minutes=-minutes)
        StockChange.objects.create(store=store, sku="mug", sku_key="mug", kind="delta", amount=1, at=at)
    StockChange.objects.create(store=store, sku="cup", sku_key="cup", kind="delta", amount=1, at=NOW)
    assert summary(store).oldest_waiting_at == NOW + timedelta(days=3, minutes=-2)


def test_parked_stock_is_set_aside_for_support(store):
    def refuse(claimed) -> None:
        raise MivaRefused("There is no such product.")

    owe(store)
    drain(StockPush, store, refuse, most=10, budget=0)
    health = summary(store)
    assert (health.state, health.held, health.fixer) == (State.HELD, 1, Fixer.SUPPORT)


def test_a_figure_that_was_off_at_night_is_a_warning(store):
    owe(store)
    drain(StockPush, store, settle, most=10, budget=0)
    StockLevel.objects.create(store=store, product_id=1, sku="mug", figure=3, at=NOW, drift=-2)
    health = summary(store)
    assert health.state == State.WARNING
    assert "1 product " in health.sentence


def test_many_stores_are_judged_with_six_queries(django_assert_num_queries):
    stores = [make_store() for _ in range(4)]
    for store in stores:
        owe(store)
    with django_assert_num_queries(6):
        healths = summaries(stores)
    assert [healths[store.pk].waiting for store in stores] == [1, 1, 1, 1]
