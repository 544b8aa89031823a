"""The columns by which orders can be searched and sorted (Miva reference §7.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from stores.sandbox.totals import DELIVERED, Order

Row = dict[str, Any]

NUMBERS = frozenset(
    {
        *(
            "id",
            "batch_id",
            "status",
            "pay_status",
            "orderdate",
            "dt_instock",
            "ship_res",
            "ship_id",
            "source_id",
        ),
        *(
            "total",
            "total_ship",
            "total_tax",
            "total_auth",
            "total_capt",
            "total_rfnd",
            "net_capt",
            "pend_count",
        ),
        *("bord_count", "note_count", "dt_updated", "pay_id"),
    }
)
ADDRESS = (
    "fname",
    "lname",
    "email",
    "comp",
    "phone",
    "fax",
    "addr1",
    "addr2",
    "city",
    "state",
    "zip",
    "cntry",
)
TEXTS = frozenset(
    {f"{side}_{name}" for side in ("ship", "bill") for name in ADDRESS}
    | {"ship_data", "source", "cust_login", "cust_pw_email", "business_title"}
)
DT_UPDATED_SINCE = (10, 3)
SHIPPED_ORDERS = DELIVERED | {201}


@dataclass(frozen=True)
class Column:
    """How to read one column: `values` gives every value a row has there (several for product_code)."""

    values: Callable[[Any], tuple[Any, ...]]
    numeric: bool = False


@dataclass(frozen=True)
class Searchable:
    """What a list can be searched and sorted by: its columns by name, None for what Miva does not know.

    `states` are search fields that are no columns, `filters` the list's own filter elements.
    """

    search: Callable[[str], Column | None]
    sort: Callable[[str], Column | None]
    states: Mapping[str, Callable[[Any, str], bool]] = field(default_factory=dict)
    filters: Mapping[str, Callable[[Row, Any], bool]] = field(default_factory=dict)


def order_columns(version: tuple[int, ...]) -> Searchable:
    """The list of orders of Miva's `version` (Miva reference §7.1)."""
    return Searchable(
        search=partial(search_column, version=version),
        sort=partial(sort_column, version=version),
        states={"payment": payment_state},
        filters={
            "Customer_ID": lambda order, value: order["cust_id"] == number(value),
            "BusinessAccount_ID": lambda order, value: (
                order.get("customer", {}).get("account_id", 0) == number(value)
            ),
        },
    )


def number(value: Any) -> Decimal:
    """`value` as a number; text that is none counts as 0, as in the store's database."""
    try:
        return Decimal(plain(value).strip())
    except InvalidOperation:
        return Decimal(0)


def plain(value: Any) -> str:
    """`value` as the database's text: truth is 1 or 0."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def search_column(field: str, version: tuple[int, ...]) -> Column | None:
    """The searchable column `field`, None if Miva of `version` does not know it."""
    if field == "dt_updated" and version < DT_UPDATED_SINCE:
        return None
    if field in NUMBERS:
        return Column(lambda order: (order[field],), numeric=True)
    if field in TEXTS:
        return Column(lambda order: (order[field],))
    if field == "product_code":
        return Column(lambda order: tuple(item["code"] for item in order["items"]))
    if field.lower().startswith("customfield_values:"):
        return custom_column(field)
    return None


def sort_column(field: str, version: tuple[int, ...]) -> Column | None:
    """The sortable column `field`: the search columns and three names more."""
    if field in ("ship_name", "bill_name"):
        side = field.partition("_")[0]
        return Column(lambda order: (f"{order[f'{side}_lname']} {order[f'{side}_fname']}",))
    if field == "payment_module":
        return Column(lambda order: (order["payment_module"],))
    return None if field == "product_code" else search_column(field, version)


def payment_state(order: Order, state: str) -> bool:
    """The special search field `payment` (Miva reference §7.1)."""
    authorized, captured, shipped = order["total_auth"], order["net_capt"], order["status"] in SHIPPED_ORDERS
    states: dict[str, bool] = {
        "auth_0_capt": authorized > 0 and captured == 0,
        "partial_capt": captured != 0 and captured < authorized,
        "capt_not_ship": not shipped and captured > 0,
        "ship_not_capt": shipped and captured == 0,
    }
    return states.get(state, False)


def custom_column(field: str) -> Column | None:
    """The column of one custom field, `CustomField_Values:<module>:<code>`; None for anything wider."""
    _prefix, module, code = [*field.lower().split(":", 2), "", ""][:3]
    if not code or code == "*":
        return None
    return Column(lambda order: (order["CustomField_Values"].get(module, {}).get(code),))
