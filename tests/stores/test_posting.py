"""Calls to addresses that somebody has entered: whatever is at the other end, they end in time and take little."""

from __future__ import annotations

import socket
import ssl

import pytest

from stores import posting
from stores.miva import transport
from stores.posting import PostFailed, post
from tests.stores.conftest import ANSWER
from tests.stores.wire import Wire

OPEN = {"allow_private": True, "allow_http": True}
MOST_BUFFERED = 16 * 1024 * 1024  # what the two sides' sockets can hold of what nobody reads


@pytest.fixture
def _soon(monkeypatch):
    monkeypatch.setattr(posting, "SECONDS", 1.0)
    monkeypatch.setattr(posting, "SECONDS_TO_CONNECT", 0.5)


@pytest.fixture(autouse=True)
def _own_connections(wire, monkeypatch):
    """None is kept when the test ends: the far side would wait for its next request."""
    with transport.open_http(allow_private=True) as http:
        monkeypatch.setitem(transport._shared, True, http)
        yield


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("far_side", [Wire.stays_silent, Wire.trickles], ids=["silent", "trickling headers"])
def test_a_receiver_that_does_not_come_to_an_answer_is_cut_off(wire, far_side):
    """Else this test would not end either."""
    far_side(wire)
    with pytest.raises(PostFailed) as failed:
        post(wire.endpoint, b"{}", {}, **OPEN)
    assert "127.0.0.1 could not be reached or did not answer in time" in failed.value.args[0]


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("head", [HEAD, b"HTTP/1.1 200 OK\r\n\r\n"], ids=["of some length", "without end"])
def test_a_body_that_trickles_is_cut_off_and_the_status_counts(wire, head):
    wire.trickles(head + b"x", b"x")
    answer = post(wire.endpoint, b"{}", {}, **OPEN)
    assert (answer.status, set(answer.excerpt)) == (200, {"x"})


@pytest.mark.usefixtures("_soon")
def test_a_receiver_that_takes_no_connection_is_left(silent_port):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    silent_port("127.0.0.1", port)
    with pytest.raises(PostFailed, match="ConnectTimeout"):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, **OPEN)


def test_of_a_huge_answer_only_the_beginning_is_read(wire):
    sent = []

    def flood(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:  # until the other side has had enough
            sent.append(peer.send(b"x" * 65_536))

    wire.play = flood
    answer = post(wire.endpoint, b"{}", {}, **OPEN)
    assert (answer.status, answer.excerpt) == (200, "x" * posting.EXCERPT)
    wire.close()
    assert sum(sent) < MOST_BUFFERED


def test_of_an_answer_that_is_no_text_what_can_be_printed_is_kept(wire):
    wire.answers(b"HTTP/1.1 500 Oh\r\nContent-Length: 10\r\n\r\n\x00\x1b[31m\xff\r\nx")
    assert post(wire.endpoint, b"{}", {}, **OPEN).excerpt == "[31m\N{REPLACEMENT CHARACTER}  x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(wire, status):
    head = f"HTTP/1.1 {status} Moved\r\nLocation: {wire.endpoint}?again\r\nContent-Length: 0\r\n\r\n"
    wire.answers(head.encode())
    assert post(wire.endpoint, b"{}", {}, **OPEN).status == status
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "far_side",
    [lambda wire: wire.resets(), lambda wire: wire.answers(b"220 mail.example.com ESMTP\r\n\r\n")],
    ids=["reset", "no HTTP"],
)
def test_what_is_no_answer_is_tried_again_later(wire, far_side):
    far_side(wire)
    with pytest.raises(PostFailed):
        post(wire.endpoint, b"{}", {}, **OPEN)


@pytest.mark.parametrize("text", ["9" * 400, "-1", "soon", "Tue, 99 Nov 2026 00:00:00 GMT", "١"])
def test_a_wait_that_cannot_be_meant_breaks_nothing(wire, text):
    wire.answers(f"HTTP/1.1 503 Busy\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n".encode())
    assert post(wire.endpoint, b"{}", {}, **OPEN).retry_after in (None, float("inf"))


def test_a_certificate_that_nobody_vouches_for_is_named(tls_port):
    with pytest.raises(PostFailed, match=r"certificate of localhost is not valid: .+") as failed:
        post(f"https://localhost:{tls_port}/", b"{}", {}, allow_private=True)
    assert failed.value.args[1] == "It is tried again by itself."


def test_a_certificate_that_is_good_is_taken(tls_port, certificate, monkeypatch):
    """The control for the test above; the name leads here."""
    with transport.open_http(
        allow_private=True,
        resolver=lambda host, port: ["127.0.0.1"],
        verify=ssl.create_default_context(cafile=str(certificate)),
    ) as http:
        monkeypatch.setitem(transport._shared, True, http)
        answer = post(f"https://store.example.com:{tls_port}/", b"{}", {}, allow_private=True)
    assert answer.excerpt == ANSWER.decode().rpartition("\n")[2]


def test_when_the_name_took_all_the_time_nothing_is_sent(wire, monkeypatch):
    monkeypatch.setattr(posting, "SECONDS", 0.0)
    with transport.open_http(allow_private=True, resolver=lambda host, port: ["127.0.0.1"]) as http:
        monkeypatch.setitem(transport._shared, True, http)
        with pytest.raises(PostFailed, match="ConnectTimeout"):
            post(wire.endpoint, b"{}", {}, **OPEN)
    assert not wire.requests
