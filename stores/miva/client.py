"""Calling a Miva store's JSON API (Miva reference §1 to §9)."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from stores.miva.acknowledging import Acknowledged, acknowledge_all
from stores.miva.addresses import check_shape
from stores.miva.answers import read_answer
from stores.miva.credentials import Credentials, Timeouts
from stores.miva.errors import EndpointWrong, MivaDown, MivaError, QueueNotFound
from stores.miva.functions import grant_name
from stores.miva.journal import Conversation, Exchanged
from stores.miva.multicall import run_operations
from stores.miva.paging import ListQuery
from stores.miva.redact import redact_text
from stores.miva.refusals import refusal
from stores.miva.replies import Each, Reply
from stores.miva.shapes import decode, encode, rows, whole
from stores.miva.signing import AUTHORIZATION, authorization, basic_authorization
from stores.miva.transport import shared_http
from stores.miva.undecoded import Rows, decode_page
from stores.miva.wire import Answer, Asked, post

__all__ = [
    "Acknowledged",
    "Credentials",
    "Each",
    "Exchanged",
    "ListPage",
    "MivaClient",
    "OrderPage",
    "Reply",
    "Timeouts",
]

VERSION = "0.1.0"

log = logging.getLogger(__name__)

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of orders (Miva reference §7.2); `total_count` ignores paging."""

    orders: Sequence[dict[str, Any]]
    total_count: int
    start_offset: int = 0

    @property
    def rows(self) -> Sequence[dict[str, Any]]:
        """The orders, under the name that every page has."""
        return self.orders


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of any other list; `total_count` ignores paging."""

    rows: list[dict[str, Any]]
    total_count: int
    start_offset: int = 0


class MivaClient:
    """One store. Safe to share between threads, cheap to make; connections belong to `http`, by default the
    process's own.

    `on_exchange` is told about every HTTP request, also when no answer came; about several at a time only after
    `together`. `allow_private` lets the endpoint be an address of our own network, `allow_http` lets it be
    http. `before_send` runs before each HTTP request, outside its measured time: it may wait, or raise a
    MivaError, and nothing is sent then. Every method raises MivaError and nothing else for what the store or
    the way to it does.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        http: httpx.Client | None = None,
        timeouts: Timeouts | None = None,
        allow_private: bool = False,
        allow_http: bool = False,
        on_exchange: Callable[[Sequence[Exchanged]], None] | None = None,
        clock: Callable[[], float] = time.time,
        before_send: Callable[[], None] | None = None,
    ) -> None:
        self.credentials = credentials
        self.timeouts = timeouts or Timeouts()
        self.allow_private = allow_private
        self.allow_http = allow_http
        self.clock_offset: float | None = None
        """The store's clock minus ours in seconds, by the last answer; None before it."""
        self._http = http
        self._on_exchange = on_exchange
        self._clock = clock
        self._before_send = before_send

    @contextmanager
    def together(self) -> Iterator["MivaClient"]:
        """Give a client for some calls in a row, of which `on_exchange` is told at the end, whatever that is."""
        other, told = self._apart()
        try:
            yield other
        finally:
            self._told_by(other, told)

    def ahead(self, call: Callable[["MivaClient"], Found]) -> Callable[[], Found]:
        """Make one call in a thread of its own; gives what waits for its outcome, to be called once.

        The caller's thread, which has the connection to the database, runs `before_send` now and `on_exchange` in the waiting.
        """
        if self._before_send is not None:
            self._before_send()
        other, told = self._apart()
        other._before_send = None
        executor = ThreadPoolExecutor(1)
        future = executor.submit(copy_context().run, call, other)
        executor.shutdown(wait=False)

        def outcome() -> Found:
            try:
                return future.result()
            finally:
                self._told_by(other, told)

        return outcome

    def _apart(self) -> tuple["MivaClient", list[Exchanged]]:
        """The same client, and the list to which its exchanges go."""
        other, told = copy(self), list[Exchanged]()
        other._on_exchange = told.extend
        return other, told

    def _told_by(self, other: "MivaClient", told: list[Exchanged]) -> None:
        self.clock_offset = other.clock_offset
        self._tell(told)

    def call(self, function: str, **parameters: Any) -> Reply:
        """One function of Miva, by its name and its parameters as in Miva's documentation."""
        return self._reply(function, {"Function": function, **parameters})

    def module(
        self,
        module_code: str,
        module_function: str,
        decoder: Callable[[bytes], Any] = decode,
        /,
        **parameters: Any,
    ) -> Reply:
        """One function of a module, such as orderworkflow."""
        names = {"Function": "Module", "Module_Code": module_code, "Module_Function": module_function}
        return self._reply(grant_name(module_code, module_function), {**names, **parameters}, decoder)

    def call_each(self, function: str, iterations: Sequence[dict[str, Any]], **shared: Any) -> Each:
        """One request that runs the function once for each row (Iterations, Miva reference §5). A bad row
        stops no other.

        Raises MivaError only when the whole request fails.
        """
        parameters = {"Function": function, **shared, "Iterations": list(iterations)}
        decoded, answer = self._exchange(function, parameters)
        asked = Asked(function, self.credentials.store_code)
        found = decoded if isinstance(decoded, list) else []
        each = Each({}, {})
        for place in range(len(iterations)):
            body = found[place] if place < len(found) else None
            if not isinstance(body, dict):
                each.errors[place] = asked.lost(f"Miva's answer to {function} leaves out row {place + 1}.")
            elif body.get("success") == 1:
                each.replies[place] = Reply(body, answer.date)
            else:
                each.errors[place] = refusal(body, answer, asked)
        return each

    def operations(self, function: str, operations: Sequence[Mapping[str, Any]]) -> Each:
        """The function once for each row, in one request and its continuations (Miva reference §5.2). A bad
        row stops no other.

        Raises MivaError only when the first request fails as a whole.
        """
        return run_operations(
            lambda body, bounds: self._exchange(function, body, bounds=bounds),
            [{"Function": function, **each} for each in operations],
            Asked(function, self.credentials.store_code),
        )

    def order_list(self, query: ListQuery) -> OrderPage:
        """One page of OrderList_Load_Query (Miva reference §7.1), decrypted if a passphrase is set."""
        function = "OrderList_Load_Query"
        parameters = {"Function": function, **query.parameters(), **self._passphrase()}
        reply = self._reply(function, parameters, decode_page)
        return OrderPage(*_page(reply, function))

    def queue_orders(self, queue_code: str, query: ListQuery) -> OrderPage:
        """One page of a queue (Miva reference §9.1). Miva runs the store's order_retrieved workflows for each
        row.

        Raises QueueNotFound.
        """
        parameters = {"Queue_Code": queue_code, **query.parameters(), **self._passphrase()}
        try:
            reply = self.module("orderworkflow", "QueueOrderList_Load_Query", decode_page, **parameters)
        except QueueNotFound as error:
            error.reason = f"The store has no order queue with the code '{queue_code}' ({error.code})."
            raise
        return OrderPage(*_page(reply, "QueueOrderList_Load_Query"))

    def list_load(self, function: str, query: ListQuery) -> ListPage:
        """One page of any other ..List_Load_Query; the query must be made with that list's columns."""
        found, total_count, start_offset = _page(self.call(function, **query.parameters()), function)
        return ListPage(list(found), total_count, start_offset)

    def acknowledge(self, order_ids: Sequence[int]) -> Acknowledged:
        """Tells Miva that these orders are safe with us, in as many requests as it takes (§9.2)."""
        return acknowledge_all(
            lambda ids: self.module("orderworkflow", "OrderList_Acknowledge", Order_IDs=ids).body, order_ids
        )

    def order_custom_fields(self) -> list[dict[str, Any]]:
        """Every order custom field of the store with its module, queues included (Miva reference §11)."""
        return rows(self.call("OrderCustomFieldList_Load").body, "data")

    def _passphrase(self) -> dict[str, str]:
        return {"Passphrase": self.credentials.passphrase} if self.credentials.passphrase else {}

    def _reply(
        self, function: str, parameters: dict[str, Any], decoder: Callable[[bytes], Any] = decode
    ) -> Reply:
        decoded, answer = self._exchange(function, parameters, decoder)
        if not isinstance(decoded, dict):
            raise Asked(function, self.credentials.store_code).lost(f"Miva answered {function} with a list.")
        return Reply(decoded, answer.date)

    def _exchange(
        self,
        function: str,
        parameters: dict[str, Any],
        decoder: Callable[[bytes], Any] = decode,
        bounds: Mapping[str, str] | None = None,
    ) -> tuple[Any, Answer]:
        """One HTTP request, told to `on_exchange` whatever comes of it. A multicall gives the `bounds` of its
        operations as header, and may be answered in part."""
        if self._before_send is not None:
            self._before_send()  # before the request gets its time: Miva accepts no old ones
        parameters = {"Store_Code": self.credentials.store_code, **parameters}
        if self.credentials.timestamp:
            parameters["Miva_Request_Timestamp"] = int(self._clock())
        conversation = Conversation(function, parameters, time.monotonic())
        try:
            conversation.answer = self._send(function, parameters, bounds or {})
            asked = Asked(function, self.credentials.store_code)
            conversation.decoded = read_answer(
                conversation.answer, asked, decoder, in_parts=bounds is not None
            )
            return conversation.decoded, conversation.answer
        except MivaError as error:
            self._clean(error)
            conversation.error = error
            raise
        finally:
            self._tell([conversation])

    def _send(self, function: str, parameters: dict[str, Any], bounds: Mapping[str, str]) -> Answer:
        body = encode(parameters)  # once: exactly these bytes are signed and sent
        headers = {**self._headers(body), **bounds}
        try:
            check_shape(self.credentials.endpoint, self.allow_private, self.allow_http)
        except ValueError as error:
            raise EndpointWrong(str(error), "Correct the endpoint in the store's settings.") from None
        http = self._http or shared_http(self.allow_private)
        asked = Asked(function, self.credentials.store_code)
        answer = post(http, self.credentials.endpoint, body, headers, self.timeouts, asked, self._clock)
        if answer.date is not None:
            self.clock_offset = answer.date - answer.arrived
        return answer

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"connect2cart/{VERSION}",
            "X-Miva-API-Timeout": str(self.timeouts.batch),
            AUTHORIZATION: authorization(self.credentials, body),
        }
        if self.credentials.basic_user or self.credentials.basic_password:
            headers["Authorization"] = basic_authorization(
                self.credentials.basic_user, self.credentials.basic_password
            )
        return headers

    def _clean(self, error: MivaError) -> None:
        """Miva's words are quoted in errors, and a store may quote our secrets back at us."""
        secrets = self.credentials.secrets()
        error.reason = redact_text(error.reason, secrets)
        error.remedy = redact_text(error.remedy, secrets)
        error.args = (f"{error.reason} {error.remedy}".strip(),)

    def _tell(self, told: Sequence[Conversation | Exchanged]) -> None:
        if self._on_exchange is None or not told:
            return
        secrets = self.credentials.secrets()
        try:
            self._on_exchange(
                [each if isinstance(each, Exchanged) else each.exchanged(secrets) for each in told]
            )
        except Exception:
            # The journal must never cost an order: the store has acted already.
            names = ", ".join(exchanged.function for exchanged in told)
            log.exception("The exchange %s could not be written down.", names)


def _page(reply: Reply, function: str) -> tuple[Sequence[dict[str, Any]], int, int]:
    data = reply.body.get("data")
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("data"), list | Rows)
        or "total_count" not in data
    ):
        raise MivaDown(f"Miva's answer to {function} holds no list.", "It is tried again.")
    listed = data["data"] if isinstance(data["data"], Rows) else rows(data, "data")
    return listed, whole(data["total_count"]), whole(data.get("start_offset"))
