"""What a line costs: Miva's total, and the unit price that leads to it (Miva reference §1, §7.3)."""

from decimal import ROUND_HALF_UP, Decimal

from orders.translate.errors import shown
from orders.translate.members import CENT, ZERO, Row, amount, optional_amount, rounded
from stores.seti.values import money, number, price

# Two decimals are the safe form of a price (SETI §1.4), four are what the vendor's own script sends, eight is
# all that Miva keeps (Miva §1).
PRICE_PLACES = (CENT, Decimal("0.0001"), Decimal("0.00000001"))


def line_money(
    item: Row, options: list[Row], quantity: Decimal, warnings: list[str]
) -> tuple[Decimal, Decimal]:
    """The line's total and its unit price with options; a warning when they disagree by more than a cent.

    Miva's total of the line decides: the shopper paid it, and Miva's grand total is built of it (§7.2).
    Prices may have eight decimals, so quantity times price need not be that total.
    """
    given_total, given_price = optional_amount(item, "total"), optional_amount(item, "price")
    if given_price is None:
        total = rounded(amount(item, "total") if given_total is None else given_total)
        return total, fitting_price(total / quantity, quantity, total)
    exact = given_price + sum_of(options, "price")
    expected = rounded(exact * quantity)
    total = expected if given_total is None else rounded(given_total)
    if abs(total - expected) > CENT:
        warnings.append(
            f"Line {shown(item.get('line_id'))} costs {money(total)} in Miva, although {number(quantity)} x "
            f"{price(exact)} is {money(expected)}. Miva's total is sent; if it is wrong, correct the line in "
            "Miva and pull the order again."
        )
    return total, fitting_price(exact, quantity, total)


def fitting_price(exact: Decimal, quantity: Decimal, total: Decimal) -> Decimal:
    """The price with the fewest decimals that, times the quantity, is the line's total to the cent.

    A desktop that multiplies then reaches the same sum as one that reads ``Total``, so that no rounding entry
    is needed.
    """
    for wanted in (exact, total / quantity):
        for places in PRICE_PLACES:
            candidate = wanted.quantize(places, ROUND_HALF_UP)
            if rounded(candidate * quantity) == total:
                return candidate
    return (total / quantity).quantize(PRICE_PLACES[-1], ROUND_HALF_UP)


def sum_of(options: list[Row], name: str) -> Decimal:
    """The sum of a member over the options, 0 where it is absent."""
    return sum([optional_amount(option, name) or ZERO for option in options], ZERO) if options else ZERO
