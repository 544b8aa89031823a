"""What of a payment has no place in its element and is told in the comments (SETI reference §3.1.4)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from orders.translate.members import Row, text, unix_time
from orders.translate.rules import Rules
from orders.translate.takings import Taking, record_amount
from stores.seti.responses import (
    COD,
    LONGEST_GIFT_CARD,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    LONGEST_TRANSACTION,
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

LAST_SECOND = 32_503_680_000  # the year 3000


def payment_remarks(payment: Payment, taking: Taking, account: str, total: Decimal | None) -> list[str]:
    """At most one remark about what the element leaves out, and one for each capture after the first.

    ``account``: the last four digits of a bank account; ``total``: of the order. Comments can keep the desktop from
    approving an order by itself, so the amount is only told when it is not the order's.
    """
    further = [capture for capture in taking.captures[1:] if text(capture, "refnum")]
    remarks = [f"Captured {money(record_amount(row))} (reference {text(row, 'refnum')})" for row in further]
    match payment:
        case PurchaseOrder(number):
            name = f"Purchase order {number}".strip()  # the desktop keeps the method only
        case Check() | COD():
            name = type(payment).__name__
        case GiftCard() | StoreCredit():
            name, total = "Gift card" if isinstance(payment, GiftCard) else "Store credit", taking.amount
        case _:
            return remarks
    reference = taking.reference
    facts = [
        f"ending in {account}" if account and isinstance(payment, Check) else "",
        money(taking.amount) if taking.amount != total else "",
        f"reference {reference}" if reference else "",
    ]
    told = ", ".join(filter(None, facts))
    if told or (isinstance(payment, PurchaseOrder) and payment.purchase_number):
        remarks.insert(0, f"{name}: {told}" if told else name)
    return remarks


def refund_remark(refund: Row, rules: Rules) -> str:
    """A refund is a remark, which says to what it went: the payment that it follows keeps its amount."""
    seconds = unix_time(refund, "dtstamp")
    day = ""
    if 0 < seconds < LAST_SECOND:
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(rules.time_zone)
        day = f" on {moment.day:02d}-{MONTHS[moment.month - 1]}-{moment.year}"
    method, reference = (
        plain(text(refund, "cardbrand") or text(refund, "description")),
        text(refund, "refnum"),
    )
    return (
        f"Refunded {money(abs(record_amount(refund)))}{f' to {method}' if method else ''}{day}"
        f"{f' (reference {reference})' if reference else ''}"
    )


def payment_texts(payment: Payment) -> Iterator[tuple[str, str, int]]:
    """Every text of the element that the receiver may cut: text, what it is called in a remark, longest."""
    match payment:
        case CreditCard():
            yield payment.full_name, "Card holder", LONGEST_TEXT
            yield payment.issuer, "Card", LONGEST_TEXT
            yield payment.avs, "AVS", LONGEST_TEXT
            yield payment.verification_value, "CVV result", LONGEST_NUMBER
            yield payment.trans_id, "Transaction", LONGEST_TRANSACTION
            yield payment.auth_code, "Authorization code", LONGEST_TRANSACTION
        case PayPal():
            yield payment.trans_id, "Transaction", LONGEST_NUMBER
            yield payment.payer_id, "Payer", LONGEST_TEXT
            yield payment.payer_email, "Payer e-mail", LONGEST_TEXT
        case Check(number):
            yield number, "Check", LONGEST_NUMBER
        case GiftCard(number):
            yield number, "Gift card", LONGEST_GIFT_CARD
        case StoreCredit():
            yield payment.description, "Store credit", LONGEST_TEXT
        case Generic1():
            yield payment.name, "Payment", LONGEST_TEXT
            yield payment.description, "Payment", LONGEST_TEXT
            yield payment.field1, "Transaction", LONGEST_TEXT
