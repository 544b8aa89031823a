"""Which discount was caused by which coupon or price group (Miva reference §7.5; SETI reference §3.1.6).

Miva's lists of coupons and discounts are for reporting: their money is already in the DISCOUNT charges or in
the item prices. So a coupon replaces a discount or becomes a remark, and is never subtracted on its own.
"""

from decimal import Decimal

from orders.translate.charges import Charges
from orders.translate.members import ZERO, Row, optional_amount, rounded, rows, text
from stores.seti.responses import Coupon, Discount
from stores.seti.values import money, plain


def name_discounts(charges: Charges, raw: Row) -> None:
    """Show discounts as the coupons that caused them, and name them after their price groups."""
    coupons, groups = rows(raw, "coupons"), rows(raw, "discounts")
    for coupon in coupons:
        name_coupon(charges, coupon, groups)
    if groups:
        told = {text(row, "pgrp_id") for item in rows(raw, "items") for row in line_discounts(item)}
        for group in groups:
            if text(group, "pgrp_id") not in told:
                name_group(charges, group)


def name_coupon(charges: Charges, coupon: Row, groups: list[dict[str, object]]) -> None:
    """The coupon in place of its discount, when total and description say that they are the same."""
    code, description, total = named(coupon, "code")
    names = {description, code} | {
        named(group, "name")[1] for group in groups if named(group, "name")[0] == code
    }
    names.discard("")
    caused = next(
        (one for one in charges.discounts if one.amount == total and one.description in names), None
    )
    if caused and total:
        charges.discounts.remove(caused)
        status = description or (caused.description if caused.description != code else "")
        charges.coupons.append(Coupon(code or description, total, status))
    elif code or description:
        charges.remarks.append(f"Coupon {reported(code, description, total)}")


def name_group(charges: Charges, group: Row) -> None:
    """A price group that is neither a coupon nor in a line: its name is added to its discount."""
    name, description, total = named(group, "name")
    if any(coupon.total == total and name in (coupon.name, coupon.status) for coupon in charges.coupons):
        return
    for at, discount in enumerate(charges.discounts):
        if discount.amount == total and discount.description in (description, name):
            if name and name not in discount.description:
                charges.discounts[at] = Discount(total, f"{discount.description} ({name})")
            return
    if name or description:
        charges.remarks.append(f"Discount {reported(name, description, total)}")


def named(row: Row, member: str) -> tuple[str, str, Decimal]:
    """Name, description and positive total in cents of a coupon or discount."""
    total = abs(rounded(optional_amount(row, "total") or ZERO))
    return plain(text(row, member)), plain(text(row, "descrip")), total


def reported(name: str, description: str, total: Decimal) -> str:
    of = f" ({description})" if description and description != name and name else ""
    worth = f": {money(total)}" if total else ""
    return f"{name or description}{of}{worth}, already in the prices and discounts"


def line_discounts(item: Row) -> list[Row]:
    """The discounts of a line and of its options."""
    return [
        *rows(item, "discounts"),
        *(row for option in rows(item, "options") for row in rows(option, "discounts")),
    ]
