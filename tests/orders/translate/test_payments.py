"""Payments (Miva §12; SETI §3.1.4)."""

from decimal import Decimal

import pytest

from orders.translate import CannotTranslate, Rules, translate
from orders.translate.methods import Kind, PaymentMethod
from orders.translate.payments import ALL_REFUNDED, NO_MONEY
from stores.seti import responses as seti
from tests.orders.translate.orders_of_miva import item, order, payment, without

CARD_DATA = {"cc_card": "Visa", "cc_name": "Ana", "cc_number": "4111111111111111", "cc_exp": "12/2027"}


def payments(*records, rules=None, **members):
    return translate(order(payments=list(records), **members), rules or Rules()).order.payments


def paid(record, **members):
    (one,) = payments(record, **members)
    return one


def test_an_order_without_payments_has_none():
    assert payments() == ()


def test_a_card_shows_issuer_last_four_expiry_holder_and_reference():
    assert paid(payment(refnum="ch-77120", data=CARD_DATA)) == seti.CreditCard(
        issuer="Visa",
        number="1111",
        expiration_date="12/2027",
        full_name="Ana",
        trans_id="ch-77120",
        process_level="Auth Only",
        amount=Decimal("14.00"),
    )


@pytest.mark.parametrize("kept", ["1111", "************1111", "XXXX-1111", "4111111111111111"])
def test_at_most_four_digits_of_a_card_are_sent(kept):
    assert paid(payment(data={"cc_number": kept})).number == "1111"


def test_details_may_come_as_numbers():
    sent = paid(
        payment("authnet", data={"last4": 4242, "exp_month": 9, "exp_year": 2030, "auth_code": 31884})
    )
    assert (sent.number, sent.expiration_date, sent.auth_code) == ("4242", "09/2030", "31884")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("12/2027", "12/2027"),
        ("1/27", "01/2027"),
        ("1227", "12/2027"),
        ("2027-12", "12/2027"),
        ("13/2027", ""),
        ("?", ""),
    ],
)
def test_the_expiry_is_month_and_four_digits_of_the_year(written, sent):
    assert paid(payment(data={"cc_exp": written})).expiration_date == sent


@pytest.mark.parametrize(
    ("members", "issuer"),
    [
        ({"cardbrand": "VISA"}, "Visa"),
        ({"cardbrand": "American Express"}, "AMEX"),
        ({"description": "MasterCard ending in 4444"}, "MasterCard"),
        ({"data": {"cc_card": "Discover"}}, "Discover"),
        ({"cardbrand": "Zebra"}, "Other"),
        ({}, "Other"),
    ],
)
def test_the_issuer_is_found_in_brand_data_or_description(members, issuer):
    assert paid(payment(**members)).issuer == issuer


def test_an_unknown_gateway_with_a_card_behind_it_is_generic_and_names_the_card():
    record = payment("somegateway", cardbrand="Visa", refnum="r1", data={"last4": "1111"})
    assert paid(record) == seti.Generic1("Visa", "ending in 1111 14.00 authorized", "r1")


def test_a_card_whose_module_was_uninstalled_is_a_card():
    record = without(payment(description="Visa", refnum="r1"), "module")
    assert paid(record).issuer == "Visa"


def test_an_unknown_method_is_generic_with_its_name_amount_and_reference():
    record = payment("bitpenny", refnum="r1", module={"code": "bitpenny", "name": "Bit Penny"})
    assert paid(record) == seti.Generic1("Bit Penny", "14.00 authorized", "r1")


