"""The customers of a store: accounts, and how Miva lists them (Miva reference §14)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stores.sandbox.columns import ADDRESS, Column, Row, Searchable, custom_column
from stores.sandbox.money import ZERO, decimal, formatted
from stores.sandbox.products import custom_values

SIDES = [f"{side}_{name}" for side in ("ship", "bill") for name in ADDRESS]
NUMBERS = frozenset(
    {"id", "ship_id", "ship_res", "bill_id", "note_count", "dt_created", "dt_login", "credit"}
)
TEXTS = frozenset(SIDES) | {"login", "pw_email", "business_title"}
DEFAULTS: Row = {
    "account_id": 0,
    "login": "",
    "pw_email": "",
    "ship_id": 0,
    "ship_res": True,
    **dict.fromkeys(SIDES[:12], ""),
    "bill_id": 0,
    **dict.fromkeys(SIDES[12:], ""),
    "tax_exempt": False,
    "order_cnt": 0,
    "order_avg": ZERO,
    "formatted_order_avg": formatted(ZERO),
    "order_tot": ZERO,
    "formatted_order_tot": formatted(ZERO),
    "note_count": 0,
    "dt_created": 0,
    "dt_updated": 0,
    "dt_login": 0,
    "dt_pwchg": 0,
    "credit": ZERO,
    "formatted_credit": formatted(ZERO),
    "CustomField_Values": {"customfields": {"tax_id": ""}},
    "business_title": "",
}


def customer_row(customer_id: int, now: int, **given: Any) -> Row:
    """What the store keeps of one customer; members not given are blank."""
    row = {"id": customer_id} | DEFAULTS | {"dt_created": now, "dt_updated": now} | given
    return row | {name: decimal(row[name]) for name in ("order_avg", "order_tot", "credit")}


class Accounts:
    """`rows` maps ids to customers as `customer_row` makes them."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}

    def keep(self, row: Row) -> None:
        """Add or replace a customer."""
        self.rows[row["id"]] = row

    def remove(self, customer_id: int) -> None:
        """The account is closed. Raises KeyError for an unknown id."""
        del self.rows[customer_id]

    def ordered(self, order: Row) -> None:
        """A shopper with an account has ordered: an account that is not known yet is."""
        customer = order.get("customer")
        if customer and customer["id"] not in self.rows:
            title = order.get("business_title", "")
            self.keep(
                customer_row(customer["id"], order["orderdate"], **customer | {"business_title": title})
            )


def project(row: Row, ondemand: Iterable[str]) -> Row:
    """The members of `row` that a request with these on-demand columns sees; only custom fields need asking for."""
    values = custom_values(row["CustomField_Values"], ondemand)
    if not values:
        return {name: value for name, value in row.items() if name != "CustomField_Values"}
    return row | {"CustomField_Values": values}


def search_column(field: str) -> Column | None:
    """The searchable and sortable column `field`; dt_updated is none of them."""
    if field in NUMBERS:
        return Column(lambda row: (row[field],), numeric=True)
    if field in TEXTS:
        return Column(lambda row: (row[field],))
    return custom_column(field) if field.lower().startswith("customfield_values:") else None


CUSTOMERS = Searchable(search_column, search_column)
