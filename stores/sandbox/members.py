"""Builders for the parts of an order, members in the order in which Miva emits them (Miva reference §7).

Each builder takes the members that matter and fills in the rest, so that an override like
`items=[{"code": "MUG", "price": "5.00", "quantity": 2}]` becomes a whole line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stores.sandbox.money import ZERO, cents, decimal, formatted, formatted_weight

Member = dict[str, Any]

ITEM_ORDER = (
    *(
        "order_id",
        "line_id",
        "group_id",
        "parent_id",
        "status",
        "subscrp_id",
        "subterm_id",
        "shpmnt_id",
        "rma_id",
    ),
    *("product_id", "rma_code", "rma_dt_issued", "rma_dt_recvd", "dt_instock", "code", "name", "sku", "type"),
    *(
        "retail",
        "base_price",
        "price",
        "total",
        "formatted_total",
        "weight",
        "formatted_weight",
        "taxable",
        "tax",
    ),
    *("formatted_tax", "upsold", "quantity", "shipment", "discounts", "options", "parts", "subscription"),
)
ITEM_DEFAULTS: Member = {
    "parent_id": 0,
    "status": 0,
    "subscrp_id": 0,
    "subterm_id": 0,
    "shpmnt_id": 0,
    "rma_id": 0,
    "product_id": 0,
    "dt_instock": 0,
    "code": "",
    "name": "",
    "sku": "",
    "type": "product",
    "price": ZERO,
    "total": ZERO,
    "weight": ZERO,
    "taxable": True,
    "tax": ZERO,
    "upsold": False,
    "quantity": 1,
}


def arrange(order: tuple[str, ...], members: Mapping[str, Any]) -> Member:
    """`members` in Miva's order; members that Miva does not know follow at the end."""
    known = {name: members[name] for name in order if name in members}
    return known | {name: value for name, value in members.items() if name not in known}


def item(order_id: int, line_id: int, /, **given: Any) -> Member:
    """One line; `options`, `parts`, `discounts`, `shipment` are absent unless given (Miva reference §7.3)."""
    merged = ITEM_DEFAULTS | given | {"order_id": order_id, "line_id": line_id}
    merged.setdefault("group_id", merged["line_id"])
    for name in ("price", "weight", "tax"):
        merged[name] = decimal(merged[name])
    for name in ("base_price", "retail"):
        merged[name] = decimal(merged[name] if name in merged else merged["price"])
    merged["name"] = merged["name"] or merged["code"]
    merged["formatted_total"] = formatted(merged["total"])
    merged["formatted_weight"] = formatted_weight(merged["weight"])
    merged["formatted_tax"] = formatted(merged["tax"])
    return arrange(ITEM_ORDER, merged)


def option(order_id: int, line_id: int, option_row_id: int, /, **given: Any) -> Member:
    """One chosen option or entered text of a line, with the compatibility copies `attribute` and `value`."""
    price, weight = decimal(given.get("price", ZERO)), decimal(given.get("weight", ZERO))
    code, data = given.get("opt_code", ""), given.get("data", "")
    return {
        "id": option_row_id,
        "order_id": order_id,
        "line_id": line_id,
        "attr_id": given.get("attr_id", 0),
        "attr_code": given.get("attr_code", ""),
        "attmpat_id": given.get("attmpat_id", 0),
        "option_id": given.get("option_id", 0),
        "opt_code": code,
        "retail": decimal(given.get("retail", price)),
        "base_price": decimal(given.get("base_price", price)),
        "price": price,
        "weight": weight,
        "formatted_weight": formatted_weight(weight),
        "data": data,
        "data_long": given.get("data_long", ""),
        "attr_prompt": given.get("attr_prompt", ""),
        "opt_prompt": given.get("opt_prompt", ""),
        "attribute": given.get("attr_code", ""),
        "value": code or data or given.get("data_long", ""),
    }


def part(code: str, sku: str, name: str, quantity: int, total_quantity: int, **given: Any) -> Member:
    """One component of a variant or kit; `quantity` is per line unit, `total_quantity` for the whole line."""
    weight = decimal(given.get("weight", ZERO))
    return {
        "code": code,
        "sku": sku,
        "name": name,
        "quantity": quantity,
        "total_quantity": total_quantity,
        "price": decimal(given.get("price", ZERO)),
        "cost": decimal(given.get("cost", ZERO)),
        "weight": weight,
        "formatted_weight": formatted_weight(weight),
    }


def charge(order_id: int, charge_id: int, /, **given: Any) -> Member:
    """One charge; `disp_amt` follows `amount` unless given (Miva reference §7.4)."""
    amount = cents(decimal(given.get("amount", ZERO)))
    shown = cents(decimal(given.get("disp_amt", amount)))
    tax = cents(decimal(given.get("tax", ZERO)))
    return {
        "order_id": order_id,
        "charge_id": charge_id,
        "module_id": given.get("module_id", 0),
        "type": given.get("type", ""),
        "descrip": given.get("descrip", ""),
        "amount": amount,
        "formatted_amount": formatted(amount),
        "disp_amt": shown,
        "formatted_disp_amt": formatted(shown),
        "tax_exempt": given.get("tax_exempt", False),
        "tax": tax,
        "formatted_tax": formatted(tax),
    }


def note(order_id: int, note_id: int, text: str, at: int, *, admin_user: str = "") -> Member:
    """One order note; workflows leave `admin_user` empty and `user_id` 0 (Miva reference §7.7)."""
    return {
        "id": note_id,
        "cust_id": 0,
        "account_id": 0,
        "order_id": order_id,
        "user_id": 1 if admin_user else 0,
        "notetext": text,
        "dtstamp": at,
        "cust_login": "",
        "business_title": "",
        "admin_user": admin_user,
    }


def discount_total(order_id: int, pgrp_id: int, name: str, descrip: str, total: Any) -> Member:
    """One row of the order's `discounts`: reporting only (Miva reference §7.5)."""
    return {
        "order_id": order_id,
        "pgrp_id": pgrp_id,
        "name": name,
        "descrip": descrip,
        "total": cents(decimal(total)),
    }


def coupon(order_id: int, coupon_id: int, code: str, descrip: str, total: Any) -> Member:
    """One coupon that the shopper used: reporting only (Miva reference §7.5)."""
    return {
        "order_id": order_id,
        "coupon_id": coupon_id,
        "code": code,
        "descrip": descrip,
        "total": cents(decimal(total)),
    }
