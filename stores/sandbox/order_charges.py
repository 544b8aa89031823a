"""Charges, discounts and coupons of a generated order (Miva reference §7.4, §7.5)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from stores.sandbox.members import coupon, discount_total
from stores.sandbox.money import ZERO, cents
from stores.sandbox.people import Place

if TYPE_CHECKING:
    from stores.sandbox.basket import Draft

TAX_RATE = Decimal("0.0775")
GST, QUEBEC = Decimal("0.05"), Decimal("0.14975")


@dataclass(frozen=True)
class Sale:
    """A discount on lines: a price group, perhaps one that a coupon opens."""

    group: int
    name: str
    text: str
    coupon: str = ""


SALES = (Sale(4, "SUMMER", "Summer Sale"), Sale(7, "FRIENDS", "Friends &amp; family", coupon="FRIEND10"))


def sum_discounts(draft: Draft, sale: Sale) -> None:
    """Report what the lines were lowered by, and the coupon that opened the price group (§7.5)."""
    saved = sum(
        (row["discount"] * line["quantity"] for line in draft.items for row in line.get("discounts", ())),
        ZERO,
    )
    if saved:
        draft.discounts.append(discount_total(draft.order_id, sale.group, sale.name, sale.text, saved))
    if saved and sale.coupon:
        draft.coupons.append(coupon(draft.order_id, sale.group, sale.coupon, sale.text, saved))


def add_charges(draft: Draft) -> None:
    """Shipping, coupons, fees of Miva and of others, and taxes; a free order has none."""
    lines = draft.line_total()
    if draft.chance(0.03):
        add_coupon(draft, "FREEBIE", "Everything free", lines, 12)
        return
    draft.add_charge("SHIPPING", f"Shipping: {draft.method.name}", draft.method.price, draft.method.module_id)
    if draft.chance(0.02):
        draft.add_charge("SHIPPING", "Saturday delivery", Decimal("15.00"), draft.method.module_id)
    if draft.chance(0.12) and lines > 5:
        add_coupon(draft, "WELCOME5", "Welcome $5 off", Decimal("5.00"), 9)
    if draft.chance(0.12):
        draft.add_charge("HANDLING", "Handling", Decimal("3.50"))
    if draft.chance(0.08):
        draft.add_charge("routeins", "Package protection (Route)", cents(lines / 100) + Decimal("0.98"), 77)
    add_charges_of_others(draft)
    add_taxes(draft)


def add_charges_of_others(draft: Draft) -> None:
    """Types of modules that are not Miva's: any name, any sign, sometimes for nothing (§7.4)."""
    if draft.chance(0.04):
        draft.add_charge("eco_fee", "", Decimal("0.35"), 78)
    if draft.chance(0.03):
        draft.add_charge("loyalty_points", "Points &amp; perks", Decimal("-1.25"), 79)
    if draft.chance(0.02):
        draft.add_charge("giftbox", "Gift box, on the house", ZERO, 80)


def add_taxes(draft: Draft) -> None:
    """One tax by a name with or without the rate; in Quebec two that make up the taxes of the lines."""
    tax = sum((line["tax"] for line in draft.items), ZERO)
    if not tax:
        return
    if draft.shopper.place.state == "QC":
        first = cents(tax * GST / QUEBEC)
        draft.add_charge("TAX", "GST 5%", first, 15)
        draft.add_charge("TAX", "QST 9.975%", tax - first, 15)
    else:
        draft.add_charge("TAX", draft.random.choice(("Sales Tax", "Sales Tax (7.75%)")), tax, 15)


def rate_of(place: Place) -> Decimal:
    """What share of a taxable line is its tax at `place`."""
    if place.state == "QC":
        return QUEBEC
    return TAX_RATE if place.taxed else ZERO


def add_coupon(draft: Draft, code: str, text: str, amount: Decimal, group: int) -> None:
    """A basket discount: a negative DISCOUNT charge, repeated for reporting as coupon and discount (§7.5)."""
    draft.coupons.append(coupon(draft.order_id, group - 6, code, text, amount))
    draft.discounts.append(discount_total(draft.order_id, group, code, text, amount))
    draft.add_charge("DISCOUNT", text, -amount)
