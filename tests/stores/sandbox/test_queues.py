"""Queues and workflows in the set-ups merchants have (Miva reference §9)."""

import pytest

HOUR = 3600
NEW, RETRIEVED = "new_and_updated", "successfully_retrieved_orders"


def paid(store, **overrides):
    return store.place_order(items=[{"code": "A", "price": "9.00"}], payments=[{"amount": 9}], **overrides)[
        "id"
    ]


def unpaid(store, **overrides):
    return store.place_order(items=[{"code": "A", "price": "9.00"}], payments=[], **overrides)["id"]


def test_an_order_stays_in_the_queue_until_it_is_acknowledged(caller, store):
    order_id = paid(store)
    assert caller.queue() == caller.queue() == [order_id]
    assert caller.acknowledge(order_id) == {"success": 1, "processed": 1}
    assert (caller.queue(), caller.queue(RETRIEVED)) == ([], [order_id])


def test_the_queue_is_sorted_by_order_number_not_by_arrival(caller, store):
    late, early = paid(store, id=20), paid(store, id=10)
    assert list(store.queues[NEW]) == [late, early]
    assert caller.queue() == [early, late]


def test_a_filter_restricts_the_queue(caller, store):
    paid(store, ship_cntry="US")
    abroad = paid(store, ship_cntry="CA")
    search = {"name": "search", "value": [{"field": "ship_cntry", "operator": "EQ", "value": "CA"}]}
    assert caller.queue(Filter=[search]) == [abroad]


def test_the_notes_of_retrieval_are_written_after_the_page(caller, store):
    order = store.orders[paid(store)]
    before = order["note_count"]
    filter_notes = [{"name": "ondemandcolumns", "value": ["notes"]}]
    answer = caller.module("QueueOrderList_Load_Query", Queue_Code=NEW, Filter=filter_notes)
    assert len(answer["data"]["data"][0]["notes"]) == before
    assert order["note_count"] == before + 1
    assert order["notes"][-1]["user_id"] == 0


def test_acknowledging_again_adds_one_more_note(caller, store):
    order_id = paid(store)
    caller.acknowledge(order_id)
    notes = store.orders[order_id]["note_count"]
    caller.acknowledge(order_id)
    assert store.orders[order_id]["note_count"] == notes + 1


def test_unknown_ids_are_warnings_and_count_as_processed(caller, store):
    answer = caller.acknowledge(paid(store), 999_999)
    warning = {"identifier": "999999", "code": "MER-UTIL-ORWF-00180", "message": "Order not found"}
    assert answer == {"success": 1, "warnings": [warning], "processed": 2}


def test_acknowledging_nothing_is_an_input_error(caller):
    answer = caller.module("OrderList_Acknowledge")
    assert (answer["error_code"], answer["error_field"]) == ("MER-JSN-00023", "Order_IDs")
    assert answer["error_fields"] == [
        {"error_field": "Order_IDs", "error_message": "Missing required parameter"}
    ]


def test_membership_is_a_custom_field(caller, store):
    order_id = paid(store)
    column = "CustomField_Values:orderworkflow:new_and_updated"
    assert caller.orders(ondemand=(column,))[0]["CustomField_Values"] == {"orderworkflow": {NEW: "1"}}
    caller.acknowledge(order_id)
    assert caller.orders(ondemand=(column,))[0]["CustomField_Values"] == {"orderworkflow": {NEW: ""}}


@pytest.mark.parametrize(
    ("loader", "code"),
    [
        ({"Queue_ID": 99}, "MER-UTIL-ORWF-00029"),
        ({"Queue_Code": "nothing"}, "MER-UTIL-ORWF-00030"),
        ({"Edit_Queue": "nothing"}, "MER-UTIL-ORWF-00106"),
        ({}, "MER-UTIL-ORWF-00031"),
    ],
)
def test_a_queue_that_is_not_found_has_its_own_code(caller, loader, code):
    assert caller.module("QueueOrderList_Load_Query", **loader)["error_code"] == code


@pytest.mark.parametrize("loader", [{"Queue_ID": 1}, {"Edit_Queue": NEW}, {"Queue_Code": NEW}])
def test_a_queue_has_three_loaders(caller, store, loader):
    order_id = paid(store)
    answer = caller.module("QueueOrderList_Load_Query", **loader)
    assert [order["id"] for order in answer["data"]["data"]] == [order_id]


def test_as_shipped_retrieval_adds_and_the_order_comes_again(caller, store):
    store.use_retrieval()
    order_id = paid(store)
    assert caller.queue() == [order_id]
    assert (caller.queue(), caller.queue(RETRIEVED)) == ([order_id], [order_id])


def test_edited_to_move_an_order_is_delivered_once(caller, store):
    store.use_retrieval(moves=True)
    order_id = paid(store)
    assert caller.queue() == [order_id]
    assert (caller.queue(), list(store.queues[RETRIEVED])) == ([], [order_id])


def test_with_retrieval_acknowledging_does_nothing(caller, store):
    store.use_retrieval()
    order_id = paid(store)
    assert caller.acknowledge(order_id) == {"success": 1, "processed": 1}
    assert caller.queue() == [order_id]


def test_with_no_workflow_enabled_nothing_enters_and_nothing_leaves(caller, store):
    waiting = paid(store)
    store.use_no_workflows()
    paid(store)
    caller.acknowledge(waiting)
    assert caller.queue() == [waiting]


def test_an_order_without_payment_waits_for_one(caller, store, clock):
    order_id = unpaid(store)
    assert caller.queue() == []
    clock.forward(HOUR)
    store.record_payment(order_id)
    assert caller.queue() == [order_id]


def test_a_payment_after_an_hour_comes_too_late(caller, store, clock):
    order_id = unpaid(store)
    clock.forward(HOUR + 1)
    store.record_payment(order_id)
    assert caller.queue() == []


def test_after_a_late_payment_the_next_change_brings_the_order_in(caller, store, clock):
    order_id = unpaid(store)
    clock.forward(2 * HOUR)
    store.record_payment(order_id)
    store.edit_order(order_id, items=[{"code": "A", "price": "10.00"}])
    assert caller.queue() == [order_id]


def test_miva_looks_for_payments_every_five_minutes(caller, store, clock):
    store.recheck_seconds = 300
    order_id = unpaid(store)
    clock.forward(10)
    store.record_payment(order_id)
    assert caller.queue() == []
    clock.forward(290)
    assert caller.queue() == [order_id]


def test_a_changed_total_puts_an_acknowledged_order_back(caller, store):
    order_id = paid(store)
    caller.acknowledge(order_id)
    store.change_quantity(order_id, store.orders[order_id]["items"][0]["line_id"], 3)
    assert caller.queue() == [order_id]


def test_a_new_address_does_not_put_an_order_back(caller, store):
    order_id = paid(store)
    caller.acknowledge(order_id)
    store.edit_order(order_id, ship_addr1="Elsewhere 1")
    assert caller.queue() == []


def test_merchants_make_queues_of_their_own(caller, store):
    order_id = paid(store)
    store.add_queue("stoneedge", "Stone Edge")
    assert caller.queue("stoneedge") == []
    store.put_in_queue(store.orders[order_id], "stoneedge")
    assert caller.queue("stoneedge") == [order_id]
