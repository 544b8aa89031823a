"""Miva's official SDK accepts this store as a Miva store."""

import time

import pytest

from stores.sandbox import SandboxStore, serve

pytestmark = [
    pytest.mark.filterwarnings("ignore::SyntaxWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::requests.exceptions.RequestsDependencyWarning"),
]
EVERYTHING = [
    *(
        "ship_method",
        "cust_login",
        "cust_pw_email",
        "business_title",
        "payment_module",
        "customer",
        "items",
        "charges",
    ),
    *("coupons", "discounts", "payments", "payment_data", "notes", "parts", "shipments", "returns"),
    *("CustomField_Values:customfields:*", "CustomField_Values:orderworkflow:*"),
]


@pytest.fixture
def store():
    return SandboxStore(seed=5, orders=12, clock=time.time)


@pytest.fixture
def order_list(sdk, client):
    return sdk.request.OrderListLoadQuery(client)


@pytest.fixture
def module(sdk, client):
    def request(function, **fields):
        call = sdk.request.Module(client).set_module_code("orderworkflow").set_module_function(function)
        return call.set_module_fields(fields)

    return request


def test_a_full_order_arrives_in_the_sdks_model(order_list, store):
    response = order_list.set_on_demand_columns(EVERYTHING).set_count(5).set_sort("id").send()
    assert response.is_success()
    assert (response.get_total_count(), response.get_start_offset()) == (12, 0)
    for order in response.get_orders():
        raw = store.orders[order.get_id()]
        assert order.get_total() == float(raw["total"])
        assert order.get_dt_updated() == raw["dt_updated"]
        assert [item.get_line_id() for item in order.get_items()] == [
            item["line_id"] for item in raw["items"]
        ]
        assert [charge.get_amount() for charge in order.get_charges()] == [
            float(row["amount"]) for row in raw["charges"]
        ]
        names = [payment.get_module()["name"] for payment in order.get_payments()]
        assert names == [payment["module"]["name"] for payment in raw["payments"]]
        values = order.get_custom_field_values()
        assert values.get_value("customer_ip") == raw["CustomField_Values"]["customfields"]["customer_ip"]
        assert values.get_value("new_and_updated", "orderworkflow") in ("1", "")


def test_the_sdk_reads_options_and_parts(order_list, store):
    store.place_order(
        items=[
            {
                "code": "SHIRT",
                "price": 9,
                "options": [{"attr_code": "size", "opt_code": "L", "price": "2.00"}],
                "parts": [
                    {"code": "shirt-l", "sku": "SKU-L", "name": "Shirt L", "quantity": 1, "total_quantity": 1}
                ],
            }
        ]
    )
    orders = order_list.set_on_demand_columns(["items", "parts"]).set_sort("id", "desc").send().get_orders()
    item = orders[0].get_items()[0]
    assert (item.get_options()[0].get_attribute_code(), item.get_options()[0].get_value()) == ("size", "L")
    assert (item.get_total(), item.get_field("parts")[0]["sku"]) == (11.0, "SKU-L")


def test_equal_and_in_work_as_the_sdk_sends_them(order_list, store):
    wanted = store.sorted_ids[2:4]
    filters = order_list.filter_expression().is_in("id", [str(each) for each in wanted])
    assert [order.get_id() for order in order_list.set_filters(filters).send().get_orders()] == wanted
    filters = order_list.filter_expression().equal("id", wanted[0])
    assert [order.get_id() for order in order_list.set_filters(filters).send().get_orders()] == wanted[:1]


def test_the_sdks_and_and_or_combine_as_it_means_them(order_list, store):
    first, second, third = store.sorted_ids[:3]
    filters = order_list.filter_expression().greater_than_equal("id", first).and_less_than_equal("id", second)
    assert [order.get_id() for order in order_list.set_filters(filters).send().get_orders()] == [
        first,
        second,
    ]
    filters = order_list.filter_expression().equal("id", first).or_equal("id", third)
    assert [order.get_id() for order in order_list.set_filters(filters).send().get_orders()] == [first, third]


def test_the_sdks_nested_groups_work(order_list, store):
    first, _second, third = store.sorted_ids[:3]
    inner = order_list.filter_expression().equal("id", first).or_equal("id", third)
    filters = order_list.filter_expression().not_equal("id", third).and_x(inner)
    assert "SUBWHERE" in str(filters.to_list())
    assert [order.get_id() for order in order_list.set_filters(filters).send().get_orders()] == [first]


