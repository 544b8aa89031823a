"""Last update: what was placed or changed since the last pull began."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from orders.models import Order
from orders.pull import pull
from stores.sandbox import serve
from tests.factories import store_of
from tests.orders.roads.helpers import health, kept, place, shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now()) as traveller:
        yield traveller


@pytest.fixture
def sandbox(clock):
    return shop(6)


@pytest.fixture
def store(sandbox, clock):
    with serve(sandbox) as server:
        store = store_of(sandbox, server, page_size=5, strategy="updated")
        pull(store)
        clock.shift(timedelta(hours=5))
        pull(store)
        yield store


@pytest.fixture
def old(sandbox, store):
    """Miva before 10.03: dt_updated is ignored without a word."""
    sandbox.version = "10.02.00"
    return sandbox


def test_a_changed_order_and_a_new_one_come_and_nothing_else(sandbox, store):
    changed = min(sandbox.orders)
    sandbox.edit_order(changed, ship_city="Editedville")
    new = place(sandbox, 1)
    pulled = pull(store)
    assert (pulled.fetched, pulled.updated, pulled.new) == (2, 1, 1)
    assert Order.objects.get(miva_id=changed).raw["ship_city"] == "Editedville"
    assert new[0] in kept(store)


def test_a_payment_that_is_recorded_later_comes(sandbox, store):
    sandbox.record_payment(min(sandbox.orders))
    assert pull(store).updated == 1


def test_a_new_order_that_was_never_changed_comes_although_it_has_no_time_of_change(sandbox, store):
    [number] = place(sandbox, 1)
    sandbox.orders[number]["dt_updated"] = 0
    sandbox.touch(number)
    assert pull(store).new == 1


def test_a_store_that_knows_updates_is_well(store):
    assert health(store).state == "ok"


def test_an_older_store_does_not_send_everything_and_it_is_said(old, store):
    new = place(old, 1)
    pulled = pull(store)
    assert (pulled.fetched, pulled.new) == (1, 1)
    assert new[0] in kept(store)
    assert health(store).state == "warning"
    assert "10.03" in health(store).remedy


def test_an_older_store_is_pulled_by_date_so_changes_do_not_come(old, store):
    old.edit_order(min(old.orders), ship_city="Editedville")
    assert pull(store).updated == 0


def test_after_the_upgrade_changes_come_and_the_warning_is_gone(old, store):
    pull(store)
    old.version = "10.03.00"
    changed = min(old.orders)
    old.edit_order(changed, ship_city="Editedville")
    assert pull(store).updated == 1
    assert Order.objects.get(miva_id=changed).raw["ship_city"] == "Editedville"
    assert health(store).state == "ok"
