"""Shipments, splits, cancelled, back-ordered and returned lines as the JSON API does them (Miva reference §10)."""

from decimal import Decimal

import pytest

from stores.sandbox.generator import OrderGenerator
from stores.sandbox.persistence import load, save
from stores.sandbox.workflows import Workflow

NEW = "new_and_updated"
HOUR = 3600


def column(name, value, operator="EQ"):
    return {"name": "search", "value": [{"field": name, "operator": operator, "value": str(value)}]}


@pytest.fixture
def order(store):
    """Two lines, paid, already fetched: 1 mug, 5 shirts of 0.75 lb with an option of 0.05 lb."""
    shirt = {"code": "SHIRT", "price": "9.99", "quantity": 5, "tax": "4.13", "weight": "0.75"}
    shirt["options"] = [{"attr_code": "size", "opt_code": "L", "price": "2.00", "weight": "0.05"}]
    mug = {"code": "MUG", "price": 5, "weight": "1.01", "tax": "0.41"}
    made = store.place_order(items=[mug, shirt], charges=[], payments=[{"amount": 60}])
    store.fire("order_acknowledged", made)
    return made["id"]


@pytest.fixture
def line_ids(store, order):
    return [line["line_id"] for line in store.orders[order]["items"]]


@pytest.fixture
def shipped(caller, order, line_ids):
    """The id of a shipment of the mug."""
    return caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids[:1])["data"]["id"]


def statuses(store, order_id):
    return [line["status"] for line in store.orders[order_id]["items"]]


def update(caller, shipment_id, **members):
    return caller.call("OrderShipmentList_Update", Shipment_Updates=[{"shpmnt_id": shipment_id} | members])


def test_a_new_shipment_is_told_in_the_references_words(caller, store, order, line_ids):
    answer = caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids)
    assert list(answer["data"].items()) == [
        ("id", 77),
        ("code", f"{order:05d}-20270115-00077"),
        ("batch_id", 0),
        ("order_id", order),
        ("status", 100),
        ("labelcount", 0),
        ("ship_date", 0),
        ("tracknum", ""),
        ("tracktype", ""),
        ("tracklink", ""),
        ("weight", 5.01),
        ("cost", 0),
        ("formatted_cost", "$0.00"),
        ("shipment_id", 77),
    ]


def test_the_lines_of_a_shipment_are_picked(caller, store, order, line_ids, shipped):
    lines = caller.orders(ondemand=("items",))[0]["items"]
    assert [(line["status"], line["shpmnt_id"]) for line in lines] == [(100, shipped), (0, 0)]
    assert lines[0]["shipment"]["id"] == shipped
    assert store.orders[order]["status"] == 100


def test_a_shipment_moves_dt_updated_and_leaves_the_queue_alone(caller, store, clock, order, line_ids):
    clock.forward(HOUR)
    caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids)
    assert store.orders[order]["dt_updated"] == clock.now
    assert caller.queue() == []


@pytest.mark.parametrize(
    ("trigger", "act"),
    [
        ("ordershipment_created", lambda store, order, lines: store.create_shipment(order, lines)),
        ("orderitem_status_change", lambda store, order, lines: store.create_shipment(order, lines)),
        ("order_status_change", lambda store, order, lines: store.create_shipment(order, lines)),
        ("ordershipment_status_change", lambda store, order, lines: store.ship(order, lines)),
        ("orderitem_deleted", lambda store, order, lines: store.delete_lines(order, lines)),
        ("order_total_change", lambda store, order, lines: store.cancel(order, lines)),
        ("orderreturn_created", lambda store, order, lines: store.create_return(order, lines)),
    ],
)
def test_merchants_workflows_may_listen_to_what_shipping_does(store, order, line_ids, trigger, act):
    store.use_no_workflows()
    store.workflow_definitions["Own"] = Workflow("Own", frozenset({trigger}), "", "queue_add", NEW)
    act(store, order, [])
    assert order not in store.queues[NEW]
    store.workflows = {"Own"}
    act(store, order, line_ids)
    assert order in store.queues[NEW]


