"""The last hand on an order's texts: ASCII where the store wants it, and nothing lost by a length limit."""

import re
from collections.abc import Iterator
from typing import Any

from anyascii import anyascii
from msgspec import Struct
from msgspec.structs import replace

from orders.translate.payment_remarks import payment_texts
from stores.seti.catalogue import CatalogueProduct, OptionValue, Quantity
from stores.seti.records import OrderOption, Product
from stores.seti.responses import LONGEST_OPTION_NAME, LONGEST_TEXT, Order, Party
from stores.seti.values import clean, undo_entities

# Not the control characters and line ends beyond ASCII: rendering removes them, and makes one a space.
_BEYOND_ASCII = re.compile("[^\x00-\x9f\u2028\u2029]+")
# What would be read as the beginning of a tag or entity afterwards: quotation marks and brackets that point.
_POINTED = str.maketrans({"«": '"', "»": '"', "‹": "'", "›": "'"})
_MARKUP = str.maketrans({"<": "(", ">": ")", "&": "+"})

# Stone Edge sends these back, and they are looked up as Miva has them: two SKUs may differ in an accent alone.
IDENTIFIERS = frozenset(
    {
        (Product, "sku"),
        (OrderOption, "code"),
        (OptionValue, "code"),
        (CatalogueProduct, "code"),
        (Quantity, "code"),
    }
)

PARTS = ("name", "company", "phone", "e-mail", "street", "street", "city", "state", "postal code", "country")
BILLING = tuple([f"Billing {part}" for part in PARTS])
SHIPPING = tuple([f"Shipping {part}" for part in PARTS])


def in_ascii(value: Any) -> Any:
    """A record of the wire with every text in it transliterated: ``Größe`` becomes ``Grosse``, ® ``(R)``. SKUs and codes stay."""
    if isinstance(value, str):
        return ascii_text(value)
    if isinstance(value, tuple):
        return tuple([in_ascii(entry) for entry in value])
    if not isinstance(value, Struct):
        return value
    changed = {}
    for name in value.__struct_fields__:
        if (type(value), name) in IDENTIFIERS:
            continue
        before = getattr(value, name)
        if (after := in_ascii(before)) != before:
            changed[name] = after
    return replace(value, **changed) if changed else value


def ascii_text(text: str) -> str:
    """The text in ASCII. Entities are undone before: ``&eacute;`` is an é, too."""
    if text.isascii() and "&" not in text:
        return text
    return _BEYOND_ASCII.sub(
        lambda found: anyascii(found[0].translate(_POINTED)).translate(_MARKUP), undo_entities(text)
    )


def cut_texts(order: Order) -> list[str]:
    """Remarks with the full text of everything that the receiver's limits cut (SETI reference §3.1, "len")."""
    return list(dict.fromkeys(f"{label}: {clean(text)}" for label, text in long_texts(order)))


def long_texts(order: Order) -> Iterator[tuple[str, str]]:
    """Label and text of everything beyond its limit. What the shopper wrote is in ``CustomerText`` besides."""
    for text, label in limited(order):
        if len(text) > LONGEST_TEXT and len(clean(text)) > LONGEST_TEXT:
            yield label, text
    for payment in order.payments:
        for text, label, longest in payment_texts(payment):
            if len(text) > longest and len(clean(text)) > longest:
                yield label, text
    for product in order.products:
        for option in product.options:
            if len(option.name) > LONGEST_OPTION_NAME and len(clean(option.name)) > LONGEST_OPTION_NAME:
                yield f"Option of {product.sku[:LONGEST_TEXT]}", f"{option.name}: {option.selected}"
            if len(option.code) > LONGEST_TEXT and len(clean(option.code)) > LONGEST_TEXT:
                yield f"Option code of {product.sku[:LONGEST_TEXT]}", option.code


def limited(order: Order) -> list[tuple[str, str]]:
    """Everything that may have at most 255 characters, each with what it is called in a remark."""
    totals = order.totals
    found = [*zip(texts_of(order.billing), BILLING, strict=True)]
    if order.shipping != order.billing:
        found += zip(texts_of(order.shipping), SHIPPING, strict=True)
    for product in order.products:
        found += ((product.sku, "SKU"), (product.name, "Product"))
    if totals.discounts or totals.surcharges or order.coupons:
        found += [(one.description, "Discount") for one in totals.discounts]
        found += [(one.description, "Surcharge") for one in totals.surcharges]
        found += [(text, "Coupon") for one in order.coupons for text in (one.name, one.status)]
    if order.custom_fields:
        found += [(one.name, "Custom field") for one in order.custom_fields]
    if totals.shipping:
        found.append((totals.shipping.description, "Shipping method"))
    return found


def texts_of(party: Party) -> tuple[str, ...]:
    address = party.address
    return (
        *(party.full_name, party.company, party.phone, party.email, address.street1, address.street2),
        *(address.city, address.state, address.code, address.country),
    )
