"""The store's own journal of what was asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LIMIT = 5_000


@dataclass(frozen=True)
class Call:
    """One executed function.

    `function` is the module's function for module calls, `at` Unix seconds by the store's clock, `error`
    the error code of the answer, "" for success.
    """

    function: str
    parameters: dict[str, Any]
    at: float
    error: str = ""
