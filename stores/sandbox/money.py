"""Money and weights as the store prints them: Decimals, rounded to cents, with Miva's `formatted_*` text."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def decimal(value: Decimal | int | str | float) -> Decimal:
    """`value` as a Decimal; a float goes through its shortest text, so that 9.95 stays 9.95."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def cents(value: Decimal) -> Decimal:
    """`value` rounded half up to two decimals."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def formatted(value: Decimal) -> str:
    """The text of the US currency module: `$1,234.50`, negatives in parentheses (Miva reference §7.2)."""
    text = f"${abs(cents(value)):,.2f}"
    return f"({text})" if cents(value) < 0 else text


def formatted_weight(value: Decimal) -> str:
    """The text of a weight in pounds: `0.75 lb`."""
    return f"{cents(value):.2f} lb"
