"""Every payment module of Miva's Stone Edge guide, "Payment Data": the raw payment and the XML that it becomes.

The codes and keys of Miva's own modules are those of Miva reference §12.2; those of the gateways are published nowhere and
stand for the plausible ones. Read and approved by a person; docs/payments.md names these tests.
"""

from pathlib import Path

import pytest

from orders.translate import Rules, translate
from orders.translate.methods import BY_MODULE, STANDARD_METHODS, Kind, PaymentMethod, PaymentMethods
from orders.translate.patterns import alternatives
from stores.seti.responses import render_payment
from tests.orders.translate.orders_of_miva import order, payment

CARD = {"cc_card": "Visa", "cc_name": "R O&#39;Connor", "cc_number": "1111", "cc_exp": "12/2027"}
MODULES = {
    "PayPal Express Checkout": (
        payment("paypalexp", kind=5, refnum="8XY", data={"email": "ana@example.com", "payer_id": "Q7"}),
        "<PayPal><Payer><ID>Q7</ID><Email>ana@example.com</Email></Payer>"
        "<Transaction><TransID>8XY</TransID><Amount>14.00</Amount></Transaction></PayPal>",
    ),
    "Card through a PayPal module": (
        payment(
            "paypalcp", kind=5, refnum="9PC", cardbrand="Visa", data={"last4": "4242", "auth_code": "777"}
        ),
        "<CreditCard><Issuer>Visa</Issuer><Number>4242</Number><TransID>9PC</TransID><AuthCode>777</AuthCode>"
        "<ProcessLevel>Captured</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Amazon Pay": (
        payment("amazonpay", refnum="S01-1-2", description="Amazon Pay"),
        "<Generic1><Name>Amazon Pay</Name><Description>14.00 authorized</Description>"
        "<Field1>S01-1-2</Field1></Generic1>",
    ),
    "Braintree": (
        payment(
            "braintree",
            refnum="bt1",
            cardbrand="MasterCard",
            data={"last4": "4444", "expirationDate": "09/2030", "processorAuthorizationCode": "A1B2C3"},
        ),
        "<CreditCard><Issuer>MasterCard</Issuer><Number>4444</Number><ExpirationDate>09/2030</ExpirationDate>"
        "<TransID>bt1</TransID><AuthCode>A1B2C3</AuthCode><ProcessLevel>Auth Only</ProcessLevel>"
        "<Amount>14.00</Amount></CreditCard>",
    ),
    "PayPal through Braintree": (
        payment(
            "braintree", kind=5, refnum="bt2", description="PayPal", data={"payerEmail": "a@example.com"}
        ),
        "<PayPal><Payer><Email>a@example.com</Email></Payer>"
        "<Transaction><TransID>bt2</TransID><Amount>14.00</Amount></Transaction></PayPal>",
    ),
    "Apple Pay through Braintree": (
        payment("braintree", refnum="bt3", description="Visa &#40;Apple Pay&#41;", data={"last4": "1881"}),
        "<CreditCard><Issuer>Visa</Issuer><Number>1881</Number><TransID>bt3</TransID>"
        "<ProcessLevel>Auth Only</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Apple Pay through Authorize.net": (
        payment("authnet", refnum="60101", description="Apple Pay", cardbrand="American Express"),
        "<CreditCard><Issuer>AMEX</Issuer><TransID>60101</TransID><ProcessLevel>Auth Only</ProcessLevel>"
        "<Amount>14.00</Amount></CreditCard>",
    ),
    "eCheck through Authorize.net": (
        payment("authnet", refnum="60100", description="eCheck", data={"bank_name": "First"}),
        "<Check> </Check>",
    ),
    "Apple Pay with a module of its own": (
        payment("applepay", refnum="ap1", cardbrand="Visa", data={"last4": "1881"}),
        "<CreditCard><Issuer>Visa</Issuer><Number>1881</Number><TransID>ap1</TransID>"
        "<ProcessLevel>Auth Only</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Authorize.net": (
        payment(
            "authnet",
            kind=5,
            refnum="60102",
            cardbrand="Discover",
            data={
                "accountNumber": "XXXX1117",
                "cc_exp_month": "9",
                "cc_exp_year": "2030",
                "authCode": "HW617E",
                "avsResultCode": "Y",
                "cardCodeResponse": "M",
            },
        ),
        "<CreditCard><Issuer>Discover</Issuer><Number>1117</Number><ExpirationDate>09/2030</ExpirationDate>"
        "<VerificationValue>M</VerificationValue><AVS>Y</AVS><TransID>60102</TransID>"
        "<AuthCode>HW617E</AuthCode><ProcessLevel>Captured</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Authorize.net with accept.js": (
        payment("authnetacceptjs", refnum="60103", description="Visa", data={"cc_lastfour": "1111"}),
        "<CreditCard><Issuer>Visa</Issuer><Number>1111</Number><TransID>60103</TransID>"
        "<ProcessLevel>Auth Only</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Customer Credit": (
        payment("customercredit", kind=5, description="Customer Credit"),
        "<StoreCredit><Total>14.00</Total><Description>Customer Credit</Description></StoreCredit>",
    ),
    "Chase Paymentech": (
        payment("chasepaymentech", cardbrand="Visa", data={"txRefNum": "5F1A", "approval_code": "tst1"}),
        "<CreditCard><Issuer>Visa</Issuer><TransID>5F1A</TransID><AuthCode>tst1</AuthCode>"
        "<ProcessLevel>Auth Only</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Bolt": (
        payment("bolt", refnum="BLT-1", cardbrand="Visa", data={"last4": "4242"}),
        "<CreditCard><Issuer>Visa</Issuer><Number>4242</Number><TransID>BLT-1</TransID>"
        "<ProcessLevel>Auth Only</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Square Payments": (
        payment("squarepay", kind=5, cardbrand="JCB", data={"payment_id": "sq0", "avs": "A"}),
        "<CreditCard><Issuer>Other</Issuer><AVS>A</AVS><TransID>sq0</TransID>"
        "<ProcessLevel>Captured</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Mod10": (
        payment("mod10", kind=1, description="Visa", data=CARD),
        "<CreditCard><Issuer>Visa</Issuer><Number>1111</Number><ExpirationDate>12/2027</ExpirationDate>"
        "<FullName>R O'Connor</FullName><ProcessLevel>Auth Only</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Cybersource": (
        payment(
            "cybersource", cardbrand="Visa", data={"requestId": "6789", "avsCode": "X", "cvnResult": "M"}
        ),
        "<CreditCard><Issuer>Visa</Issuer><VerificationValue>M</VerificationValue><AVS>X</AVS>"
        "<TransID>6789</TransID><ProcessLevel>Auth Only</ProcessLevel><Amount>14.00</Amount></CreditCard>",
    ),
    "Check": (
        payment("check", kind=1, description="Check", data={"check": "1044"}),
        "<Check><CheckNumber>1044</CheckNumber></Check>",
    ),
    "COD": (payment("cod", kind=1, description="COD"), "<COD> </COD>"),
    "Purchase order": (
        payment("terms", description="Net 30", data={"po_number": "PO-9"}),
        "<PurchaseOrder><PurchaseNumber>PO-9</PurchaseNumber></PurchaseOrder>",
    ),
    "Gift card": (
        payment("giftcert", kind=5, data={"code": "GC-7"}),
        "<GiftCard><Number>GC-7</Number><FaceValue>14.00</FaceValue></GiftCard>",
    ),
    "Anything else": (
        payment("zippay", refnum="z1", description="Zip Pay", module={"code": "zippay", "name": "Zip"}),
        "<Generic1><Name>Zip</Name><Description>Zip Pay 14.00 authorized</Description><Field1>z1</Field1></Generic1>",
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_the_payment_of_the_module_is_sent_as_approved(name):
    record, approved = MODULES[name]
    translation = translate(order(payments=[record]), Rules())
    [sent] = translation.order.payments
    assert render_payment(sent) == f"<Payment>{approved}</Payment>"
    assert translation.warnings == ()
    assert bool(translation.unmapped) == (name == "Anything else")


def test_every_module_of_the_guide_has_a_row_of_its_own_with_an_approved_payment():
    """Miva's Stone Edge guide, "Payment Data": the eleven names, Apple Pay twice and Authorize.net twice."""
    guide = (
        *(
            "PayPal Express Checkout",
            "Amazon Pay",
            "Braintree",
            "Apple Pay through Braintree",
            "Customer Credit",
        ),
        *(
            "Apple Pay through Authorize.net",
            "Authorize.net",
            "Authorize.net with accept.js",
            "Chase Paymentech",
        ),
        *("Bolt", "Square Payments", "Mod10", "Cybersource"),
    )
    for name in guide:
        record, _ = MODULES[name]
        method = STANDARD_METHODS.of(record["module"]["code"], record["description"], record["cardbrand"])
        assert method.title.split(",")[0].split(" (")[0] == name.removesuffix(" with accept.js")


def test_every_standard_mapping_by_module_decides_about_one_of_them():
    titles = set()
    for record, _ in MODULES.values():
        method = STANDARD_METHODS.of(record["module"]["code"], record["description"], record["cardbrand"])
        titles.add(method.title if method else "")
    assert {method.title for method in BY_MODULE} <= titles


def test_the_documentation_has_every_standard_mapping():
    text = (Path(__file__).parents[3] / "docs" / "payments.md").read_text(encoding="utf-8")
    for method in STANDARD_METHODS:
        patterns = ", ".join(f"`{each}`" for each in alternatives(method.module or method.description))
        assert f"| {method.title} | {patterns} |" in text


@pytest.mark.parametrize(
    ("pattern", "code", "fits"),
    [
        ("authnet*", "AuthNet2", True),
        ("authnet", "authnet2", False),
        ("auth?et", "authnet", True),
        ("one, two", "two", True),
        ("a.b", "axb", False),
        ("mod10", "mmlsk-mod10", True),
    ],
)
def test_a_module_pattern_fits_the_whole_code(pattern, code, fits):
    method = PaymentMethod(Kind.COD, module=pattern)
    assert (PaymentMethods([method]).of(code) is method) is fits


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("apple pay", "Visa (Apple-Pay)", True),
        ("apple pay", "Pineapple pay", False),
        ("gift cert*", "Gift Certificate 12", True),
        ("visa, amex", "AMEX", True),
        ("überweisung", "Überweisung", True),
        ("*pay", "ApplePay", True),
    ],
)
def test_a_description_pattern_fits_whole_words_wherever_they_stand(pattern, text, fits):
    method = PaymentMethod(Kind.COD, description=pattern)
    assert (PaymentMethods([method]).of("any", "", text) is method) is fits


def test_words_of_two_texts_are_not_taken_together():
    assert (
        PaymentMethods([PaymentMethod(Kind.COD, description="gift card")]).of("x", "A gift", "card") is None
    )


def test_a_table_looks_at_a_kind_of_payment_once():
    table = PaymentMethods([PaymentMethod(Kind.COD, module="x")])
    assert table.of("x", "Anything") is table.of("x", "Anything")
    assert len(table._remembered) == 1


@pytest.mark.parametrize("value", ["123", "1234"])
def test_what_could_be_the_verification_code_itself_is_never_sent(value):
    [sent] = translate(order(payments=[payment(data={"cvv_result": value})]), Rules()).order.payments
    assert sent.verification_value == ""
