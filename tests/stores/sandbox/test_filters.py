"""How conditions combine, what is dropped and what operators mean (Miva reference §6.2)."""

import pytest

from stores.sandbox.columns import order_columns
from stores.sandbox.filters import compile_filter

MODERN, OLD = (10, 13, 4), (10, 2, 0)


def condition(field, operator, value=""):
    return {"field": field, "operator": operator, "value": value}


def group(name, *conditions):
    return {"name": name, "value": list(conditions)}


def sub(name, *conditions):
    return {"field": name, "operator": "SUBWHERE", "value": list(conditions)}


@pytest.fixture
def orders(store):
    made = [
        store.place_order(
            id=1, ship_lname="O'Connor", ship_cntry="US", cust_id=5, items=[{"code": "MUG", "price": 5}]
        ),
        store.place_order(
            id=2, ship_lname="Lee", ship_cntry="CA", cust_id=0, items=[{"code": "SHIRT", "price": 10}]
        ),
        store.place_order(
            id=3, ship_lname="Åkesson", ship_cntry="CA", cust_id=5, items=[{"code": "MUG", "price": 10}]
        ),
        store.place_order(
            id=4, ship_lname="lee", ship_cntry="US", cust_id=7, items=[{"code": "CLAY", "price": 20}]
        ),
    ]
    for order in made:
        store.edit_order(order["id"], charges=[], payments=[])
    return made


def matching(orders, *elements, version=MODERN):
    predicate = compile_filter(list(elements), order_columns(version)).predicate
    return [order["id"] for order in orders if predicate is None or predicate(order)]


IS_1, IS_2, IS_3, IS_4 = (condition("id", "EQ", str(number)) for number in (1, 2, 3, 4))
LEE, US, CA = (
    condition("ship_lname", "EQ", "LEE"),
    condition("ship_cntry", "EQ", "US"),
    condition("ship_cntry", "EQ", "CA"),
)
UNKNOWN, UNKNOWN_OPERATOR = condition("sku", "EQ", "x"), condition("id", "ALMOST", "1")


@pytest.mark.parametrize(
    ("elements", "ids"),
    [
        ([], [1, 2, 3, 4]),
        ([group("search", LEE, CA)], [2, 3, 4]),
        ([group("search_AND", LEE, CA)], [2, 3, 4]),
        ([group("search_OR", LEE, CA)], [2]),
        ([group("search", LEE), group("search", CA)], [2]),
        ([group("search", LEE), group("search_AND", CA)], [2]),
        ([group("search", LEE), group("search_OR", CA)], [2, 3, 4]),
        # AND binds tighter: 1 or (Lee and CA)
        ([group("search", IS_1), group("search_OR", LEE), group("search_AND", CA)], [1, 2]),
        # AND binds tighter: (Lee and US) or 3
        ([group("search", LEE), group("search", US), group("search_OR", IS_3)], [3, 4]),
        ([group("search", LEE, sub("search_AND", CA))], [2]),
        ([group("search", LEE, sub("search_OR", IS_1))], [1, 2, 4]),
        ([group("search", LEE, sub("search", IS_1))], [1, 2, 4]),
        ([group("search_OR", LEE, sub("search", US))], [4]),
        ([group("search_AND", sub("search_OR", LEE, CA))], [2]),
        ([group("search", IS_1, sub("search_OR", CA, sub("search_AND", IS_2, IS_3)))], [1, 2, 3]),
        ([group("search", UNKNOWN)], [1, 2, 3, 4]),
        ([group("search", UNKNOWN_OPERATOR)], [1, 2, 3, 4]),
        ([group("search", IS_1, UNKNOWN)], [1]),
        ([group("search_OR", IS_1, UNKNOWN)], [1]),
        ([group("search", LEE), group("search", UNKNOWN)], [2, 4]),
        ([group("search", sub("search", UNKNOWN)), group("search", LEE)], [2, 4]),
        ([group("search", sub("elsewhere", IS_1))], [1, 2, 3, 4]),
        ([group("searching", IS_1)], [1, 2, 3, 4]),
        ([{"name": "Customer_ID", "value": 5}], [1, 3]),
        ([{"name": "Customer_ID", "value": "5"}, group("search", CA)], [3]),
        ([group("search", condition("cust_id", "EQ", "5"))], [1, 2, 3, 4]),
    ],
)
def test_conditions_combine_as_in_a_flat_where_clause(orders, elements, ids):
    assert matching(orders, *elements) == ids


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (condition("id", "NE", "2"), [1, 3, 4]),
        (condition("id", "GT", "2"), [3, 4]),
        (condition("id", "GE", "2"), [2, 3, 4]),
        (condition("id", "LT", "2"), [1]),
        (condition("id", "LE", "2"), [1, 2]),
        (condition("total", "EQ", "10"), [2, 3]),
        (condition("total", "EQ", "10.00"), [2, 3]),
        (condition("id", "IN", " 1, 4 ,,"), [1, 4]),
        (condition("id", "NOT_IN", "1,4"), [2, 3]),
        (condition("ship_lname", "IN", "lee,åkesson"), [2, 3, 4]),
        (condition("ship_lname", "CO", "ONN"), [1]),
        (condition("ship_lname", "NC", "e"), [1]),
        (condition("ship_lname", "LIKE", "l_e"), [2, 4]),
        (condition("ship_lname", "LIKE", "e"), []),
        (condition("ship_lname", "NOTLIKE", "l%"), [1, 3]),
        (condition("ship_lname", "GT", "k"), [1, 2, 3, 4]),
        (condition("total", "TRUE"), [1, 2, 3, 4]),
        (condition("batch_id", "TRUE"), []),
        (condition("batch_id", "FALSE"), [1, 2, 3, 4]),
        (condition("id", "NULL"), []),
        (condition("product_code", "EQ", "mug"), [1, 3]),
        (condition("product_code", "IN", "SHIRT,CLAY"), [2, 4]),
        (condition("CustomField_Values:customfields:nothing", "NULL"), [1, 2, 3, 4]),
        (condition("CustomField_Values:orderworkflow:new_and_updated", "EQ", "1"), [1, 2, 3, 4]),
        (condition("payment", "EQ", "auth_0_capt"), []),
    ],
)
def test_operators_mean_what_miva_means(orders, given, ids):
    assert matching(orders, group("search", given)) == ids


