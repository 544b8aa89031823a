"""A page of whole orders, of which each is decoded when it is looked at.

Decoding a page of 500 orders at once makes some hundred thousand objects that wait in memory for their turn; one order at a
time stays in the processor's cache from its decoding to its storing.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, overload

import msgspec

from stores.miva.shapes import decode


class _Head(msgspec.Struct):
    id: Any = None
    dt_updated: Any = None


class _List(msgspec.Struct):
    data: list[msgspec.Raw]
    total_count: int
    start_offset: int = 0


class _Page(msgspec.Struct):
    success: int
    data: _List


_page = msgspec.json.Decoder(_Page)
_head = msgspec.json.Decoder(_Head)


class Rows(Sequence[Any]):
    """The rows of a list as Miva sent them; each look at one decodes it anew. `heads` costs next to nothing."""

    def __init__(self, raws: Sequence[msgspec.Raw]) -> None:
        self._raws = raws

    def __len__(self) -> int:
        return len(self._raws)

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> "Rows": ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return Rows(self._raws[place])
        return decode(bytes(self._raws[place]))

    @cached_property
    def heads(self) -> list[dict[str, Any]]:
        """Of each row its `id` and `dt_updated`; None is what it does not have."""
        return [_head_of(raw) for raw in self._raws]


def heads(rows: Iterable[Any]) -> Iterable[Any]:
    """What is to be read when only the number and the time of change of each row matter."""
    return rows.heads if isinstance(rows, Rows) else rows


def decode_page(body: bytes) -> Any:
    """As `decode`, but the rows of a list that Miva sent in good order are still undecoded `Rows`."""
    try:
        page = _page.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decode(body)
    if page.success != 1:
        return decode(body)
    listed = page.data
    data = {"total_count": listed.total_count, "start_offset": listed.start_offset, "data": Rows(listed.data)}
    return {"success": 1, "data": data}


def _head_of(raw: msgspec.Raw) -> dict[str, Any]:
    try:
        head = _head.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        row = decode(bytes(raw))
        return row if isinstance(row, dict) else {}
    return {"id": head.id, "dt_updated": head.dt_updated}
