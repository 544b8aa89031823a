"""Miva's filter engine: how conditions combine, what is dropped, what operators mean (Miva reference §6.2).

Groups are a flat concatenation as in SQL, so AND binds tighter than OR; unknown fields and operators
disappear without a word and thereby widen the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stores.sandbox.columns import Column, Searchable, number, plain

Predicate = Callable[[Any], bool]
Joined = tuple[str, Predicate]

GROUPS = ("search", "search_AND", "search_OR")
CONDITION_JOINERS = {"search": "OR", "search_AND": "OR", "search_OR": "AND"}
GROUP_JOINERS = {"search_AND": "AND", "search_OR": "OR"}


@dataclass
class Query:
    """A compiled `Filter`; `after_id` and `only_id` are set when the whole search is one `id GT n` or `id EQ n`.

    An index answers those without looking at rows.
    """

    predicate: Predicate | None = None
    after_id: int | None = None
    only_id: int | None = None
    ondemand: list[str] = field(default_factory=list)


def compile_filter(elements: Any, columns: Searchable) -> Query:
    """The meaning of a `Filter` array for a list; what is not understood is ignored, as Miva does."""
    known = [each for each in elements if isinstance(each, dict)] if isinstance(elements, list) else []
    query = Query(ondemand=_ondemand(known))
    joined = [part for element in known if (part := _element(element, columns))]
    query.predicate = _combine(joined)
    operator, text = (_only_condition(known) if len(joined) == 1 else None) or ("", "")
    query.after_id = int(text) if operator == "GT" and text.isdigit() else None
    query.only_id = int(text) if operator == "EQ" and text.isdigit() else None
    return query


def _ondemand(elements: list[dict[str, Any]]) -> list[str]:
    values = [each.get("value") for each in elements if each.get("name") == "ondemandcolumns"]
    return [str(name) for value in values if isinstance(value, list) for name in value]


def _element(element: dict[str, Any], columns: Searchable) -> Joined | None:
    name, value = str(element.get("name", "")), element.get("value")
    if name in GROUPS:
        predicate = _group(name, value, columns)
        return (GROUP_JOINERS.get(name, "AND"), predicate) if predicate else None
    own = columns.filters.get(name)
    return ("AND", lambda row: own(row, value)) if own else None


def _only_condition(elements: list[dict[str, Any]]) -> tuple[str, str] | None:
    """Operator and value when the whole search is one condition on the id."""
    conditions = [
        each for element in elements if element.get("name") in GROUPS for each in element.get("value") or ()
    ]
    if len(conditions) != 1 or not isinstance(conditions[0], dict) or conditions[0].get("field") != "id":
        return None
    return str(conditions[0].get("operator")), str(conditions[0].get("value", ""))


def _group(kind: str, conditions: Any, columns: Searchable) -> Predicate | None:
    if not isinstance(conditions, list):
        return None
    given = [each for each in conditions if isinstance(each, dict)]
    return _combine([part for each in given if (part := _member(kind, each, columns))])


def _member(parent: str, condition: dict[str, Any], columns: Searchable) -> Joined | None:
    name, operator, value = (
        str(condition.get("field", "")),
        str(condition.get("operator", "")),
        condition.get("value"),
    )
    if operator == "SUBWHERE":
        nested = _group(name, value, columns) if name in GROUPS else None
        return (GROUP_JOINERS.get(name, CONDITION_JOINERS[parent]), nested) if nested else None
    predicate = _condition(name, operator, "" if value is None else str(value), columns)
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


def _condition(name: str, operator: str, text: str, columns: Searchable) -> Predicate | None:
    state = columns.states.get(name)
    if state is not None:
        return lambda row: state(row, text)
    column = columns.search(name)
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
