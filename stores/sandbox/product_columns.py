"""The columns by which products can be searched and sorted (Miva reference §13.1)."""

from __future__ import annotations

from functools import partial
from typing import Any

from stores.sandbox.columns import Column, Row, Searchable, custom_column, number

NUMBERS = frozenset(
    {
        *("id", "price", "cost", "weight", "taxable", "active", "exsearch", "dt_created", "dt_updated"),
        *("product_inventory",),
    }
)
TEXTS = frozenset(
    {
        *("code", "sku", "name", "thumbnail", "image", "descrip", "page_title", "cancat_code"),
        *("page_code",),
    }
)


def search_column(field: str, version: tuple[int, ...]) -> Column | None:
    """The searchable column `field`, None if Miva of `version` does not know it."""
    if field in NUMBERS:
        return Column(lambda row: (row[field],), numeric=True)
    if field in TEXTS:
        return Column(lambda row: (row[field],))
    if field == "category":
        return Column(lambda row: tuple(each["id"] for each in row["categories"]), numeric=True)
    if field in ("profit", "margin") and version >= (26, 1):
        return Column(lambda row: (number(row["price"]) - number(row["cost"]),), numeric=True)
    if field.lower().startswith("customfield_values:"):
        return custom_column(field)
    return None


def sort_column(field: str, version: tuple[int, ...]) -> Column | None:
    """The sortable column `field`; without any, products come in display order."""
    if field == "disp_order":
        return Column(lambda row: (row["disp_order"],), numeric=True)
    return None if field == "category" else search_column(field, version)


def shown(row: Row, value: Any) -> bool:
    """The filter element Product_Show: All, Uncategorized or Active."""
    kind = str(value).lower()
    return bool(row["active"]) if kind == "active" else kind != "uncategorized" or not row["categories"]


def product_columns(version: tuple[int, ...]) -> Searchable:
    """The list of products of Miva's `version`."""
    return Searchable(
        partial(search_column, version=version),
        partial(sort_column, version=version),
        filters={"Product_Show": shown},
    )