def test_unknown_lines_are_skipped(caller, order, line_ids):
    answer = caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=[999, *line_ids])
    assert answer["success"] == 1


@pytest.mark.parametrize("given", [[], [999], ""])
def test_a_shipment_needs_a_line_that_exists(caller, order, given):
    answer = caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=given)
    assert answer == {
        "success": 0,
        "error_code": "MER-JSN-ORD-00057",
        "error_message": "Order items must exist in order to create a shipment",
    }


def test_a_line_of_another_order_is_unknown(caller, store, order):
    other = store.place_order(items=[{"code": "A"}])["items"][0]["line_id"]
    answer = caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=[other])
    assert answer["error_code"] == "MER-JSN-ORD-00057"


ON_AN_ORDER = (
    *("OrderItemList_CreateShipment", "OrderItemList_RemoveFromShipment", "OrderItemList_BackOrder"),
    *("OrderItemList_Cancel", "OrderItemList_Delete", "OrderItemList_CreateReturn", "OrderItem_Split"),
)


@pytest.mark.parametrize("function", ON_AN_ORDER)
def test_the_order_is_looked_up_first(caller, function):
    assert caller.call(function, Order_ID=5)["error_message"] == "Order not found"
    missing = caller.call(function)
    assert missing["error_code"] == "MER-JSN-ORD-00058"
    assert missing["error_message"] == "Unable to load order: Order_ID must be specified"


@pytest.mark.parametrize("function", [name for name in ON_AN_ORDER if "List" in name])
def test_lines_must_be_given_as_numbers(caller, store, order, function):
    missing = caller.call(function, Order_ID=order)
    assert (missing["error_field"], missing["error_field_message"]) == (
        "Line_IDs",
        "Missing required parameter",
    )
    wrong = caller.call(function, Order_ID=order, Line_IDs=[1, "x"])
    assert (wrong["error_field"], wrong["error_field_message"]) == ("Line_IDs[2]", "Please enter a number")


@pytest.mark.parametrize(
    "function",
    [*ON_AN_ORDER, "OrderShipmentList_Update", "OrderShipmentList_Load_Query", "OrderReturnList_Received"],
)
def test_each_function_is_granted_by_its_own_name(caller, store, function):
    store.granted_functions = {"OrderList_Load_Query"}
    assert caller.call(function)["error_code"] == "access_denied"
    store.granted_functions = {function}
    assert caller.call(function).get("error_code") != "access_denied"


def test_lines_are_stolen_from_the_shipment_that_they_were_in(caller, store, order, line_ids, shipped):
    second = caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids)["data"]["id"]
    assert [each["id"] for each in store.orders[order]["shipments"]] == [second]
    assert store.find_shipment(shipped) is None


def test_a_shipment_that_keeps_lines_stays_and_gets_lighter(caller, store, order, line_ids):
    caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids)
    caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids[:1])
    weights = [each["weight"] for each in store.orders[order]["shipments"]]
    assert weights == [Decimal("4.00"), Decimal("1.01")]


def test_a_shipment_that_has_gone_keeps_its_weight(caller, store, order, line_ids):
    made = store.ship(order, line_ids)
    caller.call("OrderItemList_RemoveFromShipment", Order_ID=order, Line_IDs=line_ids[:1])
    assert made["weight"] == Decimal("5.01")


def test_cancelled_and_returned_lines_make_an_empty_shipment(caller, store, line_ids):
    made = store.place_order(items=[{"code": "A", "status": 300}, {"code": "B", "status": 600}])
    ids = [line["line_id"] for line in made["items"]]
    answer = caller.call("OrderItemList_CreateShipment", Order_ID=made["id"], Line_IDs=ids)
    assert (answer["success"], answer["data"]["weight"]) == (1, 0)
    assert store.orders[made["id"]]["shipments"][0]["items"] == []
    assert statuses(store, made["id"]) == [300, 600]


