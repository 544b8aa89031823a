"""Charges, coupons and the sum that must come out (Miva §7.2, §7.4, §7.5; SETI §3.1.5, §3.1.6)."""

from decimal import Decimal

import pytest

from orders.translate import CannotTranslate, Rules, translate
from stores.seti.responses import Coupon, Discount, ShippingTotal, Surcharge
from tests.orders.translate.orders_of_miva import charge, item, money, order, without


def translated(**members):
    return translate(order(**members), Rules()).order


def totals(*charges, **members):
    return translated(charges=list(charges), **members).totals


def test_several_shipping_charges_become_one_under_the_shipping_method():
    sums = totals(charge("SHIPPING", 8), charge("shipping", "1.95"), ship_method="UPS&reg; Ground")
    assert sums.shipping == ShippingTotal(Decimal("9.95"), "UPS® Ground")


@pytest.mark.parametrize("method", ["", "None", "Unknown"])
def test_without_a_known_method_the_charge_names_the_shipping(method):
    sums = totals(charge("SHIPPING", 8, "Shipping: Pigeon"), ship_method=method)
    assert sums.shipping == ShippingTotal(Decimal("8.00"), "Pigeon")


def test_free_shipping_keeps_the_name_of_its_method():
    assert totals(ship_method="Pick-up").shipping == ShippingTotal(Decimal("0.00"), "Pick-up")


def test_shipping_below_zero_keeps_the_name_of_its_method_and_is_a_discount():
    sums = totals(charge("SHIPPING", 10), charge("SHIPPING", -12, "Promotion"), ship_method="UPS")
    assert sums.shipping == ShippingTotal(Decimal("0.00"), "UPS")
    assert sums.discounts == (Discount(Decimal("2.00"), "Promotion"),)
    assert sums.grand_total == Decimal("12.00")


def test_an_order_without_shipping_has_no_shipping_total():
    assert totals().shipping is None


def test_tax_charges_are_summed():
    assert totals(charge("TAX", "2.48"), charge("TAX", "0.52")).tax.amount == Decimal("3.00")


@pytest.mark.parametrize("kind", ["HANDLING", "PAYMENT", "giftwrap_by_somebody", ""])
def test_any_other_charge_is_a_surcharge_when_it_costs_and_a_discount_when_it_gives(kind):
    sums = totals(charge(kind, "1.50", "Wrapping"), charge(kind, "-0.50", "Thanks"))
    assert sums.surcharges == (Surcharge(Decimal("1.50"), "Wrapping"),)
    assert sums.discounts == (Discount(Decimal("0.50"), "Thanks"),)


def test_a_charge_without_a_description_is_named_by_its_type():
    assert totals(charge("HANDLING", 3)).surcharges == (Surcharge(Decimal("3.00"), "Handling"),)


def test_a_discount_is_subtracted_and_positive_on_the_wire():
    sums = totals(charge("DISCOUNT", -5, "Spring"))
    assert (sums.discounts, sums.sub_total, sums.grand_total) == (
        (Discount(Decimal("5.00"), "Spring"),),
        Decimal("9.00"),
        Decimal("9.00"),
    )


def test_a_positive_discount_charge_is_a_discount_when_only_that_fits_the_total():
    sums = totals(charge("DISCOUNT", 5, "Spring"), total=Decimal("9.00"))
    assert sums.discounts == (Discount(Decimal("5.00"), "Spring"),)


def test_a_positive_discount_charge_may_miss_the_total_by_a_cent():
    sums = totals(charge("DISCOUNT", 5, "Spring"), total=Decimal("9.01"))
    assert sums.discounts == (Discount(Decimal("5.00"), "Spring"),)
    assert sums.surcharges == (Surcharge(Decimal("0.01"), "Rounding"),)


def test_a_positive_discount_charge_is_no_rounding_in_a_store_with_a_large_tolerance():
    raw = order(charges=[charge("DISCOUNT", 5, "Spring")], total=Decimal("9.00"))
    sums = translate(raw, Rules(tolerance=Decimal(20))).order.totals
    assert sums.discounts == (Discount(Decimal("5.00"), "Spring"),)


