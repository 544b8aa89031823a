"""How the state of an order is shown on all pages."""

from django.utils.safestring import SafeString

from orders.models import Order
from stores.admin.words import label

NOT_READY: dict[str, tuple[str, str]] = {
    Order.State.HELD: ("Held", "bad"),
    Order.State.INCOMPLETE: ("Incomplete", "warn"),
    Order.State.IGNORED: ("Ignored", "quiet"),
}


def state_label(order: Order) -> SafeString:
    """Return the state as a label."""
    return label(*state_words(order))


def state_words(order: Order) -> tuple[str, str]:
    """Return the state in words, and the tone of its label."""
    if order.cancelled:
        return "Cancelled in Miva", "quiet"
    if order.state in NOT_READY:
        return NOT_READY[order.state]
    return ("Ready, with a warning", "warn") if order.warnings else ("Ready", "good")
