"""The lines of an order (Miva reference §7.3; SETI reference §3.1.3)."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from orders.translate.errors import Unreadable, shown
from orders.translate.members import (
    CENT,
    ZERO,
    Row,
    amount,
    flag,
    optional_amount,
    rounded,
    rows,
    text,
    whole,
)
from orders.translate.options import chosen_options, long_text, order_option
from orders.translate.rules import Rules
from orders.translate.statuses import CANCELLED, DIGITAL
from stores.seti.responses import Product
from stores.seti.values import money, number, plain, price

# Two decimals are the safe form of a price (SETI §1.4), four are what the vendor's own script sends, eight is
# all that Miva keeps (Miva §1).
PRICE_PLACES = (CENT, Decimal("0.0001"), Decimal("0.00000001"))
MOST_UNITS = Decimal(10) ** 9


@dataclass(slots=True)
class Lines:
    """The lines that count, with the sums of Miva's line totals, taxes and weights."""

    products: list[Product] = field(default_factory=list)
    total: Decimal = ZERO
    tax: Decimal = ZERO
    weight: Decimal = ZERO
    remarks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_lines(raw: Row, rules: Rules) -> Lines:
    """Every line that is not cancelled; Unreadable, with the line, when one of them cannot be read."""
    lines = Lines()
    items = rows(raw, "items")
    for item in items:
        try:
            if whole(item, "status") != CANCELLED:
                add_line(lines, item, rules)
        except Unreadable as problem:
            raise problem.at(f"line {shown(item.get('line_id'))}") from None
    if not lines.products:
        raise Unreadable("all of its lines are cancelled" if items else "it has no lines")
    return lines


def add_line(lines: Lines, item: Row, rules: Rules) -> None:
    """Add one line and, when the store wants so, the parts of a kit after it."""
    quantity = ordered_quantity(item)
    parts = rows(item, "parts")
    variant = stock_keeping_part(parts)
    options = chosen_options(item)
    total, unit_price = line_money(lines, item, options, quantity)
    weight = (optional_amount(item, "weight") or ZERO) + sum_of(options, "weight")
    sent_options = tuple([order_option(option) for option in options])
    sku = identified(lines, variant or item, item, rules)
    lines.products.append(
        Product(
            sku=sku,
            name=text(item, "name") or sku,
            quantity=quantity,
            item_price=unit_price,
            weight=weight,
            # Only what is known to be digital says so: the type of an unopened download is not in the order.
            prod_type="Download" if whole(item, "status") in DIGITAL else "",
            taxable=flag(item, "taxable"),
            customer_text=long_text(sent_options),
            line_id=whole(item, "line_id") or None,
            total=total,
            options=sent_options,
        )
    )
    lines.total += total
    lines.tax += optional_amount(item, "tax") or ZERO
    lines.weight += weight * quantity
    lines.remarks += discount_remarks(sku, item, options)
    if rules.kits == "parts" and parts and variant is None:
        lines.products += [kit_part(lines, part, quantity, rules) for part in parts]


def ordered_quantity(item: Row) -> Decimal:
    quantity = amount(item, "quantity")
    if not 0 < quantity < MOST_UNITS:
        raise Unreadable(f"quantity is {number(quantity)}; it must be above zero")
    return quantity


def stock_keeping_part(parts: list[dict[str, object]]) -> Row | None:
    """The one part of quantity 1 that stands for a simple variant (size, colour); None for a kit."""
    return parts[0] if len(parts) == 1 and amount(parts[0], "quantity") == 1 else None


def kit_part(lines: Lines, part: Row, quantity: Decimal, rules: Rules) -> Product:
    """A part as its own line at 0.00 and without weight: price and weight live in the kit's line.

    It has no LineID: what the desktop reports by LineID would otherwise hit Miva's line of the whole kit.
    """
    sku = identified(lines, part, part, rules)
    units = amount(part, "quantity") * quantity
    if not 0 < units < MOST_UNITS:
        raise Unreadable(f"the quantity of part {sku} is {number(units)}; it must be above zero")
    return Product(
        sku=sku, name=text(part, "name") or sku, quantity=units, item_price=ZERO, weight=ZERO, total=ZERO
    )


def identified(lines: Lines, row: Row, fallback: Row, rules: Rules) -> str:
    """The product's name in Stone Edge: code or SKU as the store decided, else the other one."""
    wanted = rules.identifier
    if name := text(row, wanted):
        return name
    other = "code" if wanted == "sku" else "sku"
    name = text(row, other) or text(fallback, wanted) or text(fallback, other)
    if not name:
        raise Unreadable(f"{shown(text(row, 'name'))} has neither a code nor a SKU")
    lines.warnings.append(
        f"{plain(text(row, 'name')) or name} has no {wanted} in Miva; {name} is sent instead."
    )
    return name


def line_money(lines: Lines, item: Row, options: list[Row], quantity: Decimal) -> tuple[Decimal, Decimal]:
    """The line's total and its unit price with options.

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
        lines.warnings.append(
            f"Line {shown(item.get('line_id'))} costs {money(total)} in Miva, although {number(quantity)} x "
            f"{price(exact)} is {money(expected)}; Miva's total is sent."
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


def discount_remarks(sku: str, item: Row, options: list[Row]) -> list[str]:
    """What lowered the price of a line, for the comments: the price itself is lowered already (Miva §7.5)."""
    discounts = [discount for row in (item, *options) for discount in rows(row, "discounts")]
    return [
        f"{sku}: {plain(text(discount, 'descrip')) or 'Discount'} -{price(each)} each"
        for discount in discounts
        if (each := optional_amount(discount, "discount"))
    ]
