"""The HTTP client for stores: connections kept, redirects and proxies off, our own network out of reach."""

import http.cookiejar
import math
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from stores.miva import deadlines
from stores.miva.addresses import Resolver, is_public, resolve

# Web servers drop idle connections, some after 5 seconds. A request on such a connection is lost without a
# trace of whether it arrived, so ours are dropped first.
KEEP_IDLE_SECONDS = 4.0
MOST_IDLE_CONNECTIONS = 64
MOST_ADDRESSES_TRIED = 3
DEADLINE = "deadline"
"""Request extension: the time.monotonic() at which the request is cut off, whatever state it is in."""


class AddressRefused(httpx.TransportError):
    """The name led to an address that is not public; nothing was sent."""


class StoreTransport(httpx.BaseTransport):
    """Resolves the name, checks every address and connects to exactly the address that was checked.

    Checking the name and letting the connection look it up again would leave a gap for a name that changes
    its mind. Each connection belongs to one host name, because many stores share an address and TLS is proven
    per name, and serves one request at a time, so that a deadline can cut exactly that one.
    """

    def __init__(
        self, allow_private: bool = False, resolver: Resolver = resolve, verify: ssl.SSLContext | bool = True
    ):
        self._allow_private = allow_private
        self._resolver = resolver
        self._verify = httpx.create_ssl_context(trust_env=False) if verify is True else verify
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises AddressRefused, and what httpx.HTTPTransport raises."""
        host = request.url.raw_host.decode("ascii").strip("[]")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        connection = self._take((request.url.scheme, host, port))
        if connection is not None:
            return self._use(connection, request, host)
        failure: httpx.TransportError | None = None
        for address in self._addresses(host, port)[:MOST_ADDRESSES_TRIED]:
            if time.monotonic() >= request.extensions.get(DEADLINE, math.inf):
                raise failure or httpx.ConnectTimeout("timed out")
            try:
                connection = _Connection((request.url.scheme, host, port), address, self._verify)
                return self._use(connection, request, host)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError(f"The name {host} has no address.")

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = list(self._resolver(host, port))
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"The name {host} cannot be found.") from error
        for address in () if self._allow_private else addresses:
            if not is_public(address):
                raise AddressRefused(
                    f"The name {host} leads to {address}, an address inside a private network."
                )
        return addresses

    def _take(self, origin: tuple[str, str, int]) -> "_Connection | None":
        """The youngest idle connection to this origin. Old ones of any origin are closed on the way."""
        oldest = time.monotonic() - KEEP_IDLE_SECONDS
        with self._lock:
            stale = [connection for connection in self._idle if connection.idle_since < oldest]
            self._idle = [connection for connection in self._idle if connection.idle_since >= oldest]
            taken = next((each for each in reversed(self._idle) if each.origin == origin), None)
            if taken is not None:
                self._idle.remove(taken)
        for connection in stale:
            connection.close()
        return taken

    def _give_back(self, connection: "_Connection") -> None:
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle.append(connection)
            surplus = self._idle.pop(0) if len(self._idle) > MOST_IDLE_CONNECTIONS else None
        if surplus is not None:
            surplus.close()

    def _use(self, connection: "_Connection", request: httpx.Request, host: str) -> httpx.Response:
        try:
            answer, stop = connection.send(request, host)
        except BaseException:
            connection.close()
            raise
        body = _Body(answer.stream, lambda whole: self._finish(connection, answer, stop, whole))
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=body, extensions=answer.extensions
        )

    def _finish(
        self, connection: "_Connection", answer: httpx.Response, stop: Callable[[], None], whole: bool
    ) -> None:
        stop()
        answer.close()
        if whole:
            self._give_back(connection)
        else:
            connection.close()


class _Connection:
    """One kept connection to one checked address of one host name."""

    def __init__(self, origin: tuple[str, str, int], address: str, verify: ssl.SSLContext | bool) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self._address = address
        self._socket: socket.socket | None = None
        self._overdue = False
        limits = httpx.Limits(
            max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP_IDLE_SECONDS
        )
        self._transport = httpx.HTTPTransport(verify=verify, trust_env=False, limits=limits)

    def send(self, request: httpx.Request, host: str) -> tuple[httpx.Response, Callable[[], None]]:
        """The answer, its body still to be read, and what to call when it has been read."""
        extensions = {**request.extensions, "sni_hostname": host, "trace": self._watch}
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=self._address),
            headers=request.headers,  # with the Host header of the name
            stream=request.stream,
            extensions=extensions,
        )
        stop = self._cut_off_at(request.extensions)
        try:
            return self._transport.handle_request(pinned), stop
        except BaseException:
            stop()
            raise

    def close(self) -> None:
        self._transport.close()

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Remembers the socket when one is opened (httpx's `trace` extension)."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._overdue:  # the time was up while the connection was made
                self._cut()

    def _cut_off_at(self, extensions: Mapping[str, Any]) -> Callable[[], None]:
        """Ends the request at its deadline. A read timeout alone starts anew with every byte."""
        self._overdue = False
        if DEADLINE not in extensions:
            return lambda: None
        return deadlines.deadlines.at(extensions[DEADLINE], self._cut)

    def _cut(self) -> None:
        self._overdue = True
        if self._socket is not None:
            try:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return  # it was closed in the same moment


class _Body(httpx.SyncByteStream):
    """A body that says at its end whether it was read whole."""

    def __init__(self, stream: object, finish: Callable[[bool], None]) -> None:
        assert isinstance(stream, httpx.SyncByteStream)  # noqa: S101 - a synchronous transport's stream
        self._stream = stream
        self._finish: Callable[[bool], None] | None = finish
        self._whole = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream
        self._whole = True

    def close(self) -> None:
        finish, self._finish = self._finish, None
        if finish is not None:
            finish(self._whole)


def open_http(
    allow_private: bool = False, resolver: Resolver = resolve, verify: ssl.SSLContext | bool = True
) -> httpx.Client:
    """A client for many stores and threads: keeps connections, follows nothing, remembers no cookies."""
    no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(
        transport=StoreTransport(allow_private, resolver, verify),
        follow_redirects=False,
        trust_env=False,
        cookies=no_cookies,
    )


def shared_http(allow_private: bool = False) -> httpx.Client:
    """The process's own client, made at first use."""
    with _shared_lock:
        if allow_private not in _shared:
            _shared[allow_private] = open_http(allow_private)
        return _shared[allow_private]


_shared: dict[bool, httpx.Client] = {}
_shared_lock = threading.Lock()


def _forget_shared() -> None:
    # Two processes must not talk over one connection.
    global _shared_lock  # noqa: PLW0603 - the parent may have held it while forking
    _shared_lock = threading.Lock()
    _shared.clear()


os.register_at_fork(after_in_child=_forget_shared)
