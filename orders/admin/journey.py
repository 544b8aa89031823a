"""Where one order is, in a sentence."""

from datetime import datetime

from orders.models import Download, Order


def first_download(order: Order) -> Download | None:
    """Return the first batch that held the order, or None while no desktop was given it.

    Also when it has left that place since: Stone Edge may keep what it got first.
    """
    batches = (download_at(order, place) for place in (*order.former_numbers, order.export_number))
    return next((batch for batch in batches if batch), None)


def download_at(order: Order, place: int | None) -> Download | None:
    """Return the first batch that held this place of the order's."""
    if place is None:
        return None
    rows = Download.objects.of(order.store).select_related("desktop").order_by("pk")
    return rows.filter(first_number__lte=place, last_number__gte=place).first()


def changed_since(order: Order, download: Download | None) -> bool:
    """Whether a later version came after a desktop was given the order."""
    return bool(download and order.changed_at and order.changed_at > download.at)


def sentence(order: Order, download: Download | None) -> str:
    """Return where the order is."""
    if order.state != Order.State.EXPORTABLE:
        before = f" It was downloaded before, on {moment(order, download.at)}." if download else ""
        words = CANCELLED if order.cancelled else WORDS[order.state]
        return f"{words}{ended(order.reason)}{looked_at(order)}{before}"
    since = f"since {moment(order, order.numbered_at)}, export number {order.export_number}"
    if download is None:
        return f"Ready {since}. No desktop has asked for it yet."
    if not order.former_numbers:
        return f"Ready {since}, downloaded {by_whom(order, download)}."
    again = download_at(order, order.export_number)
    now = f"Downloaded again {by_whom(order, again)}." if again else "It goes again with the next download."
    return f"Ready again {since}. {now} First downloaded {by_whom(order, download)}."


def by_whom(order: Order, download: Download) -> str:
    """Return who was given a batch, and when."""
    who = download.desktop.username if download.desktop else "a login that was deleted"
    return f"by {who} on {moment(order, download.at)}"


WORDS: dict[str, str] = {
    Order.State.HELD: "",
    Order.State.INCOMPLETE: "It waits and does not go to Stone Edge yet: ",
    Order.State.IGNORED: "It does not go to Stone Edge, because somebody decided so. ",
}
CANCELLED = "It does not go to Stone Edge. "


def ended(words: str) -> str:
    """Return the words with a full stop: a person who gave a reason may have left it out."""
    return words if not words or words.endswith((".", "!", "?")) else f"{words}."


def looked_at(order: Order) -> str:
    """Return when an incomplete order was looked at in Miva last."""
    if order.state != Order.State.INCOMPLETE or order.checked_at is None:
        return ""
    return f" It was last looked at in Miva on {moment(order, order.checked_at)}."


def moment(order: Order, at: datetime | None) -> str:
    """Return a time in the store's zone, with its name."""
    return f"{at.astimezone(order.store.zone):%Y-%m-%d %H:%M %Z}" if at else "an unknown time"
