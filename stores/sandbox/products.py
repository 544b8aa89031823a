"""Products as Miva's product list shows them: base members, on-demand columns (Miva reference §13.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stores.sandbox.catalog import Attribute, Choice
from stores.sandbox.columns import Row
from stores.sandbox.money import ZERO, decimal, formatted, formatted_weight

NO_SETTINGS: Row = {
    "active": False,
    "in_short": "",
    "in_long": "",
    "low_track": "d",
    "low_level": 0,
    "low_lvl_d": True,
    "low_short": "",
    "low_long": "",
    "out_track": "d",
    "out_hide": "d",
    "out_level": 0,
    "out_lvl_d": True,
    "out_short": "",
    "out_long": "",
    "ltd_long": "",
}
DEFAULTS: Row = {
    "sku": "",
    "thumbnail": "",
    "image": "",
    "price": ZERO,
    "cost": ZERO,
    "page_code": "",
    "page_id": 0,
    "descrip": "",
    "cancat_code": "",
    "product_inventory_active": False,
    "product_inventory": 0,
    "weight": ZERO,
    "taxable": True,
    "active": True,
    "exsearch": False,
    "page_title": "",
    "productinventorysettings": NO_SETTINGS,
    "attributes": (),
    "categories": (),
    "CustomField_Values": {"customfields": {}},
}
BASE = (
    *("id", "disp_order", "code", "sku", "name", "thumbnail", "image", "price", "formatted_price", "cost"),
    *("formatted_cost", "page_code", "page_id", "weight", "formatted_weight", "taxable", "active"),
    *("exsearch", "page_title", "dt_created", "dt_updated"),
)
ON_DEMAND = frozenset(
    {"descrip", "cancat_code", "productinventorysettings", "attributes", "categories"}  # as stored
)
ALWAYS_EMPTY = frozenset(
    {"productimagedata", "productshippingrules", "relatedproducts", "uris", "subscriptionterms"}
)


def product_row(product_id: int, code: str, now: int, **given: Any) -> Row:
    """What the store keeps of one product; members not given are Miva's defaults. A figure in
    `product_inventory` switches tracking on."""
    row = DEFAULTS | {"id": product_id, "disp_order": product_id + 4, "code": code, "name": code}
    row |= {"dt_created": now, "dt_updated": now} | given
    if "product_inventory" in given and "product_inventory_active" not in given:
        row["product_inventory_active"] = True
    if row["product_inventory_active"]:
        row["productinventorysettings"] = row["productinventorysettings"] | {"active": True}
    return row | {name: decimal(row[name]) for name in ("price", "cost", "weight")}


def attribute_row(product_id: int, attribute: Attribute) -> Row:
    """An attribute and its options as the on-demand column `attributes` holds them."""
    choices = attribute.choices
    row = _priced(product_id, attribute.id) | {
        "default_id": choices[0].id if choices else 0,
        "attemp_id": 0,
        "code": attribute.code,
        "type": "select" if choices else "text",
        "prompt": attribute.prompt,
        "required": attribute.inventory,
        "inventory": attribute.inventory,
        "image": "",
    }
    return row | {"options": [_option_row(product_id, attribute.id, each) for each in choices]}


def _option_row(product_id: int, attribute_id: int, choice: Choice) -> Row:
    return _priced(product_id, choice.id, choice.price, choice.weight) | {
        "attr_id": attribute_id,
        "code": choice.code,
        "prompt": choice.prompt,
        "image": "",
    }


def _priced(product_id: int, row_id: int, price: Any = ZERO, weight: Any = ZERO) -> Row:
    return {
        "id": row_id,
        "product_id": product_id,
        "disp_order": row_id,
        "price": price,
        "formatted_price": formatted(price),
        "cost": ZERO,
        "formatted_cost": formatted(ZERO),
        "weight": weight,
        "formatted_weight": formatted_weight(weight),
    }


def project(row: Row, ondemand: Iterable[str]) -> Row:
    """The members of `row` that a request with these on-demand columns sees."""
    names = frozenset(ondemand)
    whole = row | {
        "formatted_price": formatted(row["price"]),
        "formatted_cost": formatted(row["cost"]),
        "formatted_weight": formatted_weight(row["weight"]),
    }
    seen = {name: whole[name] for name in BASE} | {name: row[name] for name in ON_DEMAND & names}
    seen |= {name: [] for name in ALWAYS_EMPTY & names}
    if "catcount" in names:
        seen["catcount"] = len(row["categories"])
    if "url" in names:
        seen["url"] = f"/product/{row['code']}.html"
    if "product_inventory" in names:
        seen |= {name: row[name] for name in ("product_inventory_active", "product_inventory")}
    values = custom_values(row["CustomField_Values"], names)
    return seen | {"CustomField_Values": values} if values else seen


def custom_values(values: dict[str, Row], names: Iterable[str]) -> dict[str, Row]:
    """`CustomField_Values:*`, `:<module>:*` or `:<module>:<code>`, in any case (Miva reference §6.2)."""
    wanted = {name.lower() for name in names if name.lower().startswith("customfield_values:")}
    if not wanted:
        return {}
    shown = {}
    for module, fields in values.items():
        path = f"customfield_values:{module.lower()}"
        everything = bool(wanted & {"customfield_values:*", f"{path}:*"})
        shown[module] = {
            code: value for code, value in fields.items() if everything or f"{path}:{code.lower()}" in wanted
        }
    return shown