def test_customer_credit_is_store_credit():
    record = payment("customercredit", "10.00", kind=5, description="Customer Credit")
    assert paid(record) == seti.StoreCredit(Decimal("10.00"), "Customer Credit")


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ({"code": "check", "name": "Check Payment"}, seti.Check),
        ({"code": "mmlsk-check", "name": ""}, seti.Check),
        ({"code": "checkoutcom", "name": "Checkout"}, seti.Generic1),
        ({"code": "cod", "name": ""}, seti.COD),
        ({"code": "paypalexp", "name": "PayPal Express Checkout"}, seti.PayPal),
        ({"code": "x", "name": "PayPal"}, seti.Generic1),
        ({"code": "", "name": "PayPal"}, seti.PayPal),
        ({"code": "", "name": "Purchase Order"}, seti.PurchaseOrder),
        ({"code": "terms", "name": "Purchase Order"}, seti.PurchaseOrder),
        ({"code": "amazonpay", "name": "Amazon Pay"}, seti.Generic1),
    ],
)
def test_the_module_decides_the_method(module, kind):
    assert type(paid(payment(module=module))) is kind


@pytest.mark.parametrize(
    ("code", "description"),
    [
        ("affirm", "Check out with Affirm"),
        ("klarna", "Pay later, terms apply"),
        ("sqwallet", "Square one wallet"),
    ],
)
def test_a_word_in_the_description_makes_no_known_method_of_a_foreign_module(code, description):
    translation = translate(order(payments=[payment(code, description=description, refnum="T1")]), Rules())
    assert translation.order.payments == (seti.Generic1(description, "14.00 authorized", "T1"),)
    assert [(method.module, method.description) for method in translation.unmapped] == [(code, description)]


def test_a_check_has_its_number():
    assert paid(payment("check", data={"check": "1044"})) == seti.Check("1044")


def test_paypal_has_transaction_amount_and_payer():
    record = payment("paypalexp", refnum="8XY", data={"email": "ana@example.com"})
    assert paid(record) == seti.PayPal("8XY", Decimal("14.00"), payer_email="ana@example.com")


def test_the_number_of_a_purchase_order_is_repeated_in_the_comments():
    record = payment("terms", module={"code": "terms", "name": "Purchase Order"}, data={"po_number": "PO-9"})
    result = translate(order(payments=[record]), Rules()).order
    assert result.payments == (seti.PurchaseOrder("PO-9"),)
    assert result.other.comments == "Purchase order PO-9"


@pytest.mark.parametrize(
    ("record", "comment"),
    [
        (payment("check", 60, refnum="r1", data={"check": "1044"}), "Check: 60.00, reference r1"),
        (payment("check", 60, data={"account_number": "XXXX6789"}), "Check: ending in 6789, 60.00"),
        (payment("cod", 60), "COD: 60.00"),
        (
            payment("po", 60, refnum="r2", data={"po_number": "PO-9"}),
            "Purchase order PO-9: 60.00, reference r2",
        ),
    ],
    ids=["check", "account", "cod", "purchase-order"],
)
def test_what_an_element_without_amount_and_reference_cannot_tell_is_one_comment(record, comment):
    card = payment("authnet", 40, pay_id=40)
    assert (
        translate(order(items=[item(price=100)], payments=[record, card]), Rules()).order.other.comments
        == comment
    )


def test_a_check_or_cod_over_the_whole_order_needs_no_comment():
    for code in ("check", "cod"):
        assert translate(order(payments=[payment(code)]), Rules()).order.other.comments == ""


@pytest.mark.parametrize(
    ("record", "label"),
    [
        (payment("authnet", refnum="R" * 101), "Transaction"),
        (payment("authnet", data={"auth_code": "R" * 101}), "Authorization code"),
        (payment("authnet", data={"cc_name": "R" * 256}), "Card holder"),
        (payment("paypal", refnum="R" * 51), "Transaction"),
        (payment("giftcard", data={"code": "ABCD-EFGH-IJKL-MNOP-QRST"}), "Gift card"),
        (payment("check", data={"check": "R" * 51}), "Check"),
        (payment("zebra", description="R" * 256), "Payment"),
    ],
    ids=["card", "authorization", "holder", "paypal", "gift-card", "check", "generic"],
)
def test_a_text_of_a_payment_that_is_cut_is_in_full_in_the_comments(record, label):
    text = "ABCD-EFGH-IJKL-MNOP-QRST" if label == "Gift card" else "R" * 51
    comments = translate(order(payments=[record]), Rules()).order.other.comments
    assert comments.startswith(f"{label}: ")
    assert text in comments


