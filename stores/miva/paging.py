"""Queries over Miva's lists, and the way to read a long list without missing a row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from stores.miva.columns import OPERATORS, ORDERS, WITHOUT_VALUE, Columns
from stores.miva.errors import MivaDown
from stores.miva.shapes import whole
from stores.miva.undecoded import heads

ORDER_COLUMNS: tuple[str, ...] = (
    "ship_method",
    "cust_login",
    "cust_pw_email",
    "business_title",
    "payment_module",
    "customer",
    "items",
    "charges",
    "coupons",
    "discounts",
    "payments",
    "payment_data",
    "notes",
    "parts",
    "shipments",
    "returns",
    "CustomField_Values:*",
)
"""The on-demand columns of a full order (Miva reference §7.1), custom fields of every module included."""

MOST = 2**63  # ids are smaller: the database keeps 64 bits
Value = str | int | Decimal | Sequence[str | int | Decimal]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition: column, operator (EQ, GE, IN …, Miva reference §6.2), value; for IN a list of values."""

    field: str
    operator: str
    value: Value = ""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions of which one is enough. Made by `any_of`."""

    terms: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conditions that must all hold. Made by `all_of`."""

    terms: tuple["Condition", ...]


Condition = Where | AnyOf | AllOf


def any_of(*terms: Condition) -> AnyOf:
    """OR. Raises ValueError when empty: Miva would drop an empty group and so widen the result."""
    return AnyOf(_not_empty("any_of", terms))


def all_of(*terms: Condition) -> AllOf:
    """AND. Raises ValueError when empty."""
    return AllOf(_not_empty("all_of", terms))


@dataclass(frozen=True, slots=True)
class ListQuery:
    """One page of a list: all `conditions` must hold; `count` rows from `offset` in the order of `sort`.

    `ondemand` names the extra columns, `filters` the function's own filters (such as Customer_ID), `columns`
    the list it is for. Raises ValueError for a name, operator or value that Miva would silently ignore, and
    for Count 0, which means "everything" to Miva.
    """

    conditions: Sequence[Condition] = ()
    ondemand: Sequence[str] = ()
    sort: str = "id"
    offset: int = 0
    count: int = 100
    filters: Mapping[str, str | int] = field(default_factory=dict)
    columns: Columns = ORDERS

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"Count must be at least 1, not {self.count}: Miva reads 0 as everything.")
        if self.offset < 0:
            raise ValueError(f"Offset must be at least 0, not {self.offset}.")
        if self.sort and not self.columns.can_sort(self.sort):
            raise ValueError(f"Miva cannot sort {self.columns.name} by {self.sort!r}.")
        for column in self.ondemand:
            if not self.columns.can_show(column):
                raise ValueError(f"Miva has no on-demand column {column!r} for {self.columns.name}.")
        for name in self.filters:
            if name not in self.columns.filters:
                raise ValueError(f"Miva has no filter {name!r} for {self.columns.name}.")
        for condition in self.conditions:
            _check(condition, self.columns)

    def parameters(self) -> dict[str, Any]:
        """Filter, Sort, Offset and Count as Miva reads them (Miva reference §6.1)."""
        elements: list[dict[str, Any]] = [
            {"name": "search", "value": _members(term)} for term in _top_level(self.conditions)
        ]
        elements += [{"name": name, "value": value} for name, value in self.filters.items()]
        if self.ondemand:
            elements.append({"name": "ondemandcolumns", "value": list(self.ondemand)})
        return {"Filter": elements, "Sort": self.sort, "Offset": self.offset, "Count": self.count}

    def after(self, last_id: int) -> "ListQuery":
        """The same rows with an id above this one, lowest first."""
        beyond = Where("id", "GT", last_id)
        return replace(self, conditions=(*self.conditions, beyond), sort="id", offset=0)


class Page(Protocol):
    """A page of any list."""

    @property
    def rows(self) -> Sequence[dict[str, Any]]: ...
    @property
    def total_count(self) -> int: ...


AnyPage = TypeVar("AnyPage", bound=Page)


