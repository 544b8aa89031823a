"""Header, addresses, comments and custom fields (Miva §7.2, §7.7, §8, §11; SETI §3.1)."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from orders.translate import CannotTranslate, CustomFieldRule, Rules, translate
from stores.seti.responses import CustomField, render_order
from tests.orders.translate.orders_of_miva import (
    ORDER_DATE,
    address,
    item,
    no_address,
    note,
    option,
    order,
    payment,
    without,
)


def translated(raw=None, **members):
    return translate(raw or order(**members), Rules()).order


def test_the_order_number_is_the_one_that_shoppers_see():
    assert translated(id="10057").number == "10057"


@pytest.mark.parametrize("number", [None, "", 0, -1, "W-17", 1.5, True, [], "9" * 40])
def test_an_order_without_a_number_is_held(number):
    with pytest.raises(CannotTranslate, match="An order without a number: id "):
        translated(id=number)


@pytest.mark.parametrize(
    ("zone", "written"),
    [("America/Los_Angeles", "01-Dec-2025 10:05:45 AM"), ("Asia/Tokyo", "02-Dec-2025 3:05:45 AM")],
)
def test_the_order_date_is_in_the_zone_of_the_store(zone, written):
    result = translate(order(), Rules(time_zone=ZoneInfo(zone))).order
    assert f"<OrderDate>{written}</OrderDate>" in render_order(result)


def test_the_order_date_may_be_a_date_structure():
    assert translated(orderdate={"time_t": ORDER_DATE, "year": 2025}).order_date.timestamp() == ORDER_DATE


@pytest.mark.parametrize("seconds", [0, None, "soon", 10**15, -5])
def test_an_order_without_a_usable_date_is_held(seconds):
    with pytest.raises(CannotTranslate, match="Order 10057: orderdate "):
        translated(orderdate=seconds)


@pytest.mark.parametrize(("code", "words"), [(0, "Pending"), (201, "Partially Shipped"), (777, "Status 777")])
def test_the_status_is_told_in_words(code, words):
    assert translated(status=code).status == words


def test_a_party_has_its_name_assembled_and_all_of_its_address():
    shipping = translated(**address("ship", fname="Luis", comp="Prieto & Daughters", addr2="Unit 4")).shipping
    assert (shipping.full_name, shipping.company, shipping.phone, shipping.email) == (
        "Luis Prieto",
        "Prieto & Daughters",
        "555-010-2000",
        "ana@example.com",
    )
    sent = shipping.address
    assert (sent.street1, sent.street2, sent.city, sent.state, sent.code, sent.country) == (
        "12 Quay Road",
        "Unit 4",
        "Harbor",
        "PA",
        "19010",
        "US",
    )


def test_a_missing_shipping_address_is_the_billing_address():
    result = translated(**no_address("ship"))
    assert result.shipping == result.billing


def test_a_missing_billing_address_is_the_shipping_address():
    result = translated(**no_address("bill"))
    assert result.billing == result.shipping


def test_an_order_without_any_address_is_held():
    with pytest.raises(CannotTranslate) as held:
        translated(**no_address("bill"), **no_address("ship"))
    assert held.value.reason == "Order 10057: it has neither a billing nor a shipping address."


@pytest.mark.parametrize(
    ("state", "sent"), [("pa", "PA"), ("Ile-de-France", "Ile-de-France"), ("", ""), ("7", "7")]
)
def test_a_state_is_two_letters_or_the_whole_region(state, sent):
    assert translated(**address("ship", state=state)).shipping.address.state == sent


def test_a_shipping_address_without_an_email_gets_that_of_the_customer():
    assert translated(**address("ship", email="")).shipping.email == "ana@example.com"


def test_a_company_without_a_person_gives_the_name():
    assert (
        translated(**address("bill", fname="", lname="", comp="Kiln & Clay")).billing.full_name
        == "Kiln & Clay"
    )


def test_notes_by_people_are_comments_oldest_first_and_those_of_workflows_are_left_out():
    notes = [
        note("Second", dtstamp=ORDER_DATE + 9),
        note("Automated Workflow: Order moved", user_id=0),
        note("First\nRing twice.", user_id=0, cust_id=42),
        note("Signed by nobody", user_id=0, dtstamp=ORDER_DATE + 99),
    ]
    assert translated(notes=notes).other.comments == "First Ring twice. | Second | Signed by nobody"


def test_discounts_of_a_line_and_of_its_options_are_comments():
    discounted = item(
        discounts=[{"descrip": "Summer Sale", "discount": 2}],
        options=[option(discounts=[{"descrip": "Large days", "discount": Decimal("0.125")}])],
    )
    assert (
        translated(items=[discounted]).other.comments
        == "mug: Summer Sale -2.00 each | mug: Large days -0.125 each"
    )


def test_the_weight_of_the_order_is_that_of_its_units():
    raw = order(items=[item(quantity=3, options=[option(weight=Decimal("0.1"))]), item(weight=1)])
    assert translated(raw).other.total_order_weight == Decimal("4.0")


@pytest.mark.parametrize(("customer", "sent"), [(0, None), (42, 42), ("42", 42)])
def test_a_customer_has_a_number_and_a_guest_has_none(customer, sent):
    assert translated(cust_id=customer).other.web_customer_id == sent


def test_the_address_of_the_shopper_is_sent_when_a_payment_knows_it():
    assert translated(payments=[payment(ip="198.51.100.24")]).other.ip_host_name == "198.51.100.24"


def test_custom_fields_are_sent_under_the_code_of_miva_and_blank_ones_left_out():
    values = {
        "orderworkflow": {"new_and_updated": "1"},
        "signifyd": {"guaranteeDisposition": "APPROVED"},
        "customfields": {
            "po": "7",
            "note": " ",
            "gift": ["a", "", "b"],
            "size": Decimal("2.50"),
            "x": None,
            "vip": True,
        },
        "delivery": {"po": "later"},
    }
    assert translated(CustomField_Values=values).custom_fields == (
        CustomField("po", "7"),
        CustomField("gift", "a, b"),
        CustomField("size", "2.5"),
        CustomField("vip", "Yes"),
        CustomField("SignifydGuaranteeDisposition", "APPROVED"),
        CustomField("delivery:po", "later"),
    )


@pytest.mark.parametrize(
    ("source", "sent"), [("ebay", [CustomField("source", "ebay")]), ("Shopper", []), ("", [])]
)
def test_where_an_order_came_from_and_the_business_account_are_custom_fields(source, sent):
    fields = translated(source=source, business_title="Kiln & Clay Co-op").custom_fields
    assert list(fields) == [CustomField("business_title", "Kiln & Clay Co-op"), *sent]


def test_custom_fields_of_any_shape_are_text():
    values = {
        "customfields": {"a": [{"x": 1, "y": ""}], "b": ["x", {"y": [2, "z"]}], "c": [["q"], []], "d": {}},
        "weird": "text",
        "odd": ["v", "w"],
    }
    assert translated(CustomField_Values=values).custom_fields == (
        CustomField("a", "x: 1"),
        CustomField("b", "x, y: 2, z"),
        CustomField("c", "q"),
        CustomField("weird", "text"),
        CustomField("odd", "v, w"),
    )


def test_a_store_may_rename_a_custom_field():
    rules = Rules(custom_field_rules=(CustomFieldRule("customfields", "po", "rename", "Purchase Order"),))
    result = translate(order(CustomField_Values={"customfields": {"po": "7"}}), rules).order
    assert result.custom_fields == (CustomField("Purchase Order", "7"),)


def test_an_order_without_on_demand_lists_of_less_weight_is_translated():
    bare = without(order(), "coupons", "discounts", "payments", "notes", "ship_method", "charges")
    assert translated(bare).totals.grand_total == Decimal("14.00")


@pytest.mark.parametrize(
    ("name", "value"), [("items", "none"), ("charges", 7), ("payments", ["x"]), ("CustomField_Values", 7)]
)
def test_a_list_that_is_none_is_held_by_name(name, value):
    with pytest.raises(CannotTranslate, match=f"Order 10057: .*{name}"):
        translated(order() | {name: value})


@pytest.mark.parametrize("name", ["id", "orderdate", "total", "cust_id", "items", "ship_addr1"])
def test_a_number_of_thousands_of_digits_does_no_harm(name):
    raw = order() | {name: 10**5000}
    if name == "ship_addr1":
        assert translated(raw).shipping.address.street1 == ""
    else:
        with pytest.raises(CannotTranslate, match=f"{name} holds a number of more than 30 digits"):
            translate(raw, Rules())


@pytest.mark.parametrize("raw", [None, [], "order", 7])
def test_what_is_no_order_at_all_is_held(raw):
    with pytest.raises(CannotTranslate, match="not a group of members"):
        translate(raw, Rules())
