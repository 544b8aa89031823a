"""What a call to Miva brings."""

from dataclasses import dataclass
from typing import Any

from stores.miva.errors import MivaError


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer: `body` holds int and Decimal, never float; `date` is the store's clock."""

    body: dict[str, Any]
    date: float | None = None


@dataclass(frozen=True, slots=True)
class Each:
    """What became of the rows of one call with Iterations or Operations, by place from 0; each is in one of the two."""

    replies: dict[int, Reply]
    errors: dict[int, MivaError]
