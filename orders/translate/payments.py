"""Payments as Stone Edge knows them (Miva reference §12; SETI reference §3.1.4)."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from orders.translate import cards
from orders.translate.members import ZERO, Row, optional_amount, rounded, rows, text
from orders.translate.methods import Kind, PaymentMethod, method_of
from orders.translate.payment_remarks import payment_remarks, refund_remark
from orders.translate.rules import Rules
from orders.translate.takings import Taking, name_of, read_takings, record_amount
from stores.seti.responses import (
    COD,
    Check,
    CreditCard,
    Generic1,
    GiftCard,
    Payment,
    PayPal,
    PurchaseOrder,
    StoreCredit,
)
from stores.seti.values import money, plain

PURCHASE_NUMBER_KEYS = ("ponumber", "ponum", "po", "purchaseorder", "purchasenumber", "number")
CHECK_NUMBER_KEYS = ("check", "checknumber", "checknum")
GIFT_NUMBER_KEYS = ("code", "number", "giftcard", "certificate")
EMAIL_KEYS = ("email", "payeremail", "paypalemail")
PAYER_ID_KEYS = ("payerid", "payer")
TRANSACTION_KEYS = (
    *("transactionid", "transid", "txnid", "txid", "transaction", "referenceid", "refnum", "pnref"),
    *("txrefnum", "requestid", "chargeid", "paymentid", "captureid"),
)
ENTER_IT = (
    "Enter the passphrase of Miva's payment encryption in the store's settings and fetch the order again."
)
CORRECT_IT = (
    "Check the passphrase of Miva's payment encryption in the store's settings: it does not open this payment. "
    "Then fetch the order again."
)
NO_MONEY = "None of the order's payment records in Miva ({} in all) is money. Look at them there before the order is shipped."
ALL_REFUNDED = (
    "All money was given back in Miva: {} was paid and {} refunded. If nothing is to be delivered, cancel the order's lines in "
    "Miva; otherwise tell whoever ships it that this is meant."
)
_LONG_NUMBER = re.compile(r"[0-9]{4,}")


@dataclass(frozen=True, slots=True)
class UnmappedMethod:
    """A payment method that nobody has mapped: what its payments say about it."""

    module: str
    description: str

    def __str__(self) -> str:
        return " / ".join(filter(None, (self.module, self.description)))


class Details(Struct, dict=True):
    """What the record of one payment tells beside its money."""

    row: Row
    code: str
    module_name: str
    description: str
    brand: str

    @cached_property
    def data(self) -> dict[str, str]:
        """What the module wrote down about the payment, as far as it can be read."""
        data = self.row.get("data")
        return cards.readable(data) if isinstance(data, dict) else {}

    @property
    def issuer(self) -> str:
        return cards.issuer(self.brand, cards.found(self.data, cards.BRAND_KEYS), self.description)


class ReadPayment(NamedTuple):
    """One real payment, and what it was paid with."""

    taking: Taking
    details: Details
    method: PaymentMethod


class Payments(Struct):
    """An order's payments, what was given back in words, and the methods that were not recognised."""

    total: Decimal | None  # of the order
    read: list[ReadPayment] = []
    refunds: list[str] = []
    warnings: list[str] = []
    unmapped: list[UnmappedMethod] = []

    def sent(self) -> tuple[Payment, ...]:
        """The payment elements."""
        return tuple([element(*each) for each in self.read])

    def remarks(self, sent: tuple[Payment, ...]) -> list[str]:
        """What the comments tell of the payments, of which these are the elements."""
        remarks: list[str] = []
        for payment, (taking, details, _) in zip(sent, self.read, strict=True):
            remarks += payment_remarks(payment, taking, cards.last_four(details.data), self.total)
        return remarks + self.refunds


CARD = PaymentMethod(Kind.CARD)
OTHER_METHOD = PaymentMethod(Kind.GENERIC)


def read_payments(raw: Row, rules: Rules) -> Payments:
    """One entry for each real payment; refunds, and what an element has no place for, become remarks."""
    takings = read_takings(raw)
    total = optional_amount(raw, "total")
    payments = Payments(total, warnings=list(takings.warnings))
    for taking in takings.taken:
        details = details_of(raw, taking.row)
        method = method_of(
            rules.payment_methods, details.code, details.description, details.brand, details.module_name
        )
        if method is None:
            method = unknown_method(details, payments.unmapped)
        payments.read.append(ReadPayment(taking, details, method))
        payments.warnings += locked(taking.row)
    payments.refunds = [refund_remark(refund, rules) for refund in takings.refunds]
    if takings.taken:
        paid = sum([taking.covered for taking in takings.taken], ZERO)
        payments.warnings += unequal(paid, total) + given_back(paid, takings.refunds)
    elif records := rows(raw, "payments"):
        payments.warnings.append(NO_MONEY.format(len(records)))
    return payments


