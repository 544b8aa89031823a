"""Members of one object in an array parameter, with Miva's input rules (Miva reference §4.2)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from stores.sandbox.envelope import invalid_input
from stores.sandbox.money import cents

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
BOOLEANS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


class Element:
    """One object at `path`, such as `Shipment_Updates[1]`; every method raises MER-JSN-00023."""

    def __init__(self, path: str, members: Any) -> None:
        self.path = path
        self.members = (
            {str(name).lower(): value for name, value in members.items()} if isinstance(members, dict) else {}
        )

    def required_integer(self, name: str) -> int:
        """R: there and not blank."""
        return required_integer(self._field(name), self.members.get(name), given=name in self.members)

    def boolean(self, name: str) -> bool:
        """o: false when missing or blank."""
        value = BOOLEANS.get(_text(self.members.get(name)).strip().lower())
        if value is None:
            raise invalid_input(self._field(name), "Boolean values must be Yes/No, True/False, or 0/1")
        return value

    def text(self, name: str) -> str:
        """o: blank when missing."""
        return _text(self.members.get(name))

    def amount(self, name: str) -> Decimal:
        """O: 0 when missing, else a number, rounded to cents."""
        if name not in self.members:
            return Decimal("0.00")
        text = _text(self.members[name]).strip()
        if not text:
            raise invalid_input(self._field(name), "If specified, the value may not be blank")
        if not NUMBER.fullmatch(text):
            raise invalid_input(self._field(name), "Please enter a number")
        return cents(Decimal(text))

    def _field(self, name: str) -> str:
        return f"{self.path}:{name}"


def required_integer(field: str, value: Any, *, given: bool) -> int:
    """`value` as an integer; raises MER-JSN-00023 for `field` when it is not `given`, blank or no number."""
    if not given:
        raise invalid_input(field, "Missing required parameter")
    text = _text(value).strip()
    if not text:
        raise invalid_input(field, "Value may not be blank")
    try:
        return int(text)
    except ValueError:
        raise invalid_input(field, "Please enter a number") from None


def _text(value: Any) -> str:
    return "" if value is None else str(value)
