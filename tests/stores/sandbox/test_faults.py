"""Every planned misfortune reaches the caller as it would from the net, and is noted down."""

import email.utils
import json
import time

import httpx
import pytest

from stores.sandbox import SandboxStore, serve
from stores.sandbox.faults import KINDS

EVERYTHING = {"name": "ondemandcolumns", "value": ["items"]}


@pytest.fixture
def queued(store):
    return store.place_order(payments=[{"amount": 5}])["id"]


def is_queued(store, order_id):
    return order_id in store.queues["new_and_updated"]


def test_a_new_connection_can_be_refused_once(caller, store):
    store.faults.add("refuse")
    with pytest.raises(httpx.TransportError):
        caller.call("MivaMerchantVersion")
    assert caller.call("MivaMerchantVersion")["success"] == 1


def test_an_open_connection_can_be_refused_too(caller, store):
    caller.call("MivaMerchantVersion")
    store.faults.add("refuse")
    with pytest.raises(httpx.TransportError):
        caller.call("MivaMerchantVersion")
    assert len(store.calls) == 1


def test_reset_before_acting_leaves_everything_as_it_was(caller, store, queued):
    store.faults.add("reset_before", "OrderList_Acknowledge")
    with pytest.raises(httpx.TransportError):
        caller.acknowledge(queued)
    assert is_queued(store, queued)


def test_reset_after_acting_hides_what_was_done(caller, store, queued):
    store.faults.add("reset_after", "OrderList_Acknowledge")
    with pytest.raises(httpx.TransportError):
        caller.acknowledge(queued)
    assert not is_queued(store, queued)


@pytest.mark.parametrize("acted", [True, False])
def test_silence_lasts_until_the_caller_gives_up(caller, store, queued, acted):
    store.faults.add("silent", seconds=20, acted=acted)
    caller.http.timeout = httpx.Timeout(0.1)
    with pytest.raises(httpx.ReadTimeout):
        caller.acknowledge(queued)
    assert is_queued(store, queued) is not acted


def test_a_silent_connection_does_not_keep_the_server_from_stopping(store, caller):
    store.faults.add("silent", seconds=60)
    with serve(SandboxStore(seed=1)) as other:
        other.store.faults.add("silent", seconds=60)
        caller.http.timeout = httpx.Timeout(0.1)
        with pytest.raises(httpx.ReadTimeout):
            caller.http.post(other.endpoint)
        started = time.monotonic()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("code", [401, 403, 404, 416, 500, 502, 503, 504])
def test_a_status_comes_with_a_page(caller, store, queued, code):
    store.faults.add("status", code=code)
    response = caller.post({"Function": "MivaMerchantVersion"})
    assert (response.status_code, response.headers["Content-Type"]) == (code, "text/html; charset=utf-8")
    assert response.text.startswith("<!DOCTYPE html>")
    assert not store.calls


def test_throttling_says_when_to_come_back(caller, store):
    store.faults.add("status", code=429, retry_after=7)
    response = caller.post({"Function": "MivaMerchantVersion"})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")


def test_a_status_can_hide_what_was_done(caller, store, queued):
    store.faults.add("status", "OrderList_Acknowledge", code=504, acted=True)
    body = {"Function": "Module", "Module_Code": "orderworkflow", "Module_Function": "OrderList_Acknowledge"}
    assert caller.post(body | {"Order_IDs": [queued]}).status_code == 504
    assert not is_queued(store, queued)


def test_the_api_can_be_offline_for_once(caller, store):
    store.faults.add("api_offline")
    response = caller.post({"Function": "MivaMerchantVersion"})
    assert (response.status_code, response.json()["error_code"]) == (503, "api_offline")


def test_a_body_can_be_empty(caller, store):
    store.faults.add("empty")
    response = caller.post({"Function": "MivaMerchantVersion"})
    assert (response.status_code, response.content) == (200, b"")


def test_a_page_can_come_instead(caller, store):
    store.faults.add("html")
    assert caller.post({"Function": "MivaMerchantVersion"}).text.startswith("<!DOCTYPE html>")


def test_json_can_be_cut_with_an_honest_length(caller, store):
    store.faults.add("cut_json")
    response = caller.post({"Function": "MivaMerchantVersion"})
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_json_can_be_cut_with_a_length_that_promises_more(caller, store, queued):
    store.faults.add("cut_json", honest=False)
    with pytest.raises(httpx.RemoteProtocolError):
        caller.acknowledge(queued)
    assert not is_queued(store, queued)


