"""How payment modules are recognised: a table, so that a later gateway only adds a row (Miva §12.2)."""

import re
from dataclasses import dataclass
from enum import Enum

_NO_WORD = re.compile(r"[^a-z0-9]+")


class Kind(Enum):
    """Which of Stone Edge's payment elements a method becomes (SETI reference §3.1.4)."""

    CARD = "CreditCard"
    PAYPAL = "PayPal"
    STORE_CREDIT = "StoreCredit"
    CHECK = "Check"
    COD = "COD"
    PURCHASE_ORDER = "PurchaseOrder"
    GIFT_CARD = "GiftCard"
    GENERIC = "Generic1"


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A row of the table.

    ``codes`` are whole module codes (lower case, without ``mmlsk-``). ``keywords`` are looked for in the
    words of the module's code and name and of the payment's description; a space stands for the edge of a
    word.
    """

    kind: Kind
    name: str
    codes: frozenset[str] = frozenset()
    keywords: tuple[str, ...] = ()


# Keywords are tried from the top: "PayPal Pro credit card" is PayPal.
STANDARD_METHODS = (
    PaymentMethod(
        Kind.STORE_CREDIT,
        "Customer Credit",
        frozenset({"customercredit"}),
        ("customer credit", "customercredit", "store credit", "storecredit"),
    ),
    PaymentMethod(
        Kind.GIFT_CARD, "Gift Card", keywords=("gift card", "giftcard", "gift certificate", "giftcert")
    ),
    PaymentMethod(Kind.PAYPAL, "PayPal", keywords=("paypal",)),
    PaymentMethod(Kind.GENERIC, "Amazon Pay", keywords=("amazon",)),
    PaymentMethod(
        Kind.PURCHASE_ORDER,
        "Purchase Order",
        keywords=("purchase order", "purchaseorder", " terms ", " net 30 "),
    ),
    PaymentMethod(Kind.COD, "COD", frozenset({"cod"}), (" cod ", " c o d ", "cash on delivery")),
    PaymentMethod(Kind.CHECK, "Check", frozenset({"check"}), (" check ", " money order ", " cheque ")),
    PaymentMethod(Kind.CARD, "Credit Card", frozenset({"mod10"}), (" credit card ",)),
)
OTHER_METHOD = PaymentMethod(Kind.GENERIC, "Other")


def method_of(methods: tuple[PaymentMethod, ...], code: str, *names: str) -> PaymentMethod | None:
    """The method of a module by its code, else by keywords in code and names; None when nothing fits."""
    code = code.lower().removeprefix("mmlsk-")
    for method in methods:
        if code in method.codes:
            return method
    searched = words(" ".join((code, *names)))
    for method in methods:
        for keyword in method.keywords:
            if keyword in searched:
                return method
    return None


def words(text: str) -> str:
    """The text in lower case, its words separated and enclosed by single spaces."""
    return f" {_NO_WORD.sub(' ', text.lower())} "
