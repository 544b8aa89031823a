"""Row ids, one sequence for each kind of row."""

from __future__ import annotations

FIRST = {
    "order": 10001,
    "line": 501,
    "option": 7001,
    "charge": 1,
    "payment": 9001,
    "note": 3001,
    "shipment": 77,
    "product": 2001,
    "customer": 501,
    "return": 12,
}


class Counters:
    """Hands out ids like the store's database: ascending, never twice."""

    def __init__(self, following: dict[str, int] | None = None) -> None:
        self.following = dict(FIRST) | (following or {})

    def next(self, kind: str) -> int:
        """The next id of `kind` ("order", "line", "option", "charge", "payment", "note", "shipment", …)."""
        number = self.following.get(kind, 1)
        self.following[kind] = number + 1
        return number

    def skip(self, kind: str) -> int:
        """Take an id without using it, as an abandoned basket does, and return it."""
        return self.next(kind)