def test_raw_filters_reach_dt_updated(order_list, store):
    search = {"name": "search", "value": [{"field": "dt_updated", "operator": "GE", "value": "4000000000"}]}
    assert order_list.set_filters([search]).send().get_orders() == []


def test_the_sdks_customer_filter_works(order_list, store):
    customer = next(order["cust_id"] for order in store.orders.values() if order["cust_id"])
    response = order_list.set_custom_filter("Customer_ID", customer).send()
    assert {order.get_customer_id() for order in response.get_orders()} == {customer}


def test_without_columns_the_sdk_sees_no_items(order_list):
    assert order_list.send().get_orders()[0].get_items() == []


def test_the_passphrase_reaches_the_payment(order_list, store):
    locked = next(iter(store.secured))
    order_list.set_on_demand_columns(["payments", "payment_data"]).set_passphrase(store.passphrase)
    payments = [payment for order in order_list.send().get_orders() for payment in order.get_payments()]
    opened = next(payment for payment in payments if payment.get_id() == locked)
    assert (opened.get_decrypt_status(), opened.get_payment_data()) == ("decrypted", store.secured[locked])


def test_a_queue_is_pulled_and_acknowledged(module, store):
    queued = sorted(store.queues["new_and_updated"])
    pulled = module("QueueOrderList_Load_Query", Queue_Code="new_and_updated", Count=5).send()
    assert pulled.is_success()
    assert [order["id"] for order in pulled.get_data()["data"]["data"]] == queued[:5]
    acknowledged = module("OrderList_Acknowledge", Order_IDs=queued[:5]).send()
    assert acknowledged.get_data()["processed"] == 5
    assert sorted(store.queues["new_and_updated"]) == queued[5:]


def test_errors_arrive_with_code_message_and_field(module):
    missing = module("OrderList_Acknowledge").send()
    assert (missing.is_error(), missing.get_error_code()) == (True, "MER-JSN-00023")
    assert missing.is_validation_error()
    assert missing.get_error_field() == "Order_IDs"
    assert module("Nothing").send().get_error_code() == "MER-UTIL-ORWF-00117"


def test_custom_fields_are_listed(sdk, client, store):
    response = sdk.request.OrderCustomFieldListLoad(client).send()
    fields = {field.get_code(): field.get_module().get_code() for field in response.get_order_custom_fields()}
    assert fields["successfully_retrieved_orders"] == "orderworkflow"


def test_the_sdk_reads_customers(sdk, client, store):
    store.add_customer("ana", bill_fname="Ana", bill_city="Ridge", credit="12.50", business_title="Prieto")
    request = sdk.request.CustomerListLoadQuery(client)
    request.set_filters(request.filter_expression().equal("login", "ana"))
    customer = request.set_sort("id").send().get_customers()[0]
    assert (customer.get_login(), customer.get_bill_first_name()) == ("ana", "Ana")
    assert (customer.get_bill_city(), customer.get_credit()) == ("Ridge", 12.5)
    assert customer.get_business_title() == "Prieto"


def test_the_version_is_reported(sdk, client):
    version = sdk.request.MivaMerchantVersion(client).send().get_merchant_version()
    assert (version.get_version(), version.get_major(), version.get_minor()) == ("10.13.04", 10, 13)


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_both_digests_are_accepted(sdk, store, server, digest):
    options = {"default_store_code": store.store_code, "signing_key_digest": digest}
    client = sdk.client.Client(server.endpoint, store.token, store.signing_key, options)
    assert sdk.request.OrderListLoadQuery(client).send().is_success()


def test_a_wrong_signing_key_is_refused(sdk, store, server):
    client = sdk.client.Client(
        server.endpoint, store.token, SandboxStore(seed=6).signing_key, {"default_store_code": "X"}
    )
    response = sdk.request.OrderListLoadQuery(client).send()
    assert (response.get_error_code(), response.get_error_message()) == (
        "access_denied",
        "Invalid request signature",
    )


def test_an_unset_store_code_is_sent_blank_and_not_found(sdk, store, server):
    client = sdk.client.Client(server.endpoint, store.token, store.signing_key)
    assert sdk.request.OrderListLoadQuery(client).send().get_error_code() == "EOF"


