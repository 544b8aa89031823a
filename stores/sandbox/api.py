"""From one HTTP request to what goes over the wire: checks, functions, faults. No sockets here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from stores.sandbox import functions, multicall
from stores.sandbox.authorization import HEADER, LoginError, Request, authorize
from stores.sandbox.calls import Call
from stores.sandbox.envelope import ApiError, access_denied
from stores.sandbox.faults import CONNECTION_FAULTS, WIRE_FAULTS, Fault
from stores.sandbox.multicall import Reply
from stores.sandbox.parameters import Parameters
from stores.sandbox.store import SandboxStore

PATH = "/mm5/json.mvc"
PAGE = b"<!DOCTYPE html><html><head><title>%d</title></head><body><h1>Something went wrong</h1></body></html>"
JSON, HTML = "application/json; charset=utf-8", "text/html; charset=utf-8"
DEFAULT_BUDGET = 60.0


@dataclass(frozen=True)
class Answer:
    """What the server puts on the wire, after `delay` seconds.

    `wire` is "answer", "reset" (connection reset), "hang" (nothing, then closed) or "cut" (`body` under the
    Content-Length `length`, then closed). `clock_offset` moves the Date header, in seconds.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    delay: float = 0.0
    wire: str = "answer"
    length: int | None = None
    clock_offset: float = 0.0


class Api:
    """The JSON API of one store."""

    def __init__(self, store: SandboxStore) -> None:
        self.store = store

    def answer(self, request: Request) -> Answer:
        """Answer one request; whatever goes wrong in the caller's eyes is part of the answer."""
        if request.path.partition("?")[0] != PATH:
            return _page(404)
        parameters = Parameters(_decoded(request.body))
        names = [functions.function_name(each) for each in multicall.functions_in(parameters)]
        fault = self.store.faults.take(names, CONNECTION_FAULTS + WIRE_FAULTS)
        if fault is not None and not _acts(fault):
            return _instead(fault)
        answer, calls = self._act(request, parameters, fault)
        for call in calls:
            for callback in list(self.store.before_reply):
                callback(call)
        return _disturbed(answer, fault) if fault else answer

    def _act(
        self, request: Request, parameters: Parameters, fault: Fault | None
    ) -> tuple[Answer, list[Call]]:
        calls: list[Call] = []
        offset = float(fault.options.get("seconds", 600)) if fault and fault.kind == "clock_skew" else 0.0
        try:
            with self.store.lock:
                self.store.run_scheduled()
                reply = self._reply(request, parameters, offset, _stop_after(fault), calls)
            answer = Answer(reply.body, reply.status, reply.headers)
        except ApiError as error:
            self._journal(parameters, error.code, calls)
            delay = self.store.failed_login_delay if isinstance(error, LoginError) else 0.0
            answer = Answer(error.body(), error.http_status, error.headers, delay=delay)
        return replace(answer, clock_offset=offset), calls

    def _reply(
        self, request: Request, parameters: Parameters, offset: float, stop_after: int, calls: list[Call]
    ) -> Reply:
        if HEADER not in request.headers:
            raise access_denied()  # the admin's own JSON, of which nothing is known; a refusal serves
        authorize(self.store, request, parameters, self.store.clock() + offset)
        return multicall.answer(
            parameters,
            lambda each: self._execute(each, calls),
            range_header=request.headers.get("range", ""),
            budget=float(request.headers.get("x-miva-api-timeout") or DEFAULT_BUDGET),
            seconds=self.store.operation_seconds,
            stop_after=stop_after,
        )

    def _execute(self, parameters: Parameters, calls: list[Call]) -> bytes:
        try:
            body, code = functions.run(self.store, parameters), ""
        except ApiError as error:
            body, code = error.body(), error.code
        self._journal(parameters, code, calls)
        return body

    def _journal(self, parameters: Parameters, code: str, calls: list[Call]) -> None:
        call = Call(functions.function_name(parameters), parameters.shown(), self.store.clock(), code)
        calls.append(call)
        self.store.calls.append(call)


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _page(status: int, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(PAGE % status, status, headers or {}, HTML)


def _acts(fault: Fault) -> bool:
    """Whether the store does what it was asked before (or although) the fault strikes."""
    by_default = fault.kind in ("reset_after", "silent", "cut_json", "slow", "partial_206", "clock_skew")
    return bool(fault.options.get("acted", by_default))


def _stop_after(fault: Fault | None) -> int:
    return int(fault.options.get("after", 1)) if fault and fault.kind == "partial_206" else 0


def _instead(fault: Fault) -> Answer:
    """The answer of a store that did nothing."""
    if fault.kind == "api_offline":
        error = ApiError("api_offline", "The API is currently offline")
        return Answer(error.body(), 503)
    if fault.kind == "error_code":
        error = ApiError(
            fault.options.get("code", "MER-DBE-00001"), fault.options.get("message", "Database is locked")
        )
        return Answer(error.body())
    return _disturbed(Answer(), fault)


def _disturbed(answer: Answer, fault: Fault) -> Answer:
    """`answer` after the fault struck it."""
    options = fault.options
    match fault.kind:
        case "refuse" | "reset_before" | "reset_after":
            return replace(answer, wire="reset")
        case "silent":
            return replace(answer, wire="hang", delay=float(options.get("seconds", 30)))
        case "slow":
            return replace(answer, delay=float(options.get("seconds", 1)))
        case "status":
            retry = {"Retry-After": str(options["retry_after"])} if "retry_after" in options else {}
            return _page(int(options.get("code", 500)), retry)
        case "empty":
            return replace(answer, body=b"", content_type=HTML)
        case "html":
            return _page(200)
        case "cut_json":
            return _cut(answer, honest=bool(options.get("honest", True)))
        case "partial_206" if answer.status == 200:
            return replace(answer, status=206, headers={**answer.headers, "Content-Range": "1/2"})
    return answer


def _cut(answer: Answer, *, honest: bool) -> Answer:
    half = answer.body[: len(answer.body) // 2]
    return replace(answer, body=half, wire="cut", length=len(half) if honest else len(answer.body))
