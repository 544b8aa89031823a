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
    if order.cancelled:
        return label("Cancelled in Miva", "quiet")
    if order.state in NOT_READY:
        return label(*NOT_READY[order.state])
    return label("Ready, with a warning", "warn") if order.warnings else label("Ready", "good")
