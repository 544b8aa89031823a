"""A conforming parser on the other side: what a reply says, and whether it keeps the conservative rules."""

import re
from typing import Any

from lxml import etree

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'


def parsed(reply: bytes) -> etree._Element:
    return etree.fromstring(reply, etree.XMLParser(resolve_entities=False, no_network=True))


def told(element: etree._Element) -> Any:
    """Text of a leaf; for a block a list of (tag, content) in document order."""
    return [(child.tag, told(child)) for child in element] if len(element) else element.text or ""


def breaches(reply: bytes) -> list[str]:
    """Which of the rules of SETI reference §1.4 the reply breaks."""
    assert reply.startswith(DECLARATION)
    body = reply.removeprefix(DECLARATION).decode()
    rules = {
        "self-closing tag": r"/>",
        "line break": r"[\r\n\u2028\u2029\x85]",
        "space inside a tag or an attribute": r"<[^>]*[\s=][^>]*>",
        "comment, CDATA, DOCTYPE or processing instruction": r"<[!?]",
        "entity beyond the three": r"&(?!amp;|lt;|gt;)",
        "control character": r"[\x00-\x1f\x7f-\x9f]",
        "byte-order mark": "\ufeff",
    }
    return [name for name, pattern in rules.items() if re.search(pattern, body)]
