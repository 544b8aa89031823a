"""`updatestatus` through the real address: what the desktop is answered, and that Miva is not asked."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from config.seti import FUNCTIONS
from fulfillment.models import FulfillmentRules, Shipment, StatusUpdate
from stores.models import Exchange
from stores.sandbox import SandboxStore
from tests.factories import make_desktop, make_store
from tests.fulfillment.goods import document, form, order_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
DONE = "SETIResponse: update=OK;Notes="


@pytest.fixture
def order(store):
    return order_of(store, SandboxStore(seed=3), 1, 2)


def test_it_is_offered():
    assert "updatestatus" in FUNCTIONS


@pytest.mark.parametrize(
    "told", [form, lambda order, number: document(order, [("1", number)])], ids=["form", "XML"]
)
def test_a_shipment_is_written_down_and_answered(caller, order, told):
    assert caller.text("updatestatus", **told(order, "1Z1")) == DONE
    assert Shipment.objects.get().tracking == "1Z1"
    assert Exchange.objects.get().function == "updatestatus"


def test_the_same_message_is_answered_the_same_and_has_no_second_effect(caller, order):
    for _ in range(3):
        assert caller.text("updatestatus", **form(order, "1Z1")) == DONE
    assert Shipment.objects.count() == 1


def test_an_unknown_label_is_answered_ok(caller, order):
    assert caller.text("updatestatus", **form(order, status="On the moon")) == DONE
    assert StatusUpdate.objects.get().label == "On the moon"


def test_an_unknown_order_is_named(caller):
    answer = caller.text("updatestatus", **form(9999, "1Z1"))
    assert answer == "SETIResponse: update=False;Notes=Order 9999 is unknown"


def test_the_store_may_want_unknown_orders_ignored(caller, store):
    FulfillmentRules.objects.create(store=store, unknown_orders="ignore")
    assert caller.text("updatestatus", **form(9999, "1Z1")) == f"{DONE}Order 9999 is unknown and ignored"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"update": "<Orders>"},
        {"update": "x~y"},
        {"update": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Orders>&b;</Orders>'},
    ],
)
def test_what_cannot_be_read_is_refused_in_the_functions_own_form(caller, parameters):
    assert caller.text("updatestatus", **parameters).startswith("SETIResponse: update=False;Notes=")


def test_without_a_login_nothing_is_written(caller, order):
    caller.password = "wrong"
    assert caller.text("updatestatus", **form(order, "1Z1")).startswith("SETIError:")
    assert not StatusUpdate.objects.exists()


def test_another_merchants_desktop_cannot_touch_the_order(caller, order):
    cache.clear()
    desktop, password = make_desktop(make_store())
    caller.username, caller.password, caller.code = desktop.username, password, desktop.store_code
    assert "is unknown" in caller.text("updatestatus", **form(order, "1Z1"))
    assert not StatusUpdate.objects.exists()
    assert not Shipment.objects.exists()
