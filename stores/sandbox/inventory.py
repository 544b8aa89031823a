"""The products of a store, found by id, code or SKU, and the counts on them (Miva reference §13.2, §13.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from stores.sandbox.columns import Row
from stores.sandbox.totals import CANCELLED, Order


@dataclass(frozen=True)
class Part:
    """A stock-keeping product that a variant or kit consists of; `quantity` for one unit."""

    product_id: int
    quantity: int = 1


@dataclass(frozen=True)
class Dimension:
    """One inventory attribute and the option that a variant has there."""

    attribute_id: int
    attribute_code: str
    option_id: int
    option_code: str


@dataclass(frozen=True)
class Variant:
    """One combination of a product's inventory attributes; a kit has a single one without dimensions."""

    id: int
    parts: tuple[Part, ...]
    dimensions: tuple[Dimension, ...] = ()


class Inventory:
    """`rows` maps ids to products as `products.product_row` makes them, `variants` ids of masters to theirs.

    Codes are unique, SKUs need not be; both are found in any case, as Miva's database does.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.variants: dict[int, list[Variant]] = {}
        self._codes: dict[str, int] = {}
        self._skus: dict[str, dict[int, None]] = {}

    def keep(self, row: Row) -> None:
        """Add or replace a product."""
        before = self.rows.get(row["id"])
        if before is not None:
            self._codes.pop(before["code"].casefold(), None)
            self._skus.get(before["sku"].casefold(), {}).pop(before["id"], None)
        self.rows[row["id"]] = row
        self._codes[row["code"].casefold()] = row["id"]
        self._skus.setdefault(row["sku"].casefold(), {})[row["id"]] = None

    def remove(self, product_id: int) -> None:
        """The product is gone, and its variants with it."""
        row = self.rows.pop(product_id)
        self.variants.pop(product_id, None)
        self._codes.pop(row["code"].casefold(), None)
        self._skus[row["sku"].casefold()].pop(product_id, None)

    def by_code(self, code: str) -> Row | None:
        """The product with this code."""
        found = self._codes.get(code.casefold())
        return None if found is None else self.rows[found]

    def by_sku(self, sku: str) -> list[Row]:
        """Every product with this SKU."""
        return [self.rows[each] for each in self._skus.get(sku.casefold(), ())]

    def adjust(self, row: Row, adjustment: int) -> None:
        """Add to the count; an untracked product becomes tracked with count = adjustment. Miva does not
        move dt_updated for it."""
        if row["product_inventory_active"]:
            row["product_inventory"] += adjustment
        else:
            self.track(row, adjustment)

    def track(self, row: Row, figure: int) -> None:
        """Set the count, and create settings where there are none."""
        row |= {"product_inventory_active": True, "product_inventory": figure}
        row["productinventorysettings"] = row["productinventorysettings"] | {"active": True}

    def sell(self, units: Counter[int]) -> None:
        """Take units (product id -> how many; negative brings them back) off the tracked products."""
        for product_id, quantity in units.items():
            row = self.rows.get(product_id)
            if row is not None and row["product_inventory_active"]:
                row["product_inventory"] -= quantity

    def units_of(self, order: Order) -> Counter[int]:
        """How many units of which product the lines of an order that are not cancelled take: for variants
        and kits those of their parts."""
        units: Counter[int] = Counter()
        for line in order["items"]:
            if line["status"] != CANCELLED:
                for code, quantity in _taken(line):
                    row = self.by_code(code)
                    if row is not None:
                        units[row["id"]] += quantity
        return units


def _taken(line: Row) -> Iterable[tuple[str, int]]:
    parts = line.get("parts")
    if not parts:
        return [(line["code"], line["quantity"])]
    return [(each["code"], each["quantity"] * line["quantity"]) for each in parts]
