"""What people type into an order: where it stands, and how card data in it is masked.

Product codes, tracking numbers and other identifiers are left alone.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from stores.miva.cards import (
    LONGEST_PHONE,
    SHORTEST,
    is_verification_name,
    mask_card_data,
    mask_card_numbers,
)
from stores.miva.shapes import rows

_IDENTIFIERS = frozenset({"code", "opt_code", "attr_code", "attmpat_code", "tracknum", "tracklink"})
_PHONES = ("phone", "fax")

_SMALLEST_CARD_NUMBER = 10 ** (SHORTEST - 1)


def mask_typed_texts(order: dict[str, Any]) -> None:
    """Mask card numbers and verification codes in what people typed; `order` is changed in place."""
    for group in _groups(order):
        _mask_group(group)
    for item in _typed_items(order):
        item["name"] = _masked(item["name"])
    for owner in _with_custom_fields(order):
        owner["CustomField_Values"] = _masked_fields(owner["CustomField_Values"])


def has_field_of_a_code(order: dict[str, Any]) -> bool:
    """Whether a custom field is named like a verification code."""
    return any(_names_a_code(owner["CustomField_Values"]) for owner in _with_custom_fields(order))


def _with_custom_fields(order: dict[str, Any]) -> list[dict[str, Any]]:
    owners = (order, order.get("customer"))
    return [owner for owner in owners if isinstance(owner, dict) and "CustomField_Values" in owner]


def _names_a_code(fields: Any) -> bool:
    if isinstance(fields, dict):
        if _has_verification_name(tuple(fields)):
            return True
        fields = fields.values()
    elif not isinstance(fields, list):
        return False
    return any(_names_a_code(each) for each in fields if isinstance(each, dict | list))


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
            if isinstance(subscription := item.get("subscription"), dict):
                groups += rows(subscription, "options")
    return groups


def _typed_items(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Lines of no product of the catalogue, whose names a clerk typed (Miva reference §7.3)."""
    for parent in (order, *rows(order, "shipments"), *rows(order, "returns")):
        for item in rows(parent, "items"):
            if item.get("product_id") == 0 and isinstance(item.get("name"), str):
                yield item


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
    return mask_card_data(text, shortest=shortest)