def test_a_store_may_add_a_method_of_its_own():
    own = Rules(payment_methods=(PaymentMethod(Kind.CHECK, module="wire"),))
    assert payments(payment("wire"), rules=own) == (seti.Check(),)


def test_the_order_names_the_module_that_was_uninstalled():
    record = without(payment(), "module")
    assert paid(record, pay_id=17, payment_module="Bit Penny").name == "Bit Penny"


def test_an_authorization_and_its_capture_are_one_payment():
    authorized = payment(refnum="a", kind=3)
    captured = payment(refnum="c", kind=4)
    (one,) = payments(captured, authorized)
    assert (one.amount, one.process_level, one.trans_id) == (Decimal("14.00"), "Captured", "c")


def test_two_authorizations_keep_their_own_captures():
    one, two = payments(
        payment(refnum="a", amount=10),
        payment(refnum="b", amount=4),
        payment(refnum="b", amount=4, kind=4),
    )
    assert [(card.trans_id, card.process_level) for card in (one, two)] == [
        ("a", "Auth Only"),
        ("b", "Captured"),
    ]


def test_a_capture_in_two_steps_is_one_payment():
    (one,) = payments(payment(amount=14), payment(amount=10, kind=4), payment(amount=4, kind=4))
    assert (one.amount, one.process_level) == (Decimal("14.00"), "Captured")


def test_a_partial_capture_is_sent_as_what_was_captured_with_a_warning():
    result = translate(order(payments=[payment(id=7), payment(amount=10, kind=4)]), Rules())
    assert result.order.payments[0].amount == Decimal("10.00")
    assert result.warnings == (
        "Payment 7 was authorized over 14.00; only the 10.00 captured so far are sent. Capture or void the other 4.00 in Miva.",
    )


def test_a_payment_below_zero_is_no_partial_capture():
    [warning] = translate(order(payments=[payment(amount=-4, kind=5)]), Rules()).warnings
    assert warning.startswith("The payments add up to ")


def test_a_capture_without_an_authorization_is_a_payment():
    assert paid(payment(kind=4)).process_level == "Captured"


@pytest.mark.parametrize("kind", [0, 7])
def test_declined_and_void_records_are_no_payments(kind):
    assert payments(payment(kind=kind)) == ()


def test_a_void_ends_the_authorization_with_its_reference():
    kept, voided = payment(refnum="b"), payment(refnum="a")
    assert [card.trans_id for card in payments(kept, voided, payment(refnum="a", kind=7))] == ["b"]


def test_a_void_without_a_reference_ends_the_exhausted_authorization_only():
    voided, live = payment(available=0, cardbrand="Visa"), payment(cardbrand="Discover")
    assert [card.issuer for card in payments(voided, live, payment(kind=7))] == ["Discover"]


def test_a_void_takes_back_customer_credit_that_is_used_up():
    credit = payment("customercredit", "10.00", kind=5, available=0)
    card = payment("authnet", "14.00", pay_id=40)
    void = payment("customercredit", "10.00", kind=7)
    assert [type(each) for each in payments(credit, card, void)] == [seti.CreditCard]


def test_a_void_of_the_rest_leaves_what_was_captured():
    records = [
        payment(refnum="a", amount=20),
        payment(refnum="a", amount=14, kind=4),
        payment(refnum="a", amount=6, kind=7),
    ]
    result = translate(order(payments=records), Rules())
    assert [each.amount for each in result.order.payments] == [Decimal("14.00")]
    assert result.warnings == ()


def test_a_void_of_one_capture_leaves_the_other():
    records = [
        payment(refnum="a", amount=20),
        payment(refnum="b", amount=14, kind=4),
        payment(refnum="c", amount=6, kind=4),
        payment(refnum="c", amount=6, kind=7),
    ]
    assert [(each.trans_id, each.amount) for each in payments(*records)] == [("b", Decimal("14.00"))]


