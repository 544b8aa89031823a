"""What is known about a card, from wherever a gateway's module put it (Miva reference §12.1, §12.2).

Miva publishes the keys of its own modules only; those of the gateways are recognised by the plausible names below.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from orders.translate.members import scalar_text
from orders.translate.patterns import words
from stores.seti.values import plain

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
NUMBER_KEYS = (
    "cclast4",
    "cclastfour",
    "last4",
    "lastfour",
    "cardlast4",
    "ccnumber",
    "cardnumber",
    "maskedpan",
)
EXPIRY_KEYS = ("ccexp", "ccexpdate", "expiration", "expirationdate", "expdate", "expiry", "cardexp")
EXPIRY_MONTH_KEYS = ("ccexpmonth", "expmonth", "expirationmonth", "cardexpmonth", "expirymonth")
EXPIRY_YEAR_KEYS = ("ccexpyear", "expyear", "expirationyear", "cardexpyear", "expiryyear")
HOLDER_KEYS = ("ccname", "cardholder", "cardholdername", "nameoncard", "cardname")
BRAND_KEYS = ("cccard", "cardtype", "cctype", "cardbrand", "brand", "ccbrand")
AUTH_CODE_KEYS = (
    *("authcode", "ccauthcode", "authorizationcode", "approvalcode", "approval", "authorization"),
    *("processorauthorizationcode", "xauthcode", "authno"),
)
AVS_KEYS = (
    *("avs", "avsresult", "avscode", "avsresponse", "avsresultcode", "avsresponsecode", "avsrespcode"),
    *("xavscode", "ccavs"),
)
CVV_RESULT_KEYS = (
    *("cvvresult", "cvv2result", "cvvresponse", "cvv2response", "cvvresultcode", "cvvresponsecode"),
    *("cvv2respcode", "cvvrespcode", "cvv2match", "cvvmatch", "cardcoderesponse", "cardcoderesult"),
    *("cvcresult", "cvnresult", "cvresult", "xcvv2respcode"),
)

LIKE_NUMBER = re.compile(r"last(?:4|four)|(?:card|cc|acct|account)num")
LIKE_EXPIRY = re.compile(r"exp(?!ress)(?!.*(?:month|year))")
_EXPIRY = re.compile(r"(0?[1-9]|1[0-2])\s*[/-]?\s*(20[0-9]{2}|[0-9]{2})", re.ASCII)
_EXPIRY_YEAR_FIRST = re.compile(r"(20[0-9]{2})\s*[/-]?\s*(0[1-9]|1[0-2])", re.ASCII)
_A_CODE = re.compile(r"[0-9]{3,4}", re.ASCII)
_SECURED = "** secured **"
_NOT_NAME = re.compile(r"[^a-z0-9]")


@lru_cache(maxsize=1024)  # the same few names come with every payment
def plain_key(name: str) -> str:
    """A key without case and punctuation: ``authCode``, ``auth_code`` and ``Auth-Code`` are one."""
    return _NOT_NAME.sub("", name.lower())


def readable(data: Mapping[str, object]) -> dict[str, str]:
    """The texts and numbers of a payment's ``data`` that are not locked away, by :func:`plain_key`.

    Legacy stores escape these texts (Miva reference §12.1); that is undone.
    """
    return {
        plain_key(key): plain(written)
        for key, value in data.items()
        if (written := scalar_text(value)) and written.lower() != _SECURED
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


@lru_cache(maxsize=1024)
def issuer(*names: str) -> str:
    """The issuer's name as the desktop knows it, from the first text that names one; "" when none does."""
    for name in names:
        if name:
            searched = words(name)
            for word, known in ISSUERS:
                if word in searched:
                    return known
    return ""


def last_four(data: Mapping[str, str], keys: tuple[str, ...] = ()) -> str:
    """The last four digits of the card, "" when unknown. More is never sent (SETI reference §5.8)."""
    digits = re.sub(r"[^0-9]", "", found(data, keys + NUMBER_KEYS, LIKE_NUMBER)[-40:])
    return digits[-4:] if len(digits) >= 4 else ""


def expiry(data: Mapping[str, str], keys: tuple[str, ...] = ()) -> str:
    """``MM/YYYY`` from ``12/2027``, ``12/27``, ``1227`` or ``2027-12``, or from a month and a year with keys of
    their own; "" when it is none of them."""
    value = found(data, keys + EXPIRY_KEYS, LIKE_EXPIRY)
    if not value:
        value = f"{found(data, EXPIRY_MONTH_KEYS)}/{found(data, EXPIRY_YEAR_KEYS)}"
    if match := _EXPIRY_YEAR_FIRST.fullmatch(value):
        return f"{match[2]}/{match[1]}"
    if match := _EXPIRY.fullmatch(value):
        return f"{match[1]:0>2}/{match[2] if len(match[2]) == 4 else '20' + match[2]}"
    return ""


def cvv_result(data: Mapping[str, str], keys: tuple[str, ...] = ()) -> str:
    """What the check of the verification code said, such as ``M``; never what could be the code itself."""
    value = found(data, keys + CVV_RESULT_KEYS)
    return "" if _A_CODE.fullmatch(value) else value
