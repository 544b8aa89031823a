"""The lines of an order (Miva reference §7.3; SETI reference §3.1.3)."""

from decimal import Decimal

from msgspec import Struct

from orders.translate.errors import Unreadable, shown
from orders.translate.identifiers import identified
from orders.translate.line_remarks import DiscountNames, discount_remarks, gone_lines, subscription_remarks
from orders.translate.members import ZERO, Row, amount, flag, optional_amount, rows, text, whole
from orders.translate.options import cancellation_reason, chosen_options, long_text, order_option
from orders.translate.prices import line_money, sum_of
from orders.translate.rules import Rules
from orders.translate.statuses import CANCELLED, GONE, NOT_SHIPPED, line_status
from stores.seti.responses import Dimensions, Product
from stores.seti.values import number, plain

MOST_UNITS = Decimal(10) ** 9
ALL_CANCELLED = (
    "Nothing to do if the order was cancelled: it is ignored by itself. Otherwise add its lines again in Miva and pull it "
    "again."
)
NO_LINES = (
    "Pull the order again. If it comes without lines again, add them in Miva, or ignore the order here."
)


class Lines(Struct):
    """The lines that count, with the sums of Miva's line totals, taxes and weights.

    ``taxed``: total and tax of every line that was taxed. ``coupons``: code and description of those that the remarks
    name. ``gone``: the products that Miva has shipped, or had back, already.
    """

    products: list[Product] = []
    total: Decimal = ZERO
    tax: Decimal = ZERO
    weight: Decimal = ZERO
    taxed: list[tuple[Decimal, Decimal]] = []
    remarks: list[str] = []
    coupons: set[tuple[str, str]] = set()
    gone: list[Product] = []
    warnings: list[str] = []


def read_lines(raw: Row, rules: Rules) -> Lines:
    """Every line that is not cancelled; Unreadable, with the line, when one of them cannot be read."""
    items = rows(raw, "items")
    names = DiscountNames(raw)
    lines = Lines(coupons=names.told)
    for item in items:
        try:
            if whole(item, "status") == CANCELLED:
                lines.warnings.append(left_out(item))
            else:
                add_line(lines, item, names, rules)
        except Unreadable as problem:
            raise problem.at(f"line {shown(item.get('line_id'))}") from None
    if lines.gone:
        lines.warnings.append(gone_lines(lines.gone))
    if not lines.products:
        raise (
            Unreadable("all of its lines are cancelled", ALL_CANCELLED)
            if items
            else Unreadable("it has no lines", NO_LINES)
        )
    return lines


def left_out(item: Row) -> str:
    """The warning about a cancelled line."""
    name = plain(text(item, "name")) or text(item, "code") or text(item, "sku") or "without a name"
    reason = cancellation_reason(item)
    return (
        f"Line {shown(item.get('line_id'))} ({name}) is cancelled in Miva{f' ({reason})' if reason else ''} and "
        "is not sent. If it was cancelled by mistake, add the product to the order again in Miva."
    )


def add_line(lines: Lines, item: Row, names: DiscountNames, rules: Rules) -> None:
    """Add one line and, when the store wants so, the parts of a kit after it."""
    quantity, status = ordered_quantity(item), whole(item, "status")
    parts = rows(item, "parts")
    variant = stock_keeping_part(parts)
    options = chosen_options(item)
    total, unit_price = line_money(item, options, quantity, lines.warnings)
    sent_options = tuple([order_option(option) for option in options])
    sku = identified(variant or item, item, rules.identifier, lines.warnings)
    weight = (optional_amount(item, "weight") or ZERO) + sum_of(options, "weight")
    product = Product(
        sku=sku,
        name=plain(text(item, "name")) or sku,
        quantity=quantity,
        item_price=unit_price,
        weight=weight,
        # Only what is known not to be shipped says so: the type of an unopened download is not known.
        prod_type="Download" if status in NOT_SHIPPED else "",
        taxable=flag(item, "taxable"),
        customer_text=long_text(sent_options),
        line_id=whole(item, "line_id") or None,
        status=line_status(status),
        total=total,
        dimensions=dimensions(item) if "dimensions" in item else None,
        options=sent_options,
    )
    lines.products.append(product)
    if status in GONE:
        lines.gone.append(product)
    count(lines, item, total, weight * quantity)
    remark(lines, item, sku, options, names)
    if rules.kits == "parts" and parts and variant is None:
        lines.products += [kit_part(lines, part, product, rules) for part in parts]


def count(lines: Lines, item: Row, total: Decimal, weight: Decimal) -> None:
    """Add the line to the sums."""
    lines.total += total
    lines.weight += weight
    if tax := optional_amount(item, "tax"):
        lines.tax += tax
        lines.taxed.append((total, tax))


def remark(lines: Lines, item: Row, sku: str, options: list[Row], names: DiscountNames) -> None:
    """Add what the comments and the warnings tell about the line."""
    if "discounts" in item or options:
        lines.remarks += discount_remarks(sku, item, options, names)
    if item.get("subscrp_id") or "subscription" in item:
        lines.remarks += subscription_remarks(sku, item)
    if "options" in item and (reason := cancellation_reason(item)):
        lines.warnings.append(
            f"Line {shown(item.get('line_id'))} is sent although it has a reason for a cancellation ({reason}). "
            "If it is cancelled, cancel it in Miva and pull the order again."
        )


def ordered_quantity(item: Row) -> Decimal:
    quantity = amount(item, "quantity")
    if not 0 < quantity < MOST_UNITS:
        raise Unreadable(f"quantity is {number(quantity)}; it must be above zero")
    return quantity


def stock_keeping_part(parts: list[dict[str, object]]) -> Row | None:
    """The one part of quantity 1 that stands for a simple variant (size, colour); None for a kit.

    A quantity that cannot be read matters only where the parts are sent: ``kit_part`` names it.
    """
    try:
        return parts[0] if len(parts) == 1 and optional_amount(parts[0], "quantity") == 1 else None
    except Unreadable:
        return None


def dimensions(item: Row) -> Dimensions | None:
    """The size of one unit, where the store's version of Miva tells all three."""
    given = item.get("dimensions")
    if not isinstance(given, dict):
        return None
    length, width, height = [optional_amount(given, name) for name in ("length", "width", "height")]
    return Dimensions(length, width, height) if length and width and height else None


def kit_part(lines: Lines, part: Row, kit: Product, rules: Rules) -> Product:
    """A part as its own line at 0.00 and without weight: price and weight live in the kit's line. It is where the kit is.

    It has no LineID: what the desktop reports by LineID would otherwise hit Miva's line of the whole kit.
    """
    sku = identified(part, part, rules.identifier, lines.warnings)
    units = part_quantity(part, sku) * kit.quantity
    if not 0 < units < MOST_UNITS:
        raise Unreadable(f"the quantity of part {sku} is {number(units)}; it must be above zero")
    return Product(
        sku=sku,
        name=plain(text(part, "name")) or sku,
        quantity=units,
        item_price=ZERO,
        weight=ZERO,
        status=kit.status,
        total=ZERO,
    )


def part_quantity(part: Row, sku: str) -> Decimal:
    try:
        return amount(part, "quantity")
    except Unreadable as problem:
        raise problem.at(f"part {sku}") from None