def test_marking_shipped_ships_the_lines_and_the_order(caller, store, clock, order, line_ids):
    for line_id, status in zip(line_ids, (201, 200), strict=True):
        made = caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=[line_id])["data"]["id"]
        assert update(caller, made, mark_shipped=True) == {"success": 1}
        assert store.orders[order]["status"] == status
    assert statuses(store, order) == [200, 200]
    assert {each["ship_date"] for each in store.orders[order]["shipments"]} == {clock.now}


def test_what_is_left_out_of_an_update_is_cleared(caller, store, shipped):
    update(caller, shipped, tracknum="1Z9", tracktype="UPS", cost=7.254)
    _order, made = store.find_shipment(shipped)
    assert (made["tracknum"], made["cost"], made["formatted_cost"]) == ("1Z9", Decimal("7.25"), "$7.25")
    update(caller, shipped, mark_shipped="yes")
    assert [made[name] for name in ("tracknum", "tracktype", "tracklink", "cost")] == ["", "", "", 0]
    assert made["status"] == 200


def test_shipped_is_for_good_and_not_dated_anew(caller, store, clock, shipped):
    update(caller, shipped, mark_shipped=1)
    clock.forward(HOUR)
    update(caller, shipped, mark_shipped=1)
    update(caller, shipped, mark_shipped=0)
    _order, made = store.find_shipment(shipped)
    assert (made["status"], made["ship_date"]) == (200, clock.now - HOUR)


def test_an_update_moves_neither_dt_updated_nor_a_queue(caller, store, clock, order, shipped):
    before = store.orders[order]["dt_updated"]
    clock.forward(HOUR)
    update(caller, shipped, mark_shipped=True, tracknum="1Z9")
    assert store.orders[order]["dt_updated"] == before
    assert caller.queue() == []


def test_unknown_shipments_are_ignored_without_a_word(caller, store, shipped):
    updates = [{"shpmnt_id": 999, "tracknum": "A"}, {"shpmnt_id": shipped, "tracknum": "B"}]
    assert caller.call("OrderShipmentList_Update", Shipment_Updates=updates) == {"success": 1}
    assert store.find_shipment(shipped)[1]["tracknum"] == "B"


@pytest.mark.parametrize(
    ("entry", "field", "message"),
    [
        ({}, "shpmnt_id", "Missing required parameter"),
        ({"shpmnt_id": ""}, "shpmnt_id", "Value may not be blank"),
        ({"shpmnt_id": "x"}, "shpmnt_id", "Please enter a number"),
        (
            {"shpmnt_id": 1, "mark_shipped": "perhaps"},
            "mark_shipped",
            "Boolean values must be Yes/No, True/False, or 0/1",
        ),
        ({"shpmnt_id": 1, "cost": ""}, "cost", "If specified, the value may not be blank"),
        ({"shpmnt_id": 1, "cost": "dear"}, "cost", "Please enter a number"),
        ({"shpmnt_id": 1, "cost": "NaN"}, "cost", "Please enter a number"),
    ],
)
def test_one_invalid_entry_rejects_the_whole_call(caller, store, shipped, entry, field, message):
    updates = [{"shpmnt_id": shipped, "tracknum": "A"}, entry]
    answer = caller.call("OrderShipmentList_Update", Shipment_Updates=updates)
    assert answer["error_code"] == "MER-JSN-00023"
    named = f"Shipment_Updates[2]:{field}"
    assert answer["error_fields"] == [{"error_field": named, "error_message": message}]
    assert store.find_shipment(shipped)[1]["tracknum"] == ""


def test_a_shipment_given_twice_loses_the_first_entry(caller, store, shipped):
    entries = [{"shpmnt_id": shipped, "mark_shipped": True}, {"shpmnt_id": shipped, "tracknum": "B"}]
    caller.call("OrderShipmentList_Update", Shipment_Updates=entries)
    _order, made = store.find_shipment(shipped)
    assert (made["status"], made["tracknum"]) == (100, "B")


