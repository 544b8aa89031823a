from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from stores.miva.client import Credentials
from stores.miva.functions import ACKNOWLEDGE_FUNCTION, QUEUE_FUNCTION
from stores.miva.provision import Check, check_connection

Scripted = Callable[..., Any]
CREDENTIALS = ["endpoint", "token", "clock", "signing key", "store code"]
FIELDS = [
    {"code": code, "type": kind, "module": {"code": module}}
    for code, kind, module in (
        ("new_and_updated", "checkbox", "orderworkflow"),
        ("auditlog", "textarea", "orderworkflow"),
        ("high_priority", "checkbox", "customfields"),
        ("successfully_retrieved_orders", "checkbox", "orderworkflow"),
    )
]


class Store:
    """A store with permissions: answers like Miva for the functions that a check calls, and changes
    nothing."""

    def __init__(self) -> None:
        self.denied: set[str] = set()
        self.silent: set[str] = set()
        self.always: dict[str, Any] | None = None
        self.queue = "new_and_updated"
        self.called: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, body: dict[str, Any]) -> Any:
        name = body["Function"]
        if name == "Module":
            name = f"Module:{body['Module_Code']}:{body['Module_Function']}"
        self.called.append((name, body))
        if self.always is not None:
            return self.always
        if name in self.silent:
            return httpx.Response(200, content=b"")
        if name in self.denied:
            return refusal("access_denied", "Access denied")
        return self.answer(name, body)

    def answer(self, name: str, body: dict[str, Any]) -> Any:
        if name == QUEUE_FUNCTION and body["Queue_Code"] != self.queue:
            return refusal("MER-UTIL-ORWF-00030", "Queue not found")
        if name == "OrderCustomFieldList_Load":
            return {"success": 1, "data": FIELDS}
        if name == ACKNOWLEDGE_FUNCTION:
            return {"success": 1, "processed": len(body["Order_IDs"])}
        if "Order_ID" in body:
            return refusal("MER-JSN-ORD-00025", "Order not found")
        return {"success": 1, "data": {"total_count": 0, "start_offset": 0, "data": []}}


def refusal(code: str, message: str) -> dict[str, Any]:
    return {"success": 0, "error_code": code, "error_message": message}


@pytest.fixture
def checked(scripted: Scripted, credentials: Credentials) -> Callable[..., dict[str, Check]]:
    def check(store: Any, queue_code: str = "new_and_updated", **options: Any) -> dict[str, Check]:
        # The name of the example store is looked up when its endpoint is checked; localhost needs no network.
        keys = replace(credentials, endpoint="http://127.0.0.1:9/mm5/json.mvc")
        client, _ = scripted(store, keys=keys, allow_private=True, allow_http=True)
        checks = check_connection(client, queue_code=queue_code, **options)
        assert len({each.name for each in checks}) == len(checks)
        return {each.name: each for each in checks}

    return check


Checked = Callable[..., dict[str, Check]]


def wrong(checks: dict[str, Check]) -> set[str]:
    """What failed, without what could not be looked at."""
    return {each.name for each in checks.values() if each.ok is False}


def unseen(checks: dict[str, Check]) -> set[str]:
    return {each.name for each in checks.values() if each.ok is None}


def test_a_store_that_is_set_up_right_passes_everything(checked: Checked) -> None:
    checks = checked(Store())
    assert wrong(checks) == unseen(checks) == set()
    assert list(checks)[:5] == CREDENTIALS
    assert list(checks)[-2:] == ["queue", "workflow"]
    assert {QUEUE_FUNCTION, ACKNOWLEDGE_FUNCTION, "OrderItem_Split", "ProductList_Adjust_Inventory"} <= set(
        checks
    )


def test_no_order_is_retrieved_and_none_acknowledged(checked: Checked) -> None:
    store = Store()
    checked(store)
    sent = dict(store.called)
    nothing = [{"name": "search", "value": [{"field": "id", "operator": "EQ", "value": "0"}]}]
    assert sent[QUEUE_FUNCTION]["Filter"] == nothing
    assert sent[QUEUE_FUNCTION]["Count"] == 1
    assert sent[ACKNOWLEDGE_FUNCTION]["Order_IDs"] == []


def test_a_wrong_token_names_the_token_list_and_its_addresses(checked: Checked) -> None:
    store = Store()
    store.always = refusal("access_denied", "Access denied")
    checks = checked(store)
    assert wrong(checks) == {"token"}
    assert "IP addresses" in checks["token"].message
    assert {"clock", "signing key", "store code", QUEUE_FUNCTION} <= unseen(checks)


