"""A count is set minus what Stone Edge could not know: units in orders that it had not downloaded (architecture, decision 7)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import decide
from inventory.flight import put_back, take
from inventory.models import StockChange, StockPush
from inventory.push import push_due
from orders.keep import keep
from orders.models import Order
from orders.release import rejudge, resend
from stores import outbox
from stores.models import Store
from tests.factories import as_sent
from tests.inventory.helpers import Asking, refresh
from tests.inventory.stocktaking import let_time_pass, push_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desktop(store):
    refresh(store)
    return Asking(store)


def ordered(store, sandbox, quantity: int = 2, **overrides):
    """A web order, kept here."""
    from django.utils import timezone

    order = sandbox.place_order(
        **{"items": [{"code": "mug-11", "quantity": quantity, "price": 5}]} | overrides
    )
    if not order["payments"]:
        sandbox.record_payment(order["id"])
    keep(store, [as_sent(order)], fetched_at=timezone.now(), road="queue_ack")
    return order


def download(desktop) -> None:
    desktop.text("downloadorders", lastorder="All", lastdate="All")


def test_units_in_orders_that_were_not_downloaded_are_taken_off(store, sandbox, desktop):
    ordered(store, sandbox)
    download(desktop)
    late = ordered(store, sandbox, 3)
    desktop.text("qohreplace", update="mug-11~40|glaze~7|")
    push_due(store)
    assert (sandbox.stock("mug-11"), sandbox.stock("glaze")) == (37, 7)
    change = StockChange.objects.of(store).get(sku="mug-11")
    assert change.reason == f"40 counted - 3 in orders not downloaded yet ({late['id']}) = 37"
    assert (change.amount, change.figure) == (40, 37)
    assert StockChange.objects.of(store).get(sku="glaze").reason == ""


def test_the_store_may_switch_that_off(store, sandbox, desktop):
    Store.objects.filter(pk=store.pk).update(leave_out_undownloaded=False)
    store.refresh_from_db()
    ordered(store, sandbox)
    desktop.text("qohreplace", update="mug-11~40|")
    push_due(store)
    assert sandbox.stock("mug-11") == 40


def test_what_counts_is_when_the_desktop_counted_not_when_it_is_sent(store, sandbox, desktop):
    ordered(store, sandbox, 3)
    sandbox.faults.add("refuse")
    desktop.text("qohreplace", update="mug-11~40|")
    push_due(store)
    download(desktop)
    let_time_pass(store)
    push_all(store)
    assert sandbox.stock("mug-11") == 37


def test_an_order_that_arrives_after_the_count_is_taken_off_too(store, sandbox, desktop):
    desktop.text("qohreplace", update="mug-11~40|")
    ordered(store, sandbox, 3)
    push_due(store)
    assert sandbox.stock("mug-11") == 37


def test_units_of_parts_count_for_variants_and_kits(store, sandbox, desktop):
    parts = [{"code": "soap", "sku": "SKU-SOAP", "quantity": 2, "total_quantity": 6}]
    ordered(store, sandbox, items=[{"code": "carekit", "quantity": 3, "price": 5, "parts": parts}])
    desktop.text("qohreplace", update="soap~40|")
    push_due(store)
    assert sandbox.stock("soap") == 34


@pytest.mark.parametrize(
    ("status", "figure"), [(0, 38), (100, 38), (400, 38), (200, 40), (300, 40), (600, 40)]
)
def test_what_has_left_the_house_or_was_cancelled_is_not_taken_off(store, sandbox, desktop, status, figure):
    ordered(store, sandbox, items=[{"code": "mug-11", "quantity": 2, "price": 5, "status": status}])
    desktop.text("qohreplace", update="mug-11~40|")
    push_due(store)
    assert sandbox.stock("mug-11") == figure


def test_later_deltas_are_added_to_the_arithmetic(store, sandbox, desktop):
    ordered(store, sandbox, 3)
    desktop.text("qohreplace", update="mug-11~40|")
    desktop.text("invupdate", update="mug-11~-5")
    push_due(store)
    assert sandbox.stock("mug-11") == 32
    reason = StockChange.objects.of(store).filter(kind="count").get().reason
    assert reason.startswith("40 counted - 5 changed after that - 3 in orders")


def test_a_figure_that_a_person_sets_stays_exact_when_a_count_under_way_did_not_arrive(
    store, sandbox, desktop, django_user_model
):
    ordered(store, sandbox, 3)
    desktop.text("qohreplace", update="mug-11~40|")
    claim = outbox.claim(StockPush, store)
    taken = take(claim, claim.rows)
    decide.set_to(store, "mug-11", 50, django_user_model.objects.create(username="sue"))
    put_back(claim, taken)
    claim.give_back(taken)
    push_all(store)
    assert sandbox.stock("mug-11") == 50


def test_orders_of_other_stores_do_not_count(store, sandbox, desktop):
    from tests.factories import make_store

    ordered(make_store(), sandbox, 3)
    sandbox.set_stock("mug-11", 1)
    desktop.text("qohreplace", update="mug-11~40|")
    push_due(store)
    assert sandbox.stock("mug-11") == 40


def test_each_count_leaves_out_what_was_late_at_its_own_moment(store, sandbox, desktop):
    ordered(store, sandbox, 2)
    desktop.text("qohreplace", update="mug-11~40|")
    download(desktop)
    ordered(store, sandbox, 3, items=[{"code": "mug-11", "quantity": 3}, {"code": "glaze", "quantity": 1}])
    desktop.text("qohreplace", update="glaze~7|")
    push_due(store)
    assert (sandbox.stock("mug-11"), sandbox.stock("glaze")) == (35, 6)


def test_orders_are_read_once_however_many_messages_brought_the_counts(store, sandbox, desktop):
    ordered(store, sandbox)
    for code in ("mug-11", "glaze", "clay-10", "shirt-l"):
        desktop.text("qohreplace", update=f"{code}~40|")
    with CaptureQueriesContext(connection) as captured:
        push_due(store)
    assert len([each for each in captured if "orders_download" in each["sql"]]) == 1
    assert sandbox.stock("mug-11") == 38


def test_an_order_that_is_sent_again_is_in_stone_edge_already(store, sandbox, desktop):
    order = ordered(store, sandbox, 3)
    download(desktop)
    assert resend(store, [order["id"]], reason="The desktop crashed.", by=None)
    desktop.text("qohreplace", update="mug-11~40|")
    push_due(store)
    assert sandbox.stock("mug-11") == 40


def test_an_order_that_was_downloaded_and_is_held_since_is_in_stone_edge_already(store, sandbox, desktop):
    order = ordered(store, sandbox, 3)
    download(desktop)
    held(store, order)
    desktop.text("qohreplace", update="mug-11~40|")
    released(store, order)
    desktop.text("qohreplace", update="glaze~7|")
    push_due(store)
    assert (sandbox.stock("mug-11"), sandbox.stock("glaze")) == (40, 7)


def test_an_order_that_was_held_before_anybody_downloaded_it_is_taken_off(store, sandbox, desktop):
    download(desktop)
    order = ordered(store, sandbox, 3)
    held(store, order)
    desktop.text("qohreplace", update="mug-11~40|")
    push_due(store)
    assert sandbox.stock("mug-11") == 37


def test_an_order_counts_from_its_first_download_not_from_that_after_it_was_sent_again(
    store, sandbox, desktop
):
    order = ordered(store, sandbox, 3)
    desktop.text("qohreplace", update="mug-11~40|")
    download(desktop)
    desktop.text("qohreplace", update="clay-10~40|mug-11~30|")
    assert resend(store, [order["id"]], reason="The desktop crashed.", by=None)
    download(desktop)
    push_due(store)
    assert sandbox.stock("mug-11") == 30


def held(store, order) -> None:
    """Hold an order that was ready: its total cannot be read any more."""
    rows = Order.objects.of(store).filter(miva_id=order["id"])
    rows.update(raw=as_sent(order) | {"total": "much"})
    rejudge(store, [order["id"]], only_waiting=False)
    assert rows.get().state == "held"


def released(store, order) -> None:
    """Mend it: it gets a new place."""
    rows = Order.objects.of(store).filter(miva_id=order["id"])
    rows.update(raw=as_sent(order))
    rejudge(store, [order["id"]])
    assert rows.get().export_number == 2