def test_a_discount_of_a_cent_with_the_unusual_sign_stays_within_the_tolerance():
    assert totals(charge("DISCOUNT", "0.01", "Cent")).surcharges == (Surcharge(Decimal("0.01"), "Cent"),)


def test_a_coupon_with_total_and_description_of_a_discount_takes_its_place():
    result = translated(
        charges=[charge("DISCOUNT", -5, "Welcome &#36;5 off"), charge("DISCOUNT", -2, "Spring")],
        coupons=[{"code": "WELCOME5", "descrip": "Welcome $5 off", "total": 5}],
    )
    assert result.coupons == (Coupon("WELCOME5", Decimal("5.00"), "Welcome $5 off"),)
    assert result.totals.discounts == (Discount(Decimal("2.00"), "Spring"),)


@pytest.mark.parametrize("coupon", [{"total": 4}, {"descrip": "Another"}])
def test_a_coupon_that_is_no_order_discount_is_a_comment_and_takes_no_money(coupon):
    result = translated(
        charges=[charge("DISCOUNT", -5, "Welcome")],
        coupons=[{"code": "WELCOME5", "descrip": "Welcome", "total": 5} | coupon],
    )
    assert (result.coupons, len(result.totals.discounts)) == ((), 1)
    assert result.other.comments.startswith("Coupon WELCOME5")


def test_one_discount_is_never_two_coupons():
    welcome = {"code": "WELCOME5", "descrip": "Welcome", "total": 5}
    result = translated(
        charges=[charge("DISCOUNT", -5, "Welcome")], coupons=[welcome, welcome | {"code": "AGAIN"}]
    )
    assert [coupon.name for coupon in result.coupons] == ["WELCOME5"]


def test_the_reported_discounts_are_not_subtracted_again():
    reported = [{"name": "SUMMER", "descrip": "Summer Sale", "total": 6}]
    assert totals(discounts=reported).grand_total == Decimal("14.00")


@pytest.mark.parametrize("cents", ["0.01", "0.02"])
def test_a_missing_cent_is_a_surcharge_called_rounding(cents):
    result = translate(order(total=Decimal(14) + Decimal(cents)), Rules())
    assert result.order.totals.surcharges == (Surcharge(Decimal(cents), "Rounding"),)
    assert "Rounding" in result.warnings[0]


def test_a_cent_too_many_is_a_discount_called_rounding():
    assert totals(total=Decimal("13.99")).discounts == (Discount(Decimal("0.01"), "Rounding"),)


def test_a_difference_beyond_the_tolerance_is_held_saying_by_how_much_and_where():
    with pytest.raises(CannotTranslate) as held:
        totals(charge("SHIPPING", 5), total=Decimal("20.50"), total_ship=Decimal("6.50"))
    assert held.value.reason == (
        "Order 10057: its parts add up to 19.00, but Miva's total is 20.50: 1.50 too little (lines 14.00, "
        "shipping 5.00, tax 0.00, surcharges 0.00, discounts 0.00); Miva's total of shipping is 6.50."
    )


def test_the_tolerance_is_the_stores_own():
    with pytest.raises(CannotTranslate):
        translate(order(total=Decimal("14.01")), Rules(tolerance=Decimal(0)))


def test_an_older_store_without_a_total_gets_the_sum_and_a_warning():
    result = translate(without(order(), "total"), Rules())
    assert result.order.totals.grand_total == Decimal("14.00")
    assert result.warnings == (
        "Miva gave no total; the sum of the parts, 14.00, is sent. Compare it with the order in Miva, and ask "
        "for an update of Miva there.",
    )


def test_a_charge_that_is_no_number_is_held_by_name():
    with pytest.raises(
        CannotTranslate, match=r"charge 'Handling': amount holds 'free', which is not a number"
    ):
        translated(charges=[charge("HANDLING", 3, "Handling") | {"amount": "free"}], total=14)


