"""What of a raw order is its content: the fingerprint, the number, the words to find it by."""

import hashlib
import re
from decimal import Decimal
from typing import Any, NamedTuple

from orders.goods import as_bought
from orders.translate.errors import Unreadable
from orders.translate.members import text
from orders.translate.remarks import is_automated
from orders.translate.statuses import CANCELLED
from orders.translate.takings import read_takings
from stores.miva import shapes
from stores.miva.redact import redacted

# Miva's workflows write a note on each delivery and each acknowledgement and move the order between queues; the customer's
# own statistics change with each further order. None of this is a change of the order (Miva reference §9.3, §9.5, §14).
VOLATILE = frozenset({"notes", "note_count", "dt_updated", "customer", "CustomField_Values"})

LONGEST = 19  # digits of an order number


def number_of(raw: Any) -> int | None:
    """Return the order's number, or None when the thing is no order with a number."""
    if not isinstance(raw, dict):
        return None
    number = raw.get("id")
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) <= LONGEST:
        number = int(number)
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63 else None


def fingerprint(raw: dict[str, Any], content: bytes = b"") -> str:
    """Return 32 hex digits of the content as it is spelled; `content` is the JSON of its steady members when it is there already.

    Another fingerprint may still be the same content, with its members in another order or numbers spelled otherwise (5 and
    5.00): `same_content` decides.
    """
    digest = hashlib.blake2b(content or shapes.encode(steady(raw)), digest_size=16)
    digest.update(shapes.encode(told(raw)))
    return digest.hexdigest()


def same_content(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two versions of an order are the same, however they are spelled."""
    return shapes.canonical(content_of(one)) == shapes.canonical(content_of(other))


def same_purchase(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a later version of an order means the same for Stone Edge, however far Miva has got with shipping it.

    Shipping splits lines and takes none away: Stone Edge reports by the lines that it was given.
    """
    if same_content(one, other):
        return True
    bought, still = as_bought(content_of(one)), as_bought(content_of(other))
    return lines_of(one) <= lines_of(other) and shapes.canonical(bought) == shapes.canonical(still)


def lines_of(raw: dict[str, Any]) -> set[int]:
    """Return the numbers of the order's lines."""
    return {shapes.whole(item.get("line_id")) for item in shapes.rows(raw, "items")}


def content_of(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the order without what is not its content."""
    return steady(raw) | told(raw)


def steady(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the members that are content as they stand."""
    return {name: value for name, value in raw.items() if name not in VOLATILE}


def told(raw: dict[str, Any]) -> dict[str, Any]:
    """Return what is content of the other members: notes that a person wrote, custom fields but for the queues."""
    notes = [note for note in listed(raw.get("notes")) if not (isinstance(note, dict) and is_automated(note))]
    fields = raw.get("CustomField_Values")
    if not isinstance(fields, dict):
        return {"notes": notes}
    kept = {name: value for name, value in fields.items() if name != "orderworkflow"}
    return {"notes": notes, "CustomField_Values": kept}


def is_complete(raw: dict[str, Any]) -> bool:
    """Whether at least one payment is money that was not voided entirely (Miva reference §12.1), or the order's total is zero.

    Miva's guide on requesting orders: "This is best done by checking if there is at least 1 payment record". When payments were
    not asked for, nothing can be said and the order counts as complete.
    """
    if not isinstance(raw.get("payments"), list):
        return True
    try:
        return bool(read_takings(raw).taken) or Decimal(str(raw.get("total"))) == 0
    except (Unreadable, ArithmeticError):
        return True  # the translation says what is wrong with the payments or the total


def is_cancelled(raw: dict[str, Any]) -> bool:
    """Whether every line is cancelled: Miva's status of the order is then 300, too (Miva reference §8)."""
    items = listed(raw.get("items"))
    return bool(items) and all(
        isinstance(item, dict) and text(item, "status") == str(CANCELLED) for item in items
    )


def skus_of(raw: dict[str, Any]) -> str:
    """Return codes and SKUs of lines and parts in lower case, each between spaces, for the search by SKU."""
    found: dict[str, None] = {}
    for item in shapes.rows(raw, "items"):
        for thing in (item, *shapes.rows(item, "parts")):
            for value in (thing.get("sku"), thing.get("code")):
                if value:
                    found[str(value).strip().lower()] = None
    found.pop("", None)
    return f" {' '.join(found)} " if found else ""


def listed(value: Any) -> list[Any]:
    """Return the value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


class KeptForm(NamedTuple):
    """An order as it is kept: as databases can store it and without card data; its JSON, and its fingerprint."""

    raw: dict[str, Any]
    encoded: bytes
    fingerprint: str


def kept_form(raw: dict[str, Any]) -> KeptForm:
    """Return the order as it is kept; what is in `raw` may be changed.

    Its steady members, which are most of it, are written once for both the JSON and the fingerprint.
    """
    content = raw.copy()
    rest, rest_json = storable({name: content.pop(name) for name in VOLATILE if name in raw})
    content, steady_json = storable(content)
    raw, encoded = content | rest, joined(steady_json, rest_json)
    left = redacted(raw, encoded)
    return KeptForm(raw, left, fingerprint(raw, steady_json if left is encoded else b""))


def joined(one: bytes, other: bytes) -> bytes:
    """Return the JSON of one object with the members of both."""
    if b"{}" in (one, other):
        return other if one == b"{}" else one
    return one[:-1] + b"," + other[1:]


def storable(raw: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the order as both databases can store it, and as JSON; untouched when it already is, as nearly every order.

    Removed: NUL characters. Replaced: lone surrogates by U+FFFD, numbers beyond any sense of money or count by their text.
    """
    try:
        encoded = shapes.encode(raw)
    except (UnicodeEncodeError, OverflowError, ValueError):
        encoded = b"\\u0000"
    if UNSTORABLE.search(encoded) is None and EXPONENT.search(encoded) is None:
        return raw, encoded
    cleaned: dict[str, Any] = clean(raw)
    return cleaned, shapes.encode(cleaned)


UNSTORABLE = re.compile(rb"\\u0000")  # NUL, as JSON spells it
EXPONENT = re.compile(rb"E[+-][0-9](?<=[0-9]E..)")  # of a Decimal
LARGEST = 10**18


def clean(value: Any) -> Any:
    """Return the value with every part made storable."""
    match value:
        case str():
            return shapes.storable(value)
        case list():
            return [clean(entry) for entry in value]
        case dict():
            return {clean(name): clean(entry) for name, entry in value.items()}
        case bool() | None:
            return value
        case int() | Decimal() if not -LARGEST < value < LARGEST:
            return f"{Decimal(value):.6E}"
        case Decimal() if value.as_tuple().exponent < -30:  # type: ignore[operator]  # finite: JSON has no infinity
            return Decimal(0)
    return value
