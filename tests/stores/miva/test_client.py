import base64
import hmac
import logging
import threading
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from stores.miva.client import VERSION, Credentials, Exchanged, MivaClient, Reply, Timeouts
from stores.miva.columns import PRODUCTS
from stores.miva.errors import (
    MivaDown,
    MivaError,
    MivaUnsure,
    ParametersRefused,
    QueueNotFound,
    SigningKeyUnusable,
)
from stores.miva.paging import ListQuery, Where

Scripted = Callable[..., Any]
EMPTY = {"success": 1, "data": {"total_count": 0, "start_offset": 0, "data": []}}


def page(*orders: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    data = {"total_count": len(orders) if total is None else total, "start_offset": 0, "data": list(orders)}
    return {"success": 1, "data": data}


def test_the_signature_covers_the_bytes_on_the_wire(scripted: Scripted) -> None:
    client, script = scripted({"success": 1})
    client.call("Note_Insert", NoteText="Zoë – 日本", Order_ID=1)
    sent = script.requests[0]
    kind, _, credentials = sent.headers["X-Miva-API-Authorization"].partition(" ")
    token, _, signature = credentials.partition(":")
    key = base64.b64decode(client.credentials.signing_key)
    assert (kind, token) == ("MIVA-HMAC-SHA256", "token-of-demo")
    assert base64.b64decode(signature) == hmac.digest(key, sent.content, "sha256")
    assert "Zoë".encode() in sent.content


def test_a_call_carries_store_function_parameters_and_time(scripted: Scripted) -> None:
    client, script = scripted({"success": 1}, clock=lambda: 1764750000.9)
    client.call("OrderItem_Split", Order_ID=5, Amount=Decimal("1.10"))
    assert script.requests[0].content == (
        b'{"Store_Code":"DEMO","Function":"OrderItem_Split","Order_ID":5,"Amount":1.10,'
        b'"Miva_Request_Timestamp":1764750000}'
    )


def test_the_time_is_left_out_when_switched_off(scripted: Scripted, credentials: Credentials) -> None:
    client, script = scripted({"success": 1}, keys=replace(credentials, timestamp=False))
    client.call("OrderItem_Split")
    assert "Miva_Request_Timestamp" not in script.bodies[0]


def test_a_module_call_names_module_and_function(scripted: Scripted) -> None:
    client, script = scripted({"success": 1})
    client.module("externalrefund", "ExternalRefund_Insert", Order_ID=1)
    assert {k: script.bodies[0][k] for k in ("Function", "Module_Code", "Module_Function", "Order_ID")} == {
        "Function": "Module",
        "Module_Code": "externalrefund",
        "Module_Function": "ExternalRefund_Insert",
        "Order_ID": 1,
    }


def test_orders_come_with_exact_money(scripted: Scripted) -> None:
    text = b'{"success":1,"data":{"total_count":9,"start_offset":0,"data":[{"id":1,"total":24.99}]}}'
    client, script = scripted(httpx.Response(200, content=text))
    got = client.order_list(ListQuery([Where("id", "GT", 0)], ["items"], count=1))
    assert (list(got.orders), got.total_count, got.start_offset) == (
        [{"id": 1, "total": Decimal("24.99")}],
        9,
        0,
    )
    assert got.rows is got.orders
    assert script.bodies[0]["Count"] == 1


def test_the_passphrase_goes_with_orders_and_nothing_else(
    scripted: Scripted, credentials: Credentials
) -> None:
    client, script = scripted(EMPTY, keys=replace(credentials, passphrase="open sesame"))
    client.order_list(ListQuery())
    client.queue_orders("new_and_updated", ListQuery())
    client.list_load("ProductList_Load_Query", ListQuery(columns=PRODUCTS))
    assert [body.get("Passphrase") for body in script.bodies] == ["open sesame", "open sesame", None]


def test_a_queue_is_read_by_its_code(scripted: Scripted) -> None:
    client, script = scripted(page({"id": 1}))
    assert list(client.queue_orders("new_and_updated", ListQuery(count=5)).orders) == [{"id": 1}]
    assert script.bodies[0]["Queue_Code"] == "new_and_updated"
    assert script.bodies[0]["Module_Function"] == "QueueOrderList_Load_Query"


def test_a_queue_that_does_not_exist_is_named(scripted: Scripted) -> None:
    client, _ = scripted(
        {"success": 0, "error_code": "MER-UTIL-ORWF-00030", "error_message": "Queue not found"}
    )
    with pytest.raises(QueueNotFound, match="no order queue"):
        client.queue_orders("nope", ListQuery())


@pytest.mark.parametrize(
    "body", [{"success": 1}, {"success": 1, "data": {"data": []}}, {"success": 1, "data": []}]
)
def test_a_list_answer_without_a_list_is_no_empty_page(scripted: Scripted, body: dict[str, Any]) -> None:
    client, _ = scripted(body)
    with pytest.raises(MivaDown, match="holds no list"):
        client.order_list(ListQuery())


def test_custom_fields_are_listed(scripted: Scripted) -> None:
    client, _ = scripted(
        {"success": 1, "data": [{"code": "new_and_updated", "module": {"code": "orderworkflow"}}]}
    )
    assert [field["code"] for field in client.order_custom_fields()] == ["new_and_updated"]


def test_each_row_of_an_iterated_call_has_its_own_fate(scripted: Scripted) -> None:
    bad = {
        "success": 0,
        "error_code": "MER-JSN-00023",
        "error_message": "…",
        "error_field": "a",
        "validation_error": True,
    }
    client, script = scripted([{"success": 1}, bad])
    each = client.call_each(
        "InventoryProductSettings_Update", [{"Product_Code": c} for c in "abc"], TrackProduct=True
    )
    assert list(each.replies) == [0]
    assert {place: type(error) for place, error in each.errors.items()} == {
        1: ParametersRefused,
        2: MivaUnsure,
    }
    assert script.bodies[0]["Iterations"][2] == {"Product_Code": "c"}
    assert script.bodies[0]["TrackProduct"] is True


def test_a_list_where_one_answer_was_due_is_no_answer(scripted: Scripted) -> None:
    client, _ = scripted([{"success": 1}])
    with pytest.raises(MivaUnsure, match="with a list"):
        client.call("OrderItem_Split")


def test_the_clock_is_measured_with_every_answer(scripted: Scripted) -> None:
    headers = {"Date": "Mon, 01 Dec 2025 14:40:00 GMT"}
    client, _ = scripted(
        lambda body: httpx.Response(200, json={"success": 1}, headers=headers), clock=lambda: 1764600010.0
    )
    assert client.clock_offset is None
    assert client.call("OrderList_Load_Query") == Reply({"success": 1}, 1764600000.0)
    assert client.clock_offset == -10.0


def test_miva_is_told_to_answer_before_we_stop_waiting(scripted: Scripted) -> None:
    """Else a slow store never says how far it came: its answer would be lost, and everything sent again."""
    client, script = scripted({"success": 1})
    client.call("OrderList_Load_Query")
    assert int(script.requests[0].headers["X-Miva-API-Timeout"]) < client.timeouts.read


def test_the_time_budget_is_sent(scripted: Scripted) -> None:
    client, script = scripted({"success": 1}, timeouts=Timeouts(batch=12))
    client.call("OrderList_Load_Query")
    assert script.requests[0].headers["X-Miva-API-Timeout"] == "12"


def test_a_journal_that_fails_costs_nothing(scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    def broken(exchanges: Sequence[Exchanged]) -> None:
        raise RuntimeError("disk full")

    client, _ = scripted({"success": 1}, on_exchange=broken)
    with caplog.at_level(logging.ERROR):
        assert client.call("OrderItem_Split").body == {"success": 1}
    assert "could not be written down" in caplog.text


def test_a_call_ahead_waits_for_its_turn_and_is_told_in_the_callers_thread(scripted: Scripted) -> None:
    turns: list[int] = []
    told: list[int] = []
    client, _ = scripted(
        {"success": 1},
        before_send=lambda: turns.append(threading.get_ident()),
        on_exchange=lambda exchanges: told.append(threading.get_ident()),
    )
    outcome = client.ahead(lambda other: other.call("OrderItem_Split"))
    assert turns == [threading.get_ident()]
    assert told == []
    assert outcome().body == {"success": 1}
    assert turns == told == [threading.get_ident()]


def test_a_call_ahead_that_fails_says_so_in_the_waiting_and_is_told(scripted: Scripted) -> None:
    told: list[Exchanged] = []
    client, _ = scripted({"success": 0, "error_code": "x", "error_message": "no"}, on_exchange=told.extend)
    outcome = client.ahead(lambda other: other.call("OrderItem_Split"))
    with pytest.raises(MivaError):
        outcome()
    assert [each.outcome for each in told] == ["refused"]


def test_calls_together_are_told_in_one_go_each_with_its_own_end(scripted: Scripted) -> None:
    told: list[Sequence[Exchanged]] = []
    answers = iter([{"success": 1}, {"success": 0, "error_code": "x", "error_message": "no"}])
    client, _ = scripted(lambda body: next(answers), on_exchange=told.append)
    with client.together() as other:
        other.call("OrderItem_Split")
        between = time.time()
        with pytest.raises(MivaError):
            other.call("OrderItem_Split")
        assert told == []
    [(one, failed)] = told
    assert (one.outcome, failed.outcome) == ("ok", "refused")
    assert one.at <= between <= failed.at


def test_a_key_that_cannot_sign_sends_nothing(scripted: Scripted, credentials: Credentials) -> None:
    told: list[Exchanged] = []
    client, script = scripted(
        {"success": 1}, keys=replace(credentials, signing_key="?"), on_exchange=told.extend
    )
    with pytest.raises(SigningKeyUnusable):
        client.call("OrderItem_Split")
    assert script.requests == []
    assert [each.outcome for each in told] == ["locked"]


def test_the_version_is_the_projects() -> None:
    project = next(p for p in Path(__file__).parents if (p / "pyproject.toml").exists()) / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == VERSION


def test_a_client_shows_no_secret(credentials: Credentials) -> None:
    client = MivaClient(credentials)
    assert "token-of-demo" not in repr(client) + repr(client.credentials)