def test_a_void_of_one_capture_while_more_is_authorized_takes_back_that_capture():
    records = [
        payment(refnum="a", amount=100, cardbrand="Visa"),
        payment(refnum="b", amount=30, kind=4),
        payment(refnum="c", amount=40, kind=4),
        payment(refnum="b", amount=30, kind=7),
    ]
    result = translate(order(total=Decimal(100), items=[item(price=100)], payments=records), Rules())
    [sent] = result.order.payments
    assert (sent.trans_id, sent.amount) == ("c", Decimal("40.00"))
    assert "was authorized over 70.00; only the 40.00 captured so far are sent. " in result.warnings[0]
    assert result.warnings[1].startswith("The payments add up to 70.00, but the order's total is 100.00.")


def test_a_void_of_the_only_capture_leaves_what_is_authorized_and_not_captured():
    records = [
        payment(refnum="a", amount=100),
        payment(refnum="b", amount=30, kind=4),
        payment(refnum="b", amount=30, kind=7),
    ]
    [sent] = payments(*records)
    assert (sent.trans_id, sent.amount, sent.process_level) == ("a", Decimal("70.00"), "Auth Only")


def test_a_void_that_has_the_one_reference_of_everything_ends_the_capture_of_its_amount():
    records = [
        payment(refnum="a", amount=100),
        payment(refnum="a", amount=60, kind=4),
        payment(refnum="a", amount=40, kind=4),
        payment(refnum="a", amount=40, kind=7),
    ]
    assert [each.amount for each in payments(*records)] == [Decimal("60.00")]


def test_a_void_that_belongs_to_no_payment_is_a_warning():
    result = translate(order(payments=[payment(refnum="a"), payment(id=77, refnum="z", kind=7)]), Rules())
    assert result.warnings == (
        "Payment 77 is a void of 14.00 that ends none of the order's other payments, which are all sent. "
        "Look at the order's payments in Miva before it is charged or shipped.",
    )


def test_a_void_of_the_capture_ends_the_payment():
    records = [
        payment(refnum="a", amount=14),
        payment(refnum="b", amount=14, kind=4),
        payment(refnum="b", amount=14, kind=7),
    ]
    assert payments(*records) == ()


def test_a_payment_that_was_captured_after_another_was_voided_is_captured():
    records = [
        payment(refnum="a", available=0),
        payment(refnum="a", kind=7),
        payment(refnum="b", available=0),
        payment(refnum="c", kind=4),
    ]
    assert [(each.trans_id, each.process_level) for each in payments(*records)] == [("c", "Captured")]


def test_records_are_read_in_the_order_in_which_they_happened():
    voided, void = payment(refnum="a", available=0, dtstamp=1), payment(refnum="a", kind=7, dtstamp=2)
    live, capture = payment(refnum="b", available=0, dtstamp=3), payment(refnum="c", kind=4, dtstamp=4)
    sent = payments(capture, void, live, voided)
    assert [(each.trans_id, each.process_level) for each in sent] == [("c", "Captured")]


def test_a_capture_belongs_to_the_card_whose_available_amount_it_took():
    visa = payment(refnum="a", amount=60, available=60, cardbrand="Visa")
    mastercard = payment(refnum="b", amount=40, available=0, cardbrand="MasterCard")
    sent = payments(visa, mastercard, payment(refnum="c", amount=40, kind=4))
    assert [(each.issuer, each.amount, each.process_level) for each in sent] == [
        ("Visa", Decimal("60.00"), "Auth Only"),
        ("MasterCard", Decimal("40.00"), "Captured"),
    ]


def test_a_void_of_a_part_leaves_the_rest_for_its_capture():
    records = [
        payment(refnum="a", amount=20, cardbrand="Visa"),
        payment(refnum="a", amount=6, kind=7),
        payment(refnum="a", amount=14, kind=4),
    ]
    [sent] = payments(*records)
    assert (sent.issuer, sent.amount, sent.process_level) == ("Visa", Decimal("14.00"), "Captured")


