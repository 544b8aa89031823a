"""The list-load-query protocol over orders: filter, sort, page (Miva reference §6)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.sandbox.columns import Row, Searchable, order_columns
from stores.sandbox.envelope import encode
from stores.sandbox.filters import Query, compile_filter
from stores.sandbox.parameters import Parameters
from stores.sandbox.rendering import Projection, projection
from stores.sandbox.state import StoreState


@dataclass(frozen=True)
class Page:
    """The ids of one page; `total_count` ignores paging, `start_offset` echoes Offset."""

    ids: Sequence[int]
    total_count: int
    start_offset: int
    wanted: Projection


class Listing:
    """Answers list queries of one store; remembers its latest selection as long as no order changes."""

    def __init__(self, store: StoreState) -> None:
        self.store = store
        self._latest: tuple[object, Sequence[int]] = (None, ())

    def page(self, parameters: Parameters, queue: str | None = None) -> Page:
        """One page of all orders, or of the orders in `queue`; Count 0 is everything from Offset on."""
        offset, count = parameters.integer("Offset"), parameters.integer("Count")
        query = compile_filter(parameters.get("Filter"), self._columns())
        selected = self._selected(parameters, query, queue)
        end = offset + count if count > 0 else len(selected)
        wanted = projection(self.store, query.ondemand, parameters.text("Passphrase"))
        return Page(selected[offset:end], len(selected), offset, wanted)

    def _selected(self, parameters: Parameters, query: Query, queue: str | None) -> Sequence[int]:
        sort = parameters.text("Sort")
        key = (encode(parameters.get("Filter")), sort, queue, self.store.changes)
        if self._latest[0] != key:
            ids = filtered(self.store.orders, self._scope(queue), query)
            self._latest = key, arranged(self.store.orders, ids, sort, self._columns())
        return self._latest[1]

    def _scope(self, queue: str | None) -> Sequence[int]:
        return self.store.sorted_ids if queue is None else sorted(self.store.queues[queue])

    def _columns(self) -> Searchable:
        return order_columns(self.store.version_numbers())


def filtered(rows: Mapping[int, Row], ids: Sequence[int], query: Query) -> Sequence[int]:
    """The ids, in ascending order, of the rows that `query` selects out of `ids`."""
    if query.after_id is not None:
        return ids[bisect_right(ids, query.after_id) :]
    if query.only_id is not None:
        place = bisect_left(ids, query.only_id)
        return [each for each in ids[place : place + 1] if each == query.only_id]
    if query.predicate is None:
        return list(ids)
    return [row_id for row_id in ids if query.predicate(rows[row_id])]


def arranged(rows: Mapping[int, Row], ids: Sequence[int], sort: str, columns: Searchable) -> Sequence[int]:
    """The ids as they are unless `sort` names a column; a leading `-` turns it round."""
    name = sort.removeprefix("-")
    if name == "id":
        return ids[::-1] if sort.startswith("-") else ids
    column = columns.sort(name) if name else None
    if column is None:
        return ids
    values = column.values
    return sorted(ids, key=lambda each: sort_key(values(rows[each])[0]), reverse=sort.startswith("-"))


def sort_key(value: Any) -> tuple[bool, Any]:
    """Values in Miva's order: what is not there first, text without regard to case."""
    return (value is not None, value.casefold() if isinstance(value, str) else value)
