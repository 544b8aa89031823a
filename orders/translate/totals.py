"""The sums of an order: they add up to Miva's total, or the order is held (SETI reference §3.1.5)."""

from decimal import Decimal

from orders.translate.charges import Charges
from orders.translate.errors import Unreadable
from orders.translate.lines import Lines
from orders.translate.members import ZERO, Row, flag, optional_amount, rounded
from orders.translate.rules import Rules
from stores.seti.responses import Discount, Surcharge, Tax, Totals
from stores.seti.values import money

ROUNDING = "Rounding"


def grand_total(raw: Row) -> Decimal | None:
    """Miva's total in cents, None when an older store gives none."""
    total = optional_amount(raw, "total")
    return None if total is None else rounded(total)


def read_totals(raw: Row, lines: Lines, charges: Charges, rules: Rules) -> Totals:
    """The totals; raises Unreadable, saying by how much and where, when the parts miss Miva's total."""
    total = settle_rounding(raw, lines, charges, rules)
    return Totals(
        product_total=lines.total,
        grand_total=total,
        discounts=tuple(charges.discounts),
        sub_total=lines.total - sum([discount.amount for discount in charges.discounts], ZERO),
        tax=Tax(charges.tax, shipping=shipping_taxed(lines, charges), exempt=exempt(raw, charges)),
        surcharges=tuple(charges.surcharges),
        shipping=charges.shipping,
    )


def settle_rounding(raw: Row, lines: Lines, charges: Charges, rules: Rules) -> Decimal:
    """The grand total, after a difference within the tolerance has become an entry of its own."""
    parts = lines.total + charges.total()
    total = grand_total(raw)
    if total is None:
        lines.warnings.append(f"Miva gave no total; the sum of the parts, {money(parts)}, is sent.")
        return parts
    difference = total - parts
    if abs(difference) > rules.tolerance:
        raise Unreadable(explained(raw, lines, charges, total))
    if difference > 0:
        charges.surcharges.append(Surcharge(difference, ROUNDING))
    elif difference < 0:
        charges.discounts.append(Discount(-difference, ROUNDING))
    if difference:
        lines.warnings.append(
            f"The parts differ from Miva's total by {money(difference)}: sent as {ROUNDING}."
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


def shipping_taxed(lines: Lines, charges: Charges) -> bool | None:
    """Whether shipping was taxed, where the order proves it.

    No rate is ever sent: several rates fit a rounded amount, and none of them is in the order.
    """
    if charges.shipping_tax > 0:
        return True
    return False if charges.tax and rounded(lines.tax) == charges.tax else None


def exempt(raw: Row, charges: Charges) -> bool | None:
    """Yes when Miva's customer is tax exempt and no tax was charged; otherwise nothing is claimed."""
    customer = raw.get("customer")
    return True if not charges.tax and isinstance(customer, dict) and flag(customer, "tax_exempt") else None
