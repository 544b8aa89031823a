"""Everything that is answered to Stone Edge, as bytes (SETI reference §1.4 to §1.6, §3.1, §3.5)."""

from collections.abc import Iterable

from stores.seti.errors import one_ascii_line
from stores.seti.records import (
    COD,
    LONGEST_GIFT_CARD,
    LONGEST_NUMBER,
    LONGEST_OPTION_NAME,
    LONGEST_SELECTED,
    LONGEST_TEXT,
    LONGEST_TRANSACTION,
    Address,
    Check,
    Coupon,
    CreditCard,
    CustomField,
    Dimensions,
    Discount,
    Generic1,
    GiftCard,
    Order,
    OrderOption,
    Other,
    Party,
    Payment,
    PayPal,
    Product,
    PurchaseOrder,
    ShippingTotal,
    StoreCredit,
    Surcharge,
    Tax,
    Totals,
)
from stores.seti.rendering import render_order, render_payment
from stores.seti.values import escape, plain

__all__ = [
    "COD",
    "LONGEST_GIFT_CARD",
    "LONGEST_NUMBER",
    "LONGEST_OPTION_NAME",
    "LONGEST_SELECTED",
    "LONGEST_TEXT",
    "LONGEST_TRANSACTION",
    "Address",
    "Check",
    "Coupon",
    "CreditCard",
    "CustomField",
    "Dimensions",
    "Discount",
    "Generic1",
    "GiftCard",
    "Order",
    "OrderOption",
    "Other",
    "Party",
    "PayPal",
    "Payment",
    "Product",
    "PurchaseOrder",
    "ShippingTotal",
    "StoreCredit",
    "Surcharge",
    "Tax",
    "Totals",
    "inventory_reply",
    "item_count_reply",
    "order_count_reply",
    "quantity_reply",
    "render_error",
    "render_nothing",
    "render_order",
    "render_orders",
    "render_payment",
    "render_records",
    "stock_status_reply",
    "text_error",
    "update_done",
    "update_failed",
    "version_reply",
]

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def render_orders(orders: Iterable[Order]) -> bytes:
    """``SETIOrders`` with every order, code 1; code 2 when there is none (§1.6)."""
    return render_records("SETIOrders", [render_order(order) for order in orders])


def render_records(root: str, records: list[str]) -> bytes:
    """Rendered records (``<Order>…``, ``<Product>…``) under their root: code 1, or 2 without any (§1.6)."""
    code = 1 if records else 2
    return "".join((DECLARATION, f"<{root}>", _response(code, "success"), *records, f"</{root}>")).encode()


def render_nothing(root: str) -> bytes:
    """Success without (further) records: code 2 (§1.6)."""
    return render_records(root, [])


def render_error(root: str, message: str) -> bytes:
    """The documented error of an XML function: code 3 and the message (§1.5)."""
    return f"{DECLARATION}<{root}>{_response(3, escape(plain(message)))}</{root}>".encode()


def _response(code: int, description: str) -> str:
    return (
        f"<Response><ResponseCode>{code}</ResponseCode>"
        f"<ResponseDescription>{description}</ResponseDescription></Response>"
    )


def text_error(message: str) -> bytes:
    """``SETIError: message`` on one line of ASCII (§1.5)."""
    return f"SETIError: {one_ascii_line(message)}".encode("ascii")


def version_reply(version: str = "1.000") -> bytes:
    """``SETIResponse: version=1.000`` (§2.1)."""
    return f"SETIResponse: version={one_ascii_line(version)}".encode("ascii")


def order_count_reply(count: int) -> bytes:
    """``SETIResponse: ordercount=12`` (§2.2)."""
    return f"SETIResponse: ordercount={count}".encode("ascii")


def item_count_reply(count: int) -> bytes:
    """``SETIResponse: itemcount=12``, for products and for customers (§2.4, §2.6)."""
    return f"SETIResponse: itemcount={count}".encode("ascii")


def quantity_reply(results: Iterable[tuple[str, str]]) -> bytes:
    """One line ``sku=OK``, ``=NF``, ``=NA`` or ``=Err`` for each entry between first and last line, CRLF (§2.7)."""
    lines = (f"{_one_line(sku)}={result}" for sku, result in results)
    return "\r\n".join(("SETIResponse", *lines, "SETIEndOfData")).encode()


def inventory_reply(sku: str, quantity: int | str, note: str = "", *, done: bool) -> bytes:
    """``SETIResponse=OK;SKU=sku;QOH=15;NOTE=`` (§2.8). Not done: the desktop keeps the change and sends it again."""
    note = one_ascii_line(note).replace(";", ",")
    return (
        f"SETIResponse={'OK' if done else 'False'};SKU={_one_line(sku)};QOH={quantity};NOTE={note}".encode()
    )


def stock_status_reply() -> bytes:
    """``SETIResponse: OK`` (§2.10)."""
    return b"SETIResponse: OK"


def _one_line(sku: str) -> str:
    """A SKU as it was received; only what would break the reply's lines is gone."""
    return " ".join(sku.splitlines())


def update_done(notes: str = "") -> bytes:
    """``SETIResponse: update=OK;Notes=`` (§2.9)."""
    return f"SETIResponse: update=OK;Notes={one_ascii_line(notes)}".encode("ascii")


def update_failed(reason: str) -> bytes:
    """``SETIResponse: update=False;Notes=reason`` (§2.9): the desktop keeps the message and sends it again."""
    return f"SETIResponse: update=False;Notes={one_ascii_line(reason)}".encode("ascii")
