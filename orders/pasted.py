"""An order that somebody pastes to look at it: read, freed of card data, never stored."""

import logging
from typing import Any

from orders.content import kept_form, listed
from stores.miva import shapes

log = logging.getLogger(__name__)

LONGEST = 1_000_000  # characters


class NotAnOrder(ValueError):
    """What was pasted cannot be looked at; the message says why, without quoting it: it may hold card data."""


def pasted_order(text: str) -> dict[str, Any]:
    """Return the order in a text: Miva's JSON of one order, or a whole answer with one order in it. Raises NotAnOrder."""
    order = only_order(decoded(text))
    try:
        return kept_form(order).raw
    except Exception:  # whatever somebody pasted
        log.exception("a pasted order could not be freed of card data")
        raise NotAnOrder(
            "Something in this order has a shape that the portal does not expect, so it cannot be shown safely."
        ) from None


def decoded(text: str) -> Any:
    """Return the JSON value in a text. Raises NotAnOrder."""
    try:
        return shapes.decode(text.encode())
    except RecursionError:
        raise NotAnOrder("This JSON is nested too deeply for an order.") from None
    except ValueError as error:
        place = f", line {error.lineno}" if hasattr(error, "lineno") else ""
        raise NotAnOrder(
            f"This is not whole JSON{place}. Copy the order from its first {{ to its last }}, and nothing else."
        ) from None


def only_order(value: Any) -> dict[str, Any]:
    """Return the order, out of Miva's answer where it is inside one (Miva reference §4.1). Raises NotAnOrder."""
    while isinstance(value, dict) and "data" in value and not is_order(value):
        value = value["data"]
    orders = listed(value) or [value]
    if len(orders) > 1:
        raise NotAnOrder(f"These are {len(orders)} orders. Paste one at a time.")
    if not is_order(orders[0]):
        raise NotAnOrder(
            "This is JSON, but no order of Miva's: it has neither an id nor items. Copy one whole order, from { to }."
        )
    order: dict[str, Any] = orders[0]
    return order


def is_order(value: Any) -> bool:
    """Whether the value looks like an order."""
    return isinstance(value, dict) and ("id" in value or "items" in value)
