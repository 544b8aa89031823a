"""Reading members of Miva's objects: numbers may come as numbers or text, anything may be absent (Miva §1).

Every function raises Unreadable, and nothing else, when a member is there but has no clear meaning.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from orders.translate.errors import Unreadable

Row = Mapping[str, Any]

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
_NUMBER = re.compile(r"[-+]?[0-9]{1,20}(?:\.[0-9]{0,20})?|[-+]?\.[0-9]{1,20}", re.ASCII)
TRILLION = 10**12
_LARGEST_WHOLE = 2**63
_TRUE = frozenset({"1", "true", "yes", "on"})


def text(row: Row, name: str) -> str:
    """The member as trimmed text, "" when it is absent or no text."""
    value = row.get(name)
    if value.__class__ is str:
        return value.strip()
    return "" if value is None else scalar_text(value)


def scalar_text(value: Any) -> str:
    """A text or number as trimmed text; "" for everything else."""
    if value.__class__ is int and -TRILLION < value < TRILLION:
        return str(value)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return ""
    number = _finite(value)
    return "" if number is None else format(number.normalize() if number else ZERO.normalize(), "f")


def amount(row: Row, name: str) -> Decimal:
    """The member as a number; Unreadable when it is absent, blank or no number below a trillion."""
    value = optional_amount(row, name)
    if value is None:
        raise Unreadable.member(name, None, "a number")
    return value


def optional_amount(row: Row, name: str) -> Decimal | None:
    """The member as a number, None when it is absent or blank; Unreadable when it is something else."""
    value: Any = row.get(name)
    if isinstance(value, Decimal):
        # Not a special value, and of a usual size; a zero may have any exponent.
        if value.is_finite() and -10 < value.adjusted() < 12:
            return +value
    elif value.__class__ is int:
        if -TRILLION < value < TRILLION:
            return Decimal(value) if value else ZERO
    elif value is None:
        return None
    return _unusual_amount(name, value)


def _unusual_amount(name: str, value: Any) -> Decimal | None:
    """Numbers as text or floats, and what is no number."""
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
        if not _NUMBER.fullmatch(value):
            raise Unreadable.member(name, value, "a number")
        value = Decimal(value)
    elif isinstance(value, bool) or not isinstance(value, (Decimal, int, float)):
        raise Unreadable.member(name, value, "a number")
    number = _finite(value)
    if number is None:
        raise Unreadable.member(name, value, "an amount below a trillion")
    return number


def cents(row: Row, name: str) -> Decimal:
    """As :func:`amount`, rounded half up to cents."""
    return rounded(amount(row, name))


def rounded(number: Decimal) -> Decimal:
    """The number in cents, half up."""
    return number.quantize(CENT, ROUND_HALF_UP)


def _finite(value: Decimal | int | float) -> Decimal | None:
    """The value below a trillion and with at most 28 digits; None when it is too large or not finite.

    What is smaller than Miva's eight decimals (§1) is zero: no exponent may blow up the text of a number.
    """
    if isinstance(value, int) and abs(value) >= TRILLION:
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        return None
    if not number:
        return ZERO
    size = number.adjusted()
    if size > 11:
        return None
    return ZERO if size < -9 else +number


def whole(row: Row, name: str, default: int = 0) -> int:
    """The member as a whole number, the default when it is absent or blank."""
    value = row.get(name)
    if value.__class__ is int and -_LARGEST_WHOLE <= value < _LARGEST_WHOLE:
        return value
    number = optional_amount(row, name)
    if number is None:
        return default
    if number != number.to_integral_value():
        raise Unreadable.member(name, value, "a whole number")
    return int(number)


def flag(row: Row, name: str) -> bool | None:
    """A Yes or No in any of Miva's spellings (§1), None when it is absent."""
    value = row.get(name)
    if value is None or value.__class__ is bool:
        return value
    return scalar_text(value).lower() in _TRUE


def unix_time(row: Row, name: str) -> int:
    """Unix seconds, 0 when unset; also from Miva's newer date structures with their ``time_t`` (§1)."""
    value = row.get(name)
    return whole(value, "time_t") if isinstance(value, dict) else whole(row, name)


def rows(row: Row, name: str) -> list[dict[str, Any]]:
    """The objects in a list member; none when the member is absent or empty."""
    value = row.get(name)
    if not value and (value is None or isinstance(value, (list, dict, str))):
        return []
    if not isinstance(value, list):
        raise Unreadable.member(name, value, "a list")
    for entry in value:
        if not isinstance(entry, dict):
            raise Unreadable.member(f"an entry of {name}", entry, "a group of members")
    return value