def batch(sdk, client, count):
    requests = [sdk.request.OrderListLoadQuery(client).set_count(1).set_offset(each) for each in range(count)]
    return sdk.multicall.MultiCallRequest(client, requests)


def first_ids(response):
    return [each.get_orders()[0].get_id() for each in response.get_responses()]


def test_a_multicall_is_answered_request_by_request(sdk, client, store):
    assert first_ids(batch(sdk, client, 3).send()) == store.sorted_ids[:3]


def test_the_sdk_continues_a_partial_multicall_by_itself(sdk, client, store):
    store.operation_seconds = 40
    request = batch(sdk, client, 5)
    request.set_auto_timeout_continue(True)
    assert first_ids(request.send()) == store.sorted_ids[:5]
    assert len([call for call in store.calls if call.function == "OrderList_Load_Query"]) == 5


def test_without_continuing_the_sdk_sees_a_timeout(sdk, client, store):
    store.operation_seconds = 40
    response = batch(sdk, client, 5).send()
    assert (response.is_timeout(), len(response.get_responses())) == (True, 2)


def test_iterations_travel_as_a_multicall_operation(sdk, client, store):
    operation = sdk.multicall.MultiCallOperation()
    operation.add_requests(
        [sdk.request.OrderListLoadQuery(client).set_offset(each).set_count(1) for each in (0, 1)]
    )
    response = sdk.multicall.MultiCallRequest(client, [operation]).send()
    assert first_ids(response) == store.sorted_ids[:2]


def test_the_sdk_raises_on_an_http_basic_wall(sdk, client, store):
    store.faults.add("status", code=401)
    with pytest.raises(sdk.client.ClientHttpAuthenticationError):
        sdk.request.OrderListLoadQuery(client).send()


def test_two_stores_have_two_tokens(sdk, store, client):
    with serve(SandboxStore(seed=6)) as other:
        client.set_endpoint(other.endpoint)
        assert sdk.request.OrderListLoadQuery(client).send().get_error_message() == "Access denied"


def test_the_sdk_reads_products_with_their_counts(sdk, client):
    request = sdk.request.ProductListLoadQuery(client)
    request.set_on_demand_columns(["product_inventory", "attributes", "productinventorysettings"])
    request.set_filters(request.filter_expression().equal("code", "mug-11"))
    product = request.send().get_products()[0]
    assert (product.get_sku(), product.get_product_inventory_active()) == ("MUG-11", True)
    assert product.get_product_inventory() == 100
    assert product.get_product_inventory_settings().get_active() is True
    assert [attribute.get_code() for attribute in product.get_attributes()] == ["engraving", "giftwrap"]


def test_the_sdk_reads_variants_and_their_parts(sdk, client):
    request = sdk.request.ProductVariantListLoadProduct(client).set_product_code("shirt")
    variants = request.send().get_product_variants()
    assert [each.get_parts()[0].get_product_code() for each in variants] == [
        *("shirt-s", "shirt-m", "shirt-l", "shirt-xl")
    ]
    request = sdk.request.ProductVariantListLoadQuery(client).set_product_code("shirt").set_count(0)
    assert len(request.send().get_product_variants()) == 4


def test_the_sdk_adjusts_stock(sdk, client, store):
    request = sdk.request.ProductListAdjustInventory(client)
    adjustment = sdk.model.ProductInventoryAdjustment().set_product_sku("MUG-11").set_adjustment(-4)
    assert request.add_inventory_adjustment(adjustment).send().is_success()
    assert store.stock("mug-11") == 96


def test_the_sdk_sets_stock_in_a_multicall_that_it_continues(sdk, client, store):
    store.operation_seconds = 40
    requests = [
        sdk.request.InventoryProductSettingsUpdate(client)
        .set_edit_product(code)
        .set_track_product(True)
        .set_current_stock(figure)
        for code, figure in (("mug-11", 1), ("glaze", 2), ("ebook", 3))
    ]
    request = sdk.multicall.MultiCallRequest(client, requests)
    request.set_auto_timeout_continue(True)
    assert all(each.is_success() for each in request.send().get_responses())
    assert [store.stock(code) for code in ("mug-11", "glaze", "ebook")] == [1, 2, 3]
