"""Old messages are forgotten, what they brought about is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import Package, Shipment, StatusUpdate
from fulfillment.prune import KEEP_DONE, KEEP_OTHERS
from fulfillment.tasks import prune_updates
from stores.sandbox import SandboxStore
from tests.factories import make_store
from tests.fulfillment.goods import form, order_of, report

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
DAY = timedelta(days=1)


@pytest.fixture
def order():
    return order_of(make_store(), SandboxStore(seed=3), 1)


def grown_old(by: timedelta) -> None:
    StatusUpdate.objects.update(received_at=timezone.now() - by, last_at=timezone.now() - by)


def test_a_message_goes_days_after_what_it_meant_is_done_and_its_shipment_stays(order):
    report(order.store, form(order, "1Z1"))
    Shipment.objects.update(done_at=timezone.now())
    grown_old(KEEP_DONE - DAY)
    assert prune_updates() == 0
    grown_old(KEEP_DONE + DAY)
    assert prune_updates() == 1
    assert Shipment.objects.get().update is None
    assert Package.objects.get().number == "1Z1"


def test_said_again_after_that_it_still_has_no_second_effect(order):
    report(order.store, form(order, "1Z1"))
    Shipment.objects.update(done_at=timezone.now())
    grown_old(KEEP_DONE + DAY)
    prune_updates()
    assert not report(order.store, form(order, "1Z1")).owed
    assert Shipment.objects.count() == 1


def test_a_number_that_was_replaced_before_that_makes_no_second_package(order):
    report(order.store, form(order, "1Z1"))
    report(order.store, form(order, "1Z2"))
    Shipment.objects.update(done_at=timezone.now())
    grown_old(KEEP_DONE + DAY)
    prune_updates()
    assert not report(order.store, form(order, "1Z2")).owed
    assert report(order.store, form(order, "1Z1")).owed
    assert Package.objects.get().earlier_numbers == ["1Z1", "1Z2"]


@pytest.mark.parametrize("label", ["Waiting for the moon", "Order Shipped"])
def test_an_unknown_label_and_one_that_miva_is_still_owed_stay_for_months(order, label):
    report(order.store, form(order, "1Z1", status=label))
    grown_old(KEEP_OTHERS - DAY)
    assert prune_updates() == 0
    grown_old(KEEP_OTHERS + DAY)
    assert prune_updates() == 1


def test_a_message_that_still_comes_again_stays(order):
    report(order.store, form(order, status="In the warehouse"))
    StatusUpdate.objects.update(received_at=timezone.now() - KEEP_OTHERS - DAY)
    assert prune_updates() == 0
