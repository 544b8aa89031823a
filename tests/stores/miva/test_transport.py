import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from stores.miva.client import Credentials, MivaClient, Timeouts
from stores.miva.errors import EndpointWrong, MivaDown, MivaUnsure
from stores.miva.transport import DEADLINE, MOST_IDLE_CONNECTIONS, AddressRefused, open_http, shared_http

OK = b'{"success":1}'


def here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_nothing_connects_to_a_private_address(wire: Any) -> None:
    with open_http(resolver=here) as http, pytest.raises(AddressRefused, match=r"leads to 127\.0\.0\.1"):
        http.post(f"https://store.example.com:{wire.port}/json.mvc", content=b"{}")
    assert wire.connections == 0


def test_one_private_address_among_public_ones_is_enough_to_refuse(wire: Any) -> None:
    with (
        open_http(resolver=lambda host, port: ["93.184.215.14", "::ffff:127.0.0.1"]) as http,
        pytest.raises(AddressRefused),
    ):
        http.post(f"https://store.example.com:{wire.port}/json.mvc", content=b"{}")
    assert wire.connections == 0


def test_a_literal_private_address_is_refused_before_anything_is_sent(
    wire: Any, credentials: Credentials
) -> None:
    client = MivaClient(Credentials(f"https://127.0.0.1:{wire.port}/json.mvc", "DEMO", "t", "a2V5"))
    with pytest.raises(EndpointWrong, match="private network"):
        client.call("OrderList_Load_Query")
    assert wire.connections == 0


def test_a_name_that_turns_private_after_the_form_was_saved_locks_the_store(wire: Any) -> None:
    with open_http(resolver=here) as http:
        client = MivaClient(
            Credentials(f"https://store.example.com:{wire.port}/json.mvc", "DEMO", "t", "a2V5"), http=http
        )
        with pytest.raises(EndpointWrong, match="private network"):
            client.call("OrderItemList_CreateShipment", Order_ID=1)
    assert wire.connections == 0


def test_the_connection_goes_to_the_address_that_was_checked(
    wire: Any, http_answer: Callable[..., bytes]
) -> None:
    """A resolver that would say something else the second time is asked once."""
    wire.answers(http_answer(OK))
    said = iter([["127.0.0.1"], ["192.0.2.1"]])
    with open_http(allow_private=True, resolver=lambda host, port: next(said)) as http:
        answer = http.post(f"http://store.example.com:{wire.port}/mm5/json.mvc?x=1", content=b"{}")
    assert answer.status_code == 200
    assert wire.requests[0].startswith(b"POST /mm5/json.mvc?x=1 HTTP/1.1\r\n")
    assert f"Host: store.example.com:{wire.port}".encode() in wire.requests[0]


def test_the_next_address_is_tried_when_one_refuses(wire: Any, http_answer: Callable[..., bytes]) -> None:
    wire.answers(http_answer(OK))
    with open_http(allow_private=True, resolver=lambda host, port: ["127.0.0.2", "127.0.0.1"]) as http:
        assert http.post(f"http://store.example.com:{wire.port}/", content=b"{}").status_code == 200


def test_connections_are_kept(
    wire: Any, http_answer: Callable[..., bytes], on_wire: Callable[..., MivaClient]
) -> None:
    wire.answers(http_answer(OK))
    for _ in range(5):
        on_wire().call("OrderList_Load_Query")
    assert (len(wire.requests), wire.connections) == (5, 1)


def test_names_that_share_an_address_share_no_connection(
    wire: Any, http_answer: Callable[..., bytes]
) -> None:
    wire.answers(http_answer(OK))
    with open_http(allow_private=True, resolver=here) as http:
        for name in ("one", "two", "one"):
            http.post(f"http://{name}.example.com:{wire.port}/", content=b"{}")
    assert wire.connections == 2


def test_idle_connections_are_bounded(wire: Any, http_answer: Callable[..., bytes]) -> None:
    wire.answers(http_answer(OK))
    with open_http(allow_private=True, resolver=here) as http:
        for number in range(MOST_IDLE_CONNECTIONS + 1):
            http.post(f"http://s{number}.example.com:{wire.port}/", content=b"{}")
        http.post(f"http://s{MOST_IDLE_CONNECTIONS}.example.com:{wire.port}/", content=b"{}")
        assert wire.connections == MOST_IDLE_CONNECTIONS + 1
        http.post(f"http://s0.example.com:{wire.port}/", content=b"{}")
        assert wire.connections == MOST_IDLE_CONNECTIONS + 2


