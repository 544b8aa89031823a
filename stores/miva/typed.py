"""What people type into an order: where it stands, and how card data in it is masked.

Product codes, tracking numbers and other identifiers are left alone.
"""

import html
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from stores.miva.cards import (
    LONGEST_PHONE,
    SHORTEST,
    is_verification_name,
    mask_card_numbers,
    mask_verification_codes,
)
from stores.miva.shapes import rows

_IDENTIFIERS = frozenset({"code", "opt_code", "attr_code", "attmpat_code", "tracknum", "tracklink"})
_PHONES = ("phone", "fax")

_BESIDE_DIGITS = bytes({*" \t\r\n\v\f._,/-\u00a0\u2010\u2011\u2012\u2013\u2014\u2015".encode()})
_BETWEEN_TEXTS = "|"  # which is not beside digits
_AS_ZEROS = bytes.maketrans(b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"000000000abcdefghijklmnopqrstuvwxyz")
_RUN = b"0" * SHORTEST
_SMALLEST_CARD_NUMBER = 10 ** (SHORTEST - 1)


def mask_typed_texts(order: dict[str, Any]) -> None:
    """Mask card numbers and verification codes in what people typed; `order` is changed in place.

    Nearly no order has any, so all texts together are looked through first.
    """
    try:
        text = _all_texts(order)
    except (AttributeError, TypeError):  # of a shape that Miva does not send
        text = None
    if text is not None and not _suspicious(text):
        return
    for group in _groups(order):
        _mask_group(group)
    for item in _typed_items(order):
        item["name"] = _masked(item["name"])
    for owner in (order, order.get("customer")):
        if isinstance(owner, dict) and "CustomField_Values" in owner:
            owner["CustomField_Values"] = _masked_fields(owner["CustomField_Values"])


def _all_texts(order: dict[str, Any]) -> str | None:
    """The texts of `_groups` and of the custom fields; None when one of these needs a closer look.

    Runs for every order. Raises AttributeError or TypeError for an unusual shape, instead of looking at each.
    """
    values = [*order.values()]
    customer = order.get("customer") or {}
    values += customer.values()
    for name in ("notes", "charges"):
        for row in order.get(name) or ():
            values += row.values()
    for parent in (order, *(order.get("shipments") or ()), *(order.get("returns") or ())):
        for item in parent.get("items") or ():
            if item.get("product_id") == 0:
                values.append(item.get("name"))
            for option in item.get("options") or ():
                values += option.values()
    for owner in (order, customer):
        for module in (owner.get("CustomField_Values") or {}).values():
            if _has_verification_name(tuple(module)):
                return None
            for value in module.values():
                if value.__class__ is not str and _is_more_than_a_small_number(value):
                    return None
            values += module.values()
    return _BETWEEN_TEXTS.join([value for value in values if value.__class__ is str])


def _is_more_than_a_small_number(value: Any) -> bool:
    return isinstance(value, (list, dict)) or (isinstance(value, int) and value >= _SMALLEST_CARD_NUMBER)


@lru_cache(maxsize=1024)  # a store's fields have the same names in every order
def _has_verification_name(names: tuple[str, ...]) -> bool:
    return any(is_verification_name(name, certain=True) for name in names)


def _groups(order: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects whose texts people type: addresses, notes, options, names of charges."""
    groups = [order]
    customer = order.get("customer")
    if isinstance(customer, dict):
        groups.append(customer)
    groups += rows(order, "notes")
    groups += rows(order, "charges")
    for parent in (order, *rows(order, "shipments"), *rows(order, "returns")):
        for item in rows(parent, "items"):
            if "options" in item:
                groups += rows(item, "options")
    return groups


def _typed_items(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Lines of no product of the catalogue, whose names a clerk typed (Miva reference §7.3)."""
    for parent in (order, *rows(order, "shipments"), *rows(order, "returns")):
        for item in rows(parent, "items"):
            if item.get("product_id") == 0 and isinstance(item.get("name"), str):
                yield item


def _suspicious(text: str) -> bool:
    """Whether a long run of digits or a word for a verification code is in there; rather too often than not."""
    if "&" in text and ("&#" in text or "&nbsp" in text):
        text = html.unescape(text)  # an escape may hide a digit, or stand between two
    plain = text.encode("utf-8", "replace").translate(_AS_ZEROS, _BESIDE_DIGITS)
    return _RUN in plain or b"cv" in plain or b"csc" in plain or b"ycode" in plain or b"dcode" in plain


def _mask_group(group: dict[str, Any]) -> None:
    # With an opt_code the value is a copy of it, a code of the catalogue (Miva reference §7.3).
    copied = "value" if group.get("opt_code") else ""
    for name, value in group.items():
        if value.__class__ is str and name not in _IDENTIFIERS and name != copied:
            group[name] = _masked(value, LONGEST_PHONE + 1 if name.endswith(_PHONES) else SHORTEST)


def _masked_fields(value: Any) -> Any:
    """Custom fields of any shape, without those that are named like a verification code."""
    if isinstance(value, dict):
        return {
            name: _masked_fields(member)
            for name, member in value.items()
            if not is_verification_name(name, certain=True)
        }
    if isinstance(value, list):
        return [_masked_fields(member) for member in value]
    if type(value) is int and value >= _SMALLEST_CARD_NUMBER:
        masked = mask_card_numbers(str(value))
        return value if masked == str(value) else masked
    return _masked(value) if isinstance(value, str) else value


def _masked(text: str, shortest: int = SHORTEST) -> str:
    masked = mask_verification_codes(mask_card_numbers(text, shortest=shortest))
    if masked == text and "&" in text:
        plain = html.unescape(text)
        masked = mask_verification_codes(mask_card_numbers(plain, shortest=shortest))
        return text if masked == plain else masked
    return masked