@pytest.mark.parametrize("ids", [[77, 999], "77|999"])
def test_the_old_form_of_an_update_still_works(caller, store, shipped, ids):
    old = {"Shipment_IDs": ids, "Mark_Shipped": [1], "Tracking_List": "1Z9|2", "TrackingType_List": ["UPS"]}
    assert caller.call("OrderShipmentList_Update", **old, Cost_List=["3.50"]) == {"success": 1}
    _order, made = store.find_shipment(shipped)
    assert [made[name] for name in ("status", "tracknum", "tracktype", "cost")] == [200, "1Z9", "UPS", 3.5]


@pytest.mark.parametrize(
    ("tracktype", "tracknum", "link"),
    [
        ("UPS", "1Z 9&", "https://www.ups.com/track?loc=en_US&tracknum=1Z 9&"),
        ("ups", "1Z9", "https://www.ups.com/track?loc=en_US&tracknum=1Z9"),
        ("Own", "7", "https://own.example.com/?n=7&again=7"),
        ("Pigeon", "7", ""),
        ("", "7", ""),
    ],
)
def test_the_tracking_type_makes_the_link(caller, store, shipped, tracktype, tracknum, link):
    store.tracking_links["Own"] = "https://own.example.com/?n=%tracknum%&again=%tracknum%"
    update(caller, shipped, tracktype=tracktype, tracknum=tracknum)
    shown = caller.orders(ondemand=("shipments", "items"))[0]
    assert (shown["shipments"][0]["tracklink"], shown["shipments"][0]["tracktype"]) == (link, tracktype)
    assert shown["items"][0]["shipment"]["tracklink"] == link


def test_the_shipment_mail_has_the_tracking_number_of_that_moment(caller, store, clock, order, shipped):
    update(caller, shipped, tracknum="early")
    assert store.mails == []
    update(caller, shipped, tracknum="1Z9", tracktype="UPS", mark_shipped=True)
    update(caller, shipped, tracknum="later", tracktype="UPS", mark_shipped=True)
    [mail] = store.mails
    assert (mail.order_id, mail.shipment_id, mail.tracknum, mail.sent_at) == (
        order,
        shipped,
        "1Z9",
        clock.now,
    )
    assert (mail.to, mail.tracklink[-3:]) == (store.orders[order]["ship_email"], "1Z9")


def test_a_merchant_may_switch_the_shipment_mail_off(caller, store, shipped):
    store.shipment_mails = False
    update(caller, shipped, mark_shipped=True)
    assert store.mails == []


def test_a_split_moves_units_to_a_new_line(caller, store, order, line_ids):
    data = caller.call("OrderItem_Split", Order_ID=order, Line_ID=line_ids[1], Quantity=2)["data"]
    original, new = data["original_orderitem"], data["split_orderitem"]
    assert (original["line_id"], original["quantity"], original["total"]) == (line_ids[1], 3, 35.97)
    assert (new["quantity"], new["total"], new["group_id"]) == (2, 23.98, new["line_id"])
    assert (original["tax"], new["tax"], new["formatted_tax"]) == (2.48, 1.65, "$1.65")
    assert new["options"][0]["line_id"] == new["line_id"]
    assert new["options"][0]["id"] != original["options"][0]["id"]
    assert (store.orders[order]["pend_count"], store.orders[order]["total"]) == (3, Decimal("64.95"))
    assert [line["line_id"] for line in store.orders[order]["items"]] == [*line_ids, new["line_id"]]


def test_a_split_puts_the_order_back_into_its_queue(caller, store, clock, order, line_ids):
    clock.forward(HOUR)
    assert caller.queue() == []
    caller.call("OrderItem_Split", Order_ID=order, Line_ID=line_ids[1], Quantity=1)
    assert caller.queue() == [order]
    assert store.orders[order]["dt_updated"] == clock.now


def test_a_part_of_a_shipped_line_stays_in_its_shipment(caller, store, order, line_ids):
    made = store.ship(order, line_ids)
    new = caller.call("OrderItem_Split", Order_ID=order, Line_ID=line_ids[1], Quantity=1)["data"][
        "split_orderitem"
    ]
    assert (new["status"], new["shpmnt_id"], new["shipment"]["id"]) == (200, made["id"], made["id"])
    assert len(made["items"]) == 3


