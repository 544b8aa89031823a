"""Generated orders: totals, Miva's members in Miva's order, the same seed the same orders."""

import json
import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.sandbox.generator import generate_orders

NOW = 1_800_000_000
ADDRESS = (
    "fname",
    "lname",
    "email",
    "comp",
    "phone",
    "fax",
    "addr1",
    "addr2",
    "city",
    "state",
    "zip",
    "cntry",
)
MONEY = ("total", "total_ship", "total_tax", "total_auth", "total_capt", "total_rfnd", "net_capt")


def with_formatted(*names):
    return [each for name in names for each in (name, f"formatted_{name}")]


ORDER = [
    *(
        "id",
        "pay_id",
        "batch_id",
        "status",
        "pay_status",
        "stk_status",
        "dt_instock",
        "orderdate",
        "cust_id",
        "ship_res",
    ),
    *(f"{side}_{name}" for side in ("ship", "bill") for name in ADDRESS),
    *(
        "ship_id",
        "ship_data",
        "ship_method",
        "cust_login",
        "cust_pw_email",
        "business_title",
        "payment_module",
    ),
    *("source", "source_id", *with_formatted(*MONEY), "pend_count", "bord_count", "note_count", "dt_updated"),
    *("customer", "items", "charges", "coupons", "discounts", "payments", "notes", "shipments", "returns"),
    "CustomField_Values",
]
CUSTOMER = [
    *("id", "account_id", "login", "pw_email", "ship_id", "ship_res", *(f"ship_{name}" for name in ADDRESS)),
    *("bill_id", *(f"bill_{name}" for name in ADDRESS), "tax_exempt", "order_cnt"),
    *(
        *with_formatted("order_avg", "order_tot"),
        "note_count",
        "dt_created",
        "dt_updated",
        "dt_login",
        "dt_pwchg",
    ),
    *with_formatted("credit"),
]
ITEM = [
    *(
        "order_id",
        "line_id",
        "group_id",
        "parent_id",
        "status",
        "subscrp_id",
        "subterm_id",
        "shpmnt_id",
        "rma_id",
    ),
    *("product_id", "dt_instock", "code", "name", "sku", "type", "retail", "base_price", "price"),
    *(*with_formatted("total", "weight"), "taxable", *with_formatted("tax"), "upsold", "quantity"),
    *("shipment", "discounts", "options", "parts", "subscription"),
]
OPTION = [
    *("id", "order_id", "line_id", "attr_id", "attr_code", "attmpat_id", "option_id", "opt_code", "retail"),
    *("base_price", "price", *with_formatted("weight"), "data", "data_long", "attr_prompt", "opt_prompt"),
    *("attribute", "value"),
]
PART = ["code", "sku", "name", "quantity", "total_quantity", "price", "cost", *with_formatted("weight")]
CHARGE = [
    *("order_id", "charge_id", "module_id", "type", "descrip", *with_formatted("amount", "disp_amt")),
    *("tax_exempt", *with_formatted("tax")),
]
PAYMENT = [
    *(
        "id",
        "order_id",
        "type",
        "refnum",
        *with_formatted("amount", "available"),
        "dtstamp",
        "expires",
        "pay_id",
    ),
    *(
        "pay_secid",
        "currency",
        "environ",
        "level",
        "cardbrand",
        "decrypt_status",
        "decrypt_error",
        "description",
    ),
    *("module", "data"),
]
NOTE = [
    *(
        "id",
        "cust_id",
        "account_id",
        "order_id",
        "user_id",
        "notetext",
        "dtstamp",
        "cust_login",
        "business_title",
    ),
    "admin_user",
]
SHIPMENT = [
    *("id", "code", "batch_id", "order_id", "status", "labelcount", "ship_date", "tracknum", "tracktype"),
    *("tracklink", "weight", "cost", "formatted_cost", "items"),
]
ITEM_SHIPMENT = [
    *("id", "code", "order_id", "status", "labelcount", "ship_date", "tracknum", "tracktype", "tracklink"),
    *with_formatted("weight", "cost"),
]
COUPON = ["order_id", "coupon_id", "code", "descrip", "total"]
DISCOUNT = ["order_id", "pgrp_id", "name", "descrip", "total"]
ITEM_DISCOUNT = ["order_id", "line_id", "pgrp_id", "display", "descrip", "discount"]
MODULE = ["id", "code", "name", "provider", "api_ver", "version", "module", "refcount", "active", "priority"]


@pytest.fixture(scope="module")
def many():
    return generate_orders(11, 1200, NOW)


