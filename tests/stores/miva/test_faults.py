"""The fault table on real sockets: what a broken line or a foreign server means for a reading and for a
changing call."""

import gzip
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from stores.miva.client import Credentials, Exchanged, MivaClient, Timeouts
from stores.miva.errors import (
    ApiOffline,
    ClockSkewed,
    EndpointWrong,
    FunctionNotGranted,
    HttpLoginRefused,
    MivaDown,
    MivaError,
    MivaRefused,
    MivaUnsure,
    RequestBlocked,
    Throttled,
)
from stores.miva.functions import ACKNOWLEDGE_FUNCTION, QUEUE_FUNCTION, is_repeatable
from stores.miva.transport import open_http
from stores.miva.wire import Asked, post

READING = "OrderList_Load_Query"
CHANGING = "OrderItemList_CreateShipment"
PAGE = b'{"success":1,"data":{"total_count":1,"start_offset":0,"data":[{"id":1,"total":12.30}]}}'
HTML = b"<!DOCTYPE html><html><body><h1>Welcome to our shop</h1></body></html>"

Calls = Callable[..., MivaClient]
Build = Callable[..., bytes]


def fails(client: MivaClient, function: str = READING) -> MivaError:
    def ask() -> None:
        if function == ACKNOWLEDGE_FUNCTION:
            client.acknowledge([1])
        else:
            client.call(function)

    with pytest.raises(MivaError) as caught:
        ask()
    return caught.value


@pytest.fixture(params=[(READING, MivaDown), (ACKNOWLEDGE_FUNCTION, MivaDown), (CHANGING, MivaUnsure)])
def lost(request: pytest.FixtureRequest) -> tuple[str, type[MivaError]]:
    """A function and what a lost answer means for it."""
    function, kind = request.param
    return function, kind


def test_a_refused_connection_means_that_nothing_happened(on_wire: Calls) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = fails(on_wire(f"http://127.0.0.1:{port}/mm5/json.mvc"), CHANGING)
    assert type(error) is MivaDown
    assert "127.0.0.1 refused the connection" in error.reason
    assert error.http_status is None


def test_a_name_that_does_not_exist_means_that_nothing_happened(on_wire: Calls) -> None:
    error = fails(on_wire("http://no-such-store.invalid/json.mvc"), CHANGING)
    assert type(error) is MivaDown
    assert "no-such-store.invalid cannot be found" in error.reason


def test_a_reset_before_the_answer(wire: Any, on_wire: Calls, lost: tuple[str, type[MivaError]]) -> None:
    wire.resets()
    error = fails(on_wire(), lost[0])
    assert type(error) is lost[1]
    assert "The connection broke before the store had answered" in error.reason


def test_a_close_before_the_answer(wire: Any, on_wire: Calls, lost: tuple[str, type[MivaError]]) -> None:
    wire.play = lambda peer: peer.shutdown(socket.SHUT_RDWR)
    assert type(fails(on_wire(), lost[0])) is lost[1]


def test_a_reset_in_the_middle_of_the_body(
    wire: Any, on_wire: Calls, http_answer: Build, lost: tuple[str, type[MivaError]]
) -> None:
    wire.resets(http_answer(PAGE)[:-20])
    error = fails(on_wire(), lost[0])
    assert type(error) is lost[1]
    assert error.http_status == 200


def test_an_unsure_answer_says_that_the_store_is_read_first(wire: Any, on_wire: Calls) -> None:
    wire.resets()
    assert "may or may not have taken effect" in fails(on_wire(), CHANGING).remedy


def test_a_function_we_do_not_know_counts_as_changing(wire: Any, on_wire: Calls) -> None:
    wire.resets()
    assert type(fails(on_wire(), "Product_Frobnicate")) is MivaUnsure


def test_a_silent_server_is_left_after_the_read_timeout(
    wire: Any, on_wire: Calls, lost: tuple[str, type[MivaError]]
) -> None:
    wire.stays_silent()
    started = time.monotonic()
    error = fails(on_wire(timeouts=Timeouts(connect=1, read=0.2, total=4)), lost[0])
    assert type(error) is lost[1]
    assert "silent for 0.2 seconds" in error.reason
    assert time.monotonic() - started < 2


