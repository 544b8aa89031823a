"""The block ``Other``: comments and what else is known about the order (SETI reference §3.1.7)."""

from collections.abc import Iterable
from decimal import Decimal

from orders.translate.members import Row, rows, text, unix_time, whole
from stores.seti.responses import Other
from stores.seti.values import clean

AUTOMATED = "automated workflow"
SEPARATOR = " | "


def read_other(raw: Row, remarks: Iterable[str], weight: Decimal) -> Other:
    """Comments, address of the shopper's computer, weight and customer."""
    customer = whole(raw, "cust_id")
    return Other(
        # Comments can stop an order from being approved by itself: without a text there is no element.
        comments=SEPARATOR.join([*notes(raw), *remarks]),
        ip_host_name=shopper_address(raw),
        total_order_weight=weight or None,
        web_customer_id=customer if customer > 0 else None,
    )


def notes(raw: Row) -> list[str]:
    """The notes that people wrote, oldest first."""
    written = [note for note in rows(raw, "notes") if not is_automated(note)]
    if len(written) > 1:
        written.sort(key=lambda note: (unix_time(note, "dtstamp"), whole(note, "id")))
    return [words for note in written if (words := clean(text(note, "notetext")))]


def is_automated(note: Row) -> bool:
    """Workflows sign with neither a user nor a customer, and say what they are (Miva reference §7.7)."""
    if whole(note, "user_id") or whole(note, "cust_id"):
        return False
    return text(note, "notetext")[:40].lower().startswith(AUTOMATED)


def shopper_address(raw: Row) -> str:
    """The shopper's IP address; Miva gives it with payments of some queries only (Miva reference §12.1)."""
    return text(raw, "ip") or next((ip for row in rows(raw, "payments") if (ip := text(row, "ip"))), "")
