"""Taking card data out of orders and secrets out of journals, before either is stored."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from stores.miva.cards import (
    SHORTEST,
    SHORTEST_NAMED,
    is_card_number_name,
    is_verification_name,
    last_four,
    mask_card_data,
)
from stores.miva.disguises import revealed_message
from stores.miva.shapes import decode, encode, rows
from stores.miva.suspicion import may_hold_card_data
from stores.miva.typed import has_field_of_a_code, mask_typed_texts

REMOVED = "[removed]"

_EVERY_DIGIT = "0123456789"
_SMALLEST_CARD_NUMBER = 10 ** (SHORTEST - 1)

_SECRET_WORDS = ("passphrase", "password", "passwd", "token", "signing_key", "signature", "secret", "api_key")
_SECRET_NAMES = "|".join(_SECRET_WORDS)
_SECRET_MEMBER = re.compile(
    rf'("[\w-]*(?:{_SECRET_NAMES})"\s*:\s*)"(?:\\(?:.|\Z)|[^"\\])*(?:"|\Z)', re.IGNORECASE
)
_SECRET_PAIR = re.compile(rf"((?:{_SECRET_NAMES})\s*[=:]\s*)(?!\[removed\])[^\s\"',;&<>]+", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"(authorization[\"']?\s*[:=]\s*[\"']?)[^\"'\r\n]+", re.IGNORECASE)
_MIVA_CREDENTIALS = re.compile(r"(MIVA(?:-HMAC-SHA(?:1|256))?|SSH-RSA-SHA2-\d+) [A-Za-z0-9+/=_:.\-]{6,}")
_URL_LOGIN = re.compile(r"(https?://)[^/\s\"@]+@")
# Payment data is an object of texts only (Miva reference §12.1); every other "data" holds numbers or lists.
# The text may end in the middle, because answers are cut and journals are capped.
_TEXT = r'"(?>\\(?:.|\Z)|[^"\\])*+(?:"|\Z)'
_PAYMENT_DATA = re.compile(
    rf'("data"\s*:\s*)\{{\s*(?:{_TEXT}\s*+(?::\s*+(?:{_TEXT})?+)?+\s*+,?+\s*+)++(?:\}}|\Z)'
)


def redact_order(raw: dict[str, Any]) -> dict[str, Any]:
    """The same order, changed in place: no verification code, and of every card number the last four digits
    only.

    In payments, members named like a verification code are dropped, members named like a card number keep
    four digits, and any Luhn-valid run of 13 to 19 digits in any other value is masked. In what people type
    (names, addresses, notes, options, custom fields) card numbers and verification codes are masked too.
    Shape of `raw`: an order of Miva reference §7.2.
    """
    for payment in rows(raw, "payments"):
        _redact_payment(payment, _masked)
    mask_typed_texts(raw)
    return raw


def redacted(raw: dict[str, Any], encoded: bytes) -> bytes:
    """Do what `redact_order` does, to an order of which `encoded` is the JSON; gives the JSON that it has afterwards.

    Nearly no order has card data in a text, so the texts are looked through only when the JSON calls for it.
    """
    if may_hold_card_data(encoded) or has_field_of_a_code(raw):
        return encode(redact_order(raw))
    payments = rows(raw, "payments")
    before = [payment.copy() for payment in payments]
    for payment in payments:
        _redact_payment(payment, str)
    return encoded if payments == before else encode(raw)


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Text for logs and journals without tokens, signatures, passphrases, passwords, keys, payment data, card
    numbers.

    `secrets` are texts to remove wherever they stand.
    """
    for secret in secrets:
        text = text.replace(secret, REMOVED)
    lowered = text.lower()
    # The patterns that ignore case are slow, the words that they need are rare.
    if "authorization" in lowered:
        text = _AUTHORIZATION.sub(rf"\1{REMOVED}", text)
    if any(word in lowered for word in _SECRET_WORDS):
        text = _SECRET_MEMBER.sub(rf'\1"{REMOVED}"', text)
        text = _SECRET_PAIR.sub(rf"\1{REMOVED}", text)
    text = _MIVA_CREDENTIALS.sub(rf"\1 {REMOVED}", text)
    text = _URL_LOGIN.sub(rf"\1{REMOVED}@", text)
    text = _PAYMENT_DATA.sub(rf'\1"{REMOVED}"', text)
    return mask_card_data(text, reveal=revealed_message)


def mask_texts(value: Any) -> Any:
    """A decoded JSON value with card data masked in each of its texts, whatever its shape; for journals."""
    if isinstance(value, str):
        return mask_card_data(value)
    if isinstance(value, list):
        return [mask_texts(member) for member in value]
    if isinstance(value, dict):
        return {name: mask_texts(member) for name, member in value.items()}
    return value


def _redact_payment(payment: dict[str, Any], mask: Callable[[str], str]) -> None:
    # Runs for every payment of every order: the common case, a short text or number, must cost next to
    # nothing.
    for name in _verification_names(tuple(payment)):
        del payment[name]
    for name, value in payment.items():
        kind = type(value)
        if kind is str:
            if len(value) >= SHORTEST_NAMED:
                payment[name] = mask(value)
        elif kind is int:
            if value >= _SMALLEST_CARD_NUMBER:
                payment[name] = _masked_value(value, mask)
        elif kind is list or (kind is dict and name != "module"):  # which describes the payment program only
            payment[name] = _masked_value(value, mask)


@lru_cache(maxsize=256)  # the payments of a store have the same members
def _verification_names(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if is_verification_name(name)]


def _masked_value(value: Any, mask: Callable[[str], str]) -> Any:
    """Payment data without card data, whatever its shape; a number that is a card number becomes text.

    `mask` takes card numbers and verification codes out of a text."""
    if isinstance(value, str):
        if value[:1] in ("{", "["):
            return _masked_json(value, mask)
        return mask(value) if len(value) >= SHORTEST_NAMED else value
    if isinstance(value, dict):
        return {
            name: _masked_member(name, each, mask)
            for name, each in value.items()
            if not is_verification_name(name)
        }
    if isinstance(value, list):
        return [_masked_value(member, mask) for member in value]
    if type(value) is int and value >= _SMALLEST_CARD_NUMBER:
        masked = mask(str(value))
        return value if masked == str(value) else masked
    return value


def _masked_json(text: str, mask: Callable[[str], str]) -> str:
    """JSON inside a text, as some gateways store their whole answer."""
    try:
        return encode(_masked_value(decode(text.encode()), mask)).decode()
    except (ValueError, UnicodeError, RecursionError):
        return mask(text)


def _masked_member(name: str, value: Any, mask: Callable[[str], str]) -> Any:
    if is_card_number_name(name) and isinstance(value, str | int):
        return last_four(str(value))
    return _masked_value(value, mask)


def _masked(text: str) -> str:
    return mask_card_data(text, _EVERY_DIGIT)
