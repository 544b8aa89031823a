"""A store, its server, a clock that stands still, and a signing caller without any SDK."""

import importlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from stores.sandbox import SandboxStore, Server, serve
from stores.sandbox.authorization import signature_of

NOON = 1_800_000_000


class Clock:
    """A clock that moves only when told to."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


class Caller:
    """Sends signed calls as the protocol description says and returns decoded answers."""

    def __init__(self, store: SandboxStore, endpoint: str, http: httpx.Client) -> None:
        self.store = store
        self.endpoint = endpoint
        self.http = http

    def post(self, body: dict[str, Any], *, headers: dict[str, str] | None = None) -> httpx.Response:
        body = {"Store_Code": self.store.store_code, "Miva_Request_Timestamp": self.store.now()} | body
        return self.send(json.dumps(body).encode(), headers=headers)

    def send(self, content: bytes, *, headers: dict[str, str] | None = None) -> httpx.Response:
        signature = signature_of(self.store.signing_key, "sha256", content)
        sent = {
            "Content-Type": "application/json",
            "X-Miva-API-Authorization": f"MIVA-HMAC-SHA256 {self.store.token}:{signature}",
        }
        return self.http.post(self.endpoint, content=content, headers=sent | (headers or {}))

    def call(self, function: str, **parameters: Any) -> Any:
        return self.post({"Function": function} | parameters).json()

    def module(self, function: str, **parameters: Any) -> Any:
        return self.call("Module", Module_Code="orderworkflow", Module_Function=function, **parameters)

    def orders(self, *search: Any, ondemand: tuple[str, ...] = (), **parameters: Any) -> list[dict[str, Any]]:
        columns = {"name": "ondemandcolumns", "value": list(ondemand)}
        answer = self.call("OrderList_Load_Query", Filter=[*search, columns], **parameters)
        return answer["data"]["data"]

    def queue(self, code: str = "new_and_updated", **parameters: Any) -> list[int]:
        answer = self.module("QueueOrderList_Load_Query", Queue_Code=code, **parameters)
        return [order["id"] for order in answer["data"]["data"]]

    def acknowledge(self, *order_ids: int) -> Any:
        return self.module("OrderList_Acknowledge", Order_IDs=list(order_ids))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> SandboxStore:
    return SandboxStore(seed=7, clock=clock)


@pytest.fixture
def server(store: SandboxStore) -> Iterator[Server]:
    with serve(store) as running:
        yield running


@pytest.fixture
def caller(store: SandboxStore, server: Server) -> Iterator[Caller]:
    with httpx.Client(timeout=30.0, verify=False) as http:
        yield Caller(store, server.endpoint, http)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Wait for something that another thread does."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "it did not happen within a minute"
            time.sleep(0.005)

    return wait


@pytest.fixture(scope="session")
def sdk() -> Any:
    """Miva's official SDK; tests that use it allow for its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("client", "model", "multicall", "request"):
            importlib.import_module(f"merchantapi.{name}")
    return importlib.import_module("merchantapi")


@pytest.fixture
def client(sdk: Any, store: SandboxStore, server: Server) -> Any:
    """The SDK's client of the store."""
    options = {"default_store_code": store.store_code}
    return sdk.client.Client(server.endpoint, store.token, store.signing_key, options)