def test_threads_get_connections_of_their_own(
    wire: Any, http_answer: Callable[..., bytes], on_wire: Callable[..., MivaClient]
) -> None:
    wire.answers(http_answer(OK), pause=0.1)
    client, bodies = on_wire(), []
    threads = [
        threading.Thread(target=lambda: bodies.append(client.call("NoteList_Load_Query").body))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [{"success": 1}] * 8


def test_no_cookie_is_remembered(
    wire: Any, http_answer: Callable[..., bytes], on_wire: Callable[..., MivaClient]
) -> None:
    wire.answers(http_answer(OK, Set_Cookie="session=1; Path=/"))
    on_wire().call("OrderList_Load_Query")
    on_wire().call("OrderList_Load_Query")
    assert b"cookie" not in wire.requests[1].lower()


def test_proxies_of_the_environment_are_not_used(
    wire: Any,
    http_answer: Callable[..., bytes],
    on_wire: Callable[..., MivaClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    wire.answers(http_answer(OK))
    with open_http(allow_private=True, resolver=here) as http:
        assert http.post(f"http://store.example.com:{wire.port}/", content=b"{}").status_code == 200


def test_a_slow_trickle_of_headers_ends_at_the_deadline(
    wire: Any, on_wire: Callable[..., MivaClient]
) -> None:
    wire.trickles(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n")
    with pytest.raises(MivaUnsure, match=r"within 0\.5 seconds"):
        on_wire(timeouts=Timeouts(connect=1, read=1, total=0.5)).call("OrderItem_Split")


def test_a_slow_trickle_of_body_ends_at_the_deadline(wire: Any, on_wire: Callable[..., MivaClient]) -> None:
    wire.trickles(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b" ")
    with pytest.raises(MivaDown, match=r"within 0\.5 seconds"):
        on_wire(timeouts=Timeouts(connect=1, read=1, total=0.5)).call("OrderList_Load_Query")


def test_when_the_time_is_up_no_further_address_is_tried(
    wire: Any, silent_port: Callable[[str, int], None], http_answer: Callable[..., bytes]
) -> None:
    wire.answers(http_answer(OK))
    silent_port("127.0.0.2", wire.port)
    resolver = lambda host, port: ["127.0.0.2", "127.0.0.1"]  # noqa: E731
    with open_http(allow_private=True, resolver=resolver) as http, pytest.raises(httpx.ConnectTimeout):
        http.post(
            f"http://store.example.com:{wire.port}/",
            content=b"{}",
            timeout=0.2,
            extensions={DEADLINE: time.monotonic() + 0.2},
        )
    assert wire.connections == 0


def test_a_connection_that_was_made_when_the_time_was_up_is_cut(wire: Any) -> None:
    """The name took all the time; what trickles afterwards would never end."""
    wire.trickles()
    with open_http(allow_private=True) as http, pytest.raises(httpx.HTTPError):
        http.post(wire.endpoint, content=b"{}", timeout=5, extensions={DEADLINE: time.monotonic()})


def test_the_process_has_one_client_for_all_stores() -> None:
    assert shared_http() is shared_http()
    assert shared_http() is not shared_http(allow_private=True)


def over_tls(host: str, port: int, certificate: Path | None) -> dict[str, Any]:
    verify: ssl.SSLContext | bool = (
        ssl.create_default_context(cafile=str(certificate)) if certificate else True
    )
    with open_http(allow_private=True, resolver=here, verify=verify) as http:
        credentials = Credentials(f"https://{host}:{port}/mm5/json.mvc", "DEMO", "token", "a2V5")
        return (
            MivaClient(credentials, http=http, allow_private=True, allow_http=True)
            .call("OrderList_Load_Query")
            .body
        )


def test_the_certificate_is_checked_against_the_name_and_not_the_address(
    tls_port: int, certificate: Path
) -> None:
    assert over_tls("store.example.com", tls_port, certificate) == {"success": 1}


def test_a_certificate_for_another_name_is_named(tls_port: int, certificate: Path) -> None:
    with pytest.raises(MivaDown, match=r"certificate of other\.example\.com is not valid.*mismatch"):
        over_tls("other.example.com", tls_port, certificate)


def test_a_certificate_that_nobody_vouches_for_is_named(tls_port: int) -> None:
    with pytest.raises(MivaDown, match=r"certificate of store\.example\.com is not valid"):
        over_tls("store.example.com", tls_port, None)


def test_a_server_without_tls_is_named(wire: Any, http_answer: Callable[..., bytes]) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def speak() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            peer.recv(65536)

    thread = threading.Thread(target=speak)
    thread.start()
    with listener, pytest.raises(MivaDown, match=r"No secure connection to store\.example\.com"):
        over_tls("store.example.com", listener.getsockname()[1], None)
    thread.join(5)


def test_httpx_alone_would_have_connected(wire: Any, http_answer: Callable[..., bytes]) -> None:
    """The control for the first test: without our transport the loopback server is reached."""
    wire.answers(http_answer(OK))
    with httpx.Client(trust_env=False) as http:
        assert http.post(wire.endpoint, content=b"{}").status_code == 200