def test_an_old_version_does_not_know_dt_updated_and_drops_it(orders):
    later = group("search", condition("dt_updated", "GT", "4000000000"))
    assert matching(orders, later) == []
    assert matching(orders, later, version=OLD) == [1, 2, 3, 4]


@pytest.mark.parametrize(("operator", "name"), [("GT", "after_id"), ("EQ", "only_id")])
def test_only_a_lone_id_condition_takes_the_index(operator, name):
    def taken(*elements):
        return getattr(compile_filter(list(elements), order_columns(MODERN)), name)

    seven = condition("id", operator, "7")
    alone = [group("search", seven), {"name": "ondemandcolumns", "value": ["items"]}]
    assert taken(*alone) == 7
    assert taken(*alone, group("search", LEE)) is None
    assert taken(*alone, {"name": "Customer_ID", "value": 1}) is None
    assert taken(group("search", seven, UNKNOWN)) is None


def test_an_order_is_found_by_its_number_or_not_at_all(caller, store):
    numbers = [store.place_order()["id"] for _ in range(3)]
    for number in (*numbers, 5, 99_999):
        found = caller.orders(group("search", condition("id", "EQ", str(number))))
        assert [order["id"] for order in found] == [each for each in numbers if each == number]


def test_a_filter_that_is_no_list_is_ignored(orders):
    assert compile_filter("legacy text", order_columns(MODERN)).predicate is None


@pytest.mark.parametrize(
    ("state", "payments", "matches"),
    [
        ("auth_0_capt", [{"type": 3, "amount": "5.00"}], True),
        ("auth_0_capt", [{"type": 5, "amount": "5.00"}], False),
        ("partial_capt", [{"type": 3, "amount": "5.00"}, {"type": 4, "amount": "2.00"}], True),
        ("capt_not_ship", [{"type": 5, "amount": "5.00"}], True),
        ("ship_not_capt", [{"type": 3, "amount": "5.00"}], False),
        ("anything", [{"type": 3, "amount": "5.00"}], False),
    ],
)
def test_the_payment_field_knows_four_states(store, state, payments, matches):
    order = store.place_order(items=[{"code": "A", "price": 5}], charges=[], payments=payments)
    assert bool(matching([order], group("search", condition("payment", "EQ", state)))) is matches
