"""Each night Miva's figures are held against what the ledger leads one to expect."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import comparison, decide
from inventory.health import summary
from inventory.models import StockComparison, StockLevel, StockPush
from inventory.push import push_due
from inventory.tasks import compare_stock, due_stock_comparisons, prune_stock
from orders.jobs import Outcome
from orders.pull import pull
from stores.models import PullCursor
from stores.wires import miva_for
from tests.factories import make_store
from tests.inventory.helpers import Asking, refresh
from tests.inventory.stocktaking import push_all
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pushed(store):
    """Two SKUs in Miva, pushed fifty minutes ago: after the last order that the store came with."""
    refresh(store)
    desktop = Asking(store)
    desktop.text("qohreplace", update="mug-11~50|glaze~70|")
    push_due(store)
    StockLevel.objects.update(at=timezone.now() - timedelta(minutes=50))
    return desktop


def compare(store) -> StockComparison:
    row = comparison.start(store)
    while comparison.work(row) is not Outcome.DONE:
        pass
    row.refresh_from_db()
    return row


def drifts(store) -> dict[str, int]:
    return dict(StockLevel.objects.of(store).values_list("sku", "drift"))


def sold(store, sandbox, code: str, quantity: int, at: int | None = None) -> None:
    """Sell on the web at a moment of Miva's clock (half an hour ago), and pull the order."""
    orderdate = at or sandbox.now() - 1800
    order = sandbox.place_order(items=[{"code": code, "quantity": quantity}], orderdate=orderdate)
    if not order["payments"]:
        sandbox.record_payment(order["id"])
    PullCursor.objects.filter(store=store).update(due_at=timezone.now())
    pull(store)
    PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))


def test_what_shoppers_bought_is_no_drift(store, sandbox, pushed):
    sold(store, sandbox, "mug-11", 4)
    done = compare(store)
    assert (done.compared, done.drifted) == (2, 0)
    assert StockLevel.objects.of(store).get(sku="mug-11").figure == 46


def test_an_order_that_was_not_pulled_yet_is_no_drift(store, sandbox, pushed):
    sandbox.place_order(items=[{"code": "mug-11", "quantity": 4}], orderdate=sandbox.now() - 60)
    assert compare(store).drifted == 0
    assert StockLevel.objects.of(store).get(sku="mug-11").figure == 46


def test_what_was_sold_just_before_the_push_is_no_drift_where_clocks_differ(store, sandbox, pushed):
    sandbox.clock = lambda: time.time() + 30
    pushed_at = StockLevel.objects.of(store).get(sku="mug-11").at
    sold(store, sandbox, "mug-11", 4, at=int(pushed_at.timestamp() + 30 - 10))
    sandbox.set_stock("mug-11", 50)
    assert compare(store).drifted == 0


def test_what_nobody_can_explain_is_drift(store, sandbox, pushed):
    sold(store, sandbox, "mug-11", 4)
    sandbox.set_stock("mug-11", 40)
    assert compare(store).drifted == 1
    level = StockLevel.objects.of(store).get(sku="mug-11")
    assert (level.expected, level.figure, level.drift) == (46, 40, -6)
    assert drifts(store)["glaze"] == 0
    assert "1 product" in summary(store).sentence


def test_the_next_night_begins_with_what_was_found(store, sandbox, pushed):
    sandbox.set_stock("mug-11", 40)
    compare(store)
    compare(store)
    assert drifts(store) == {"mug-11": 0, "glaze": 0}


def test_the_audit_tells_the_same_and_changes_nothing(store, sandbox, pushed):
    sandbox.set_stock("mug-11", 40)
    assert comparison.audit(store, miva_for(store)) == [
        {"sku": "mug-11", "expected": 50, "figure": 40, "drift": -10}
    ]
    assert drifts(store) == {"mug-11": 0, "glaze": 0}


def test_what_is_being_changed_is_left_out(store, sandbox, pushed):
    sandbox.set_stock("mug-11", 40)
    pushed.text("invupdate", update="mug-11~-1")
    assert comparison.audit(store, miva_for(store)) == []


def test_what_miva_does_not_track_any_more_is_left_out(store, sandbox, pushed):
    sandbox.set_stock("mug-11", None)
    assert compare(store).compared == 1


def test_a_push_that_lands_while_miva_is_asked_keeps_its_figure(store, sandbox, pushed):
    sandbox.set_stock("mug-11", 40)
    levels = StockLevel.objects.of(store)
    landed = levels.filter(sku="mug-11")
    asked = timezone.now()
    sandbox.before_reply.append(lambda _: at_once(1, lambda _: landed.update(figure=60, at=asked)))
    done = compare(store)
    assert (done.compared, done.drifted) == (1, 0)
    assert levels.values_list("figure", "drift", "at").get(sku="mug-11") == (60, 0, asked)


def test_old_figures_of_products_that_are_not_compared_let_no_old_orders_be_read(store, sandbox, pushed):
    sandbox.set_stock("mug-11", None)
    old = timezone.now() - timedelta(days=20)
    StockLevel.objects.filter(sku="mug-11").update(at=old)
    with CaptureQueriesContext(connection) as captured:
        compare(store)
    (sales,) = [each["sql"] for each in captured if '"orders_order"."raw"' in each["sql"]]
    assert "BETWEEN" in sales
    assert f"{old:%Y-%m-%d}" not in sales


def test_a_figure_of_long_ago_is_no_reason_to_read_all_orders_since(store, sandbox, pushed):
    sandbox.set_stock("mug-11", 40)
    sandbox.set_stock("glaze", 60)
    StockLevel.objects.filter(sku="mug-11").update(at=timezone.now() - timedelta(days=400))
    assert compare(store).drifted == 1
    assert drifts(store) == {"mug-11": 0, "glaze": -10}
    sandbox.set_stock("mug-11", 30)
    compare(store)
    assert drifts(store)["mug-11"] == -10


def test_what_was_sold_while_a_change_was_in_doubt_is_no_drift(store, sandbox, pushed):
    sandbox.faults.add("reset_before", "ProductList_Adjust_Inventory")
    pushed.text("invupdate", update="mug-11~-3")
    push_due(store)
    sandbox.set_stock("mug-11", 48)
    push_all(store)
    rows = StockPush.objects.of(store).filter(sku_key="mug-11")
    rows.update(parked_at=timezone.now() - timedelta(minutes=50))
    sold(store, sandbox, "mug-11", 2)
    assert decide.arrived(rows.get(), "somebody")
    push_all(store)
    compare(store)
    assert drifts(store)["mug-11"] == 0


def test_the_clock_plans_a_night_for_stores_that_push_stock(store, sandbox, pushed):
    make_store()
    assert due_stock_comparisons() == 0
    (planned,) = StockComparison.objects.all()
    assert (planned.store, planned.planned) == (store, True)
    assert planned.not_before > timezone.now()
    StockComparison.objects.update(not_before=timezone.now())
    compare_stock(planned.pk)
    planned.refresh_from_db()
    assert planned.state == "done"
    StockComparison.objects.update(finished_at=timezone.now() - timedelta(days=40))
    assert prune_stock() == 0
    compare(store)
    assert prune_stock() == 1