def details_of(raw: Row, row: Row) -> Details:
    """From the record; from the order where an uninstalled module leaves the record silent (§12.1)."""
    module = row.get("module")
    module = module if isinstance(module, dict) else {}
    name = plain(text(module, "name"))
    if not module and text(raw, "pay_id") == text(row, "pay_id"):
        name = plain(text(raw, "payment_module"))
    return Details(
        row,
        code=text(module, "code"),
        module_name="" if name in ("None", "Unknown") else name,
        description=plain(text(row, "description")),
        brand=plain(text(row, "cardbrand")),
    )


def element(taking: Taking, details: Details, method: PaymentMethod) -> Payment:
    """The payment element of the method."""
    match method.kind:
        case Kind.CARD:
            return card(taking, details, method)
        case Kind.PAYPAL:
            return paypal(taking, details, method)
        case Kind.STORE_CREDIT:
            return StoreCredit(taking.amount, method.name or details.description or "Customer Credit")
        case Kind.CHECK:
            return Check(cards.found(details.data, CHECK_NUMBER_KEYS))
        case Kind.COD:
            return COD()
        case Kind.PURCHASE_ORDER:
            return PurchaseOrder(cards.found(details.data, PURCHASE_NUMBER_KEYS))
        case Kind.GIFT_CARD:
            return GiftCard(cards.found(details.data, GIFT_NUMBER_KEYS), taking.amount)
        case Kind.GENERIC:
            return generic(taking, details, method)


def unknown_method(details: Details, unmapped: list[UnmappedMethod]) -> PaymentMethod:
    """Generic1, and it is noted; a card where nothing but a card's brand is known, because the module was uninstalled (§12.1)."""
    if not details.code and not details.module_name and details.issuer:
        return CARD
    described = details.description or details.brand or details.module_name
    if details.code or described:
        # Without long numbers, which differ from payment to payment.
        unmapped.append(UnmappedMethod(details.code[:60], _LONG_NUMBER.sub("#", described)[:100]))
    return OTHER_METHOD


def card(taking: Taking, details: Details, method: PaymentMethod) -> CreditCard:
    """A card; the desktop only shows a transaction that has a ``TransID`` (SETI reference §3.1.4)."""
    data, keys = details.data, method.keys
    return CreditCard(
        issuer=method.name or details.issuer or "Other",
        number=cards.last_four(data, keys.last_four),
        expiration_date=cards.expiry(data, keys.expiry),
        verification_value=cards.cvv_result(data, keys.cvv_result),
        full_name=cards.found(data, cards.HOLDER_KEYS),
        avs=cards.found(data, keys.avs + cards.AVS_KEYS),
        trans_id=transaction_id(taking, details, method),
        auth_code=cards.found(data, keys.authorization + cards.AUTH_CODE_KEYS),
        process_level="Captured" if taking.is_captured else "Auth Only",
        amount=taking.amount,
    )


def paypal(taking: Taking, details: Details, method: PaymentMethod) -> PayPal:
    return PayPal(
        trans_id=transaction_id(taking, details, method),
        amount=taking.amount,
        payer_id=cards.found(details.data, PAYER_ID_KEYS),
        payer_email=cards.found(details.data, EMAIL_KEYS),
    )


def generic(taking: Taking, details: Details, method: PaymentMethod) -> Generic1:
    """The element has no place for an amount or a card, so the description tells them."""
    name = method.name or details.module_name or details.description or details.brand or "Other"
    number = cards.last_four(details.data, method.keys.last_four)
    described = [
        details.description if details.description != name else "",
        details.brand if details.brand not in (name, details.description) else "",
        f"ending in {number}" if number else "",
        money(taking.amount),
        "captured" if taking.is_captured else "authorized",
    ]
    return Generic1(name, " ".join(filter(None, described)), transaction_id(taking, details, method))


def transaction_id(taking: Taking, details: Details, method: PaymentMethod) -> str:
    """From the key that the method names; else the gateway's reference; else from the usual keys."""
    return (
        cards.found(details.data, method.keys.transaction)
        or taking.reference
        or cards.found(details.data, TRANSACTION_KEYS)
    )


def unequal(paid: Decimal, total: Decimal | None) -> list[str]:
    """A warning with both sums when the payments are not the order's total."""
    if total is None or rounded(total) == paid:
        return []
    return [
        f"The payments add up to {money(paid)}, but the order's total is {money(total)}. "
        "Compare the order's payments in Miva with what Stone Edge shows before it is charged or shipped."
    ]


def given_back(paid: Decimal, refunds: list[Row]) -> list[str]:
    """A warning when as much was refunded as was paid: the payments of the order look like money all the same."""
    refunded = sum([abs(record_amount(refund)) for refund in refunds], ZERO)
    return [ALL_REFUNDED.format(money(paid), money(refunded))] if refunded >= paid > 0 else []


def locked(row: Row) -> list[str]:
    """A warning when Miva could not decrypt the payment; the order is sent without those details (§12.1)."""
    if text(row, "decrypt_status").lower() != "not_decrypted":
        return []
    error = plain(text(row, "decrypt_error"))[:200] or "no reason given"
    remedy = ENTER_IT if "missing" in error.lower() else CORRECT_IT
    return [f"Payment {name_of(row)} could not be decrypted by Miva ({error}). {remedy}"]
