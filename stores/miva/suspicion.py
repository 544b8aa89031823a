"""Whether an order may hold card data at all: one look at its JSON, which spares nearly every order the search through each of
its texts (`typed`, `redact`).

Rather too often than not: whatever that search would mask is seen here.
"""

import html
import re
from functools import lru_cache

from stores.miva.cards import SHORTEST, mask_card_data
from stores.miva.disguises import DEEPEST

# Everything that may stand between the digits of a number (`cards`), backslashes, control characters and other alphabets go;
# digits become zeros, letters small. The other signs of ASCII part numbers, and members of the order. First bytes that digits
# of other alphabets may have stay at first, as does that of the long s (`_STRANGE`).
_PARTING = b"!\"#$%&'()*+:;<=>?@[]^`{|}~"
_ZEROS = b"0" * 10
_LETTERS = bytes(range(ord("a"), ord("z") + 1))
_AS_ZEROS = bytes.maketrans(b"0123456789" + _LETTERS.upper(), _ZEROS + _LETTERS)
_BEYOND_ASCII = bytes(range(128, 256))
_FAMILIAR = {*range(0x80, 0xC5), *range(0xC6, 0xD9), *range(0xE2, 0xEA)}  # Latin to Hebrew, signs, Chinese
_LEFT_OUT = bytes(
    set(range(256))
    - {*_PARTING, *b"0123456789", *_LETTERS, *_LETTERS.upper()}
    - ({*_BEYOND_ASCII} - _FAMILIAR)
)

_RUN = b"0" * SHORTEST
_CODE = re.compile(  # as `cards` knows it; an entity may stand for one of the signs before the digits
    rb"c(?:v[vcn]|sc|(?<=[yd]c)ode)0?(?:i?s|code|number|value|no){0,3}(?:[^a-z0]|&(?:#00|[a-z]{2,5});){0,6}000"
)
_CONTROL = re.compile(rb"\\[bfnrtu]")  # as JSON spells control characters; the rare ones have a "u"
# An entity may hide a digit, or stand between two. These do not, unless they hide another entity or a tag.
_ENTITY = re.compile(
    rb"&(?!#39;|#4[01];|amp;(?!#|[A-Za-z]{2})|quot;|lt;(?![A-Za-z/!])|gt;|reg;|copy;|trade;)[#A-Za-z][#0-9A-Za-z]{0,31};?"
)
# Tags are no longer there when a text is displayed. Those with a quotation mark inside may be none, but the end of a text.
_TAG = re.compile(rb'</?[A-Za-z][^<>"]*>|<![^<>"]*>')
_ODD_TAG = re.compile(rb"</?[A-Za-z][^<>]*>|<![^<>]*>")
_ASCII = bytes(range(128))
_STRANGE = re.compile(r"[\dſ]")  # a digit in any script; the long s is an s to whoever ignores case
# A whole text that is one number, in groups perhaps, as references of payments are: looked for where digits and what parts them
# are all zeros. A quotation mark with a backslash stands inside a text.
_NUMBER_AS_ZEROS = bytes.maketrans(b"123456789 ._,/-", b"0" * 15)
_NUMBER = re.compile(rb'%s0*+"?' % _RUN)  # each run of zeros is looked at once, however long
_BEFORE_NUMBER = re.compile(rb'(?<!\\)"[A-Z]?\Z')
# Miva's own: order, day and number (Miva reference §7.8). A quotation mark inside a text has a backslash.
_SHIPMENT_CODE = re.compile(rb'"code":"[0-9]{1,10}-20[0-9]{6}-[0-9]{5}",?')


def may_hold_card_data(encoded: bytes) -> bool:
    """Whether the JSON that `shapes.encode` wrote has as many digits in a row as a card number, or a named verification code.

    Names of members are not looked at, nor are Miva's own codes of shipments, which every shipped order has. In the few other
    orders that have as many digits the numbers are looked at one by one: those that are no card's are left out then.
    """
    encoded = _SHIPMENT_CODE.sub(b"", encoded)
    return _may_hold_hidden(encoded) and _may_hold_hidden(_without_harmless_numbers(encoded))


def _without_harmless_numbers(encoded: bytes) -> bytes:
    """The JSON without the texts that are one number, and no card's wherever they stand."""
    kept, done = [], 0
    for found in _NUMBER.finditer(encoded.translate(_NUMBER_AS_ZEROS)):
        start, end = found.span()
        before = _BEFORE_NUMBER.search(encoded, max(start - 3, 0), start)
        if before and found[0][-1:] == b'"' and _is_harmless(encoded, before.start(), end):
            kept.append(encoded[done : before.start()])
            done = end
    return b"".join((*kept, encoded[done:]))


def _is_harmless(encoded: bytes, start: int, end: int) -> bool:
    """Whether the text between these quotation marks would be left as it is, wherever it stands."""
    text = encoded[start + 1 : end - 1].decode()
    return mask_card_data(text, "0123456789") == text


def _may_hold_hidden(encoded: bytes) -> bool:
    for _ in range(DEEPEST):
        if _may_hold(encoded):
            return True
        if not _has_entity(encoded):
            return False
        encoded = html.unescape(encoded.decode()).encode("utf-8", "replace")
    return True  # whoever hides something so deep has a reason


def _has_entity(text: bytes) -> bool:
    """Whether an entity may hide something; what only looks like one, as in the address of a page, does not."""
    return any(map(_is_entity, _ENTITY.findall(text)))


@lru_cache(maxsize=1024)  # the addresses of a carrier's pages have the same parameters
def _is_entity(found: bytes) -> bool:
    text = found.decode()
    return html.unescape(text) != text


def _may_hold(text: bytes) -> bool:
    if b"<" not in text:
        return _may_show(text)
    shown = _TAG.sub(b"", text)
    return (
        _may_show(text)
        or _ODD_TAG.search(shown) is not None
        or (shown != text and (_has_entity(shown) or _may_show(shown)))
    )


def _may_show(text: bytes) -> bool:
    if _CONTROL.search(text):
        if b"\\u" in text:
            return True
        text = _CONTROL.sub(b"", text)
    plain = text.translate(_AS_ZEROS, _LEFT_OUT)
    if not plain.isascii():
        if _STRANGE.search(text.translate(None, _ASCII).decode()):
            return True
        plain = plain.translate(None, _BEYOND_ASCII)
    return _RUN in plain or _CODE.search(plain) is not None
