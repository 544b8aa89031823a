"""Reading and changing stock (Miva reference §13.3). Products are named by id: codes may be renamed, SKUs shared."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.miva.client import MivaClient
from stores.miva.columns import PRODUCTS
from stores.miva.errors import MivaError, MivaRefused, ParametersRefused
from stores.miva.paging import ListQuery, Where
from stores.miva.shapes import whole

MOST_READ = 1000  # products in one list call
MOST_CHANGED = 100  # products in one changing call (Miva reference §5.4)

_BAD_ROW = re.compile(r"Inventory_Adjustments\[(\d+)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stock:
    """One product and its figure, which may be negative; without meaning when it is not tracked."""

    product_id: int
    code: str
    sku: str
    tracked: bool
    figure: int


def read_stock(client: MivaClient, product_ids: Sequence[int]) -> dict[int, Stock]:
    """The stock of up to MOST_READ products by id; those that are not in the store are missing. Raises MivaError."""
    return {each.product_id: each for each in _read(client, Where("id", "IN", product_ids), len(product_ids))}


def find_stock(client: MivaClient, column: str, values: Sequence[str]) -> list[Stock]:
    """The products whose `code` or `sku` (the column) is one of these, in any case; several may share a SKU. Raises MivaError.

    A value with a comma cannot be in a list of Miva's, so it is asked for alone.
    """
    plain = [value.strip() for value in values if value.strip() and "," not in value]
    found: list[Stock] = []
    for start in range(0, len(plain), MOST_CHANGED):
        found += _read(client, Where(column, "IN", plain[start : start + MOST_CHANGED]), MOST_READ)
    for value in values:
        if "," in value:
            found += _read(client, Where(column, "EQ", value.strip()), MOST_READ)
    return found


def adjust_stock(client: MivaClient, deltas: Mapping[int, int]) -> None:
    """Add each delta to its product's figure: all of them or none (Miva looks every product up first).

    Raises ParametersRefused, whose rows `bad_rows` names; MivaUnsure when the answer was lost. Not repeatable.
    """
    adjustments = [{"product_id": number, "adjustment": delta} for number, delta in deltas.items()]
    client.call("ProductList_Adjust_Inventory", Inventory_Adjustments=adjustments)


def bad_rows(error: MivaRefused, product_ids: Sequence[int]) -> dict[int, str]:
    """The products that Miva named in refusing an adjustment of `product_ids`, with its words for each; often none."""
    fields = error.fields if isinstance(error, ParametersRefused) else {}
    named = ((_BAD_ROW.match(field), message) for field, message in fields.items())
    places = {int(match[1]) - 1: message for match, message in named if match}
    return {product_ids[place]: words for place, words in places.items() if 0 <= place < len(product_ids)}


def set_stock(client: MivaClient, figures: Mapping[int, int]) -> dict[int, MivaError]:
    """Set each product's figure, and switch its tracking on where it is off; returns what failed, by product.

    Raises MivaError when the whole request fails.
    """
    return _update_each(
        client,
        "InventoryProductSettings_Update",
        {number: {"TrackProduct": True, "CurrentStock": figure} for number, figure in figures.items()},
    )


def leave_stock(client: MivaClient, product_id: int) -> dict[int, MivaError]:
    """Change the figure of a product that is tracked as `set_stock` does, but by nothing; returns what failed. Raises MivaError.

    It says that the product is tracked, as it is: what is not tracked loses its count (Miva reference §13.3).
    """
    return _update_each(
        client, "InventoryProductSettings_Update", {product_id: {"TrackProduct": True, "AdjustStockBy": 0}}
    )


def set_active(client: MivaClient, shown: Mapping[int, bool]) -> dict[int, MivaError]:
    """Show products in the store or hide them; returns what failed, by product. Raises MivaError."""
    return _update_each(
        client, "Product_Update", {number: {"Product_Active": active} for number, active in shown.items()}
    )


def show_as_it_is(client: MivaClient, product_id: int) -> dict[int, MivaError]:
    """Update a product as `set_active` does, but with nothing changed; returns what failed. Raises MivaError."""
    return _update_each(client, "Product_Update", {product_id: {}})


def _update_each(
    client: MivaClient, function: str, members: Mapping[int, Mapping[str, Any]]
) -> dict[int, MivaError]:
    numbers = list(members)
    each = client.operations(function, [{"Product_ID": number, **members[number]} for number in numbers])
    return {numbers[place]: error for place, error in each.errors.items()}


def _read(client: MivaClient, where: Where, count: int) -> list[Stock]:
    query = ListQuery([where], ondemand=("product_inventory",), count=count, columns=PRODUCTS)
    rows = client.list_load("ProductList_Load_Query", query).rows
    return [
        Stock(
            whole(row.get("id")),
            str(row.get("code", "")),
            str(row.get("sku", "")),
            row.get("product_inventory_active") in (True, 1),
            whole(row.get("product_inventory")),
        )
        for row in rows
    ]
