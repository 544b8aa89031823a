"""Operations, Iterations and ranges (Miva reference §5)."""

import pytest

VERSION = {"Function": "MivaMerchantVersion"}
COUNT_ONE = {"Function": "OrderList_Load_Query", "Count": 1}


def test_operations_are_answered_one_by_one_without_stopping_at_an_error(caller):
    answer = caller.post({"Operations": [VERSION, {"Function": "Nothing"}, COUNT_ONE]}).json()
    assert [each["success"] for each in answer] == [1, 0, 1]


def test_iterations_of_one_function_give_an_array(caller, store):
    first, second = store.place_order(), store.place_order()
    body = {"Function": "Module", "Module_Code": "orderworkflow", "Module_Function": "OrderList_Acknowledge"}
    iterations = [{"Order_IDs": [first["id"]]}, {"Order_IDs": [second["id"], 5]}]
    assert [each["processed"] for each in caller.post(body | {"Iterations": iterations}).json()] == [1, 2]


def test_iterations_inside_an_operation_nest(caller):
    answer = caller.post(
        {"Operations": [VERSION, COUNT_ONE | {"Iterations": [{}, {"Function": "Nothing"}]}]}
    ).json()
    assert answer[0]["success"] == 1
    assert [each["success"] for each in answer[1]] == [1, 0]


def test_parameters_fall_through_from_iteration_to_operation_to_top(caller, store):
    store.place_orders(4)
    body = {
        "Count": 3,
        "Operations": [{"Function": "OrderList_Load_Query", "Iterations": [{}, {"Count": 1}]}, COUNT_ONE],
    }
    [[top, own], operation] = caller.post(body).json()
    assert [len(each["data"]["data"]) for each in (top, own, operation)] == [3, 1, 1]


def test_a_refused_token_gives_one_object(caller, store):
    store.enabled = False
    assert caller.post({"Operations": [VERSION, VERSION]}).json()["error_message"] == "Token is disabled"


def test_a_batch_that_takes_too_long_stops_between_operations(caller, store):
    store.operation_seconds = 25
    response = caller.post({"Operations": [VERSION] * 5})
    assert (response.status_code, response.headers["Content-Range"], len(response.json())) == (206, "3/5", 3)


def test_the_time_budget_can_be_asked_for(caller, store):
    store.operation_seconds = 25
    response = caller.post({"Operations": [VERSION] * 5}, headers={"X-Miva-API-Timeout": "20"})
    assert (response.status_code, len(response.json())) == (206, 1)


def test_iterations_alone_are_never_partial(caller, store):
    store.operation_seconds = 100
    assert caller.post(VERSION | {"Iterations": [{}] * 5}).status_code == 200


@pytest.mark.parametrize(
    ("header", "count"), [("Operations=2-3", 2), ("operations=4-", 1), ("Operations=-3", 3)]
)
def test_a_range_runs_a_part(caller, header, count):
    response = caller.post({"Operations": [VERSION] * 4}, headers={"Range": header})
    assert (response.status_code, len(response.json())) == (200, count)


@pytest.mark.parametrize(
    "header", ["Operations=5-6", "Operations=2-9", "Operations=3-2", "Operations=x", "Operations=0-1"]
)
def test_a_bad_range_is_416(caller, header):
    response = caller.post({"Operations": [VERSION] * 4}, headers={"Range": header})
    assert (response.status_code, response.headers["Content-Range"]) == (416, "*/4")
    assert response.json()["error_code"].startswith("MER-JSN-0003")


def test_another_range_unit_is_an_application_error(caller):
    response = caller.post({"Operations": [VERSION]}, headers={"Range": "bytes=0-1"})
    assert (response.status_code, response.json()["error_code"]) == (200, "MER-JSN-00028")
