"""A Miva store reduced to its wire: a loopback server that says exactly the bytes it is told, and a scripted
transport."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from stores.miva.client import Credentials, MivaClient, Timeouts
from stores.miva.transport import open_http

KEY = "c2lnbmluZy1rZXktb2YtdGhlLXN0b3Jl"


class Wire:
    """A server on loopback; `play` is called with the socket after each whole request. `connections` counts
    accepts."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}/mm5/json.mvc"
        self.requests: list[bytes] = []
        self.connections = 0
        self.play: Callable[[socket.socket], None] = lambda peer: None
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def answers(self, *pieces: bytes, pause: float = 0.0) -> None:
        def play(peer: socket.socket) -> None:
            for piece in pieces:
                peer.sendall(piece)
                if pause:
                    self.stopping.wait(pause)

        self.play = play

    def resets(self, *pieces: bytes) -> None:
        """Sends the pieces, then breaks the connection with a reset."""

        def play(peer: socket.socket) -> None:
            for piece in pieces:
                peer.sendall(piece)
                time.sleep(0.05)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()

        self.play = play

    def stays_silent(self) -> None:
        self.play = lambda peer: self.stopping.wait(5) and None

    def close(self) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            peer.settimeout(5)
            while request := _whole_request(peer):
                self.requests.append(request)
                self.play(peer)


def _whole_request(peer: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = peer.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def wire() -> Iterator[Wire]:
    server = Wire()
    yield server
    server.close()


@pytest.fixture
def http_answer() -> Callable[..., bytes]:
    """The bytes of an HTTP answer with its length right."""

    def build(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
        named = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in named.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body

    return build


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("https://store.example.com/mm5/json.mvc", "DEMO", "token-of-demo", KEY)


@pytest.fixture
def on_wire(wire: Wire) -> Iterator[Callable[..., MivaClient]]:
    """A client of the loopback server, with a client of its own beneath it."""
    http = open_http(allow_private=True)

    def build(endpoint: str = "", timeouts: Timeouts | None = None, **options: Any) -> MivaClient:
        keys = Credentials(endpoint or wire.endpoint, "DEMO", "token-of-demo", KEY)
        timeouts = timeouts or Timeouts(connect=1, read=2, total=4)
        return MivaClient(keys, http=http, allow_private=True, allow_http=True, timeouts=timeouts, **options)

    yield build
    http.close()


Answers = list[httpx.Response | Exception]


class Script(httpx.BaseTransport):
    """Answers from a list, or from a function of the decoded request. Keeps every request."""

    def __init__(self, reply: Callable[[dict[str, Any]], httpx.Response]) -> None:
        self.reply = reply
        self.requests: list[httpx.Request] = []

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.reply(json.loads(request.content))


@pytest.fixture
def scripted(credentials: Credentials) -> Iterator[Callable[..., tuple[MivaClient, Script]]]:
    """A client whose store is a function from the request's body to an answer (or to the JSON of one)."""
    opened: list[httpx.Client] = []

    def build(reply: Any, keys: Credentials | None = None, **options: Any) -> tuple[MivaClient, Script]:
        def answer(body: dict[str, Any]) -> httpx.Response:
            made = reply(body) if callable(reply) else reply
            return made if isinstance(made, httpx.Response) else httpx.Response(200, json=made)

        script = Script(answer)
        opened.append(httpx.Client(transport=script))
        return MivaClient(keys or credentials, http=opened[-1], **options), script

    yield build
    for http in opened:
        http.close()
