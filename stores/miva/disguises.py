"""What a text shows in the end: without entities, tags and invisible signs, and with digits as digits.

Whoever renders a text undoes these (stores.seti.values), so a number that they hide would stand there whole.
"""

import html
import re
import unicodedata

DEEPEST = 4  # entities of entities: modules hand back text that was escaped twice (Miva reference §12.1)
_TAGS_IN_TAGS = 10

# What may hide or part digits: an entity, a tag, a sign that is not ASCII, a control character.
_DISGUISE = re.compile(r"[^\t\n\x0b\x0c\r\x1c-%'-;=-~]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![^<>]*>")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff]"
)
_LAST_DIGIT = 0x1FFFF  # of every script: the planes behind it are for ideographs and for private use
_DIGITS = {
    code: str(unicodedata.decimal(chr(code)))
    for code in range(128, _LAST_DIGIT)
    if unicodedata.category(chr(code)) == "Nd"
}
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|[bfnrt/\"])")  # of JSON


def revealed(text: str) -> str:
    """The text as it is read: of a note, an address, an answer of a gateway."""
    if _DISGUISE.search(text) is None:
        return text
    for _ in range(_TAGS_IN_TAGS):
        shown = _TAG.sub("", undone(text))
        if shown == text:
            break
        text = shown
    return _without_invisible(text)


def revealed_message(text: str) -> str:
    """The same of a message of a protocol, JSON or XML: its tags part what stands in them, escapes stand for characters."""
    if "\\" not in text and _DISGUISE.search(text) is None:
        return text
    return _without_invisible(undone(_ESCAPE.sub(_unescaped, text)))


def revealed_rest(text: str) -> str:
    """The same of a part of a message that cannot be read as one: both."""
    return revealed(revealed_message(text))


def undone(text: str) -> str:
    """The text with its entities as characters, also those that were escaped again."""
    for _ in range(DEEPEST):
        if "&" not in text:
            break
        text = html.unescape(text)
    return text


def _without_invisible(text: str) -> str:
    text = _INVISIBLE.sub("", text)
    return text if text.isascii() else text.translate(_DIGITS)


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else " "
