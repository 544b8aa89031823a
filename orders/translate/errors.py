"""Why an order cannot be translated."""

from decimal import Decimal
from typing import Any


class CannotTranslate(Exception):
    """The order is held: ``reason`` says which order, field and value, ``remedy`` what a person can do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Unreadable(Exception):
    """A member of the raw order without a clear meaning; ``translate`` turns it into CannotTranslate.

    ``problem`` continues a sentence that begins with the place: "line 501: price holds 'abc', …".
    ``remedy`` says what a person can do, where that is not the same as for everything else.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    @classmethod
    def member(cls, name: str, value: Any, expected: str) -> "Unreadable":
        """For a member that holds something else than what was expected ("a number")."""
        if value is None:
            return cls(f"{name} is missing; {expected} is needed")
        return cls(f"{name} holds {shown(value)}, which is not {expected}")

    def at(self, place: str) -> "Unreadable":
        """The same problem with the place in front of it."""
        return Unreadable(f"{place}: {self.problem}", self.remedy)


def shown(value: Any) -> str:
    """A value as a person may read it in a sentence: short, on one line."""
    if isinstance(value, dict):
        return "a group of members"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a number of more than 30 digits"
    words = str(value) if isinstance(value, Decimal) else value
    return repr(words if len(str(words)) <= 60 else f"{str(words)[:57]}...")
