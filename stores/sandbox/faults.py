"""Planned misfortune: what goes wrong, for which function, how often."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

CONNECTION_FAULTS = ("refuse",)
WIRE_FAULTS = (
    *(
        "reset_before",
        "reset_after",
        "silent",
        "status",
        "api_offline",
        "empty",
        "html",
        "cut_json",
        "error_code",
    ),
    *("slow", "partial_206", "clock_skew"),
)
PAGING_FAULTS = ("duplicate_order", "order_added_while_paging", "rows_withheld", "row_without_id")
KINDS = CONNECTION_FAULTS + WIRE_FAULTS + PAGING_FAULTS


@dataclass
class Fault:
    """One planned fault; `remaining` None means for ever."""

    kind: str
    function: str | None
    remaining: int | None
    probability: float | None
    options: dict[str, Any] = field(default_factory=dict)

    def fits(self, functions: Collection[str]) -> bool:
        """Whether the fault is aimed at one of `functions`, or at any."""
        return self.remaining != 0 and (self.function is None or self.function in functions)


@dataclass(frozen=True)
class Taken:
    """A fault that happened, at `at` Unix seconds, to a request for `functions`."""

    kind: str
    functions: tuple[str, ...]
    at: float


class FaultPlan:
    """The faults to come (`pending`) and those that happened (`taken`).

    Kinds and their options:
        refuse                    a new connection is reset at once; on one that is open, before acting
        reset_before, reset_after connection reset before or after acting
        silent                    no answer for `seconds` (30), then the connection closes; `acted` (True)
        status                    HTTP `code` (500) with an HTML page; `retry_after` seconds; `acted` (False)
        api_offline               HTTP 503 with Miva's envelope
        empty, html               HTTP 200 with an empty body or a page; `acted` (False)
        cut_json                  acts, sends half; `honest` (True): with a Content-Length that fits the half
        error_code                `success: 0` with `code` ("MER-DBE-00001") and `message`
        slow                      acts, answers after `seconds` (1)
        partial_206               a multicall stops after `after` (1) operations, a single call gets a 206
        clock_skew                the store's clock is off by `seconds` (600), in the Date header as well
        duplicate_order           the last order of the page before appears again on this page
        order_added_while_paging  after this page an order is placed; options as for `place_order`
        rows_withheld             this page counts its orders and shows none
        row_without_id            a record without an order number stands before the orders of this page
    """

    def __init__(self, seed: int = 1) -> None:
        self.pending: list[Fault] = []
        self.taken: list[Taken] = []
        self._random = Random(f"{seed}:faults")
        self._last_row: int | None = None
        self._lock = threading.RLock()

    def add(
        self,
        kind: str,
        function: str | None = None,
        times: int | None = 1,
        probability: float | None = None,
        **options: Any,
    ) -> Fault:
        """Plan `kind` for the next `times` requests (None: for ever) for `function`, or for any function.

        With `probability` (0 to 1) a fitting request may also be spared; only those that were hit count.
        Raises ValueError for an unknown kind.
        """
        if kind not in KINDS:
            raise ValueError(f"There is no fault called {kind!r}. Choose one of: {', '.join(KINDS)}.")
        fault = Fault(kind, function, times, probability, options)
        self.pending.append(fault)
        return fault

    def clear(self) -> None:
        """Nothing more goes wrong; what happened stays in `taken`."""
        self.pending.clear()

    def take(self, functions: str | Iterable[str], kinds: Collection[str] = WIRE_FAULTS) -> Fault | None:
        """The first planned fault of `kinds` that strikes a request for `functions`, noted as taken."""
        names = (functions,) if isinstance(functions, str) else tuple(functions)
        with self._lock:
            for fault in self.pending:
                if fault.kind in kinds and fault.fits(names) and self._strikes(fault):
                    self._use(fault, names)
                    return fault
        return None

    def disturb_page(self, function: str, ids: list[int], known: Collection[int]) -> list[int]:
        """The ids of a page, preceded by the last row of the page before when a `duplicate_order` strikes; none of
        them when `rows_withheld` does."""
        if self.take(function, ("rows_withheld",)):
            return []
        earlier, shown = self._last_row, ids
        if earlier in known and earlier not in ids and self.take(function, ("duplicate_order",)):
            shown = [earlier, *ids] if earlier is not None else ids
        self._last_row = ids[-1] if ids else None
        return shown

    def _strikes(self, fault: Fault) -> bool:
        return fault.probability is None or self._random.random() < fault.probability

    def _use(self, fault: Fault, names: tuple[str, ...]) -> None:
        if fault.remaining is not None:
            fault.remaining -= 1
        self.taken.append(Taken(fault.kind, names, time.time()))
        self.pending = [each for each in self.pending if each.remaining != 0]
