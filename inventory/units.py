"""How many units of which product an order takes from Miva's stock."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from inventory.models import fold
from stores.miva.shapes import rows, whole

TO_BE_SENT = frozenset({0, 100, 400})  # pending, picking, back-ordered (Miva reference §8)
CANCELLED = 300


def sold_units(raw: Mapping[str, Any]) -> Counter[str]:
    """Return the units of each code (by its key) that an order took out of stock; variants and kits from their parts."""
    return _units(raw, lambda status: status != CANCELLED)


def unsent_units(raw: Mapping[str, Any]) -> Counter[str]:
    """Return the units of each code that an order still takes from the shelves: what has left the house is in no count any more."""
    return _units(raw, TO_BE_SENT.__contains__)


def _units(raw: Mapping[str, Any], counts: Any) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in rows(raw, "items"):
        if not counts(whole(line.get("status"))):
            continue
        quantity = whole(line.get("quantity"))
        parts = rows(line, "parts")
        for part in parts:
            units[fold(str(part.get("code", "")))] += quantity * whole(part.get("quantity"))
        if not parts:
            units[fold(str(line.get("code", "")))] += quantity
    return units
