"""Miva's filter engine: how conditions combine, what is dropped, what operators mean (Miva reference §6.2).

Groups are a flat concatenation as in SQL, so AND binds tighter than OR; unknown fields and operators
disappear without a word and thereby widen the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stores.sandbox.columns import ORDERS, Column, Predicate, Table, number, plain

Joined = tuple[str, Predicate]

GROUPS = ("search", "search_AND", "search_OR")
CONDITION_JOINERS = {"search": "OR", "search_AND": "OR", "search_OR": "AND"}
GROUP_JOINERS = {"search_AND": "AND", "search_OR": "OR"}


@dataclass(frozen=True)
class _Language:
    """What the conditions of one request may name."""

    table: Table
    version: tuple[int, ...]


@dataclass
class Query:
    """A compiled `Filter`; `after_id` is set when the whole search is one `id GT n`."""

    predicate: Predicate | None = None
    after_id: int | None = None
    ondemand: list[str] = field(default_factory=list)


def compile_filter(elements: Any, version: tuple[int, ...], table: Table = ORDERS) -> Query:
    """The meaning of a `Filter` array; anything that is not understood is ignored, as Miva does."""
    language = _Language(table, version)
    known = [each for each in elements if isinstance(each, dict)] if isinstance(elements, list) else []
    query = Query(ondemand=_ondemand(known))
    joined = [part for element in known if (part := _element(element, language))]
    query.predicate = _combine(joined)
    if len(joined) == 1:
        query.after_id = _only_after_id(known)
    return query


def _ondemand(elements: list[dict[str, Any]]) -> list[str]:
    values = [each.get("value") for each in elements if each.get("name") == "ondemandcolumns"]
    return [str(name) for value in values if isinstance(value, list) for name in value]


def _element(element: dict[str, Any], language: _Language) -> Joined | None:
    name, value = str(element.get("name", "")), element.get("value")
    if name in GROUPS:
        predicate = _group(name, value, language)
        return (GROUP_JOINERS.get(name, "AND"), predicate) if predicate else None
    own = language.table.filters.get(name)
    return ("AND", lambda row: own(row, value)) if own else None


def _only_after_id(elements: list[dict[str, Any]]) -> int | None:
    """`n` when the one condition is `id GT n`, which the index answers without looking at orders."""
    conditions = [
        each for element in elements if element.get("name") in GROUPS for each in element.get("value") or ()
    ]
    if len(conditions) != 1 or not isinstance(conditions[0], dict):
        return None
    text = str(conditions[0].get("value", ""))
    return (
        int(text)
        if (conditions[0].get("field"), conditions[0].get("operator")) == ("id", "GT") and text.isdigit()
        else None
    )


def _group(kind: str, conditions: Any, language: _Language) -> Predicate | None:
    if not isinstance(conditions, list):
        return None
    given = [each for each in conditions if isinstance(each, dict)]
    return _combine([part for each in given if (part := _member(kind, each, language))])


def _member(parent: str, condition: dict[str, Any], language: _Language) -> Joined | None:
    name, operator, value = (
        str(condition.get("field", "")),
        str(condition.get("operator", "")),
        condition.get("value"),
    )
    if operator == "SUBWHERE":
        nested = _group(name, value, language) if name in GROUPS else None
        return (GROUP_JOINERS.get(name, CONDITION_JOINERS[parent]), nested) if nested else None
    predicate = _condition(name, operator, "" if value is None else str(value), language)
    return (CONDITION_JOINERS[parent], predicate) if predicate else None


def _combine(parts: list[Joined]) -> Predicate | None:
    """One predicate from a flat row of conditions; AND binds tighter, the first joiner is not written."""
    runs: list[list[Predicate]] = []
    for joiner, predicate in parts:
        if joiner == "OR" or not runs:
            runs.append([predicate])
        else:
            runs[-1].append(predicate)
    if len(parts) <= 1:
        return parts[0][1] if parts else None
    return lambda row: any(all(predicate(row) for predicate in run) for run in runs)


def _condition(name: str, operator: str, text: str, language: _Language) -> Predicate | None:
    special = language.table.special.get(name)
    if special:
        return lambda row: special(row, text)
    column = language.table.search(name, language.version)
    test = _operator(operator, text, numeric=column.numeric) if column else None
    return _applied(column, test) if column and test else None


def _applied(column: Column, test: Callable[[Any], bool]) -> Predicate:
    values = column.values
    return lambda row: any(test(value) for value in values(row))


def _operator(operator: str, text: str, *, numeric: bool) -> Callable[[Any], bool] | None:
    read: Callable[[Any], Any] = number if numeric else _folded
    wanted = read(text)
    comparisons: dict[str, Callable[[Any], bool]] = {
        "EQ": lambda value: value is not None and read(value) == wanted,
        "NE": lambda value: value is not None and read(value) != wanted,
        "GT": lambda value: value is not None and read(value) > wanted,
        "GE": lambda value: value is not None and read(value) >= wanted,
        "LT": lambda value: value is not None and read(value) < wanted,
        "LE": lambda value: value is not None and read(value) <= wanted,
        "TRUE": lambda value: value is not None and number(value) != 0,
        "FALSE": lambda value: value is not None and number(value) == 0,
        "NULL": lambda value: value is None,
    }
    return comparisons.get(operator) or _membership(operator, text, read) or _pattern(operator, text)


def _membership(operator: str, text: str, read: Callable[[Any], Any]) -> Callable[[Any], bool] | None:
    """IN and NOT_IN: a comma-separated string; an empty one drops the condition (our reading)."""
    wanted = {read(part.strip()) for part in text.split(",") if part.strip()}
    if operator not in ("IN", "NOT_IN") or not wanted:
        return None
    inside = operator == "IN"
    return lambda value: value is not None and (read(value) in wanted) is inside


def _pattern(operator: str, text: str) -> Callable[[Any], bool] | None:
    """CO and NC put `%` at both ends; LIKE and NOTLIKE take the caller's own wildcards."""
    if operator not in ("CO", "NC", "LIKE", "NOTLIKE"):
        return None
    like = f"%{text}%" if operator in ("CO", "NC") else text
    wildcards = {"%": ".*", "_": "."}
    expression = re.compile(
        "".join(wildcards.get(each) or re.escape(each) for each in like), re.IGNORECASE | re.DOTALL
    )
    wanted = operator in ("CO", "LIKE")
    return lambda value: value is not None and (expression.fullmatch(plain(value)) is not None) is wanted


def _folded(value: Any) -> str:
    return plain(value).casefold()
