"""A tax rate is sent when the order proves it, and never otherwise (SETI §3.1.5)."""

from decimal import Decimal

import pytest

from orders.translate import Rules, translate
from tests.orders.translate.orders_of_miva import charge, item, order


def rate(*charges, tax="1.09", price=14, **members):
    raw = order(items=[item(price=price, tax=Decimal(tax))], charges=list(charges), **members)
    return translate(raw, Rules()).order.totals.tax.rate


def test_a_rate_in_the_name_of_the_tax_is_sent_when_it_gives_every_tax_to_the_cent():
    assert rate(charge("TAX", "1.09", "CA Sales Tax 7.75%")) == Decimal("0.0775")


def test_a_rate_in_the_name_is_no_proof_when_it_gives_another_amount():
    assert rate(charge("TAX", "1.09", "Sales Tax 8.25%")) is None


def test_a_small_amount_fits_many_rates_and_proves_none():
    assert rate(charge("TAX", "1.09", "Sales Tax")) is None


def test_a_large_amount_fits_one_rate():
    assert rate(charge("TAX", "103.04", "Sales Tax"), price=1249, tax="103.04") == Decimal("0.0825")


def test_a_tax_that_no_rate_gives_proves_none():
    dear = [item(price=2000, tax=Decimal("160.00")), item(price=2000, tax=Decimal("170.00"))]
    raw = order(items=dear, charges=[charge("TAX", "330.00", "Sales Tax")])
    assert translate(raw, Rules()).order.totals.tax.rate is None


@pytest.mark.parametrize(
    "charges",
    [
        [
            charge("TAX", "103.04", "Sales Tax"),
            charge("DISCOUNT", -5, "Welcome"),
        ],  # what was taxed is not certain
        [charge("TAX", "110.00", "Sales Tax")],  # more than the taxes of the lines
        [charge("TAX", "60.00", "State"), charge("TAX", "43.04", "County")],  # several rates
    ],
)
def test_a_large_amount_proves_nothing_when_anything_else_may_be_in_it(charges):
    assert rate(*charges, price=1249, tax="103.04") is None


def test_an_order_without_tax_has_no_rate():
    assert rate(tax="0") is None


@pytest.mark.parametrize(
    ("shipping_tax", "tax", "sent"), [("0.40", "1.49", True), ("0", "1.09", False), ("0", "1.49", None)]
)
def test_whether_shipping_was_taxed_is_sent_when_the_charges_prove_it(shipping_tax, tax, sent):
    charges = [
        charge("SHIPPING", 5, "Shipping: Flat", tax=Decimal(shipping_tax)),
        charge("TAX", tax, "Sales Tax"),
    ]
    raw = order(items=[item(tax=Decimal("1.09"))], charges=charges)
    assert translate(raw, Rules()).order.totals.tax.shipping is sent
