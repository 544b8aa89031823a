"""Payments as Stone Edge knows them (Miva reference §12; SETI reference §3.1.4)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from orders.translate import cards
from orders.translate.members import Row, text, unix_time
from orders.translate.methods import OTHER_METHOD, Kind, PaymentMethod, method_of
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
from stores.seti.values import MONTHS, money, plain

PURCHASE_NUMBER_KEYS = ("po_number", "ponum", "po", "purchase_order", "purchasenumber", "number")
CHECK_NUMBER_KEYS = ("check", "check_number", "checknum")
GIFT_NUMBER_KEYS = ("code", "number", "giftcard", "gift_card", "certificate")
EMAIL_KEYS = ("email", "payer_email", "paypal_email")
PAYER_ID_KEYS = ("payer_id", "payerid", "payer")
TRANSACTION_KEYS = ("transaction_id", "trans_id", "transid", "txn_id")
UNLOCK = "Enter the passphrase of Miva's payment encryption in the store's settings."


@dataclass(slots=True)
class Payments:
    """An order's payments, and remarks for the comments."""

    sent: list[Payment] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Details:
    """What the record of one payment tells beside its money."""

    code: str
    module_name: str
    description: str
    data: dict[str, str]
    brand: str

    @property
    def issuer(self) -> str:
        return cards.issuer(self.brand, cards.found(self.data, cards.BRAND_KEYS), self.description)


def read_payments(raw: Row, rules: Rules) -> Payments:
    """One entry for each real payment; refunds and purchase order numbers become remarks."""
    takings = read_takings(raw)
    payments = Payments(warnings=list(takings.warnings))
    for taking in takings.taken:
        details = details_of(raw, taking.row)
        payments.sent.append(sent_payment(taking, details, rules))
        payments.warnings += locked(taking.row)
    for payment in payments.sent:
        if isinstance(payment, PurchaseOrder) and payment.purchase_number:
            # The desktop keeps the method only (SETI reference §3.1.4).
            payments.remarks.append(f"Purchase order {payment.purchase_number}")
    payments.remarks += [refund_remark(refund, rules) for refund in takings.refunds]
    return payments


def details_of(raw: Row, row: Row) -> Details:
    """From the record; from the order where an uninstalled module leaves the record silent (§12.1)."""
    module, data = row.get("module"), row.get("data")
    module = module if isinstance(module, dict) else {}
    name = plain(text(module, "name"))
    if not name and text(raw, "pay_id") == text(row, "pay_id"):
        name = plain(text(raw, "payment_module"))
    return Details(
        code=text(module, "code"),
        module_name="" if name in ("None", "Unknown") else name,
        description=plain(text(row, "description")),
        data=cards.readable(data) if isinstance(data, dict) else {},
        brand=text(row, "cardbrand"),
    )


def sent_payment(taking: Taking, details: Details, rules: Rules) -> Payment:
    """The payment element of the method; an unknown method with a card behind it is a card, else Generic1."""
    method = method_of(rules.payment_methods, details.code, details.module_name, details.description)
    if method is None:
        method = CARD if details.issuer or cards.last_four(details.data) else OTHER_METHOD
    match method.kind:
        case Kind.CARD:
            return card(taking, details)
        case Kind.PAYPAL:
            return paypal(taking, details)
        case Kind.STORE_CREDIT:
            return StoreCredit(taking.amount, details.description or method.name)
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


CARD = PaymentMethod(Kind.CARD, "Credit Card")


def card(taking: Taking, details: Details) -> CreditCard:
    """A card; the desktop only shows a transaction that has a ``TransID`` (SETI reference §3.1.4)."""
    data = details.data
    return CreditCard(
        issuer=details.issuer or "Other",
        number=cards.last_four(data),
        expiration_date=cards.expiry(data),
        full_name=cards.found(data, cards.HOLDER_KEYS),
        avs=cards.found(data, cards.AVS_KEYS),
        trans_id=transaction_id(taking, details),
        auth_code=cards.found(data, cards.AUTH_CODE_KEYS),
        process_level="Captured" if taking.is_captured else "Auth Only",
        amount=taking.amount,
    )


def paypal(taking: Taking, details: Details) -> PayPal:
    return PayPal(
        trans_id=transaction_id(taking, details),
        amount=taking.amount,
        payer_id=cards.found(details.data, PAYER_ID_KEYS),
        payer_email=cards.found(details.data, EMAIL_KEYS),
    )


def generic(taking: Taking, details: Details, method: PaymentMethod) -> Generic1:
    """The element has no place for an amount, so the description says it."""
    name = (
        method.name
        if method is not OTHER_METHOD
        else details.module_name or details.description or method.name
    )
    state = "captured" if taking.is_captured else "authorized"
    described = details.description if details.description != name else ""
    return Generic1(
        name, f"{described} {money(taking.amount)} {state}".strip(), transaction_id(taking, details)
    )


def transaction_id(taking: Taking, details: Details) -> str:
    return taking.reference or cards.found(details.data, TRANSACTION_KEYS)


def locked(row: Row) -> list[str]:
    """A warning when Miva could not decrypt the payment; the order is sent without those details (§12.1)."""
    if text(row, "decrypt_status").lower() != "not_decrypted":
        return []
    error = plain(text(row, "decrypt_error"))[:200] or "no reason given"
    return [f"Payment {name_of(row)} could not be decrypted by Miva ({error}). {UNLOCK}"]


def refund_remark(refund: Row, rules: Rules) -> str:
    """A refund is a remark: the payment that it follows keeps its amount."""
    seconds = unix_time(refund, "dtstamp")
    day = ""
    if 0 < seconds < 32_503_680_000:  # the year 3000
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(rules.time_zone)
        day = f" on {moment.day:02d}-{MONTHS[moment.month - 1]}-{moment.year}"
    reference = text(refund, "refnum")
    return (
        f"Refunded {money(abs(record_amount(refund)))}{day}{f' (reference {reference})' if reference else ''}"
    )
