import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.miva.client import OrderPage
from stores.miva.columns import CUSTOMERS, PRODUCTS, SHIPMENTS
from stores.miva.errors import MivaDown
from stores.miva.paging import ORDER_COLUMNS, AllOf, AnyOf, Condition, ListQuery, Where, all_of, any_of, pages

NEW = Where("orderdate", "GE", 1764600000)
PENDING, PROCESSING = Where("status", "EQ", 0), Where("status", "EQ", 100)


def searches(*conditions: Condition) -> list[Any]:
    return [each["value"] for each in ListQuery(conditions).parameters()["Filter"]]


def plain(field: str, operator: str, value: str) -> dict[str, str]:
    return {"field": field, "operator": operator, "value": value}


def test_conditions_that_must_all_hold_are_groups_of_their_own() -> None:
    assert searches(NEW, PENDING) == [[plain("orderdate", "GE", "1764600000")], [plain("status", "EQ", "0")]]


def test_conditions_of_which_one_is_enough_share_a_group() -> None:
    assert searches(NEW, any_of(PENDING, PROCESSING))[1] == [
        plain("status", "EQ", "0"),
        plain("status", "EQ", "100"),
    ]


def test_the_four_list_members_and_the_columns_are_always_sent() -> None:
    query = ListQuery(
        [PENDING], ["items", "CustomField_Values:customfields:*"], "-orderdate", 20, 10, {"Customer_ID": 7}
    )
    assert query.parameters() == {
        "Filter": [
            {"name": "search", "value": [plain("status", "EQ", "0")]},
            {"name": "Customer_ID", "value": 7},
            {"name": "ondemandcolumns", "value": ["items", "CustomField_Values:customfields:*"]},
        ],
        "Sort": "-orderdate",
        "Offset": 20,
        "Count": 10,
    }


# What Miva makes of a filter, by the reference's §6.2 and nothing else: members of a group in a row, each
# preceded by its joiner, AND binding tighter than OR.

INNER_JOINER = {"search": "OR", "search_AND": "OR", "search_OR": "AND"}
OWN_JOINER = {"search_AND": "AND", "search_OR": "OR"}


def miva_group(name: str, members: list[dict[str, Any]], row: dict[str, int]) -> bool:
    default = INNER_JOINER[name]
    words: list[tuple[str, bool]] = []
    for member in members:
        if member["operator"] == "SUBWHERE":
            words.append(
                (OWN_JOINER.get(member["field"], default), miva_group(member["field"], member["value"], row))
            )
        else:
            words.append((default, row[member["field"]] == int(member["value"])))
    return joined(words)


def joined(words: list[tuple[str, bool]]) -> bool:
    ands = [[words[0][1]]]
    for joiner, holds in words[1:]:
        if joiner == "AND":
            ands[-1].append(holds)
        else:
            ands.append([holds])
    return any(all(each) for each in ands)


def miva_selects(filters: list[dict[str, Any]], row: dict[str, int]) -> bool:
    words = [(OWN_JOINER.get(f["name"], "AND"), miva_group(f["name"], f["value"], row)) for f in filters]
    return not words or joined(words)


def meant(term: Condition, row: dict[str, int]) -> bool:
    if isinstance(term, Where):
        assert isinstance(term.value, int)
        return row[term.field] == term.value
    return (any if isinstance(term, AnyOf) else all)(meant(inner, row) for inner in term.terms)


FIELDS = ("status", "batch_id", "source_id")
LEAVES = st.builds(Where, st.sampled_from(FIELDS), st.just("EQ"), st.integers(0, 1))
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


@given(st.lists(TREES, max_size=3))
def test_miva_selects_the_rows_that_were_meant(conditions: list[Condition]) -> None:
    filters = ListQuery(conditions).parameters()["Filter"]
    for values in itertools.product((0, 1), repeat=len(FIELDS)):
        row = dict(zip(FIELDS, values, strict=True))
        assert miva_selects(filters, row) == all(meant(each, row) for each in conditions)


@pytest.mark.parametrize(
    ("value", "sent"),
    [([1, 2], "1,2"), ((" a ", "b"), "a,b"), ("1, 2", "1,2"), (7, "7")],
)
def test_a_list_of_values_is_one_text(value: Any, sent: str) -> None:
    assert searches(Where("id", "IN", value)) == [[plain("id", "IN", sent)]]


@pytest.mark.parametrize("value", [[], ["a,b"], [""], "1,,2"])
def test_a_list_that_miva_would_read_otherwise_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="id IN"):
        ListQuery([Where("id", "IN", value)])


def test_values_are_sent_as_text() -> None:
    assert searches(Where("total", "GT", Decimal("1E+2")))[0][0]["value"] == "100"
    assert searches(Where("ship_res", "EQ", True))[0][0]["value"] == "1"
    assert searches(Where("ship_res", "TRUE"))[0][0]["value"] == ""


def test_a_list_for_an_operator_of_one_value_is_refused() -> None:
    with pytest.raises(ValueError, match="one value"):
        ListQuery([Where("id", "EQ", [1, 2])])


@pytest.mark.parametrize("field", ["cust_id", "sku", "Status", "order_date", "CustomField_Values:*", ""])
def test_a_field_that_miva_would_ignore_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="orders"):
        ListQuery([any_of(PENDING, all_of(NEW, Where(field, "EQ", 1)))])


def test_an_operator_that_miva_would_ignore_is_refused() -> None:
    with pytest.raises(ValueError, match="operator '>='"):
        ListQuery([Where("id", ">=", 1)])