def test_a_missing_grant_is_told_from_a_wrong_token(checked: Checked) -> None:
    store = Store()
    store.denied = {QUEUE_FUNCTION}
    checks = checked(store)
    assert wrong(checks) == {QUEUE_FUNCTION}
    assert f"may not use {QUEUE_FUNCTION}" in checks[QUEUE_FUNCTION].message
    assert "queue" in unseen(checks)


def test_a_denied_queue_that_is_also_misspelt_shows_both(checked: Checked) -> None:
    store = Store()
    store.denied = {QUEUE_FUNCTION}
    assert wrong(checked(store, queue_code="nope")) == {QUEUE_FUNCTION, "queue"}


def test_a_function_that_stays_silent_is_a_missing_grant(checked: Checked) -> None:
    store = Store()
    store.silent = {"OrderCustomFieldList_Load"}
    store.denied = {"OrderList_Load_Query"}
    assert wrong(checked(store)) == {"OrderCustomFieldList_Load", "OrderList_Load_Query"}


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Invalid request signature", "signing key"),
        ("Timestamp requires request signature", "signing key"),
        ("Timestamp outside configured window", "clock"),
        ("Missing required timestamp", "clock"),
        ("Token is disabled", "token"),
    ],
)
def test_token_clock_and_key_are_told_apart(checked: Checked, message: str, name: str) -> None:
    store = Store()
    store.always = refusal("access_denied", message)
    checks = checked(store)
    assert wrong(checks) == {name}
    before = CREDENTIALS[1 : CREDENTIALS.index(name)]
    assert all(checks[earlier].ok for earlier in before)


def test_a_wrong_store_code_is_named(checked: Checked) -> None:
    store = Store()
    store.always = refusal("MER-JSN-00017", "Missing required parameter Store_Code")
    checks = checked(store)
    assert wrong(checks) == {"store code"}
    assert checks["token"].ok
    assert checks["signing key"].ok


def test_a_queue_that_does_not_exist_lists_those_that_do(checked: Checked) -> None:
    checks = checked(Store(), queue_code="new_Updated_orders")
    assert wrong(checks) == {"queue"}
    assert "This store has: new_and_updated, successfully_retrieved_orders." in checks["queue"].message
    assert checks[QUEUE_FUNCTION].ok


def test_a_store_without_the_workflow_module_says_so(checked: Checked) -> None:
    class Bare(Store):
        def answer(self, name: str, body: dict[str, Any]) -> Any:
            module = name.startswith("Module:")
            return refusal("invalid_module", "Invalid module") if module else super().answer(name, body)

    checks = checked(Bare())
    assert wrong(checks) == {QUEUE_FUNCTION, ACKNOWLEDGE_FUNCTION}
    assert "not installed in this store" in checks[QUEUE_FUNCTION].message


def test_orders_that_come_back_show_that_the_workflow_is_off(checked: Checked) -> None:
    checks = checked(Store(), acknowledged_but_still_queued=[10058, 10059])
    assert wrong(checks) == {"workflow"}
    assert "Orders 10058, 10059" in checks["workflow"].message
    assert 'enable "Process Order Acknowledgement"' in checks["workflow"].message


def test_a_permission_for_the_catalogue_that_is_missing_is_named(checked: Checked) -> None:
    store = Store()
    store.denied = {"CustomerList_Load_Query", "ProductVariantList_Load_Query"}
    checks = checked(store, shipments=False, stock=False)
    assert wrong(checks) == store.denied
    assert "may not use CustomerList_Load_Query" in checks["CustomerList_Load_Query"].message
    assert checks["ProductList_Load_Query"].ok


def test_what_the_store_does_not_use_is_not_looked_at(checked: Checked) -> None:
    store = Store()
    checks = checked(store, queue_code="", catalogue=False, shipments=False, stock=False)
    assert list(checks) == [*CREDENTIALS, "OrderList_Load_Query", "OrderCustomFieldList_Load"]
    assert len(store.called) == 2
    assert "workflow" not in checked(Store(), acknowledge=False)


@pytest.mark.parametrize("status", [401, 403, 404, 502])
def test_a_store_that_does_not_answer_is_asked_once(checked: Checked, status: int) -> None:
    asked: list[Any] = []

    def reply(body: dict[str, Any]) -> httpx.Response:
        asked.append(body)
        return httpx.Response(status, text="<html></html>")

    checks = checked(reply)
    assert wrong(checks) == {"endpoint"}
    assert unseen(checks) == set(checks) - {"endpoint"}
    assert len(asked) == 1


def test_an_endpoint_of_the_wrong_form_is_not_called(scripted: Scripted, credentials: Credentials) -> None:
    client, script = scripted(
        {"success": 1}, keys=replace(credentials, endpoint="http://www.example.com/json.mvc")
    )
    checks = check_connection(client)
    assert (checks[0].name, checks[0].ok) == ("endpoint", False)
    assert "https://" in checks[0].message
    assert script.requests == []
