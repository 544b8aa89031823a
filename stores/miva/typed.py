"""What people type into an order: where it stands, and how card data in it is masked.

Product codes, tracking numbers and other identifiers are left alone.
"""

import html
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

_BESIDE_DIGITS = b" _.-\xc2\xa0"
_AS_ZEROS = bytes.maketrans(b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"000000000abcdefghijklmnopqrstuvwxyz")
_RUN = b"0" * SHORTEST


def mask_typed_texts(order: dict[str, Any]) -> None:
    """Mask card numbers and verification codes in what people typed; `order` is changed in place.

    Nearly no order has any, so all texts together are looked through first.
    """
    groups, owners = _groups(order), _owners_of_fields(order)
    values: list[Any] = []
    for group in groups:
        values += group.values()
    fields = [fields for owner in owners for fields in _modules(owner)]
    for module in fields:
        values += module.values()
    suspicious = _suspicious("\n".join([value for value in values if value.__class__ is str]))
    if suspicious:
        for group in groups:
            _mask_group(group)
    if suspicious or any(_is_unusual(module) for module in fields):
        for owner in owners:
            owner["CustomField_Values"] = _masked_fields(owner["CustomField_Values"])


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


def _owners_of_fields(order: dict[str, Any]) -> list[dict[str, Any]]:
    """The order and its customer, if they have custom fields."""
    return [
        owner
        for owner in (order, order.get("customer"))
        if isinstance(owner, dict) and "CustomField_Values" in owner
    ]


def _modules(owner: dict[str, Any]) -> list[dict[str, Any]]:
    """The custom fields of each module; of an unusual shape, what `_is_unusual` calls so."""
    fields = owner["CustomField_Values"]
    if not isinstance(fields, dict):
        return [{"": fields}]
    return [module if isinstance(module, dict) else {"": [module]} for module in fields.values()]


def _is_unusual(module: dict[str, Any]) -> bool:
    """Whether there is more than texts, or a name of a verification code."""
    return any(
        value.__class__ is not str or is_verification_name(name, certain=True)
        for name, value in module.items()
    )


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
    if type(value) is int and value >= 10 ** (SHORTEST - 1):
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
