"""Orders as XML: read back by a conforming parser, and held to the conservative rules (SETI §1.4, §3.1)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from stores.seti import responses as seti
from tests.stores.seti.reading import breaches, parsed, told
from tests.stores.seti.strategies import orders
from tests.stores.seti.told_order import order_block

SUCCESS = ("Response", [("ResponseCode", "1"), ("ResponseDescription", "success")])
ANA = seti.Party("Ana Prieto", address=seti.Address("12 Quay Road", "", "Harbor", "PA", "19010", "US"))
MUG = seti.Product("MUG-11", "Mug 11 oz", Decimal(1), Decimal("14.00"))
ORDER = seti.Order(
    number="1042",
    order_date=datetime(2025, 3, 14, 10, 32, 40, tzinfo=UTC),
    billing=ANA,
    shipping=ANA,
    products=(MUG,),
    totals=seti.Totals(Decimal("14.00"), Decimal("14.00")),
)


@settings(deadline=None, max_examples=150)
@given(orders)
def test_a_parser_reads_back_every_field_of_any_order(order):
    reply = seti.render_orders([order])
    assert told(parsed(reply)) == [SUCCESS, ("Order", order_block(order))]


@settings(deadline=None, max_examples=150)
@given(orders)
def test_no_order_breaks_a_conservative_rule(order):
    assert breaches(seti.render_orders([order, order])) == []


@settings(deadline=None, max_examples=30)
@given(orders)
def test_the_same_order_gives_the_same_bytes(order):
    assert seti.render_orders([order]) == seti.render_orders([replace(order)])


def test_a_plain_order_reads_as_in_the_specification():
    assert seti.render_order(ORDER) == (
        "<Order><OrderNumber>1042</OrderNumber><OrderDate>14-Mar-2025 10:32:40 AM</OrderDate>"
        "<Billing><FullName>Ana Prieto</FullName><Address><Street1>12 Quay Road</Street1><City>Harbor</City>"
        "<State>PA</State><Code>19010</Code><Country>US</Country></Address></Billing>"
        "<Shipping><FullName>Ana Prieto</FullName><Address><Street1>12 Quay Road</Street1><City>Harbor</City>"
        "<State>PA</State><Code>19010</Code><Country>US</Country></Address>"
        "<Product><SKU>MUG-11</SKU><Name>Mug 11 oz</Name><Quantity>1</Quantity><ItemPrice>14.00</ItemPrice>"
        "</Product></Shipping><Totals><ProductTotal>14.00</ProductTotal><GrandTotal>14.00</GrandTotal></Totals></Order>"
    )


@pytest.mark.parametrize(
    ("payment", "xml"),
    [
        (seti.COD(), "<COD> </COD>"),
        (seti.Check(), "<Check> </Check>"),
        (seti.Check("1044"), "<Check><CheckNumber>1044</CheckNumber></Check>"),
        (seti.PurchaseOrder(), "<PurchaseOrder> </PurchaseOrder>"),
        (
            seti.StoreCredit(Decimal(10), "Store credit"),
            "<StoreCredit><Total>10.00</Total><Description>Store credit</Description></StoreCredit>",
        ),
        (
            seti.PayPal("8XY", Decimal("12.5"), payer_email="ana@example.com"),
            "<PayPal><Payer><Email>ana@example.com</Email></Payer>"
            "<Transaction><TransID>8XY</TransID><Amount>12.50</Amount></Transaction></PayPal>",
        ),
        (
            seti.CreditCard(
                "Visa", "4242", "09/2027", trans_id="ch-1", process_level="Captured", amount=Decimal(4)
            ),
            "<CreditCard><Issuer>Visa</Issuer><Number>4242</Number><ExpirationDate>09/2027</ExpirationDate>"
            "<TransID>ch-1</TransID><ProcessLevel>Captured</ProcessLevel><Amount>4.00</Amount></CreditCard>",
        ),
        (seti.Generic1("Amazon Pay", "9.00 captured"), "<Generic1><Name>Amazon Pay</Name>"),
    ],
)
def test_a_payment_is_wrapped_in_its_method(payment, xml):
    assert f"<Payment>{xml}" in seti.render_order(replace(ORDER, payments=(payment,)))


def test_html_in_a_name_is_undone_but_words_about_smaller_and_greater_stay():
    mug = replace(MUG, name="Mug&reg; <b>11</b> oz, 5 < 6 &amp; 7 > 6")
    rendered = seti.render_order(replace(ORDER, products=(mug,)))
    assert "<Name>Mug® 11 oz, 5 &lt; 6 &amp; 7 &gt; 6</Name>" in rendered


def test_a_comment_keeps_what_looks_like_a_tag():
    rendered = seti.render_order(replace(ORDER, other=seti.Other(comments="for <Mike>\r\nwith love")))
    assert "<Comments>for &lt;Mike&gt; with love</Comments>" in rendered


def test_text_is_cut_before_it_is_escaped_so_that_no_entity_is_split():
    rendered = seti.render_order(replace(ORDER, number="&" * 60))
    assert f"<OrderNumber>{'&amp;' * 50}</OrderNumber>" in rendered


def test_an_order_without_anything_else_has_no_block_other():
    assert "<Other>" not in seti.render_order(ORDER)