@pytest.mark.parametrize("quantity", [5, 6])
def test_a_whole_line_is_not_split(caller, order, line_ids, quantity):
    answer = caller.call("OrderItem_Split", Order_ID=order, Line_ID=line_ids[1], Quantity=quantity)
    assert answer == {
        "success": 0,
        "error_code": "MER-JSN-ORD-00023",
        "error_message": "The split quantity is greater than the quantity of this line item, minus one",
    }


def test_splitting_an_unknown_line_lets_the_database_speak(caller, order):
    answer = caller.call("OrderItem_Split", Order_ID=order, Line_ID=999, Quantity=1)
    assert (answer["error_code"], answer["error_message"]) == ("EOF", "Record not found: MER-DBP-OIT-00007")


@pytest.mark.parametrize("missing", ["Line_ID", "Quantity"])
def test_a_split_needs_line_and_quantity(caller, order, line_ids, missing):
    given = {"Order_ID": order, "Line_ID": line_ids[1], "Quantity": 1}
    del given[missing]
    assert caller.call("OrderItem_Split", **given)["error_field"] == missing


def test_subscription_lines_are_never_split(caller, store):
    made = store.place_order(items=[{"code": "A", "quantity": 2, "subscrp_id": 4}])
    line_id = made["items"][0]["line_id"]
    answer = caller.call("OrderItem_Split", Order_ID=made["id"], Line_ID=line_id, Quantity=1)
    assert answer["error_code"] == "MER-JSN-ORD-00078"


def kit(store, *children):
    """A kit of 4 units, with child lines of the given quantities and groups."""
    kit_id = store.place_order(
        items=[{"code": "KIT", "quantity": 4, "parts": [{"code": "p", "quantity": 2}]}]
    )["id"]
    parent = store.orders[kit_id]["items"][0]
    rows = [
        {"code": f"C{at}", "quantity": count, "parent_id": parent["line_id"], "group_id": group}
        for at, (count, group) in enumerate(children)
    ]
    store.edit_order(kit_id, items=[parent, *rows])
    return kit_id, parent["line_id"]


def units(store, order_id, parent_id):
    lines = store.orders[order_id]["items"]
    return [(line["code"], line["quantity"]) for line in lines if line["parent_id"] == parent_id]


def test_the_child_lines_of_a_kit_are_split_with_it(caller, store):
    order_id, parent_id = kit(store, (4, 901), (8, 902))
    data = caller.call("OrderItem_Split", Order_ID=order_id, Line_ID=parent_id, Quantity=1)["data"]
    new_id = data["split_orderitem"]["line_id"]
    assert units(store, order_id, parent_id) == [("C0", 3), ("C1", 6)]
    assert units(store, order_id, new_id) == [("C0", 1), ("C1", 2)]


def test_whole_child_lines_move_before_one_is_cut(caller, store):
    order_id, parent_id = kit(store, (3, 901), (1, 901))
    data = caller.call("OrderItem_Split", Order_ID=order_id, Line_ID=parent_id, Quantity=2)["data"]
    assert units(store, order_id, parent_id) == [("C0", 2)]
    assert units(store, order_id, data["split_orderitem"]["line_id"]) == [("C1", 1), ("C0", 1)]


def test_child_lines_that_cannot_be_shared_out_stay(caller, store):
    order_id, parent_id = kit(store, (3, 901), (6, 902))
    data = caller.call("OrderItem_Split", Order_ID=order_id, Line_ID=parent_id, Quantity=2)["data"]
    assert units(store, order_id, parent_id) == [("C0", 3), ("C1", 6)]
    assert units(store, order_id, data["split_orderitem"]["line_id"]) == []


def test_the_parts_of_a_variant_follow_the_quantity(caller, store):
    order_id, parent_id = kit(store)
    caller.call("OrderItem_Split", Order_ID=order_id, Line_ID=parent_id, Quantity=1)
    assert [line["parts"][0]["total_quantity"] for line in store.orders[order_id]["items"]] == [6, 2]


