"""A client of a Miva store that is reduced to its wire, and a scripted transport."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from stores.miva.client import Credentials, MivaClient, Timeouts
from stores.miva.transport import open_http
from tests.stores.wire import Wire

KEY = "c2lnbmluZy1rZXktb2YtdGhlLXN0b3Jl"


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
