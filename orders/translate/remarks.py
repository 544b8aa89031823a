"""The block ``Other``: comments and what else is known about the order (SETI reference §3.1.7)."""

from collections.abc import Iterable
from decimal import Decimal

from orders.translate.custom_fields import CustomFields
from orders.translate.members import Row, rows, text, unix_time, whole
from orders.translate.rules import Rules
from stores.seti.responses import Other
from stores.seti.values import clean

AUTOMATED = "automated workflow"
NOBODY = ("", "0")
SEPARATOR = " | "
LINE_BREAKS = {"space": " ", "crlf": "\r\n"}


def other_of(raw: Row, fields: CustomFields, remarks: Iterable[str], weight: Decimal, rules: Rules) -> Other:
    """Comments, instructions and gift message, address of the shopper's computer, weight and customer."""
    words: dict[str, list[str]] = {"comments": [], "instructions": [], "gift_message": [], "nowhere": []}
    words[rules.notes_to] += notes(raw, rules)
    for destination, texts in fields.written.items():
        words[destination] += texts
    words["comments"] += [*fields.remarks, *remarks]
    customer = whole(raw, "cust_id")
    return Other(
        # Comments can stop an order from being approved by itself: without a text there is no element.
        order_instructions=joined(words["instructions"], rules),
        comments=joined(words["comments"], rules),
        gift_message=joined(words["gift_message"], rules),
        ip_host_name=shopper_address(raw),
        total_order_weight=weight or None,
        web_customer_id=customer if customer > 0 else None,
    )


def joined(words: list[str], rules: Rules) -> str:
    """Several texts as one; each on its own line where the store's desktop reads line breaks."""
    return (SEPARATOR if rules.line_breaks == "space" else LINE_BREAKS[rules.line_breaks]).join(words)


def notes(raw: Row, rules: Rules) -> list[str]:
    """The notes that people wrote, oldest first."""
    line_break = LINE_BREAKS[rules.line_breaks]
    return [words for note in notes_of_people(raw) if (words := clean(text(note, "notetext"), line_break))]


def notes_of_people(raw: Row) -> list[Row]:
    """Oldest first, empty ones included."""
    found: list[Row] = [note for note in rows(raw, "notes") if not is_automated(note)]
    if len(found) > 1:
        found.sort(key=lambda note: (unix_time(note, "dtstamp"), whole(note, "id")))
    return found


def check_other(raw: Row) -> None:
    """Raise Unreadable if :func:`other_of` would; the payments, which it looks at, too, are read by then."""
    whole(raw, "cust_id")
    notes_of_people(raw)


def kept_back(raw: Row, rules: Rules) -> list[str]:
    """A warning when the store sends no notes although the order has some."""
    if rules.notes_to != "nowhere" or not (count := len(notes(raw, rules))):
        return []
    return [
        f"{count} order note{'s are' if count > 1 else ' is'} not sent, because the store's settings send notes "
        "nowhere. Choose a place for order notes there, or read them in Miva."
    ]


def is_automated(note: Row) -> bool:
    """Workflows sign with neither a user nor a customer, and say what they are (Miva reference §7.7).

    Also asked of notes that nobody has read yet: it never raises.
    """
    if text(note, "user_id") not in NOBODY or text(note, "cust_id") not in NOBODY:
        return False
    return text(note, "notetext")[:40].lower().startswith(AUTOMATED)


def shopper_address(raw: Row) -> str:
    """The shopper's IP address; Miva gives it with payments of some queries only (Miva reference §12.1)."""
    return text(raw, "ip") or next((ip for row in rows(raw, "payments") if (ip := text(row, "ip"))), "")
