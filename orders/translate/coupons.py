"""Which discount was caused by which coupon or price group (Miva reference §7.5; SETI reference §3.1.6).

Miva's lists of coupons and discounts are for reporting: their money is already in the DISCOUNT charges or in
the item prices. So a coupon replaces a discount or becomes a remark, and is never subtracted on its own.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from orders.translate.charges import Charges
from orders.translate.members import ZERO, Row, optional_amount, rounded, rows, text, whole
from orders.translate.statuses import CANCELLED
from stores.seti.responses import Coupon, Discount
from stores.seti.values import money, plain

BETWEEN = " / "  # two names of one coupon


class Reported(NamedTuple):
    """A row of one of the lists; ``total`` is positive and in cents."""

    name: str
    description: str
    total: Decimal

    def remark(self) -> str:
        """What the comments say about money that is already somewhere else."""
        of = f" ({self.description})" if self.name and self.description not in ("", self.name) else ""
        worth = f": {money(self.total)}" if self.total else ""
        return f"{self.name or self.description}{of}{worth}, already in the prices and discounts"


def reported(row: Row, name: str) -> Reported:
    total = abs(rounded(optional_amount(row, "total") or ZERO))
    return Reported(plain(text(row, name)), plain(text(row, "descrip")), total)


def name_discounts(charges: Charges, raw: Row, told: Collection[tuple[str, str]]) -> None:
    """Show discounts as the coupons that caused them, and name them after their price groups.

    ``told``: code and description of the coupons that the remarks about the lines name already.
    """
    group_rows = rows(raw, "discounts")
    groups = [reported(row, "name") for row in group_rows]
    for row in rows(raw, "coupons"):
        name_coupon(charges, reported(row, "code"), groups, told)
    if groups:
        of_lines = groups_of_lines(raw)
        for row, group in zip(group_rows, groups, strict=True):
            if text(row, "pgrp_id") not in of_lines:
                name_group(charges, group)


def name_coupon(
    charges: Charges, coupon: Reported, groups: list[Reported], told: Collection[tuple[str, str]]
) -> None:
    """The coupon in place of its discount, when total and description say that they are the same.

    The description is the coupon's own, or that of the price group with the coupon's code as name.
    """
    names = {coupon.description, coupon.name, *(one.description for one in groups if one.name == coupon.name)}
    names.discard("")
    same = [one for one in charges.discounts if one.amount == coupon.total and one.description in names]
    if same and coupon.total:
        charges.discounts.remove(same[0])
        other = [name for name in (coupon.description, same[0].description) if name not in ("", coupon.name)]
        name = coupon.name or coupon.description
        charges.coupons.append(Coupon(name, coupon.total, BETWEEN.join(dict.fromkeys(other))))
    elif (coupon.name or coupon.description) and (coupon.name, coupon.description) not in told:
        charges.remarks.append(f"Coupon {coupon.remark()}")


def name_group(charges: Charges, group: Reported) -> None:
    """A price group that is in no line and is no coupon: its name is added to its discount."""
    for coupon in charges.coupons:
        told = {"", coupon.name, *coupon.status.split(BETWEEN)}
        if coupon.total == group.total and told.issuperset((group.name, group.description)):
            return
    for at, discount in enumerate(charges.discounts):
        if discount.amount == group.total and discount.description == (group.description or group.name):
            if group.name not in ("", discount.description):
                charges.discounts[at] = Discount(group.total, f"{discount.description} ({group.name})")
            return
    if group.name or group.description:
        charges.remarks.append(f"Discount {group.remark()}")


def groups_of_lines(raw: Row) -> set[str]:
    """The price groups that the comments name with their lines."""
    sent = [item for item in rows(raw, "items") if whole(item, "status") != CANCELLED]
    discounted = [*sent, *(option for item in sent for option in rows(item, "options"))]
    return {text(discount, "pgrp_id") for row in discounted for discount in rows(row, "discounts")} - {""}
