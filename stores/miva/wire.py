"""One request to a store and whatever came back, within its time and size."""

import email.utils
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from stores.miva.credentials import Timeouts
from stores.miva.errors import EndpointWrong, MivaDown, MivaError, MivaRefused, MivaUnsure
from stores.miva.functions import is_repeatable
from stores.miva.transport import DEADLINE, AddressRefused

MOST_BYTES = 256 * 1024 * 1024

_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, for messages and for deciding what a lost answer means."""

    function: str
    store_code: str = ""

    def lost(
        self, reason: str, remedy: str = "", *, retry_after: float | None = None, status: int | None = None
    ) -> MivaError:
        """A request that was sent and not answered: harmless for what may be repeated, else MivaUnsure."""
        if is_repeatable(self.function):
            return MivaDown(
                reason, remedy or "It is tried again.", retry_after=retry_after, http_status=status
            )
        return MivaUnsure(
            reason,
            f"{self.function} may or may not have taken effect. The store is read before anything is "
            f"repeated.",
            retry_after=retry_after,
            http_status=status,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: `cut` says why its body is not whole; `arrived` is our clock in Unix seconds."""

    status: int
    headers: httpx.Headers
    body: bytes
    arrived: float
    cut: str = ""

    @property
    def date(self) -> float | None:
        """The store's clock when it answered (header Date), in Unix seconds."""
        return _http_date(self.headers.get("Date", ""))

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait (header Retry-After, as seconds or as a date), at most a day."""
        text = self.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text), 86400.0)
        until = _http_date(text)
        return None if until is None else min(max(0.0, until - (self.date or self.arrived)), 86400.0)


def post(
    http: httpx.Client,
    endpoint: str,
    body: bytes,
    headers: dict[str, str],
    timeouts: Timeouts,
    asked: Asked,
    clock: Callable[[], float] = time.time,
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """Sends these bytes. Raises MivaDown, MivaUnsure, MivaRefused or EndpointWrong when no answer came."""
    deadline = time.monotonic() + timeouts.total
    waits = httpx.Timeout(timeouts.read, connect=timeouts.connect, pool=timeouts.connect)
    try:
        with http.stream(
            "POST", endpoint, content=body, headers=headers, timeout=waits, extensions={DEADLINE: deadline}
        ) as response:
            return _collect(response, clock(), deadline, timeouts, asked, most_bytes)
    except AddressRefused as error:
        raise EndpointWrong(
            str(error), "Enter the address under which the store is reached from the public internet."
        ) from error
    except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError) as error:
        raise EndpointWrong(
            f"No request can be made from this store's endpoint and keys: {type(error).__name__}.",
            "Check the endpoint, the token and the HTTP basic login for stray characters.",
        ) from error
    except _NOTHING_SENT as error:
        raise MivaDown(_unreachable(error, endpoint, timeouts), "It is tried again.") from error
    except httpx.HTTPError as error:
        raise asked.lost(_silence(error, deadline, timeouts, asked)) from error


def _collect(
    response: httpx.Response,
    arrived: float,
    deadline: float,
    timeouts: Timeouts,
    asked: Asked,
    most_bytes: int,
) -> Answer:
    """Reads the body piece by piece. One that breaks off is kept: its status may still say what is wrong."""
    pieces: list[bytes] = []
    size, cut = 0, ""
    try:
        for piece in _until(deadline, response.iter_bytes()):
            pieces.append(piece)
            size += len(piece)
            if size > most_bytes:
                raise _too_large(most_bytes, asked)
    except httpx.HTTPError as error:
        cut = _silence(error, deadline, timeouts, asked)
    return Answer(response.status_code, response.headers, b"".join(pieces), arrived, cut)


def _until(deadline: float, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        if time.monotonic() >= deadline:
            raise httpx.ReadTimeout("deadline")


def _too_large(most_bytes: int, asked: Asked) -> MivaError:
    reason = f"The store's answer to {asked.function} is larger than {most_bytes // 1024 // 1024} MB."
    if is_repeatable(asked.function):
        return MivaRefused(reason, "Ask for fewer rows at a time.")
    return asked.lost(reason)


def _unreachable(error: httpx.TransportError, endpoint: str, timeouts: Timeouts) -> str:
    """Why no connection came about, from the exceptions beneath."""
    host = httpx.URL(endpoint).host
    if isinstance(error, httpx.TimeoutException):
        return f"{host} did not accept a connection within {timeouts.connect:g} seconds."
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of {host} is not valid: {cause.verify_message}."
        if isinstance(cause, ssl.SSLError):
            return f"No secure connection to {host} could be made: {cause.reason or 'TLS error'}."
        if isinstance(cause, socket.gaierror):
            return f"The name {host} cannot be found."
        if isinstance(cause, ConnectionRefusedError):
            return f"{host} refused the connection."
    return f"No connection to {host} could be made: {error}."


def _silence(error: httpx.HTTPError, deadline: float, timeouts: Timeouts, asked: Asked) -> str:
    """How the answer failed to arrive."""
    if time.monotonic() >= deadline:
        return f"The store did not finish its answer to {asked.function} within {timeouts.total:g} seconds."
    if isinstance(error, httpx.TimeoutException):
        return f"The store was silent for {timeouts.read:g} seconds after {asked.function}."
    if isinstance(error, httpx.DecodingError):
        return f"The store's answer to {asked.function} is damaged: it does not unpack."
    return f"The connection broke before the store had answered {asked.function}."


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from, one after the other."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _http_date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
