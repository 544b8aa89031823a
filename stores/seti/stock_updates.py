"""Reading `qohreplace`, `invupdate` and `updatestockstatus`: text or XML (SETI reference §2.7, §2.8, §2.10, §2.11)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stores.seti.documents import children, name_of, parsed, text_of
from stores.seti.errors import SetiError
from stores.seti.requests import SetiRequest

MOST_ENTRIES = 200_000
LONGEST_SKU = 255
LARGEST = 1_000_000_000  # units: more is a slip of the keyboard, and no count of Miva's

_WHOLE = re.compile(r"([+-]?[0-9]{1,12})(?:\.0*)?")


@dataclass(frozen=True, slots=True)
class StockEntry:
    """One SKU, exactly as it was received, and what is said about it; `problem` is a sentence when it cannot be used.

    `text` is the whole entry as it was received: a malformed one is answered with it. `cut`: it came as text and has no tilde, so
    it may be the beginning of a SKU with a bar in it.
    """

    sku: str
    value: str
    text: str
    cut: bool = False

    @property
    def quantity(self) -> int | None:
        """The whole number of units, also written as ``17.0000``; None when it is none."""
        match = _WHOLE.fullmatch(self.value.strip())
        number = int(match[1]) if match else None
        return number if number is not None and abs(number) <= LARGEST else None

    @property
    def active(self) -> bool:
        """``true`` in any case; anything else is not (§2.10)."""
        return self.value.strip().lower() == "true"

    @property
    def problem(self) -> str:
        """Why no quantity can be read from the entry; blank when it can."""
        if not self.sku.strip():
            return "The SKU is missing."
        if len(self.sku) > LONGEST_SKU:
            return f"The SKU is longer than {LONGEST_SKU} characters."
        if self.quantity is None:
            return f"The quantity {self.value[:40]!r} is not a whole number."
        return ""


def parse_entries(request: SetiRequest) -> list[StockEntry]:
    """Every entry in its order; empty ones, such as the one behind the trailing bar, are none.

    Raises SetiError when `update` is missing, empty or unreadable.
    """
    document = request.get("update").strip()
    if not document:
        raise SetiError("The parameter update is missing or empty: it holds the SKUs and their quantities.")
    entries = _from_xml(document) if document.startswith("<") else _from_text(document)
    if len(entries) > MOST_ENTRIES:
        raise SetiError(f"The message has more than {MOST_ENTRIES} SKUs. Send fewer at once.")
    return entries


def _from_text(document: str) -> list[StockEntry]:
    """``sku~17|sku~18|``, each split at its last tilde: a SKU may contain tildes."""
    return [_entry(part) for part in document.split("|") if part.strip()]


def _entry(text: str) -> StockEntry:
    sku, tilde, value = text.rpartition("~")
    return StockEntry(sku, value, text) if tilde else StockEntry(text, "", text, cut=True)


def joined_at_bars(entries: Sequence[StockEntry]) -> dict[int, StockEntry]:
    """Return what each run of cut entries is together with the entry behind it, by the place where the run begins."""
    joined: dict[int, StockEntry] = {}
    begins, pieces = 0, list[str]()
    for place, entry in enumerate(entries):
        begins = begins if pieces else place
        pieces.append(entry.text)
        if not entry.cut:
            if len(pieces) > 1:
                joined[begins] = _entry("|".join(pieces))
            pieces = []
    return joined


def _from_xml(document: str) -> list[StockEntry]:
    """``Product`` elements under any root; uploads call the SKU ``SKU``, downloads call it ``Code`` (§2.7)."""
    root = parsed(document)
    products = [root] if name_of(root) == "product" else children(root, "product")
    found = []
    for product in products:
        sku = text_of(product, "sku") or text_of(product, "code")
        found.append(StockEntry(sku, text_of(product, "qoh"), sku))
    return found