def pages(fetch: Callable[[ListQuery], AnyPage], query: ListQuery) -> Iterator[AnyPage]:
    """Page after page, each by "id above the last one seen", so that rows which come or go meanwhile shift
    nothing.

    Miva has no cursor, and offsets slip when rows change (Miva reference §6.2). Holds one page at a time. Rows without
    an id, and one that came before, may be on a page. Raises MivaDown as `reached` does.
    """
    last_id, more, asked = 0, True, replace(query, sort="id", offset=0)
    while more:
        page = fetch(asked)
        last_id, more = reached(page, last_id)
        if page.rows:
            yield page
        asked = query.after(last_id)


def reached(page: Page, last_id: int) -> tuple[int, bool]:
    """The highest id of a page of rows with ids above `last_id`, and whether there are rows behind it.

    Rows that came before and rows without an id lead no further. Raises MivaDown when the page shows none of the
    rows that it counts: that is not the end, and to ask again from there would go round in circles.
    """
    ids = [whole(row.get("id")) for row in heads(page.rows) if isinstance(row, dict)]
    further = {each for each in ids if last_id < each < MOST}
    without = len(page.rows) - sum(0 < each < MOST for each in ids)
    more = page.total_count > len(further) + without
    if more and not further:
        raise MivaDown(
            f"Miva counts {page.total_count} rows with ids above {last_id} and shows none of them.",
            "Reading stopped there and is tried again.",
        )
    return max(further, default=last_id), more


def _not_empty(name: str, terms: tuple[Condition, ...]) -> tuple[Condition, ...]:
    if not terms:
        raise ValueError(f"{name}() needs at least one condition.")
    return terms


def _check(condition: Condition, columns: Columns) -> None:
    if not isinstance(condition, Where):
        for term in condition.terms:
            _check(term, columns)
        return
    if not columns.can_search(condition.field):
        raise ValueError(
            f"Miva cannot search {columns.name} by {condition.field!r}: it would ignore the condition."
        )
    if condition.operator not in OPERATORS:
        raise ValueError(f"Miva has no operator {condition.operator!r}: it would ignore the condition.")
    _text(condition)


def _text(condition: Where) -> str:
    """The value as Miva wants it: text, a list joined by commas (Miva reference §6.2)."""
    value, operator = condition.value, condition.operator
    if operator in WITHOUT_VALUE:
        return ""
    if operator not in ("IN", "NOT_IN"):
        if not isinstance(value, str | int | Decimal):
            raise ValueError(f"{condition.field} {operator} takes one value, not {value!r}.")
        return _one(value)
    values = (
        value.split(",") if isinstance(value, str) else [value] if isinstance(value, int | Decimal) else value
    )
    texts = [_one(each).strip() for each in values]
    if not texts or not all(texts) or any("," in text for text in texts):
        raise ValueError(
            f"{condition.field} {operator} needs values that are neither blank nor hold a comma."
        )
    return ",".join(texts)


def _one(value: str | int | Decimal) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _top_level(conditions: Sequence[Condition]) -> Iterator[Where | AnyOf]:
    """Top-level groups are joined by AND, so an all_of up here is simply several groups."""
    for condition in conditions:
        if isinstance(condition, AllOf):
            yield from _top_level(condition.terms)
        else:
            yield condition


def _members(term: Where | AnyOf) -> list[dict[str, Any]]:
    return [_element(term)] if isinstance(term, Where) else [_element(inner) for inner in _flat(term)]


def _element(term: Condition) -> dict[str, Any]:
    """One member of a group (Miva reference §6.2).

    Inside `search` the joiner is OR, and a nested `search_OR` is put there by OR while joining its own
    members by AND; inside `search_OR` a nested `search_AND` is put there by AND and joins its own by OR. So
    any_of and all_of take turns and no group ever mixes the two.
    """
    if isinstance(term, Where):
        return {"field": term.field, "operator": term.operator, "value": _text(term)}
    name = "search_OR" if isinstance(term, AllOf) else "search_AND"
    return {"field": name, "operator": "SUBWHERE", "value": [_element(inner) for inner in _flat(term)]}


def _flat(group: AnyOf | AllOf) -> Iterator[Condition]:
    for term in group.terms:
        if isinstance(term, AnyOf | AllOf) and (type(term) is type(group) or len(term.terms) == 1):
            # A group of one joins nothing, so it may dissolve into the group around it.
            yield from _flat(type(group)(term.terms))
        else:
            yield term