@pytest.mark.parametrize(
    "field", ["dt_updated", "product_code", "payment", "CustomField_Values:customfields:po"]
)
def test_the_reference_columns_of_orders_are_accepted(field: str) -> None:
    assert searches(Where(field, "EQ", "x"))


def test_other_lists_have_columns_of_their_own() -> None:
    assert ListQuery([Where("sku", "EQ", "A")], ["product_inventory"], columns=PRODUCTS).parameters()
    assert ListQuery([Where("order_status", "EQ", 200)], ["include_order"], columns=SHIPMENTS).parameters()
    assert ListQuery([Where("login", "EQ", "a")], sort="login", columns=CUSTOMERS).parameters()
    with pytest.raises(ValueError, match="products"):
        ListQuery([Where("orderdate", "GE", 1)], columns=PRODUCTS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"count": -1},
        {"offset": -1},
        {"sort": "no_such"},
        {"ondemand": ["no_such"]},
        {"filters": {"X": 1}},
    ],
)
def test_a_query_that_miva_would_read_otherwise_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Miva|at least"):
        ListQuery(**wrong)


def test_an_empty_group_is_refused() -> None:
    for make in (any_of, all_of):
        with pytest.raises(ValueError, match="at least one"):
            make()


def test_every_column_of_a_full_order_is_accepted() -> None:
    assert ListQuery(ondemand=ORDER_COLUMNS).parameters()["Filter"][-1]["value"] == list(ORDER_COLUMNS)


class Orders:
    """A list of orders that changes while it is read."""

    def __init__(self, *ids: int) -> None:
        self.ids = set(ids)
        self.asked: list[ListQuery] = []
        self.before: Callable[[int], None] = lambda turn: None

    def fetch(self, query: ListQuery) -> OrderPage:
        self.before(len(self.asked))
        self.asked.append(query)
        beyond = [int(str(w.value)) for w in query.conditions if isinstance(w, Where) and w.operator == "GT"]
        rows = sorted(each for each in self.ids if each > max(beyond, default=0))
        return OrderPage([{"id": each} for each in rows[: query.count]], len(rows))


def read(orders: Orders, count: int) -> list[int]:
    return [row["id"] for page in pages(orders.fetch, ListQuery(count=count)) for row in page.orders]


@given(st.sets(st.integers(1, 60)), st.integers(1, 9))
def test_every_order_comes_once_whatever_the_page_size(ids: set[int], count: int) -> None:
    assert read(Orders(*ids), count) == sorted(ids)


def test_orders_that_vanish_while_paging_hide_no_other() -> None:
    orders = Orders(*range(1, 11))
    orders.before = lambda turn: orders.ids.difference_update({1, 2} if turn == 1 else ())
    assert read(orders, 3) == list(range(1, 11))


def test_orders_that_arrive_while_paging_are_read() -> None:
    orders = Orders(1, 2, 3, 4)
    orders.before = lambda turn: orders.ids.update({9} if turn == 1 else ())
    assert read(orders, 3) == [1, 2, 3, 4, 9]


def test_pages_are_fetched_one_at_a_time() -> None:
    orders = Orders(*range(1, 10))
    reading: Iterator[OrderPage] = pages(orders.fetch, ListQuery(count=3))
    next(reading)
    assert len(orders.asked) == 1


def test_each_page_is_asked_for_by_id_and_from_the_start() -> None:
    orders = Orders(1, 2, 3)
    list(pages(orders.fetch, ListQuery([NEW], sort="-id", offset=5, count=2)))
    assert orders.asked[0] == ListQuery([NEW], sort="id", offset=0, count=2)
    assert orders.asked[1] == replace(orders.asked[0], conditions=(NEW, Where("id", "GT", 2)))


def test_a_store_that_ignores_the_filter_is_not_read_in_circles() -> None:
    with pytest.raises(MivaDown, match="ids above 2 and shows none"):
        list(pages(lambda query: OrderPage([{"id": 1}, {"id": 2}], 4), ListQuery(count=2)))


@pytest.mark.parametrize("rows", [[], [{"id": 0}], [{}, {"id": None}]])
def test_a_page_that_shows_no_id_of_the_rows_that_it_counts_is_not_the_end(
    rows: list[dict[str, object]],
) -> None:
    with pytest.raises(MivaDown, match="counts 5 rows"):
        list(pages(lambda query: OrderPage(rows, 5), ListQuery()))


@given(
    st.sets(st.integers(1, 30)), st.integers(2, 9), st.sampled_from([{"id": 0}, {}, {"id": "x"}, {"id": -4}])
)
def test_a_record_without_an_id_on_each_page_hides_nothing(
    ids: set[int], count: int, strange: dict[str, object]
) -> None:
    orders = Orders(*ids)

    def fetch(query: ListQuery) -> OrderPage:
        page = orders.fetch(replace(query, count=query.count - 1))
        return OrderPage([strange, *page.orders], page.total_count + 1)

    read = [
        row["id"]
        for page in pages(fetch, ListQuery(count=count))
        for row in page.orders
        if row is not strange
    ]
    assert read == sorted(ids)


def test_a_row_that_comes_again_hides_no_other() -> None:
    orders = Orders(1, 2, 3, 4, 5)

    def fetch(query: ListQuery) -> OrderPage:
        page = orders.fetch(query)
        return OrderPage(
            [{"id": 2}, *page.orders] if len(orders.asked) == 2 else page.orders, page.total_count
        )

    assert [row["id"] for page in pages(fetch, ListQuery(count=2)) for row in page.orders] == [
        1,
        2,
        2,
        3,
        4,
        5,
    ]
