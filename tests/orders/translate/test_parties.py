"""Who is billed and where it goes (Miva §7.2; SETI §3.1.2)."""

import pytest

from orders.translate import CannotTranslate, Rules, translate
from stores.seti.responses import render_order
from tests.orders.translate.orders_of_miva import address, charge, item, no_address, order

NAMED = {"fname": "Bob", "lname": "Recipient", "comp": "Dock 5", "phone": "555-7", "email": "bob@example.com"}


def named(prefix):
    """A party that has everything but a place."""
    return no_address(prefix) | {f"{prefix}_{name}": value for name, value in NAMED.items()}


def translated(**members):
    return translate(order(**members), Rules()).order


@pytest.mark.parametrize(
    ("prefix", "side", "other"), [("ship", "shipping", "billing"), ("bill", "billing", "shipping")]
)
def test_a_party_without_a_place_keeps_what_is_its_own_and_borrows_the_address(prefix, side, other):
    sent = translated(**named(prefix))
    party = getattr(sent, side)
    assert (party.full_name, party.company, party.phone, party.email) == (
        "Bob Recipient",
        "Dock 5",
        "555-7",
        "bob@example.com",
    )
    assert party.address == getattr(sent, other).address


def test_a_party_without_a_name_has_that_of_the_other_and_its_own_telephone():
    sent = translated(**(no_address("ship") | {"ship_phone": "555-7"}), **address("bill", comp="Kiln & Clay"))
    assert (sent.shipping.full_name, sent.shipping.company) == ("Ana Prieto", "Kiln & Clay")
    assert (sent.shipping.phone, sent.billing.phone) == ("555-7", "555-010-2000")


def test_a_region_without_a_place_that_is_not_the_borrowed_one_is_a_warning():
    result = translate(order(**(named("ship") | {"ship_state": "TX", "ship_cntry": "US"})), Rules())
    assert result.order.shipping.address.state == "PA"
    assert result.warnings == (
        "The shipping address is only 'TX', 'US'; the billing address is sent in its place. Enter the street in Miva "
        "and pull the order again, if the goods go elsewhere.",
    )


def test_a_country_that_the_checkout_filled_in_by_itself_is_no_warning():
    assert translate(order(**(named("ship") | {"ship_cntry": "us"})), Rules()).warnings == ()


NOWHERE = named("bill") | no_address("ship")


@pytest.mark.parametrize(
    "members",
    [
        {"items": [item(status=220), item(status=211)]},
        {"items": [item(weight=0)], "ship_id": 0, "ship_method": "None"},
    ],
    ids=["download-and-gift-certificate", "nothing-to-carry"],
)
def test_an_order_of_which_nothing_is_shipped_goes_out_without_an_address(members):
    result = translate(order(**(NOWHERE | members)), Rules())
    assert result.order.billing.full_name == result.order.shipping.full_name == "Bob Recipient"
    assert result.order.shipping.email == "bob@example.com"
    assert result.warnings[-1] == (
        "The order has no address; it is sent without one, because nothing of it is shipped. Enter an address in Miva and "
        "pull the order again, if Stone Edge does not take it."
    )
    assert "<Street1></Street1>" in render_order(result.order)


def test_a_country_without_an_address_is_not_asked_for_its_state():
    digital = {"items": [item(status=220)], "ship_cntry": "US", "bill_cntry": "US"}
    result = translate(order(**(NOWHERE | digital)), Rules())
    assert [warning for warning in result.warnings if "two-letter" in warning] == []


@pytest.mark.parametrize(
    "members",
    [
        {"items": [item(status=220), item()]},
        {"items": [item(weight=0)], "ship_method": "UPS"},
        {"items": [item(weight=0)], "charges": [charge("SHIPPING", 5)]},
        {"items": [item(status=220)], **no_address("bill")},
    ],
    ids=["goods-besides", "method", "charge", "nobody"],
)
def test_an_order_with_goods_or_without_anybody_is_held_without_an_address(members):
    with pytest.raises(CannotTranslate, match="it has neither a billing nor a shipping address"):
        translated(**(NOWHERE | members))
