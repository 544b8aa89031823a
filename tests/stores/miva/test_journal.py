import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from stores.miva.client import Credentials, Exchanged
from stores.miva.errors import MivaError
from stores.miva.journal import MOST_CHARACTERS
from stores.miva.paging import ListQuery, Where

Scripted = Callable[..., Any]
SECRETS = ("token-of-demo", "open sesame 1", "letmein-9", "c2lnbmluZy1rZXktb2YtdGhlLXN0b3Jl")
ORDER = {
    "id": 10058,
    "ship_fname": "Jordan",
    "payments": [
        {
            "id": 1,
            "pay_id": 17,
            "refnum": "R1",
            "decrypt_status": "decrypted",
            "module": {"code": "mod10"},
            "data": {"cc_name": "R O'Connor", "cc_number": "4111111111111111", "cc_exp": "12/2027"},
        }
    ],
    "notes": [{"notetext": "card 4111 1111 1111 1111"}],
}


def told(scripted: Scripted, credentials: Credentials, reply: Any) -> Exchanged:
    exchanges: list[Exchanged] = []
    keys = replace(credentials, passphrase="open sesame 1", basic_user="wall", basic_password="letmein-9")
    client, _ = scripted(reply, keys=keys, on_exchange=exchanges.extend)
    try:
        client.order_list(ListQuery())
    except MivaError:
        assert exchanges[0].outcome != "ok"
    assert len(exchanges) == 1
    return exchanges[0]


def page(*orders: dict[str, Any]) -> dict[str, Any]:
    return {"success": 1, "data": {"total_count": len(orders), "start_offset": 0, "data": list(orders)}}


def test_a_journal_shows_request_and_answer_without_secrets(
    scripted: Scripted, credentials: Credentials
) -> None:
    entry = told(scripted, credentials, page(ORDER))
    assert json.loads(entry.request)["Passphrase"] == "[removed]"
    assert json.loads(entry.request)["Function"] == "OrderList_Load_Query"
    order = json.loads(entry.response)["data"]["data"][0]
    assert order["ship_fname"] == "Jordan"
    assert order["payments"][0]["data"] == "[removed]"
    assert order["payments"][0]["refnum"] == "R1"
    assert not any(
        secret in repr(entry) for secret in (*SECRETS, "4111 1111", "41111111", "O'Connor", "12/2027")
    )


def test_a_store_that_echoes_our_keys_does_not_put_them_into_the_journal(
    scripted: Scripted, credentials: Credentials
) -> None:
    echo = "<html>" + " ".join(SECRETS) + "</html>"
    for reply in (
        httpx.Response(500, text=echo),
        httpx.Response(200, json={"success": 0, "error_code": "X", "error_message": echo}),
    ):
        entry = told(scripted, credentials, reply)
        assert not any(secret in repr(entry) for secret in SECRETS)
        assert "[removed]" in entry.response


def test_half_a_character_does_not_keep_an_answer_out_of_the_journal(
    scripted: Scripted, credentials: Credentials
) -> None:
    body = json.dumps(page({**ORDER, "ship_fname": "Jor\ud800dan"})).encode()
    entry = told(scripted, credentials, httpx.Response(200, content=body))
    assert r"Jor\ud800dan" in entry.response
    assert "4111" not in entry.response
    assert "O'Connor" not in entry.response


def test_a_long_page_shows_its_first_order_and_every_number(
    scripted: Scripted, credentials: Credentials
) -> None:
    entry = told(scripted, credentials, page(*({**ORDER, "id": 1000 + n} for n in range(100))))
    data = json.loads(entry.response)["data"]
    assert data["ids"] == [str(number) for number in range(1000, 1100)]
    assert [order["id"] for order in data["data"]] == [1000]
    assert data["total_count"] == 100


def test_order_numbers_in_a_row_are_not_taken_for_a_card_number(
    scripted: Scripted, credentials: Credentials
) -> None:
    numbers = range(40_000, 40_500)
    exchanges: list[Exchanged] = []
    client, _ = scripted(page(*({**ORDER, "id": number} for number in numbers)), on_exchange=exchanges.extend)
    client.order_list(ListQuery((Where("id", "IN", list(numbers)),)))
    client.acknowledge(numbers[:100])
    listed, acknowledged = exchanges
    texts = [str(number) for number in numbers]
    assert json.loads(listed.response)["data"]["ids"] == texts
    assert json.loads(listed.request)["Filter"][0]["value"][0]["value"] == texts
    assert json.loads(acknowledged.request)["Order_IDs"] == texts[:100]


def test_a_cut_answer_is_shown_as_far_as_it_goes_without_payment_data(
    scripted: Scripted, credentials: Credentials
) -> None:
    whole = json.dumps(page(ORDER))
    entry = told(scripted, credentials, httpx.Response(200, text=whole[: whole.index("12/2027") + 4]))
    assert entry.outcome == "down"
    assert "Jordan" in entry.response
    assert "O'Connor" not in entry.response
    assert "12/2" not in entry.response


def test_an_entry_has_a_bounded_length(scripted: Scripted, credentials: Credentials) -> None:
    entry = told(scripted, credentials, httpx.Response(500, text="x" * 10**6))
    assert len(entry.response) == MOST_CHARACTERS


def test_payment_data_of_any_shape_stays_out_of_the_journal(
    scripted: Scripted, credentials: Credentials
) -> None:
    payment = {
        "id": 1,
        "pay_id": 17,
        "refnum": "R1",
        "data": {"expires": 1227, "holder": {"name": "R O'Connor"}},
    }
    entry = told(scripted, credentials, page({"id": 1, "payments": [payment]}))
    assert json.loads(entry.response)["data"]["data"][0]["payments"][0]["data"] == "[removed]"


def test_an_answer_that_is_no_json_is_shown_as_a_database_can_hold_it(
    scripted: Scripted, credentials: Credentials
) -> None:
    entry = told(scripted, credentials, httpx.Response(200, content=b"{\0broken"))
    assert entry.response == "{broken"
