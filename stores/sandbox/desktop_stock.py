"""How the desktop writes quantities, and what it reads in the answers (SETI reference §2.7, §2.8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from stores.sandbox.desktop_replies import DesktopError

_CHANGE = re.compile(
    r"SETIResponse=(?P<response>OK|False);SKU=(?P<sku>.*);QOH=(?P<qoh>-?\d+|NF|NA);NOTE=(?P<note>[^;\r\n]*)"
)


def products_xml(quantities: Mapping[str, int]) -> str:
    """The XML form of `update`, as GenericQOHChangeSendAsXML sends it."""
    products = (
        f"<Product><SKU>{escape(sku)}</SKU><QOH>{quantity}</QOH></Product>"
        for sku, quantity in quantities.items()
    )
    return f"<SETIProducts>{''.join(products)}</SETIProducts>"


def results_in(reply: str, count: int) -> dict[str, str]:
    """The lines between `SETIResponse` and `SETIEndOfData`. Raises DesktopError unless there are `count` of them."""
    first, *lines, last = reply.splitlines() or ["", ""]
    if (first, last) != ("SETIResponse", "SETIEndOfData") or len(lines) != count:
        raise DesktopError(f"The answer is not that of qohreplace for {count} SKUs.", reply)
    return {sku: result for sku, _, result in (line.rpartition("=") for line in lines)}


def change_in(reply: str) -> dict[str, str]:
    """The parts of the answer to `invupdate`: response, sku, qoh, note. Raises DesktopError."""
    match = _CHANGE.fullmatch(reply.strip())
    if match is None:
        raise DesktopError("The answer is not that of invupdate.", reply)
    return match.groupdict()