def test_shipping_was_taxed_when_its_charge_says_so():
    assert totals(charge("SHIPPING", 5, tax=money("0.30")), charge("TAX", 1)).tax.shipping is True


def test_shipping_was_not_taxed_when_the_lines_explain_the_whole_tax():
    sums = totals(charge("SHIPPING", 5), charge("TAX", 1), items=[item(tax=1)])
    assert sums.tax.shipping is False


def test_nothing_is_claimed_about_taxed_shipping_without_proof():
    assert totals(charge("SHIPPING", 5), charge("TAX", 1)).tax.shipping is None


def test_no_tax_rate_is_ever_guessed():
    assert totals(charge("TAX", "0.84"), items=[item(tax=Decimal("0.84"))]).tax.rate is None


@pytest.mark.parametrize(("tax", "exempt"), [(0, True), (1, None)])
def test_a_tax_exempt_customer_is_exempt_where_no_tax_was_charged(tax, exempt):
    assert totals(charge("TAX", tax), customer={"tax_exempt": True}).tax.exempt is exempt


def test_a_coupon_whose_code_is_part_of_another_word_of_a_remark_is_told():
    sale = {"pgrp_id": 4, "descrip": "Sale", "discount": 2}
    raw = order(
        items=[item(code="shirt10", discounts=[sale])],
        coupons=[{"code": "10", "descrip": "", "total": 2}, {"code": "SALE", "descrip": "ale", "total": 2}],
    )
    assert translate(raw, Rules()).order.other.comments == (
        "shirt10: Sale -2.00 each | Coupon 10: 2.00, already in the prices and discounts | "
        "Coupon SALE (ale): 2.00, already in the prices and discounts"
    )


def test_a_coupon_is_told_beside_one_of_a_line_whose_code_and_description_hold_its_own():
    sale = {"pgrp_id": 4, "descrip": "Summer Sale", "discount": 2}
    named, other = {"code": "SALE10", "descrip": "Summer Sale"}, {"code": "10", "descrip": "Sale"}
    raw = order(items=[item(discounts=[sale])], coupons=[named | {"total": 2}, other | {"total": 2}])
    assert translate(raw, Rules()).order.other.comments == (
        "mug: Summer Sale (SALE10) -2.00 each | Coupon 10 (Sale): 2.00, already in the prices and discounts"
    )


def test_a_price_group_whose_name_is_part_of_another_name_is_told():
    raw = order(
        charges=[charge("DISCOUNT", -5, "Welcome 10"), charge("DISCOUNT", -4, "Spring")],
        coupons=[{"code": "SPRING44", "descrip": "Spring", "total": 4}],
        discounts=[
            {"pgrp_id": 1, "name": "10", "descrip": "Welcome 10", "total": 5},
            {"pgrp_id": 2, "name": "44", "descrip": "Spring", "total": 4},
        ],
    )
    result = translate(raw, Rules()).order
    assert [one.description for one in result.totals.discounts] == ["Welcome 10 (10)"]
    assert result.other.comments == "Discount 44 (Spring): 4.00, already in the prices and discounts"


def test_a_shipping_charge_whose_name_is_part_of_another_word_is_told():
    raw = order(
        ship_method="Fair Freight",
        charges=[charge("SHIPPING", 5, "Shipping: Fair Freight"), charge("SHIPPING", 20, "Air")],
    )
    assert translate(raw, Rules()).order.other.comments == "Shipping Air: 20.00"


def test_a_coupon_that_the_remark_about_its_line_names_is_not_told_twice():
    sale = {"pgrp_id": 7, "descrip": "Friends", "discount": 2}
    result = translated(
        items=[item(discounts=[sale])], coupons=[{"code": "FRIEND10", "descrip": "Friends", "total": 2}]
    )
    assert result.other.comments == "mug: Friends (FRIEND10) -2.00 each"