def test_a_time_that_is_no_number_is_held_by_payment():
    with pytest.raises(CannotTranslate, match="payment 7: dtstamp holds 'noon', which is not a number"):
        payments(payment(id=7, dtstamp="noon"))


def test_a_void_without_an_amount_ends_what_was_not_captured_and_takes_back_no_money():
    records = [
        payment(refnum="a", amount=20),
        payment(refnum="b", amount=14, kind=4),
        payment(refnum="a", amount=0, kind=7),
    ]
    result = translate(order(payments=records), Rules())
    [sent] = result.order.payments
    assert (sent.trans_id, sent.amount, sent.process_level) == ("b", Decimal("14.00"), "Captured")
    assert result.warnings == ()


@pytest.mark.parametrize("captured_as", ["a", "b"])
def test_a_void_without_an_amount_of_what_is_captured_entirely_is_a_warning(captured_as):
    records = [
        payment(refnum="a", amount=14),
        payment(refnum=captured_as, amount=14, kind=4),
        payment(id=10**9, refnum="a", amount=0, kind=7),
    ]
    result = translate(order(payments=records), Rules())
    assert [(each.amount, each.process_level) for each in result.order.payments] == [
        (Decimal("14.00"), "Captured")
    ]
    assert [warning[:31] for warning in result.warnings] == ["Payment 1000000000 is a void of"]


@pytest.mark.parametrize("captured_as", [(), ("b",)])
def test_a_void_without_an_amount_ends_the_authorization_or_the_capture_that_it_names(captured_as):
    records = [payment(refnum="a", amount=14)]
    records += [payment(refnum=reference, amount=14, kind=4) for reference in captured_as]
    assert payments(*records, payment(refnum=records[-1]["refnum"], amount=0, kind=7)) == ()


def test_a_void_without_an_amount_ends_the_sale_that_it_names():
    assert payments(payment(refnum="a", kind=5), payment(refnum="a", amount=0, kind=7)) == ()


def test_a_void_of_a_part_of_a_sale_leaves_the_rest_of_the_money():
    [sent] = payments(payment(refnum="a", kind=5), payment(refnum="a", amount=4, kind=7))
    assert (sent.amount, sent.process_level) == (Decimal("10.00"), "Captured")


def test_a_void_may_be_written_below_zero():
    records = [
        payment(refnum="a", amount=20),
        payment(refnum="a", amount=14, kind=4),
        payment(refnum="a", amount=-6, kind=7),
    ]
    assert [each.amount for each in payments(*records)] == [Decimal("14.00")]


def test_a_record_that_became_a_void_itself_takes_no_other_payment_with_it():
    assert len(payments(payment(kind=7), payment(refnum="new"))) == 1


def test_a_refund_is_a_comment_and_leaves_the_payment_as_it_was():
    result = translate(
        order(payments=[payment(kind=5), payment(amount=4, kind=6, refnum="r9")]), Rules()
    ).order
    assert [card.amount for card in result.payments] == [Decimal("14.00")]
    assert result.other.comments == "Refunded 4.00 on 01-Dec-2025 (reference r9)"


def test_a_refund_made_outside_of_miva_is_a_comment_whatever_its_type():
    record = payment("externalrefund", amount=4, kind=5, refnum="r9")
    result = translate(order(payments=[payment(), record]), Rules()).order
    assert len(result.payments) == 1
    assert result.other.comments == "Refunded 4.00 on 01-Dec-2025 (reference r9)"


@pytest.mark.parametrize("refunded", [[14], [10, 4], [13.99, "-0.01"]])
def test_an_order_whose_money_was_all_given_back_has_a_warning(refunded):
    records = [payment(amount=14, kind=5), *[payment(amount=amount, kind=6) for amount in refunded]]
    assert translate(order(payments=records), Rules()).warnings == (ALL_REFUNDED.format("14.00", "14.00"),)
    assert translate(order(payments=records[:-1]), Rules()).warnings == ()


