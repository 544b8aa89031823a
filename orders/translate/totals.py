"""The sums of an order: they add up to Miva's total, or the order is held (SETI reference §3.1.5)."""

from decimal import Decimal

from orders.translate.charges import Charges
from orders.translate.errors import Unreadable
from orders.translate.lines import Lines
from orders.translate.members import ZERO, Row, optional_amount, rounded
from orders.translate.rules import Rules
from orders.translate.taxes import read_tax
from stores.seti.responses import Discount, Product, Surcharge, Totals
from stores.seti.values import money

ONE = Decimal(1)
ROUNDING = "Rounding"
OUT_OF_BALANCE = (
    "Compare lines and charges of the order in Miva, correct them, and pull the order again; or allow a "
    "difference of this size in the store's settings (tolerance)."
)


def grand_total(raw: Row) -> Decimal | None:
    """Miva's total in cents, None when an older store gives none."""
    total = optional_amount(raw, "total")
    return None if total is None else rounded(total)


def read_totals(raw: Row, lines: Lines, charges: Charges, rules: Rules) -> Totals:
    """The totals; raises Unreadable, saying by how much and where, when the parts miss Miva's total."""
    total = settle_rounding(raw, lines, charges, rules)
    tax = read_tax(raw, lines, charges)
    if rules.discounts == "lines":
        discounts_as_lines(lines, charges, rules)
    return Totals(
        product_total=lines.total,
        grand_total=total,
        discounts=tuple(charges.discounts),
        sub_total=lines.total - sum([discount.amount for discount in charges.discounts], ZERO),
        tax=tax,
        surcharges=tuple(charges.surcharges),
        shipping=charges.shipping,
    )


def settle_rounding(raw: Row, lines: Lines, charges: Charges, rules: Rules) -> Decimal:
    """The grand total, after a difference within the tolerance has become an entry of its own."""
    parts = lines.total + charges.total()
    total = grand_total(raw)
    if total is None:
        lines.warnings.append(
            f"Miva gave no total; the sum of the parts, {money(parts)}, is sent. Compare it with the order in "
            "Miva, and ask for an update of Miva there."
        )
        return parts
    difference = total - parts
    if abs(difference) > rules.tolerance:
        raise Unreadable(explained(raw, lines, charges, total), OUT_OF_BALANCE)
    if difference > 0:
        charges.surcharges.append(Surcharge(difference, ROUNDING))
    elif difference < 0:
        charges.discounts.append(Discount(-difference, ROUNDING))
    if difference:
        lines.warnings.append(
            f"The parts differ from Miva's total by {money(difference)}, which is sent as {ROUNDING}. Nothing "
            "needs to be done; to hold such orders, set the tolerance in the store's settings to 0.00."
        )
    return total


def explained(raw: Row, lines: Lines, charges: Charges, total: Decimal) -> str:
    """By how much and where the parts miss the total."""
    shipping = charges.shipping.total if charges.shipping else ZERO
    reductions = [discount.amount for discount in charges.discounts]
    reductions += [coupon.total for coupon in charges.coupons]
    surcharges = sum([fee.total for fee in charges.surcharges], ZERO)
    parts = lines.total + charges.total()
    too = "too little" if parts < total else "too much"
    sentence = (
        f"its parts add up to {money(parts)}, but Miva's total is {money(total)}: "
        f"{money(abs(total - parts))} {too} (lines {money(lines.total)}, shipping {money(shipping)}, "
        f"tax {money(charges.tax)}, surcharges {money(surcharges)}, discounts {money(sum(reductions, ZERO))})"
    )
    for name, member, found in (("shipping", "total_ship", shipping), ("tax", "total_tax", charges.tax)):
        stated = optional_amount(raw, member)
        if stated is not None and rounded(stated) != found:
            sentence += f"; Miva's total of {name} is {money(rounded(stated))}"
    return sentence


def discounts_as_lines(lines: Lines, charges: Charges, rules: Rules) -> None:
    """Turn order discounts and coupons into lines below zero, for stores that want to see them there.

    The guide, "Order Level Discount/Coupons": they are reflected as line items of the order.
    """
    found = [(rules.discount_sku, one.description, one.amount) for one in charges.discounts]
    found += [
        (rules.coupon_sku, f"{one.name}: {one.status}" if one.status else one.name, one.total)
        for one in charges.coupons
    ]
    for sku, name, amount in found:
        lines.products.append(
            Product(
                sku, name or sku, quantity=ONE, item_price=-amount, weight=ZERO, taxable=False, total=-amount
            )
        )
        lines.total -= amount
    charges.discounts.clear()
    charges.coupons.clear()
