"""Acting as the one who keeps the catalogue: products, variants, and the counts on them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product as combinations
from typing import Any

from stores.sandbox.automation import Automation
from stores.sandbox.catalog import Attribute, Choice, Product
from stores.sandbox.columns import Row
from stores.sandbox.inventory import Dimension, Inventory, Part, Variant
from stores.sandbox.products import attribute_row, product_row

OPENING_COUNT = 100
DOWNLOADS = frozenset({"ebook", "giftcard"})


class Stockroom(Automation):
    """A store with products and stock; hold `lock` while reading or changing several of them."""

    def __init__(self, seed: int, **settings: Any) -> None:
        super().__init__(seed, **settings)
        self.inventory = Inventory()
        self.refused_changes: dict[int, str] = {}

    def add_product(self, code: str, **given: Any) -> Row:
        """A product; `given` are its members in Miva's words. With `product_inventory` its stock is tracked."""
        with self.lock:
            product_id = int(given.pop("id", 0)) or self.counters.next("product")
            row = product_row(product_id, code, self.now(), **given)
            self.inventory.keep(row)
            return row

    def remove_product(self, code: str) -> None:
        """An administrator deletes a product. Raises KeyError for an unknown code."""
        with self.lock:
            self.inventory.remove(self._product(code)["id"])

    def stock(self, code: str) -> int | None:
        """The count of a product, None when it is not tracked. Raises KeyError for an unknown code."""
        with self.lock:
            row = self._product(code)
            return int(row["product_inventory"]) if row["product_inventory_active"] else None

    def refuse_changes(self, code: str, message: str) -> None:
        """Changes of a product are refused from now on, in words that do not name it (ours: as a module of the store's may)."""
        with self.lock:
            self.refused_changes[self._product(code)["id"]] = message

    def set_stock(self, code: str, figure: int | None) -> None:
        """An administrator sets the count of a product, or with None stops tracking it."""
        with self.lock:
            row = self._product(code)
            if figure is None:
                row |= {"product_inventory_active": False, "product_inventory": 0}
                row["productinventorysettings"] = row["productinventorysettings"] | {"active": False}
            else:
                self.inventory.track(row, figure)

    def fill_shelves(self, catalog: Iterable[Product]) -> None:
        """The products of `catalog` with their part products, and counts on all that keep stock."""
        for product in catalog:
            self._add_master(product)
            if product.components:
                self._add_kit(product)
            elif any(attribute.inventory for attribute in product.attributes):
                self._add_variants(product)

    def _product(self, code: str) -> Row:
        row = self.inventory.by_code(code)
        if row is None:
            raise KeyError(f"There is no product with the code {code!r}.")
        return row

    def _add_master(self, product: Product) -> None:
        given = _sold(product.name, product.price, product.cost, product.weight)
        given |= {"id": product.id, "sku": product.sku, "taxable": product.taxable}
        given["attributes"] = tuple(attribute_row(product.id, each) for each in product.attributes)
        given["CustomField_Values"] = {"customfields": {"brand": "Acme", "pack_size": 1}}
        in_parts = product.components or any(each.inventory for each in product.attributes)
        if not in_parts and product.code not in DOWNLOADS:
            given["product_inventory"] = OPENING_COUNT
        self.add_product(product.code, **given)

    def _add_kit(self, product: Product) -> None:
        parts = []
        for each in product.components:
            row = self.inventory.by_code(each.code) or self.add_product(
                each.code,
                sku=each.sku,
                product_inventory=OPENING_COUNT,
                **_sold(each.name, each.price, each.cost, each.weight),
            )
            parts.append(Part(row["id"], each.quantity))
        self.inventory.variants[product.id] = [Variant(self.counters.next("variant"), tuple(parts))]

    def _add_variants(self, product: Product) -> None:
        dimensions = [attribute for attribute in product.attributes if attribute.inventory]
        made = []
        for chosen in combinations(*(attribute.choices for attribute in dimensions)):
            part = self._add_part_product(product, chosen)
            made.append(
                Variant(
                    self.counters.next("variant"),
                    (Part(part["id"]),),
                    tuple(map(_dimension, dimensions, chosen)),
                )
            )
        self.inventory.variants[product.id] = made

    def _add_part_product(self, product: Product, chosen: tuple[Choice, ...]) -> Row:
        """The generated product that holds a variant's count; inactive, with a code and SKU of its own."""
        code = "-".join([product.code, *(choice.code for choice in chosen)]).lower()
        name = f"{product.name} ({', '.join(choice.prompt for choice in chosen)})"
        given = _sold(name, product.price, product.cost, product.weight)
        sku = f"SKU-{code.upper()}"
        return self.add_product(code, sku=sku, active=False, product_inventory=OPENING_COUNT, **given)


def _sold(name: str, price: Any, cost: Any, weight: Any) -> Row:
    text = f"<p>{name}</p>"
    return {"name": name, "descrip": text, "price": price, "cost": cost, "weight": weight}


def _dimension(attribute: Attribute, choice: Choice) -> Dimension:
    return Dimension(attribute.id, attribute.code, choice.id, choice.code)
