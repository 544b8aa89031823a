"""The translation of one order."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from orders.translate.charges import Charges, read_charges
from orders.translate.coupons import name_discounts
from orders.translate.custom_fields import field_modules, read_custom_fields
from orders.translate.errors import CannotTranslate, Unreadable
from orders.translate.lines import Lines, read_lines
from orders.translate.members import Row, unix_time, whole
from orders.translate.parties import parties
from orders.translate.payments import Payments, UnmappedMethod, read_payments
from orders.translate.remarks import LINE_BREAKS, SEPARATOR, check_other, kept_back, other_of
from orders.translate.rules import Rules
from orders.translate.statuses import order_status
from orders.translate.totals import grand_total, read_totals
from orders.translate.wording import cut_texts, in_ascii
from stores.seti.responses import Order, Party, Totals

REMEDY = "Correct the order in Miva, or the store's settings here, and pull the order again."
FIRST_SECOND = 86_400 * 2  # every time zone is past the beginning of 1970 then
LAST_SECOND = 32_503_680_000  # the year 3000


class Translation(Struct, frozen=True):
    """The order as Stone Edge is sent it, and what a person should know about it."""

    order: Order
    warnings: tuple[str, ...] = ()
    unmapped: tuple[UnmappedMethod, ...] = ()


class Reading(Struct, frozen=True):
    """An order of which all has been read that can be wrong; :func:`composed` only has to find the words for Stone Edge."""

    raw: Row
    number: int
    placed_at: datetime  # in the store's time zone
    status: int
    lines: Lines
    charges: Charges
    billing: Party
    shipping: Party
    totals: Totals
    payments: Payments
    warnings: tuple[str, ...]


def translate(raw: Mapping[str, Any], rules: Rules) -> Translation:
    """Translate an order as ``OrderList_Load_Query`` gave it, with all on-demand columns (Miva reference §7).

    Pure: the same order and rules give the same translation. Raises CannotTranslate, and nothing else, when a
    part of the order has no clear meaning or its parts do not add up to its total.
    """
    read = read_order(raw, rules)
    return Translation(finished(composed(read, rules), rules), read.warnings, tuple(read.payments.unmapped))


def read_order(raw: Mapping[str, Any], rules: Rules) -> Reading:
    """What :func:`translate` does first, for whoever only asks whether an order can be translated.

    Raises CannotTranslate.
    """
    if not isinstance(raw, dict):
        raise CannotTranslate("The order is not a group of members.", REMEDY)
    try:
        return reading(raw, rules)
    except Unreadable as problem:
        raise CannotTranslate(f"{named(raw)}: {problem.problem}.", problem.remedy or REMEDY) from None


def named(raw: Row) -> str:
    try:
        return f"Order {order_number(raw)}"
    except Unreadable:
        return "An order without a number"


def order_number(raw: Row) -> int:
    number = whole(raw, "id")
    if number <= 0:
        raise Unreadable.member("id", raw.get("id"), "an order number")
    return number


def reading(raw: Row, rules: Rules) -> Reading:
    """As :func:`read_order`, but raising Unreadable."""
    number = order_number(raw)
    lines = read_lines(raw, rules)
    total = grand_total(raw)
    charges = read_charges(raw, None if total is None else total - lines.total, rules.tolerance)
    name_discounts(charges, raw, lines.coupons)
    billing, shipping = parties(raw, lines.warnings, shipped=is_shipped(lines, charges))
    totals = read_totals(raw, lines, charges, rules)
    payments = read_payments(raw, rules)
    field_modules(raw)
    check_other(raw)
    warnings = (*lines.warnings, *payments.warnings, *kept_back(raw, rules))
    return Reading(
        raw,
        number=number,
        placed_at=order_date(raw, rules),
        status=whole(raw, "status"),
        lines=lines,
        charges=charges,
        billing=billing,
        shipping=shipping,
        totals=totals,
        payments=payments,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def composed(read: Reading, rules: Rules) -> Order:
    """The order for Stone Edge. Nothing can be wrong any more."""
    lines, charges = read.lines, read.charges
    fields = read_custom_fields(read.raw, rules)
    payments = read.payments.sent()
    remarks = (*lines.remarks, *charges.remarks, *read.payments.remarks(payments))
    return Order(
        number=str(read.number),
        order_date=read.placed_at,
        billing=read.billing,
        shipping=read.shipping,
        products=tuple(lines.products),
        totals=read.totals,
        status=order_status(read.status),
        payments=payments,
        coupons=tuple(charges.coupons),
        other=other_of(read.raw, fields, remarks, lines.weight, rules),
        custom_fields=fields.block(),
        line_break=LINE_BREAKS[rules.line_breaks],
    )


def is_shipped(lines: Lines, charges: Charges) -> bool:
    """Whether goods leave the house: some line is no download, and there is a shipping method or a weight."""
    goods = any(product.prod_type != "Download" for product in lines.products)
    return goods and (charges.shipping is not None or bool(lines.weight))


def finished(order: Order, rules: Rules) -> Order:
    """The order in ASCII if the store wants that, with the full text of what will be cut in its comments."""
    if rules.ascii_only:
        order = in_ascii(order)
    cut = cut_texts(order)
    if rules.ascii_only:  # the text of a SKU is not in it yet
        cut = [in_ascii(text) for text in cut]
    if not cut:
        return order
    between = SEPARATOR if order.line_break == " " else order.line_break
    comments = between.join([words for words in (order.other.comments, *cut) if words])
    return replace(order, other=replace(order.other, comments=comments))


def order_date(raw: Row, rules: Rules) -> datetime:
    """When the order was placed, in the store's time zone."""
    seconds = unix_time(raw, "orderdate")
    if not FIRST_SECOND <= seconds < LAST_SECOND:
        raise Unreadable.member("orderdate", raw.get("orderdate"), "a date")
    return datetime.fromtimestamp(seconds, rules.time_zone)