def test_cancelled_lines_leave_their_shipment_and_the_total(caller, store, clock, order, line_ids):
    caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids[1:])
    clock.forward(HOUR)
    answer = caller.call(
        "OrderItemList_Cancel", Order_ID=order, Line_IDs=[line_ids[1], 999], Reason="Out of stock"
    )
    assert answer == {"success": 1, "data": {"total": 5.0, "formatted_total": "$5.00"}}
    line = store.orders[order]["items"][1]
    assert (line["status"], line["shpmnt_id"], line["options"][-1]["attr_code"]) == (
        300,
        0,
        "Cancellation Reason",
    )
    assert store.orders[order]["shipments"] == []
    assert store.orders[order]["dt_updated"] == clock.now
    assert caller.queue() == [order]


@pytest.mark.parametrize(("length", "place"), [(254, "data"), (255, "data_long")])
def test_a_long_reason_is_kept_elsewhere(caller, store, order, line_ids, length, place):
    caller.call("OrderItemList_Cancel", Order_ID=order, Line_IDs=line_ids[:1], Reason="x" * length)
    option = store.orders[order]["items"][0]["options"][0]
    assert len(option[place]) == len(option["value"]) == length


def test_cancelling_unknown_lines_changes_nothing(caller, store, clock, order):
    before = store.orders[order]["dt_updated"]
    clock.forward(HOUR)
    assert caller.call("OrderItemList_Cancel", Order_ID=order, Line_IDs=[999])["success"] == 1
    assert store.orders[order]["dt_updated"] == before


def test_back_ordered_lines_wait_outside_of_any_shipment(caller, store, clock, order, line_ids, shipped):
    clock.forward(HOUR)
    body = {"Order_ID": order, "Line_IDs": line_ids, "Date_InStock": 1_900_000_000}
    assert caller.call("OrderItemList_BackOrder", **body) == {"success": 1}
    raw = store.orders[order]
    assert (statuses(store, order), raw["status"], raw["bord_count"]) == ([400, 400], 400, 2)
    assert (raw["shipments"], raw["dt_instock"], raw["dt_updated"]) == ([], 1_900_000_000, clock.now)
    assert caller.queue() == []


def test_back_ordering_nothing_succeeds(caller, order):
    assert caller.call("OrderItemList_BackOrder", Order_ID=order, Line_IDs=[999]) == {"success": 1}


def test_a_cancelled_line_is_neither_back_ordered_nor_taken_back(caller, store, order, line_ids):
    store.cancel(order, line_ids[:1])
    caller.call("OrderItemList_BackOrder", Order_ID=order, Line_IDs=line_ids[:1])
    caller.call("OrderItemList_CreateReturn", Order_ID=order, Line_IDs=line_ids[:1])
    assert statuses(store, order) == [300, 0]


def test_a_back_ordered_line_ships_later(caller, store, order, line_ids):
    caller.call("OrderItemList_BackOrder", Order_ID=order, Line_IDs=line_ids, Date_InStock=1_900_000_000)
    caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids)
    assert (statuses(store, order), store.orders[order]["dt_instock"]) == ([100, 100], 0)


def test_lines_taken_out_of_a_shipment_are_pending_again(caller, store, order, line_ids, shipped):
    assert caller.call("OrderItemList_RemoveFromShipment", Order_ID=order, Line_IDs=line_ids) == {
        "success": 1
    }
    assert (statuses(store, order), store.orders[order]["shipments"]) == ([0, 0], [])


def test_deleted_lines_are_gone_with_their_children(caller, store):
    order_id, parent_id = kit(store, (4, 901))
    answer = caller.call("OrderItemList_Delete", Order_ID=order_id, Line_IDs=[parent_id])
    assert answer["data"]["total"] == float(store.orders[order_id]["total"])
    assert store.orders[order_id]["items"] == []
    assert caller.queue() == [order_id]


