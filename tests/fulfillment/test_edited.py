"""Orders that were edited in Miva before what is owed for them was pushed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import FulfillmentRules, Shipment
from fulfillment.tasks import sweep_shipments
from tests.factories import later
from tests.fulfillment.goods import document, form, ids, kept, only, order_of, report

pytestmark = pytest.mark.django_db(transaction=True)


def waiting(store, parameters) -> Shipment:
    """What the desktop says, recorded while the store cannot be reached."""
    report(store, parameters)
    Shipment.objects.update(due_at=timezone.now() + timedelta(minutes=30))
    return only(store)


def edited(store, sandbox, order) -> None:
    """The order as it is in Miva by now, kept here."""
    kept(store, later(sandbox.orders[order.miva_id]))
    sweep_shipments()


def test_a_shipment_of_an_order_that_was_cancelled_is_parked_before_anybody_asks_miva(sandbox, store):
    order = order_of(store, sandbox, 1)
    waiting(store, form(order, "1Z1"))
    sandbox.cancel(order.miva_id)
    edited(store, sandbox, order)
    row = only(store)
    assert row.parked_at
    assert "is cancelled in Miva" in row.problem
    assert "mark this as done" in row.remedy
    assert not sandbox.calls


def test_a_shipment_that_waits_for_its_number_says_that_the_order_was_cancelled(sandbox, store):
    order = order_of(store, sandbox, 1)
    waiting(store, form(order))
    sandbox.cancel(order.miva_id)
    edited(store, sandbox, order)
    assert "is cancelled in Miva" in only(store).problem
    report(store, form(order, "1Z1"))
    assert only(store).tracking == "1Z1"


def test_of_a_whole_order_one_line_may_be_cancelled(sandbox, store):
    order = order_of(store, sandbox, 1, 1)
    waiting(store, form(order, "1Z1"))
    sandbox.cancel(order.miva_id, ids(sandbox, order)[1:])
    edited(store, sandbox, order)
    assert only(store).parked_at is None


@pytest.mark.parametrize(("quantity", "parked"), [(2, True), (3, False), (9, False)])
def test_a_line_must_have_the_units_still(sandbox, store, quantity, parked):
    order = order_of(store, sandbox, 5, 1)
    line = ids(sandbox, order)[0]
    waiting(store, document(order, [("1", "1Z1")], {line: {"shipped": 3}}))
    sandbox.change_quantity(order.miva_id, line, quantity)
    edited(store, sandbox, order)
    assert bool(only(store).parked_at) is parked


def test_a_line_that_was_deleted_is_named(sandbox, store):
    order = order_of(store, sandbox, 5, 1)
    line = ids(sandbox, order)[0]
    waiting(store, document(order, [("1", "1Z1")], {line: {"shipped": 3}}))
    sandbox.delete_lines(order.miva_id, [line])
    edited(store, sandbox, order)
    assert f"Line {line} is not in the order any more" in only(store).problem


def test_an_edit_of_something_else_parks_nothing(sandbox, store):
    order = order_of(store, sandbox, 1)
    waiting(store, form(order, "1Z1"))
    kept(store, later(sandbox.orders[order.miva_id], ship_addr1="1 New Street"))
    sweep_shipments()
    assert only(store).parked_at is None


def test_a_cancellation_fits_what_is_cancelled_already(sandbox, store):
    FulfillmentRules.objects.create(store=store, cancel=True)
    order = order_of(store, sandbox, 1)
    waiting(store, form(order, status="Cancelled"))
    sandbox.cancel(order.miva_id)
    edited(store, sandbox, order)
    assert only(store).parked_at is None


def test_what_a_worker_has_begun_is_left_to_it(sandbox, store):
    order = order_of(store, sandbox, 1)
    waiting(store, form(order, "1Z1"))
    Shipment.objects.update(leased_until=timezone.now() + Shipment.LEASE)
    sandbox.cancel(order.miva_id)
    edited(store, sandbox, order)
    assert only(store).parked_at is None