def rows(orders, *path):
    """Every object at `path` of every order."""
    found = orders
    for name in path:
        values = (each[name] for each in found if name in each)
        found = [row for value in values for row in (value if isinstance(value, list) else [value])]
    return found


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ((), ORDER),
        (("customer",), CUSTOMER),
        (("items",), ITEM),
        (("items", "options"), OPTION),
        (("items", "parts"), PART),
        (("items", "discounts"), ITEM_DISCOUNT),
        (("items", "shipment"), ITEM_SHIPMENT),
        (("charges",), CHARGE),
        (("coupons",), COUPON),
        (("discounts",), DISCOUNT),
        (("payments",), PAYMENT),
        (("payments", "module"), MODULE),
        (("notes",), NOTE),
        (("shipments",), SHIPMENT),
    ],
)
def test_members_are_mivas_and_in_mivas_order(many, path, names):
    found = rows(many, *path)
    assert found
    for row in found:
        assert list(row) == [name for name in names if name in row]
    assert {name for row in found for name in row} == set(names)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_totals_add_up_to_the_cent(seed):
    for order in generate_orders(seed, 8, NOW):
        lines = sum((item["total"] for item in order["items"] if item["status"] != 300), Decimal(0))
        assert order["total"] == lines + sum((charge["amount"] for charge in order["charges"]), Decimal(0))
        assert order["total"] == sum((payment["amount"] for payment in order["payments"]), Decimal(0))
        tax = sum((item["tax"] for item in order["items"]), Decimal(0))
        assert order["total_tax"] in (tax, Decimal(0))
        assert order["total"] >= 0


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**9), count=st.integers(1, 5))
def test_the_same_seed_gives_the_same_orders(seed, count):
    assert generate_orders(seed, count, NOW) == generate_orders(seed, count, NOW)


def test_another_seed_gives_other_orders():
    assert generate_orders(1, 3, NOW) != generate_orders(2, 3, NOW)


def test_dates_move_with_now():
    early, late = generate_orders(1, 3, NOW), generate_orders(1, 3, NOW + 500)
    assert [order["orderdate"] + 500 for order in early] == [order["orderdate"] for order in late]
    assert early[-1]["orderdate"] == NOW


def test_an_order_is_about_six_kilobytes(many):
    encoder = msgspec.json.Encoder(decimal_format="number")
    assert 4_500 < sum(len(encoder.encode(order)) for order in many) / len(many) < 7_500


def options_of(order):
    return [option for item in order["items"] for option in item.get("options", ())]


def option_has(order, member):
    return [option.get(member) for option in options_of(order)]


@pytest.mark.parametrize(
    "something",
    [
        lambda order: order["total"] == 0 and not order["payments"],
        lambda order: order["bord_count"] and order["dt_instock"],
        lambda order: any(item["status"] == 300 for item in order["items"]),
        lambda order: (
            len(order["payments"]) == 2 and order["payments"][0]["module"]["code"] == "customercredit"
        ),
        lambda order: order["coupons"] and any(charge["amount"] < 0 for charge in order["charges"]),
        lambda order: any(charge["type"] == "HANDLING" for charge in order["charges"]),
        lambda order: any(charge["type"].islower() for charge in order["charges"]),
        lambda order: "&reg;" in order["ship_method"],
        lambda order: not order["ship_fname"].isascii(),
        lambda order: order["ship_cntry"] not in ("US", "CA"),
        lambda order: any(len(item.get("parts", ())) > 1 for item in order["items"]),
        lambda order: any(len(item.get("parts", ())) == 1 for item in order["items"]),
        lambda order: any(
            option.get("option_id") == 0 for item in order["items"] for option in item.get("options", ())
        ),
        lambda order: any(
            option["price"] < 0 for item in order["items"] for option in item.get("options", ())
        ),
        lambda order: any(not item["sku"] for item in order["items"]),
        lambda order: order["status"] == 201,
        *(
            lambda order, status=status: any(item["status"] == status for item in order["items"])
            for status in (210, 220, 999)
        ),
        lambda order: any("subscription" in item for item in order["items"]),
        lambda order: any(item["upsold"] for item in order["items"]),
        lambda order: any(not item["product_id"] and not item["code"] for item in order["items"]),
        lambda order: any(option_has(order, "data_long")),
        lambda order: any(option_has(order, "attmpat_id")),
        lambda order: any("attr_code" not in option for option in options_of(order)),
        lambda order: any(coupon["code"] == "FRIEND10" for coupon in order["coupons"]),
        lambda order: sum(charge["type"] == "TAX" for charge in order["charges"]) == 2,
        lambda order: sum(charge["type"] == "SHIPPING" for charge in order["charges"]) == 2,
        lambda order: any(charge["type"] == "loyalty_points" for charge in order["charges"]),
        lambda order: any(charge["type"] == "giftbox" for charge in order["charges"]),
        lambda order: any(not note["user_id"] for note in order["notes"]),
        *(
            lambda order, field=field: order["CustomField_Values"]["customfields"][field]
            for field in ("gift_message", "insured_value", "packing_tags", "signifyd_guarantee_disposition")
        ),
        *(
            lambda order, code=code: any(payment["module"]["code"] == code for payment in order["payments"])
            for code in ("mod10", "paypalcp", "amazonpay", "check", "authnet", "braintree")
        ),
    ],
)
def test_the_kinds_of_order_that_make_trouble_all_occur(many, something):
    assert any(something(order) for order in many)


def test_no_order_shows_a_card_number_or_a_real_address(many):
    text = json.dumps(many, default=str)
    assert not re.search(r"\b[3-6]\d{12,18}\b", text)
    assert {order["ship_email"].partition("@")[2] for order in many} == {"example.com"}
    assert all(order["ship_phone"].startswith("555-01") for order in many)
