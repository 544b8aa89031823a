"""Names, permissions and parameters (Miva reference §3, §4.3)."""

import json

import pytest


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "MER-JSN-00024"),
        ({"Function": "OrderList_Explode"}, "invalid_function"),
        ({"Function": "Module"}, "MER-JSN-00025"),
        ({"Function": "Module", "Module_Code": "orderworkflow"}, "MER-JSN-00026"),
        ({"Function": "Module", "Module_Code": "nothing", "Module_Function": "Any"}, "invalid_module"),
        (
            {"Function": "Module", "Module_Code": "orderworkflow", "Module_Function": "Any"},
            "MER-UTIL-ORWF-00117",
        ),
        ({"Function": "OrderList_Load_Query", "Store_Code": ""}, "EOF"),
        ({"Function": "OrderList_Load_Query", "Count": "many"}, "MER-JSN-00023"),
    ],
)
def test_a_call_that_names_nothing_known_is_an_application_error(caller, body, code):
    answer = caller.post(body).json()
    assert (answer["success"], answer["error_code"]) == (0, code)


def test_a_missing_store_code_is_named(caller, store):
    body = {"Function": "OrderList_Load_Query", "Miva_Request_Timestamp": store.now()}
    assert caller.send(json.dumps(body).encode()).json()["error_code"] == "MER-JSN-00017"


def test_the_version_needs_no_store_code(caller, store):
    body = {"Function": "MivaMerchantVersion", "Miva_Request_Timestamp": store.now()}
    assert caller.send(json.dumps(body).encode()).json()["data"]["version"] == "10.13.04"


def test_parameter_names_are_found_in_any_case(caller, store):
    store.place_order()
    store.place_order()
    assert len(caller.call("OrderList_Load_Query", cOUNT="1")["data"]["data"]) == 1


def test_a_function_that_was_not_granted_is_denied(caller, store):
    store.granted_functions = {"OrderCustomFieldList_Load"}
    assert caller.call("OrderList_Load_Query")["error_message"] == "Access denied"


def test_a_module_function_is_granted_by_its_full_name(caller, store):
    store.granted_functions = {"Module:orderworkflow:OrderList_Acknowledge"}
    assert caller.acknowledge() == {"success": 1, "processed": 0}


def test_some_functions_answer_a_missing_permission_with_nothing(caller, store):
    store.granted_functions = set()
    response = caller.post({"Function": "OrderCustomFieldList_Load"})
    assert (response.status_code, response.content) == (200, b"")


def test_custom_fields_list_the_queues_too(caller):
    fields = {
        field["code"]: field["module"]["code"] for field in caller.call("OrderCustomFieldList_Load")["data"]
    }
    assert fields["new_and_updated"] == "orderworkflow"
    assert fields["order_instructions"] == "customfields"


def test_the_journal_keeps_calls_without_the_passphrase(caller, store):
    caller.call("OrderList_Load_Query", Passphrase=store.passphrase, Count=5)
    call = store.calls[-1]
    assert (call.function, call.parameters["Count"], call.parameters["Passphrase"]) == (
        "OrderList_Load_Query",
        5,
        "[redacted]",
    )


def test_the_journal_keeps_refusals(caller, store):
    store.enabled = False
    caller.call("OrderList_Load_Query")
    assert (store.calls[-1].function, store.calls[-1].error) == ("OrderList_Load_Query", "access_denied")


def test_callables_run_after_the_store_acted_and_before_it_answers(caller, store):
    order = store.place_order()
    seen = []
    store.before_reply.append(
        lambda call: seen.append((call.function, order["id"] in store.queues["new_and_updated"]))
    )
    caller.acknowledge(order["id"])
    assert seen == [("OrderList_Acknowledge", False)]
