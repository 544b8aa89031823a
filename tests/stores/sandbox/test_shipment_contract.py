"""Miva's official SDK ships, splits, cancels and takes back in this store as in a Miva store."""

import time

import pytest

from stores.sandbox import SandboxStore

pytestmark = [
    pytest.mark.filterwarnings("ignore::SyntaxWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::requests.exceptions.RequestsDependencyWarning"),
]


@pytest.fixture
def store():
    return SandboxStore(seed=5, clock=time.time)


@pytest.fixture
def order(sdk, client, store):
    """An order of three lines, 1, 5 and 2 units, as the SDK reads it."""
    items = [{"code": code, "price": 4, "quantity": units} for code, units in (("A", 1), ("B", 5), ("C", 2))]
    order_id = store.place_order(items=items, charges=[], payments=[{"amount": 32}])["id"]
    store.fire("order_acknowledged", store.orders[order_id])
    request = sdk.request.OrderListLoadQuery(client).set_on_demand_columns(["items"])
    return next(each for each in request.send().get_orders() if each.get_id() == order_id)


@pytest.fixture
def create(sdk, client, order):
    """Make a shipment of lines at these places."""

    def send(*places):
        request = sdk.request.OrderItemListCreateShipment(client, order)
        for place in places:
            request.add_order_item(order.get_items()[place])
        return request.send()

    return send


@pytest.fixture
def update(sdk, client):
    """Update shipments; each is a dict as OrderShipmentUpdate takes it."""

    def send(*entries):
        request = sdk.request.OrderShipmentListUpdate(client)
        for entry in entries:
            request.add_shipment_update(entry)
        return request.send()

    return send


def split(sdk, client, order, place, quantity):
    line_id = order.get_items()[place].get_line_id()
    request = sdk.request.OrderItemSplit(client).set_order_id(order.get_id()).set_line_id(line_id)
    return request.set_quantity(quantity).send()


def test_a_shipment_arrives_in_the_sdks_model(create, store, order):
    response = create(0, 1)
    assert response.is_success()
    made = response.get_order_shipment()
    raw = store.orders[order.get_id()]["shipments"][0]
    assert (made.get_id(), made.get_code()) == (raw["id"], raw["code"])
    assert (made.get_order_id(), made.get_status()) == (order.get_id(), made.ORDER_SHIPMENT_STATUS_PICKING)
    assert (made.get_tracking_number(), made.get_ship_date(), made.get_cost()) == ("", 0, 0)


def test_a_shipment_of_nothing_is_refused_in_mivas_words(sdk, client, order):
    response = sdk.request.OrderItemListCreateShipment(client, order).add_line_id(999).send()
    assert (response.is_error(), response.get_error_code()) == (True, "MER-JSN-ORD-00057")
    assert response.get_error_message() == "Order items must exist in order to create a shipment"


def test_an_update_with_the_sdks_model_marks_shipped(sdk, create, update, store):
    made = create(0, 1, 2).get_order_shipment()
    entry = sdk.model.OrderShipmentUpdate().set_shipment_id(made.get_id()).set_mark_shipped(True)
    entry.set_tracking_number("1Z999AA10123456791").set_tracking_type("UPS").set_cost(6.8)
    assert update(entry).is_success()
    order, raw = store.find_shipment(made.get_id())
    assert (order["status"], raw["status"], str(raw["cost"])) == (200, 200, "6.80")
    assert raw["tracklink"] == "https://www.ups.com/track?loc=en_US&tracknum=1Z999AA10123456791"
    assert [mail.tracknum for mail in store.mails] == ["1Z999AA10123456791"]


def test_an_update_without_an_id_is_a_validation_error(update):
    response = update({"tracknum": "1Z9"})
    assert (response.get_error_code(), response.is_validation_error()) == ("MER-JSN-00023", True)
    assert response.get_error_field() == "Shipment_Updates[1]:shpmnt_id"
    assert response.get_error_field_message() == "Missing required parameter"


def test_an_empty_update_succeeds(update):
    assert update().is_success()


