"""From an HTTP answer to Miva's JSON, or to the error that it stands for (Miva reference §1, §4)."""

from collections.abc import Callable
from typing import Any

from stores.miva.errors import (
    EndpointWrong,
    FunctionNotGranted,
    HttpLoginRefused,
    MivaDown,
    MivaError,
    MivaRefused,
    RequestBlocked,
    Throttled,
)
from stores.miva.refusals import refusal
from stores.miva.shapes import decode, storable
from stores.miva.wire import Answer, Asked

_PASSING_PAGE = (
    b"maintenance",
    b"temporarily",
    b"unavailable",
    b"try again",
    b"just a moment",
    b"overloaded",
)


def read_answer(
    answer: Answer, asked: Asked, decoder: Callable[[bytes], Any] = decode, *, in_parts: bool = False
) -> Any:
    """The decoded body: a dict whose success is 1, or the list that Iterations and Operations bring; `in_parts`:
    a part of that list is an answer, too. Raises MivaError."""
    if answer.status >= 300:
        raise _http_failure(answer, asked)
    if answer.cut:
        raise asked.lost(answer.cut, status=answer.status)
    if answer.status == 206 and not in_parts:
        raise asked.lost(f"The store sent only a part of its answer to {asked.function}.", status=206)
    if not answer.body.strip():
        raise _empty(answer, asked)
    if _is_page(answer):
        raise _page(answer, asked)
    body = _decoded(answer, asked, decoder)
    if isinstance(body, dict) and body.get("success") != 1:
        raise refusal(body, answer, asked)
    return body


def _decoded(answer: Answer, asked: Asked, decoder: Callable[[bytes], Any]) -> Any:
    try:
        body = decoder(answer.body)
    except ValueError:
        raise asked.lost(
            f"The store's answer to {asked.function} breaks off: it is not whole JSON.", status=answer.status
        ) from None
    if isinstance(body, list) or (isinstance(body, dict) and "success" in body):
        return body
    raise asked.lost(f"The answer to {asked.function} is JSON, but not Miva's.", status=answer.status)


def _empty(answer: Answer, asked: Asked) -> MivaError:
    """Some of Miva's list functions say nothing at all when the privilege is missing (Miva reference §3)."""
    return FunctionNotGranted(
        f"Miva answered {asked.function} with nothing at all, which is how it refuses a missing permission.",
        f"In Miva (Users, API Tokens) grant this token the function {asked.function} for store "
        f"{asked.store_code}.",
        http_status=answer.status,
    )


def _is_page(answer: Answer) -> bool:
    return "html" in answer.headers.get("Content-Type", "").lower() or answer.body.lstrip()[:1] == b"<"


def _page(answer: Answer, asked: Asked) -> MivaError:
    """A web page where JSON was due: a notice that passes, or the wrong address."""
    if any(word in answer.body[:20_000].lower() for word in _PASSING_PAGE):
        return asked.lost(
            "The address answers with a web page that speaks of maintenance or of waiting, not with Miva's "
            "API.",
            retry_after=answer.retry_after,
            status=answer.status,
        )
    return EndpointWrong(
        "The address answers with a web page, not with Miva's API.",
        "Check the endpoint: it ends in json.mvc, such as https://www.example.com/mm5/json.mvc. If it is "
        "right, a "
        "firewall of the store may have answered: ask the store's host to let the API through.",
        http_status=answer.status,
    )


def _http_failure(answer: Answer, asked: Asked) -> MivaError:
    status = answer.status
    told = _told(answer)
    if told.get("error_code") == "api_offline":
        return refusal(told, answer, asked)
    if status >= 500:
        return asked.lost(
            f"The store's server answered {asked.function} with HTTP {status}{_words(told)}.",
            retry_after=answer.retry_after,
            status=status,
        )
    if status < 400:
        target = answer.headers.get("Location", "another address").split("?")[0]
        return EndpointWrong(
            f"The endpoint sends us on to {target}.",
            "Enter the final address as the endpoint.",
            http_status=status,
        )
    return _client_failure(answer, asked, told)


def _client_failure(answer: Answer, asked: Asked, told: dict[str, Any]) -> MivaError:
    """HTTP 4xx: a server in front of Miva turned the request away, so nothing happened."""
    status = answer.status
    if status in (408, 421, 425, 429):
        kind = Throttled if status == 429 else MivaDown
        return kind(
            f"The store's host asks us to wait (HTTP {status}).",
            "It is tried again later, with a pause.",
            retry_after=answer.retry_after,
            http_status=status,
        )
    if status in _LOCKED:
        error, reason, remedy = _LOCKED[status]
        return error(reason, remedy, http_status=status)
    return MivaRefused(
        f"The store's server refused {asked.function} with HTTP {status}{_words(told)}.",
        "Ask for fewer rows at a time." if status == 413 else "",
        code=str(told.get("error_code", "")),
        http_status=status,
    )


_WRONG_ADDRESS = (
    EndpointWrong,
    "There is no API at this address (HTTP {status}).",
    "Check the endpoint: the folder before json.mvc differs from store to store (mm5, Merchant2, store).",
)

_LOCKED: dict[int, tuple[type[MivaError], str, str]] = {
    401: (
        HttpLoginRefused,
        "A web server in front of the store asks for a user name and password (HTTP 401).",
        "Enter the HTTP basic user and password of this store, or correct them. Staging stores often have "
        "such a wall.",
    ),
    403: (
        RequestBlocked,
        "A firewall or web server in front of the store turned the request away (HTTP 403).",
        "Ask the store's host to let requests of this server to json.mvc through. This is not about the "
        "token.",
    ),
    **{
        status: (error, text.format(status=status), remedy)
        for error, text, remedy in (_WRONG_ADDRESS,)
        for status in (404, 405, 410)
    },
}


def _told(answer: Answer) -> dict[str, Any]:
    """Miva's own words when an HTTP error carries them."""
    try:
        body = decode(answer.body)
    except ValueError:
        return {}
    return storable(body) if isinstance(body, dict) and "error_code" in body else {}


def _words(told: dict[str, Any]) -> str:
    message = told.get("error_message")
    return f": {message}" if message else ""
