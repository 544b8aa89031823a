"""Whether a refusal is about a row or about the store, where Miva names no row."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TypeVar

from stores.miva.errors import FunctionMissing, MivaDown, MivaError, MivaRefused, NotFound

Part = TypeVar("Part")

PLAIN = (NotFound, FunctionMissing)  # what is missing is not there later either: nothing to be waited out
ALIKE = 10  # refused calls beyond the first of each portion: then so many rows apart from each other would have to be bad
LONGEST = 60.0  # seconds of one round of calls in which something was refused

AGAIN = (
    "Miva refused this change by itself, too, and twice, while it answered otherwise: it is about this SKU."
)
AGAIN_REMEDY = (
    "Look the product up in Miva, then let the row be tried again. Where other SKUs say the same, ask the store's host why "
    "Miva refuses to change stock."
)
UNTOLD = "Miva refuses to tell figures of stock, so no product is to blame: it is tried again by itself."
WAITS = "Miva refuses every change of stock in these words, so no product is to blame: it is tried again by itself."


def waited_out(error: MivaError) -> MivaError:
    """Return what a reading met: a refusal as a failure of the store, for a row that is only asked for is not to blame."""
    if not isinstance(error, MivaRefused):
        return error
    return MivaDown(error.reason, f"{UNTOLD} {error.remedy}".strip(), code=error.code)


@dataclass
class Refusals:
    """What Miva has refused in one round of calls. While nothing was accepted and all refused alike, it may be the store's."""

    portions: int
    few: bool = False
    """Each row that is not accepted is tried alone at once: there are no more than ALIKE."""
    about_rows: bool = False
    others: bool | None = None
    """Whether Miva changes other products in the same way; None: no other one was tried."""
    count: int = 0
    error: MivaRefused | None = None
    began: float = field(default_factory=time.monotonic)

    def noted(self, error: MivaRefused) -> MivaRefused:
        """Note that a call, or an operation of its own, was refused without naming a row; returns the error."""
        same = self.error is None or (self.error.code, self.error.reason) == (error.code, error.reason)
        self.about_rows = self.about_rows or not same or isinstance(error, PLAIN)
        self.count += 1
        self.error = error
        return error

    def queue(self, ahead: deque[Part], parts: list[Part]) -> None:
        """Put the parts of a refused call where they belong: last, while it may be the store's, so that rows far apart are tried
        early; then first, so that each round finds some bad rows."""
        if self.about_rows:
            ahead.extendleft(reversed(parts))
        else:
            ahead.extend(parts)

    @property
    def late(self) -> bool:
        """Whether the worker is to be left to other stores."""
        return self.count > 0 and time.monotonic() - self.began > LONGEST

    def of_the_store(self, *, more: bool) -> bool:
        """Whether the store refuses everything, as far as that is known by now; `more`: not all was tried yet."""
        enough = self.count >= self.portions + ALIKE if more else self.count > 0
        return enough and not self.about_rows

    def failure(self) -> MivaDown:
        """Return what was refused as a failure of the store, which is waited out."""
        reason, remedy = (self.error.reason, self.error.remedy) if self.error else ("", "")
        return MivaDown(reason, f"{WAITS} {remedy}".strip())
