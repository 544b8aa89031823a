"""Acting as shopper and administrator."""

from decimal import Decimal

import pytest

from stores.sandbox import SandboxStore


def test_an_override_may_give_a_line_in_part(store):
    order = store.place_order(
        items=[{"code": "MUG", "price": "5.00", "quantity": 3}], charges=[], payments=[]
    )
    line = order["items"][0]
    assert (line["name"], line["total"], line["formatted_total"]) == ("MUG", Decimal("15.00"), "$15.00")
    assert (order["total"], order["pend_count"]) == (Decimal("15.00"), 1)


def test_the_callers_overrides_stay_his_own(store):
    given = {"customfields": {"po_number": "7"}}
    store.place_order(CustomField_Values=given)
    assert given == {"customfields": {"po_number": "7"}}


def test_a_stated_total_makes_a_broken_order(store):
    assert store.place_order(total=Decimal("1.23"))["total"] == Decimal("1.23")


def test_an_edit_moves_dt_updated(store, clock):
    order = store.place_order()
    clock.forward(90)
    store.edit_order(order["id"], ship_city="Elsewhere")
    assert (order["dt_updated"] - order["orderdate"], order["ship_city"]) == (90, "Elsewhere")


def test_cancelling_everything_cancels_the_order(store):
    order = store.place_order(
        items=[{"code": "A", "price": 5}], charges=[{"type": "SHIPPING", "amount": "4.00"}]
    )
    store.cancel(order["id"], reason="Out of stock")
    assert (order["status"], order["total"]) == (300, Decimal("4.00"))
    assert order["items"][0]["options"][0]["value"] == "Out of stock"


def test_cancelling_one_line_leaves_the_other(store):
    order = store.place_order(items=[{"code": "A", "price": 5}, {"code": "B", "price": 6}], charges=[])
    store.cancel(order["id"], [order["items"][0]["line_id"]])
    assert (order["status"], order["total"]) == (0, Decimal("6.00"))


@pytest.mark.parametrize("leave", ["archive", "delete"])
def test_an_order_that_left_is_neither_listed_nor_queued(caller, store, leave):
    order = store.place_order(payments=[{"amount": 5}])
    getattr(store, leave)(order["id"])
    assert (caller.orders(), caller.queue()) == ([], [])


def test_a_late_order_takes_a_number_that_was_skipped(clock):
    store = SandboxStore(seed=7, orders=30, clock=clock, skipped_share=0.3)
    skipped = store.skipped_numbers[0]
    assert skipped not in store.orders
    assert store.place_order(late=True)["id"] == skipped
    assert store.sorted_ids == sorted(store.orders)


def test_numbers_run_on_after_an_order_with_a_number_of_its_own(store):
    first = store.place_order()["id"]
    store.place_order(id=first + 1)
    assert store.place_order()["id"] == first + 2


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([300, 300], 300),
        ([0, 300, 999], 0),
        ([200, 200, 300], 200),
        ([200, 210, 221], 200),
        ([210, 220], 200),
        ([400, 400], 400),
        ([500], 500),
        ([600], 600),
        ([200, 500, 600], 200),
        ([200, 0], 201),
        ([210, 400], 201),
        ([100, 0], 100),
        ([100], 100),
        ([500, 600], 200),
    ],
)
def test_the_order_status_follows_from_its_lines(store, statuses, expected):
    items = [{"code": "A", "price": 1, "status": status} for status in statuses]
    assert store.place_order(items=items)["status"] == expected


@pytest.mark.parametrize(
    ("price", "quantity", "total"), [("0.001", 1, "0.01"), ("0.333", 3, "1.00"), ("0", 5, "0.00")]
)
def test_a_line_total_is_rounded_but_never_to_nothing(store, price, quantity, total):
    order = store.place_order(items=[{"code": "A", "price": price, "quantity": quantity}])
    assert order["items"][0]["total"] == Decimal(total)


def test_payments_add_up_by_type(store):
    kinds = ((3, "50.00"), (5, "10.00"), (4, "20.00"), (6, "5.00"), (0, "99.00"), (7, "1.00"))
    order = store.place_order(payments=[{"type": kind, "amount": amount} for kind, amount in kinds])
    names = ("total_auth", "total_capt", "total_rfnd", "net_capt")
    assert [str(order[name]) for name in names] == ["60.00", "30.00", "5.00", "25.00"]
