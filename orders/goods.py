"""What was bought, whatever has become of it since: lines as they were before shipments split, packed and marked them.

Shipping changes an order in Miva without changing what Stone Edge has to know about it: lines are split (which puts the order back
into its queue, Miva reference §9.4), lines and order get another status, shipments appear.
"""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from stores.miva import shapes

# Cancelled, returned: these are changes. Everything else is a step on the way to the customer (Miva reference §8).
TAKEN_BACK = frozenset({300, 500, 600})
PROGRESS = frozenset({"status", "pend_count", "bord_count", "dt_instock", "stk_status", "shipments"})
PLACE = frozenset({"line_id", "group_id", "parent_id", "shpmnt_id", "shipment", "dt_instock", "status"})
SHARED_OUT = ("quantity", "total", "tax")
SPELLED = frozenset({"formatted_total", "formatted_tax"})
OWN_IDS = frozenset({"id", "line_id", "lineopt_id", "total_quantity", "formatted_weight"})


def as_bought(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with alike lines as one, and without what shipping changes."""
    bought = {name: value for name, value in content.items() if name not in PROGRESS}
    sums: dict[bytes, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(SHARED_OUT))
    for item in shapes.rows(content, "items"):
        kind = shapes.canonical(kind_of(item))
        amounts = [number(item.get(name)) for name in SHARED_OUT]
        sums[kind] = [one + other for one, other in zip(sums[kind], amounts, strict=True)]
    bought["items"] = sorted(
        [kind.decode(), *map(str, map(Decimal.normalize, total))] for kind, total in sums.items()
    )
    return bought


def kind_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return what a line shares with the lines that were split off it."""
    left_out = PLACE | SPELLED | set(SHARED_OUT)
    kind = {name: without_ids(value) for name, value in item.items() if name not in left_out}
    status = shapes.whole(item.get("status"))
    return kind | {"taken_back": status if status in TAKEN_BACK else 0}


def without_ids(value: Any) -> Any:
    """Return options, discounts and parts without the numbers that each line has for itself."""
    if isinstance(value, list):
        return [without_ids(each) for each in value]
    if isinstance(value, dict):
        return {name: without_ids(each) for name, each in value.items() if name not in OWN_IDS}
    return value


def number(value: Any) -> Decimal:
    """Return the amount, 0 for what is none."""
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return Decimal(0)