def test_a_return_is_issued_and_received(caller, store, clock, order, line_ids):
    store.ship(order, line_ids)
    clock.forward(HOUR)
    issued = caller.call("OrderItemList_CreateReturn", Order_ID=order, Line_IDs=line_ids[:1])["data"]
    assert list(issued.items()) == [
        ("id", 12),
        ("order_id", order),
        ("code", f"{order:05d}-20270115-00012"),
        ("status", 500),
        ("dt_issued", clock.now),
        ("dt_recvd", 0),
    ]
    assert (statuses(store, order), store.orders[order]["status"]) == ([500, 200], 200)
    assert store.orders[order]["dt_updated"] == clock.now
    clock.forward(HOUR)
    received = [{"return_id": 12, "adjust_inventory": 0}, {"return_id": 999, "adjust_inventory": 1}]
    assert caller.call("OrderReturnList_Received", Returns=received) == {"success": 1}
    line = caller.orders(ondemand=("items",))[0]["items"][0]
    assert (line["status"], line["rma_code"], line["rma_dt_recvd"]) == (600, issued["code"], clock.now)
    assert store.orders[order]["returns"][0]["status"] == 600
    assert len(store.orders[order]["shipments"][0]["items"]) == 2


@pytest.mark.parametrize("missing", ["return_id", "adjust_inventory"])
def test_a_received_return_names_itself_and_its_stock(caller, missing):
    entry = {"return_id": 12, "adjust_inventory": 0}
    del entry[missing]
    assert caller.call("OrderReturnList_Received", Returns=[entry])["error_field"] == f"Returns[1]:{missing}"


def test_a_return_needs_a_line_that_exists(caller, order):
    answer = caller.call("OrderItemList_CreateReturn", Order_ID=order, Line_IDs=[999])
    assert (answer["error_code"], answer["error_message"]) == (
        "MER-JSN-ORD-00059",
        "No valid order items specified",
    )


def test_a_return_whose_lines_are_shipped_again_is_deleted(caller, store, order, line_ids):
    store.ship(order, line_ids[:1])
    store.create_return(order, line_ids[:1])
    caller.call("OrderItemList_CreateShipment", Order_ID=order, Line_IDs=line_ids[:1])
    assert store.orders[order]["returns"] == []
    assert "rma_code" not in store.orders[order]["items"][0]


def load_shipments(caller, *filters, **parameters):
    return caller.call("OrderShipmentList_Load_Query", Filter=list(filters), **parameters)["data"]


@pytest.fixture
def three(store):
    """Three shipments with UPS, one in each of three orders; the second has gone."""
    ids = []
    for number in range(3):
        made = store.place_order(items=[{"code": f"P{number}", "price": 1}])
        tracking = {"tracknum": f"1Z{number}", "tracktype": "UPS", "mark_shipped": number == 1}
        ids.append(store.ship(made["id"], **tracking)["id"])
    return ids


@pytest.mark.parametrize(
    ("field", "value", "places"),
    [
        ("status", 200, [1]),
        ("tracknum", "1z2", [2]),
        ("tracktype", "ups", [0, 1, 2]),
        ("order_status", 100, [0, 2]),
        ("product_code", "P0", [0]),
        ("tracking_no", "1Z2", [0, 1, 2]),
        ("order_product_code", "P0", [0, 1, 2]),
    ],
)
def test_shipments_are_found_by_their_columns_and_their_orders(caller, three, field, value, places):
    found = load_shipments(caller, column(field, value))
    assert [row["id"] for row in found["data"]] == [three[place] for place in places]
    assert found["total_count"] == len(places)


def test_shipments_are_sorted_and_paged(caller, three):
    page = load_shipments(caller, Sort="-tracknum", Offset=1, Count=1)
    assert ([row["id"] for row in page["data"]], page["total_count"], page["start_offset"]) == (
        [three[1]],
        3,
        1,
    )
    assert [row["id"] for row in load_shipments(caller, Sort="nonsense")["data"]] == three


def test_a_shipment_shows_lines_and_order_only_on_demand(caller, store, three):
    bare = load_shipments(caller, column("id", three[0]))["data"][0]
    assert not {"items", "order"} & set(bare)
    wanted = {"name": "ondemandcolumns", "value": ["items", "order_charges", "order_ship_method"]}
    full = load_shipments(caller, column("id", three[0]), wanted)["data"][0]
    assert full["items"][0]["shipment"]["id"] == three[0]
    assert {"charges", "ship_method"} <= set(full["order"])
    assert not {"items", "payments", "shipments"} & set(full["order"])