def test_a_refund_says_to_which_of_the_payments_it_went():
    visa, other = (
        payment(amount=8, kind=5, cardbrand="Visa"),
        payment(amount=6, kind=5, description="Amazon Pay"),
    )
    refunds = [
        payment(amount=1, kind=6, cardbrand="Visa"),
        payment(amount=2, kind=6, description="Amazon Pay"),
    ]
    assert translate(order(payments=[visa, other, *refunds]), Rules()).order.other.comments == (
        "Refunded 1.00 to Visa on 01-Dec-2025 | Refunded 2.00 to Amazon Pay on 01-Dec-2025"
    )


def test_customer_credit_and_a_card_are_two_payments_that_add_up():
    credit, card = payment("customercredit", "4.00", kind=5, pay_id=31), payment("authnet", "10.00")
    result = translate(order(payments=[credit, card]), Rules())
    assert [type(each) for each in result.order.payments] == [seti.StoreCredit, seti.CreditCard]
    assert result.warnings == ()


def test_payments_that_are_not_the_total_are_a_warning_with_both_sums():
    result = translate(order(payments=[payment(amount=10)]), Rules())
    assert result.warnings == (
        "The payments add up to 10.00, but the order's total is 14.00. "
        "Compare the order's payments in Miva with what Stone Edge shows before it is charged or shipped.",
    )


@pytest.mark.parametrize(
    "records",
    [
        [payment(kind=0)],
        [payment(kind=6)],
        [payment(kind=7)],
        [payment(refnum="a"), payment(refnum="a", kind=7)],
    ],
    ids=["declined", "refund", "void", "voided"],
)
def test_payment_records_of_which_none_is_money_are_a_warning(records):
    assert translate(order(payments=records), Rules()).warnings == (NO_MONEY.format(len(records)),)


def test_an_order_without_payments_is_not_compared_with_its_total():
    assert translate(order(), Rules()).warnings == ()


def test_a_locked_payment_is_sent_without_details_and_with_the_remedy():
    locked = payment(
        id=9002,
        description="Visa",
        decrypt_status="not_decrypted",
        decrypt_error="MER-CRY-PUB-00018: Decryption failed: Passphrase missing",
        data=dict.fromkeys(CARD_DATA, "** Secured **"),
    )
    result = translate(order(payments=[locked]), Rules())
    assert result.order.payments == (
        seti.CreditCard("Visa", process_level="Auth Only", amount=Decimal("14.00")),
    )
    assert result.warnings == (
        "Payment 9002 could not be decrypted by Miva "
        "(MER-CRY-PUB-00018: Decryption failed: Passphrase missing). "
        "Enter the passphrase of Miva's payment encryption in the store's settings and fetch the order again.",
    )


def test_a_wrong_passphrase_has_a_remedy_of_its_own():
    locked = payment(
        id=9002,
        decrypt_status="not_decrypted",
        decrypt_error="MER-CRY-PUB-00070: Unable to decrypt order key",
    )
    (warning,) = translate(order(payments=[locked]), Rules()).warnings
    assert "Check the passphrase" in warning
    assert "it does not open this payment" in warning


def test_a_payment_of_a_type_nobody_knows_is_not_sent_but_named():
    result = translate(order(payments=[payment(id=7, kind=12)]), Rules())
    assert (result.order.payments, result.warnings) == (
        (),
        (
            "Payment 7 is of the unknown type 12 and is not sent. Look at it in Miva, and enter it in Stone Edge if it is money.",
            NO_MONEY.format(1),
        ),
    )


def test_an_amount_that_is_no_number_is_held_by_payment():
    with pytest.raises(CannotTranslate, match="payment 7: amount holds 'much', which is not a number"):
        payments(payment(id=7) | {"amount": "much"})