def test_any_error_code_can_be_given(caller, store, queued):
    store.faults.add("error_code", code="MER-DBE-00123", message="Deadlock found")
    answer = caller.acknowledge(queued)
    assert answer == {"success": 0, "error_code": "MER-DBE-00123", "error_message": "Deadlock found"}
    assert is_queued(store, queued)


def test_a_slow_answer_is_a_good_answer(caller, store):
    store.faults.add("slow", seconds=0.1)
    started = time.monotonic()
    assert caller.call("MivaMerchantVersion")["success"] == 1
    assert time.monotonic() - started >= 0.1


def test_a_multicall_can_stop_early(caller, store):
    store.faults.add("partial_206", after=2)
    response = caller.post({"Operations": [{"Function": "MivaMerchantVersion"}] * 3})
    assert (response.status_code, response.headers["Content-Range"], len(response.json())) == (206, "2/3", 2)


def test_a_single_call_can_be_called_partial(caller, store):
    store.faults.add("partial_206")
    response = caller.post({"Function": "MivaMerchantVersion"})
    assert (response.status_code, response.headers["Content-Range"]) == (206, "1/2")


def test_a_skewed_clock_refuses_timestamps_and_shows_in_the_date(caller, store):
    store.faults.add("clock_skew", seconds=-400)
    response = caller.post({"Function": "MivaMerchantVersion"})
    assert response.json()["error_message"] == "Timestamp outside configured window"
    shown = email.utils.parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert shown == store.now() - 400


def test_an_order_can_come_on_two_pages(caller, store):
    ids = [store.place_order(payments=[{"amount": 5}])["id"] for _ in range(4)]
    store.faults.add("duplicate_order")
    pages = [[order["id"] for order in caller.orders(Count=2, Offset=offset)] for offset in (0, 2)]
    assert pages == [ids[:2], [ids[1], *ids[2:]]]
    assert [taken.kind for taken in store.faults.taken] == ["duplicate_order"]


def test_a_page_can_count_orders_and_show_none(caller, store):
    store.place_order()
    store.faults.add("rows_withheld")
    page = caller.call("OrderList_Load_Query", Count=2)["data"]
    assert (page["total_count"], page["data"]) == (1, [])


def test_a_record_without_a_number_can_stand_on_a_page(caller, store):
    number = store.place_order()["id"]
    store.faults.add("row_without_id")
    page = caller.call("OrderList_Load_Query", Count=2)["data"]
    assert (page["total_count"], [row["id"] for row in page["data"]]) == (2, [0, number])


def test_a_late_order_can_shift_the_pages(caller, clock):
    store = SandboxStore(seed=7, orders=40, skipped_share=0.3, clock=clock)
    skipped = store.skipped_numbers[0]
    store.faults.add("order_added_while_paging", late=True)
    caller.store = store
    with serve(store) as server:
        caller.endpoint = server.endpoint
        seen = [order["id"] for offset in (0, 20, 40) for order in caller.orders(Count=20, Offset=offset)]
    assert skipped in store.orders
    assert len(seen) == len(set(seen)) + 1


def test_a_fault_aimed_at_one_function_spares_the_others(caller, store):
    store.faults.add("empty", "OrderList_Load_Query")
    assert caller.call("MivaMerchantVersion")["success"] == 1
    assert caller.post({"Function": "OrderList_Load_Query"}).content == b""


def test_a_fault_strikes_as_often_as_planned(caller, store):
    store.faults.add("empty", times=2)
    bodies = [caller.post({"Function": "MivaMerchantVersion"}).content for _ in range(3)]
    assert [bool(body) for body in bodies] == [False, False, True]
    assert len(store.faults.taken) == 2


def test_a_fault_can_be_a_matter_of_chance(caller, store):
    store.faults.add("empty", times=None, probability=0.5)
    bodies = [caller.post({"Function": "MivaMerchantVersion"}).content for _ in range(40)]
    assert 5 < bodies.count(b"") < 35


def test_an_unknown_fault_is_named(store):
    with pytest.raises(ValueError, match="There is no fault called 'earthquake'") as raised:
        store.faults.add("earthquake")
    assert all(kind in str(raised.value) for kind in KINDS)
