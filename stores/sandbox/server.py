"""The sandbox's HTTP server: loopback only, HTTP/1.1 with connections kept alive."""

from __future__ import annotations

import email.utils
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, cast

from stores.sandbox.api import PATH, Answer, Api
from stores.sandbox.authorization import Request
from stores.sandbox.faults import CONNECTION_FAULTS
from stores.sandbox.store import SandboxStore

HOST = "127.0.0.1"


class Handler(BaseHTTPRequestHandler):
    """Reads requests, writes answers, and breaks the connection where an answer says so."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def serve(self) -> None:
        """One request of any method."""
        server = cast("Server", self.server)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body, self.client_address[0])
        self.put(server.api.answer(request), server.stopping)

    def __getattr__(self, name: str) -> Any:
        """Every method is answered alike: `do_POST`, `do_GET` and whatever else a caller thinks up."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def put(self, answer: Answer, stopping: threading.Event) -> None:
        """Write `answer`, or break the connection as it says; ends early when the server stops."""
        if answer.delay:
            stopping.wait(answer.delay)
        if answer.wire == "reset":
            self.reset()
            return
        if answer.wire != "answer":
            self.close_connection = True
        if answer.wire != "hang":
            self.wfile.write(self.head(answer) + answer.body)

    def head(self, answer: Answer) -> bytes:
        """Status line and headers; the Date header follows the store's clock."""
        server = cast("Server", self.server)
        length = len(answer.body) if answer.length is None else answer.length
        date = email.utils.formatdate(server.store.clock() + answer.clock_offset, usegmt=True)
        headers = {
            "Date": date,
            "Server": "Apache",
            "Content-Type": answer.content_type,
            "Content-Length": str(length),
        }
        headers |= dict(answer.headers)
        if self.close_connection:
            headers["Connection"] = "close"
        status = HTTPStatus(answer.status)
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def reset(self) -> None:
        """Close the connection so that the caller sees a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the journal is `SandboxStore.calls`."""


class Server(ThreadingHTTPServer):
    """Serves one store at `endpoint`."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, store: SandboxStore, port: int = 0) -> None:
        super().__init__((HOST, port), Handler)
        self.store = store
        self.api = Api(store)
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="sandbox", daemon=True)

    def server_bind(self) -> None:
        """Bind without asking name servers for a name, as HTTPServer would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    @property
    def endpoint(self) -> str:
        """The URL of the JSON API."""
        return f"http://{HOST}:{self.server_port}{PATH}"

    def start(self) -> None:
        """Serve in a thread until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, break every open connection and wait for the threads."""
        self.stopping.set()
        self.shutdown()
        for connection in list(self._open):
            _hang_up(connection)
        self.server_close()
        self._thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a new connection to a thread, or refuse it when a fault says so."""
        if self.store.faults.take((), CONNECTION_FAULTS):
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.close()
            return
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection for good."""
        self._open.discard(request)
        if request.fileno() >= 0 and _lingers(request):
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up are part of life here; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _lingers(connection: socket.socket) -> bool:
    """Whether the connection is to end with a reset instead of an orderly close."""
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)[:4] == struct.pack("i", 1)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # its thread was quicker


@contextmanager
def serve(store: SandboxStore, port: int = 0) -> Iterator[Server]:
    """Serve `store` on loopback; port 0 picks a free one."""
    server = Server(store, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