def test_an_answer_that_is_too_large_is_not_read_to_its_end(wire: Any, http_answer: Build) -> None:
    wire.answers(http_answer(b" " * 300_000))
    with open_http(allow_private=True) as http, pytest.raises(MivaRefused, match="fewer rows"):
        post(http, wire.endpoint, b"{}", {}, Timeouts(), Asked(READING), most_bytes=200_000)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("401 Unauthorized", HttpLoginRefused, "user name and password"),
        ("403 Forbidden", RequestBlocked, "firewall"),
        ("404 Not Found", EndpointWrong, "no API at this address"),
        ("405 Method Not Allowed", EndpointWrong, "no API at this address"),
        ("301 Moved Permanently", EndpointWrong, "sends us on to https://www.example.com/x"),
        ("400 Bad Request", MivaRefused, "HTTP 400"),
        ("413 Payload Too Large", MivaRefused, "fewer rows"),
        ("429 Too Many Requests", Throttled, "asks us to wait"),
    ],
)
@pytest.mark.parametrize("function", [READING, CHANGING])
def test_a_server_in_front_that_turns_us_away(
    wire: Any,
    on_wire: Calls,
    http_answer: Build,
    function: str,
    status: str,
    kind: type[MivaError],
    words: str,
) -> None:
    page = http_answer(HTML, status, Content_Type="text/html", Location="https://www.example.com/x?secret=1")
    wire.answers(page)
    error = fails(on_wire(), function)
    assert type(error) is kind
    assert words in str(error)
    assert error.http_status == int(status[:3])


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "502 Bad Gateway", "503 Busy", "504 Gateway Timeout"]
)
def test_a_server_error_with_a_page(
    wire: Any, on_wire: Calls, http_answer: Build, status: str, lost: tuple[str, type[MivaError]]
) -> None:
    wire.answers(http_answer(HTML, status, Content_Type="text/html"))
    error = fails(on_wire(), lost[0])
    assert type(error) is lost[1]
    assert f"HTTP {status[:3]}" in error.reason


def test_a_bad_range_is_refused(wire: Any, on_wire: Calls, http_answer: Build) -> None:
    body = b'{"success":0,"error_code":"MER-JSN-00031","error_message":"Invalid range"}'
    wire.answers(http_answer(body, "416 Range Not Satisfiable"))
    error = fails(on_wire())
    assert type(error) is MivaRefused
    assert error.code == "MER-JSN-00031"


@pytest.mark.parametrize("function", [READING, CHANGING])
def test_an_api_that_is_switched_off_is_named(
    wire: Any, on_wire: Calls, http_answer: Build, function: str
) -> None:
    body = b'{"success":0,"error_code":"api_offline","error_message":"The API is currently offline"}'
    wire.answers(http_answer(body, "503 Service Unavailable", Retry_After="120"))
    error = fails(on_wire(), function)
    assert type(error) is ApiOffline
    assert (error.code, error.retry_after, error.http_status) == ("api_offline", 120.0, 503)


NOW = 1_764_600_000


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        ("soon", None),
        ("9999999", 86400.0),
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Busy"])
def test_the_wait_that_the_store_asks_for_is_passed_on(
    wire: Any, on_wire: Calls, http_answer: Build, header: str, seconds: float | None, status: str
) -> None:
    wire.answers(http_answer(b"", status, Retry_After=header, Date=formatdate(NOW, usegmt=True)))
    error = fails(on_wire())
    assert isinstance(error, MivaDown)
    assert error.retry_after == seconds


def test_a_partial_answer_is_no_answer(
    wire: Any, on_wire: Calls, http_answer: Build, lost: tuple[str, type[MivaError]]
) -> None:
    wire.answers(http_answer(b"[]", "206 Partial Content", Content_Range="0/1"))
    assert type(fails(on_wire(), lost[0])) is lost[1]


@pytest.mark.parametrize("body", [b"", b"  \r\n"])
def test_an_empty_body_is_a_permission_problem(
    wire: Any, on_wire: Calls, http_answer: Build, body: bytes
) -> None:
    wire.answers(http_answer(body))
    error = fails(on_wire(), "OrderCustomFieldList_Load")
    assert type(error) is FunctionNotGranted
    assert "grant this token the function OrderCustomFieldList_Load for store DEMO" in error.remedy


def test_a_web_page_says_that_the_address_is_wrong(wire: Any, on_wire: Calls, http_answer: Build) -> None:
    wire.answers(http_answer(HTML, Content_Type="text/html"))
    error = fails(on_wire(), CHANGING)
    assert type(error) is EndpointWrong
    assert "answers with a web page, not with Miva's API" in error.reason


def test_a_page_that_speaks_of_maintenance_passes(
    wire: Any, on_wire: Calls, http_answer: Build, lost: tuple[str, type[MivaError]]
) -> None:
    wire.answers(http_answer(b"<html>Down for Maintenance</html>", Content_Type="text/html"))
    assert type(fails(on_wire(), lost[0])) is lost[1]