def test_the_list_of_shipments_has_lines_and_order(sdk, client, create, update, order):
    made = create(0).get_order_shipment()
    update({"shpmnt_id": made.get_id(), "tracknum": "1Z9", "tracktype": "UPS", "mark_shipped": 1})
    request = sdk.request.OrderShipmentListLoadQuery(client)
    filters = request.filter_expression().equal("id", made.get_id()).and_equal("order_status", 201)
    request.set_filters(filters).set_on_demand_columns(["items", "include_order"]).set_sort(
        "ship_date", "desc"
    )
    response = request.send()
    assert response.get_total_count() == 1
    [listed] = response.get_order_shipments()
    assert (listed.get_tracking_number(), listed.get_tracking_type()) == ("1Z9", "UPS")
    assert [line.get_line_id() for line in listed.get_items()] == [order.get_items()[0].get_line_id()]
    assert (listed.get_order().get_id(), listed.get_order().get_dt_updated()) == (order.get_id(), 0)


def test_a_split_gives_both_lines(sdk, client, order, store):
    halves = split(sdk, client, order, 1, 2).get_split_order_item()
    original, new = halves.get_original_order_item(), halves.get_split_order_item()
    assert (original.get_line_id(), original.get_quantity()) == (order.get_items()[1].get_line_id(), 3)
    assert (new.get_quantity(), new.get_group_id()) == (2, new.get_line_id())
    assert order.get_id() in store.queues["new_and_updated"]


def test_a_split_of_too_many_is_refused(sdk, client, order):
    assert split(sdk, client, order, 1, 5).get_error_code() == "MER-JSN-ORD-00023"


def test_lines_are_cancelled_and_back_ordered(sdk, client, order, store):
    first, second, third = order.get_items()
    cancel = sdk.request.OrderItemListCancel(client, order).add_order_item(first).set_reason("Out of stock")
    response = cancel.send()
    assert response.is_success()
    assert response.data["data"] == {"total": 28, "formatted_total": "$28.00"}
    back_order = sdk.request.OrderItemListBackOrder(client, order).add_order_item(second)
    assert back_order.set_date_in_stock(1_900_000_000).send().is_success()
    raw = store.orders[order.get_id()]
    assert [line["status"] for line in raw["items"]] == [300, 400, 0]
    assert (raw["dt_instock"], third.get_status()) == (1_900_000_000, 0)


def test_lines_leave_a_shipment_and_an_order(sdk, client, create, order, store):
    create(0, 1)
    first, second, _third = order.get_items()
    assert (
        sdk.request.OrderItemListRemoveFromShipment(client, order).add_order_item(first).send().is_success()
    )
    assert sdk.request.OrderItemListDelete(client, order).add_order_item(second).send().is_success()
    assert [line["status"] for line in store.orders[order.get_id()]["items"]] == [0, 0]
    assert store.orders[order.get_id()]["shipments"] == []


def test_a_return_is_issued_and_received(sdk, client, order, store):
    store.ship(order.get_id())
    request = sdk.request.OrderItemListCreateReturn(client, order).add_order_item(order.get_items()[0])
    issued = request.send().get_order_return()
    assert (issued.get_status(), issued.get_date_time_received()) == (issued.ORDER_RETURN_STATUS_ISSUED, 0)
    entry = sdk.model.ReceivedReturn().set_return_id(issued.get_id()).set_adjust_inventory(1)
    assert sdk.request.OrderReturnListReceived(client).add_received_return(entry).send().is_success()
    assert store.orders[order.get_id()]["items"][0]["status"] == 600


def test_the_sdk_reads_shipments_and_returns_inside_an_order(sdk, client, order, store):
    made = store.ship(order.get_id(), tracknum="1Z9", tracktype="UPS")
    store.create_return(order.get_id(), [order.get_items()[0].get_line_id()])
    request = sdk.request.OrderListLoadQuery(client).set_on_demand_columns(["items", "shipments", "returns"])
    request.set_filters(request.filter_expression().equal("id", order.get_id()))
    [read] = request.send().get_orders()
    assert [each.get_id() for each in read.get_shipments()] == [made["id"]]
    assert len(read.get_shipments()[0].get_items()) == 3
    assert read.get_items()[0].get_shipment().get_tracking_number() == "1Z9"
    assert read.get_items()[0].get_rma_code() == read.get_returns()[0].get_code()


def test_a_multicall_ships_and_tells(sdk, client, order, store):
    ship = sdk.request.OrderItemListCreateShipment(client, order)
    for line in order.get_items():
        ship.add_order_item(line)
    tell = sdk.request.OrderShipmentListUpdate(client)
    tell.add_shipment_update({"shpmnt_id": store.counters.following["shipment"], "mark_shipped": True})
    created, told = sdk.multicall.MultiCallRequest(client, [ship, tell]).send().get_responses()
    assert (created.is_success(), told.is_success()) == (True, True)
    assert store.orders[order.get_id()]["status"] == 200
