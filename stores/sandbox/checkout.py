"""How a generated order was paid; card numbers are test numbers, and only inside encrypted payments."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from stores.sandbox.basket import Draft
from stores.sandbox.members import Member
from stores.sandbox.money import ZERO
from stores.sandbox.payments import payment

DAY = 86_400
CARDS = (("Visa", "4111111111111111"), ("MasterCard", "5555555555554444"), ("Discover", "6011111111111117"))
CREDIT = Decimal("10.00")
METHODS = ("mod10", "authnet", "paypalcp", "amazonpay", "check", "braintree")
METHOD_WEIGHTS = (5, 6, 4, 2, 2, 3)


@dataclass
class Paid:
    """The payment records of one order, and what the encrypted ones hide (payment id -> data in clear)."""

    payments: list[Member] = field(default_factory=list)
    secured: dict[int, dict[str, str]] = field(default_factory=dict)


def pay(draft: Draft, total: Decimal) -> Paid:
    """Payments that add up to `total`; an order that costs nothing has none (Miva reference §12.1)."""
    paid = Paid()
    if total <= 0:
        return paid
    credit = min(CREDIT, total) if draft.chance(0.08) else ZERO
    if credit:
        _add(paid, draft, module="customercredit", type=5, amount=credit, description="Customer Credit")
    if total > credit:
        _PAYERS[draft.random.choices(METHODS, METHOD_WEIGHTS)[0]](paid, draft, total - credit)
    return paid


def _add(paid: Paid, draft: Draft, **members: object) -> int:
    payment_id = draft.counters.next("payment")
    paid.payments.append(payment(draft.order_id, payment_id, dtstamp=draft.placed_at, **members))
    return payment_id


def _reference(draft: Draft, length: int) -> str:
    return "".join(draft.random.choices("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=length))


def _mod10(paid: Paid, draft: Draft, amount: Decimal) -> None:
    brand, number = draft.random.choice(CARDS)
    holder = f"{draft.shopper.first_name} {draft.shopper.last_name}".replace("'", "&#39;")
    expiry = f"{draft.random.randint(1, 12):02d}/{draft.random.randint(2029, 2033)}"
    data = {"cc_card": brand, "cc_name": holder, "cc_number": number, "cc_exp": expiry}
    payment_id = _add(
        paid, draft, module="mod10", type=1, amount=amount, description=brand, pay_secid=2, data=data
    )
    paid.secured[payment_id] = data


def _authnet(paid: Paid, draft: Draft, amount: Decimal) -> None:
    brand = draft.random.choice(CARDS)[0]
    last_four = f"{draft.random.randint(0, 9999):04d}"
    data = {"cc_lastfour": last_four, "cc_exp": "09/2030", "auth_code": _reference(draft, 6), "avs": "Y"}
    shared = {"module": "authnet", "cardbrand": brand, "description": brand, "data": data}
    reference = str(draft.random.randint(10**9, 10**10 - 1))
    expires = draft.placed_at + 30 * DAY
    _add(paid, draft, type=3, amount=amount, refnum=reference, expires=expires, **shared)


def _paypal(paid: Paid, draft: Draft, amount: Decimal) -> None:
    data = {"payer_email": draft.shopper.email, "payer_id": _reference(draft, 13)}
    _add(
        paid,
        draft,
        module="paypalcp",
        type=5,
        amount=amount,
        refnum=_reference(draft, 17),
        description="PayPal",
        data=data,
    )


def _amazon(paid: Paid, draft: Draft, amount: Decimal) -> None:
    reference = f"S01-{draft.random.randint(10**6, 10**7 - 1)}-{draft.random.randint(10**6, 10**7 - 1)}"
    _add(paid, draft, module="amazonpay", type=3, amount=amount, refnum=reference, description="Amazon Pay")


def _check(paid: Paid, draft: Draft, amount: Decimal) -> None:
    data = {"check": str(draft.random.randint(1000, 1999))}
    _add(paid, draft, module="check", type=1, amount=amount, description="Check", data=data)


def _braintree(paid: Paid, draft: Draft, amount: Decimal) -> None:
    data = {"last4": f"{draft.random.randint(0, 9999):04d}", "wallet": "Apple Pay"}
    shared = {
        "module": "braintree",
        "cardbrand": "Visa",
        "description": "Visa &#40;Apple Pay&#41;",
        "data": data,
    }
    _add(paid, draft, type=3, amount=amount, refnum=_reference(draft, 8).lower(), **shared)


_PAYERS = {
    "mod10": _mod10,
    "authnet": _authnet,
    "paypalcp": _paypal,
    "amazonpay": _amazon,
    "check": _check,
    "braintree": _braintree,
}