@pytest.mark.parametrize("name", ["order", "include_order"])
def test_the_order_inside_a_shipment_does_not_tell_when_it_changed(caller, store, three, name):
    wanted = {"name": "ondemandcolumns", "value": [name]}
    inside = load_shipments(caller, column("id", three[0]), wanted)["data"][0]["order"]
    assert (inside["id"], inside["dt_updated"]) == (store.find_shipment(three[0])[0]["id"], 0)
    assert store.find_shipment(three[0])[0]["dt_updated"] > 0


def test_shipments_of_an_order_that_left_are_not_listed(caller, store, three):
    store.archive(store.find_shipment(three[0])[0]["id"])
    assert [row["id"] for row in load_shipments(caller)["data"]] == three[1:]
    assert update(caller, three[0], tracknum="x") == {"success": 1}


def test_a_person_in_the_admin_ships_what_is_left(store, order, line_ids):
    store.ship(order, line_ids[:1], tracknum="A", tracktype="UPS")
    rest = store.ship(order, tracknum="B", cost=Decimal(3))
    assert [line["line_id"] for line in rest["items"]] == line_ids[1:]
    assert (store.orders[order]["status"], [mail.tracknum for mail in store.mails]) == (200, ["A", "B"])


def test_all_of_it_works_in_one_request(caller, store, order, line_ids):
    ship = {"Function": "OrderItemList_CreateShipment", "Order_ID": order}
    body = {
        "Operations": [
            {"Function": "OrderItem_Split", "Order_ID": order, "Line_ID": line_ids[1], "Quantity": 2},
            ship
            | {"Iterations": [{"Line_IDs": line_ids[:1]}, {"Line_IDs": [999]}, {"Line_IDs": line_ids[1:]}]},
            {
                "Function": "OrderShipmentList_Update",
                "Shipment_Updates": [{"shpmnt_id": 77, "mark_shipped": 1}],
            },
            {"Function": "OrderItemList_Cancel", "Order_ID": order, "Line_IDs": [line_ids[1]]},
        ]
    }
    split, made, updated, cancelled = caller.post(body).json()
    assert [each["success"] for each in (split, *made, updated, cancelled)] == [1, 1, 0, 1, 1, 1]
    assert statuses(store, order) == [200, 300, 0]


def test_an_act_whose_reply_is_lost_has_happened(caller, store, order, line_ids):
    store.faults.add("empty", "OrderItemList_CreateShipment", acted=True)
    body = {"Function": "OrderItemList_CreateShipment", "Order_ID": order, "Line_IDs": line_ids}
    assert caller.post(body).content == b""
    assert [call.function for call in store.calls] == ["OrderItemList_CreateShipment"]
    assert len(store.orders[order]["shipments"]) == 1


def test_a_saved_store_finds_its_shipments_again(tmp_path, clock, store, order, line_ids):
    made = store.ship(order, line_ids, tracknum="1Z9", tracktype="UPS")
    store.create_return(order, line_ids[:1])
    save(store, tmp_path / "store.json")
    again = load(tmp_path / "store.json", clock=clock)
    assert again.find_shipment(made["id"])[1]["tracknum"] == "1Z9"
    assert again.orders[order]["returns"] == store.orders[order]["returns"]
    assert again.ship(again.place_order()["id"])["id"] == made["id"] + 1


def test_a_generated_shipment_weighs_its_options_too(clock):
    generator = OrderGenerator(4)
    orders = [generator.order(10_000 + number, 1, int(clock.now)).order for number in range(200)]
    weighed = [each for order in orders for each in order["shipments"] if each["items"][0].get("options")]
    for each in weighed:
        line = each["items"][0]
        options = sum((option["weight"] for option in line["options"]), Decimal(0))
        assert each["weight"] == round((line["weight"] + options) * line["quantity"], 2)
    assert weighed
