"""What is known about a card, from wherever a gateway's module put it (Miva reference §12.1, §12.2)."""

import re
from collections.abc import Iterable, Mapping

from orders.translate.methods import words

# The vendor's own list (SETI reference §3.1.4); the desktop must know the name exactly.
ISSUERS = (
    (" visa ", "Visa"),
    (" mastercard ", "MasterCard"),
    (" master card ", "MasterCard"),
    (" mc ", "MasterCard"),
    (" american express ", "AMEX"),
    (" americanexpress ", "AMEX"),
    (" amex ", "AMEX"),
    (" discover ", "Discover"),
    (" diners ", "Other"),
    (" jcb ", "Other"),
    (" maestro ", "Other"),
    (" unionpay ", "Other"),
)
NUMBER_KEYS = ("cc_last4", "last4", "cc_number", "card_number")
EXPIRY_KEYS = ("cc_exp", "expiration", "exp_date")
HOLDER_KEYS = ("cc_name", "cardholder", "name_on_card")
BRAND_KEYS = ("cc_card", "card_type", "cc_type", "brand")
AUTH_CODE_KEYS = ("auth_code", "authcode", "approval_code")
AVS_KEYS = ("avs", "avs_result", "avs_code")

LIKE_NUMBER = re.compile(r"last.?(?:4|four)|(?:card|cc|acct|account).?num", re.IGNORECASE)
LIKE_EXPIRY = re.compile(r"exp(?!ress)", re.IGNORECASE)
_EXPIRY = re.compile(r"(0?[1-9]|1[0-2])\s*[/-]?\s*(20[0-9]{2}|[0-9]{2})", re.ASCII)
_EXPIRY_YEAR_FIRST = re.compile(r"(20[0-9]{2})\s*[/-]?\s*(0[1-9]|1[0-2])", re.ASCII)
_SECURED = "** secured **"


def readable(data: Mapping[str, object]) -> dict[str, str]:
    """The text fields of a payment's ``data`` that are not locked away, keys in lower case."""
    return {
        key.lower(): value.strip()
        for key, value in data.items()
        if isinstance(value, str) and value.strip() and value.strip().lower() != _SECURED
    }


def found(data: Mapping[str, str], keys: Iterable[str], like: re.Pattern[str] | None = None) -> str:
    """The value of the first of the keys, else of the first key that looks like it; "" when there is none."""
    for key in keys:
        if key in data:
            return data[key]
    if like is not None:
        for key, value in data.items():
            if like.search(key):
                return value
    return ""


def issuer(*names: str) -> str:
    """The issuer's name as the desktop knows it, from the first text that names one; "" when none does."""
    for name in names:
        if name:
            searched = words(name)
            for word, known in ISSUERS:
                if word in searched:
                    return known
    return ""


def last_four(data: Mapping[str, str]) -> str:
    """The last four digits of the card, "" when unknown. More is never sent (SETI reference §5.8)."""
    digits = re.sub(r"[^0-9]", "", found(data, NUMBER_KEYS, LIKE_NUMBER)[-40:])
    return digits[-4:] if len(digits) >= 4 else ""


def expiry(data: Mapping[str, str]) -> str:
    """``MM/YYYY`` from ``12/2027``, ``12/27``, ``1227`` or ``2027-12``; "" when it is none of them."""
    value = found(data, EXPIRY_KEYS, LIKE_EXPIRY)
    if match := _EXPIRY_YEAR_FIRST.fullmatch(value):
        return f"{match[2]}/{match[1]}"
    if match := _EXPIRY.fullmatch(value):
        return f"{match[1]:0>2}/{match[2] if len(match[2]) == 4 else '20' + match[2]}"
    return ""