def test_json_that_breaks_off(
    wire: Any, on_wire: Calls, http_answer: Build, lost: tuple[str, type[MivaError]]
) -> None:
    wire.answers(http_answer(PAGE[:-30]))
    error = fails(on_wire(), lost[0])
    assert type(error) is lost[1]
    assert "breaks off" in error.reason


@pytest.mark.parametrize("body", [b'{"status":"ok"}', b'"hello"', b"12"])
def test_json_that_is_not_mivas(wire: Any, on_wire: Calls, http_answer: Build, body: bytes) -> None:
    wire.answers(http_answer(body))
    assert "not Miva's" in fails(on_wire()).reason


def test_a_packed_answer_is_unpacked(wire: Any, on_wire: Calls, http_answer: Build) -> None:
    wire.answers(http_answer(gzip.compress(PAGE), Content_Encoding="gzip"))
    assert on_wire().call(READING).body["data"]["total_count"] == 1


def test_a_packed_answer_that_does_not_unpack_is_lost(wire: Any, on_wire: Calls, http_answer: Build) -> None:
    wire.answers(http_answer(b"not packed at all", Content_Encoding="gzip"))
    assert "does not unpack" in fails(on_wire()).reason


DENIED = b'{"success":0,"error_code":"access_denied","error_message":"Timestamp outside configured window"}'


@pytest.mark.parametrize(("offset", "words"), [(-300, "300 seconds ahead of"), (300, "300 seconds behind")])
def test_a_wrong_clock_is_measured(
    wire: Any, on_wire: Calls, http_answer: Build, offset: int, words: str
) -> None:
    wire.answers(http_answer(DENIED, Date=formatdate(NOW + offset, usegmt=True)))
    client = on_wire(clock=lambda: float(NOW))
    error = fails(client)
    assert isinstance(error, ClockSkewed)
    assert error.offset_seconds == client.clock_offset == offset
    assert f"this server's clock is {words} the store's" in error.reason


def test_a_wrong_clock_without_a_date_is_still_named(wire: Any, on_wire: Calls, http_answer: Build) -> None:
    wire.answers(http_answer(DENIED))
    error = fails(on_wire())
    assert isinstance(error, ClockSkewed)
    assert error.offset_seconds is None


@pytest.mark.parametrize(
    ("prepare", "outcome", "status"),
    [
        (lambda wire, build: wire.answers(build(PAGE)), "ok", 200),
        (lambda wire, build: wire.resets(), "down", None),
        (lambda wire, build: wire.answers(build(b"")), "locked", 200),
        (lambda wire, build: wire.answers(build(b"", "502 Bad Gateway")), "down", 502),
        (lambda wire, build: wire.answers(build(b"", "400 Bad Request")), "refused", 400),
    ],
)
def test_every_request_is_told_exactly_once(
    wire: Any, on_wire: Calls, http_answer: Build, prepare: Any, outcome: str, status: int | None
) -> None:
    prepare(wire, http_answer)
    told: list[Exchanged] = []
    client = on_wire(on_exchange=told.extend)
    if outcome == "ok":
        client.call(READING)
    else:
        fails(client)
    assert [(each.function, each.outcome, each.http_status) for each in told] == [(READING, outcome, status)]
    assert bool(told[0].error) == (outcome != "ok")


def test_an_unreachable_store_is_told_too(on_wire: Calls) -> None:
    told: list[Exchanged] = []
    fails(on_wire("http://no-such-store.invalid/json.mvc", on_exchange=told.extend), CHANGING)
    assert [(each.outcome, each.response, each.http_status) for each in told] == [("down", "", None)]


def test_queue_reading_is_repeatable() -> None:
    assert is_repeatable(QUEUE_FUNCTION)
    assert not is_repeatable("ProductList_Adjust_Inventory")


def test_credentials_are_sent_as_the_reference_says(wire: Any, on_wire: Calls, http_answer: Build) -> None:
    wire.answers(http_answer(PAGE))
    client = on_wire()
    client.credentials = Credentials(wire.endpoint, "DEMO", "tok", "a2V5", basic_user="u", basic_password="p")
    client.call(READING)
    head = wire.requests[0].split(b"\r\n\r\n")[0].decode()
    assert "X-Miva-API-Authorization: MIVA-HMAC-SHA256 tok:" in head
    assert "Authorization: Basic dTpw" in head
    assert "Content-Type: application/json" in head
    assert "User-Agent: connect2cart/" in head
    assert "X-Miva-API-Timeout: 20" in head
