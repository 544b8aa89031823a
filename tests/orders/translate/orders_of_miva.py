"""A small builder of raw orders in Miva's shape (Miva reference §7.2 to §7.7, §12.1)."""

import itertools
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Raw = dict[str, Any]

ORDER_DATE = 1_764_612_345  # 2025-12-01 18:05:45 UTC
_NUMBERS = itertools.count(500)


def money(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def address(prefix: str, **members: Any) -> Raw:
    whole = {
        "fname": "Ana",
        "lname": "Prieto",
        "email": "ana@example.com",
        "comp": "",
        "phone": "555-010-2000",
        "addr1": "12 Quay Road",
        "addr2": "",
        "city": "Harbor",
        "state": "PA",
        "zip": "19010",
        "cntry": "US",
    }
    return {f"{prefix}_{name}": value for name, value in {**whole, **members}.items()}


def no_address(prefix: str) -> Raw:
    return dict.fromkeys(address(prefix), "")


def option(**members: Any) -> Raw:
    return {
        "attr_id": 11,
        "attr_code": "size",
        "option_id": 33,
        "opt_code": "L",
        "price": 0,
        "weight": 0,
        "data": "",
        "data_long": "",
        "attr_prompt": "Size",
        "opt_prompt": "Large",
        "attribute": "size",
        "value": "L",
        **members,
    }


def part(**members: Any) -> Raw:
    return {"code": "part", "sku": "PART", "name": "Part", "quantity": 1, "price": 5, "weight": 1, **members}


def item(**members: Any) -> Raw:
    """A line; its total is built as Miva builds it unless it is given."""
    line = {
        "line_id": next(_NUMBERS),
        "status": 0,
        "code": "mug",
        "sku": "MUG-11",
        "name": "Mug",
        "price": Decimal("14.00"),
        "weight": Decimal("0.9"),
        "taxable": True,
        "tax": 0,
        "quantity": 1,
        **members,
    }
    if "total" not in line:
        unit = Decimal(str(line["price"])) + sum(
            Decimal(str(one["price"])) for one in line.get("options", [])
        )
        line["total"] = money(unit * Decimal(str(line["quantity"])))
    return line


def charge(kind: str, amount: Any, descrip: str = "", **members: Any) -> Raw:
    return {"type": kind, "descrip": descrip, "amount": money(amount), "tax": 0, **members}


def payment(code: str = "mod10", amount: Any = "14.00", kind: int = 3, **members: Any) -> Raw:
    return {
        "id": next(_NUMBERS),
        "type": kind,
        "refnum": "",
        "amount": money(amount),
        "available": money(amount),
        "dtstamp": ORDER_DATE,
        "pay_id": 17,
        "cardbrand": "",
        "decrypt_status": "not_encrypted",
        "description": "",
        "module": {"code": code, "name": ""},
        **members,
    }


def note(text: str, **members: Any) -> Raw:
    return {
        "id": next(_NUMBERS),
        "user_id": 1,
        "cust_id": 0,
        "notetext": text,
        "dtstamp": ORDER_DATE,
        **members,
    }


def order(**members: Any) -> Raw:
    """An order of one mug unless told otherwise; its total follows Miva's identity unless it is given."""
    raw = {
        "id": 10057,
        "status": 0,
        "orderdate": ORDER_DATE,
        "cust_id": 0,
        **address("ship"),
        **address("bill"),
        "ship_id": 12,
        "ship_method": "",
        "items": [item()],
        "charges": [],
        "coupons": [],
        "discounts": [],
        "payments": [],
        "notes": [],
        **members,
    }
    if "total" not in raw:
        raw["total"] = sum(
            (money(one["total"]) for one in raw["items"] if one["status"] != 300), Decimal("0.00")
        )
        raw["total"] += sum((one["amount"] for one in raw["charges"]), Decimal("0.00"))
    return raw


def without(raw: Raw, *names: str) -> Raw:
    return {name: value for name, value in raw.items() if name not in names}
