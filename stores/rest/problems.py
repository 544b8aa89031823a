"""Every error of the REST API in one shape: problem details (RFC 9457), with types that stay as they are."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelInvalid
from django.db import IntegrityError
from django.http import Http404
from django.http.request import UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.response import Response

log = logging.getLogger(__name__)

Path = tuple[str, ...]
MEDIA_TYPE = "application/problem+json"
PAGES = "/api/v1/problems/"


@dataclass(frozen=True)
class Kind:
    """A type of problem: the last part of its address, the status, its title, and what to do about it."""

    name: str
    status: int
    title: str
    remedy: str

    @property
    def type(self) -> str:
        """The address that stands for it, relative to the portal."""
        return f"{PAGES}{self.name}/"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("invalid", 400, "The request is not valid.", "`errors` names each field and what is wrong."),
        Kind(
            "unauthenticated",
            401,
            "A token is needed.",
            "Send `Authorization: Bearer` with a token that is good.",
        ),
        Kind("scope", 403, "The token may not do this.", "Ask support for a token with the scope named."),
        Kind(
            "not-found",
            404,
            "There is nothing here.",
            "Check the address: the token may not know of this store.",
        ),
        Kind(
            "method", 405, "This address has no such method.", "The header `Allow` names those that it has."
        ),
        Kind("not-acceptable", 406, "The answer has another media type.", "Accept application/json."),
        Kind(
            "conflict",
            409,
            "This is not possible as things stand.",
            "Read the resource again and decide anew.",
        ),
        Kind(
            "in-progress",
            409,
            "The same request is being answered.",
            "Wait as `Retry-After` says, ask again.",
        ),
        Kind(
            "changed", 412, "It was changed meanwhile.", "Read it again; send the present ETag in `If-Match`."
        ),
        Kind("too-large", 413, "The request is too large.", "Send fewer things at once."),
        Kind("media-type", 415, "The body has another media type.", "Send application/json."),
        Kind(
            "rules", 422, "It breaks a rule.", "`errors` names each member and the rule; nothing was changed."
        ),
        Kind("key-reused", 422, "The key belongs to another request.", "Use a new `Idempotency-Key`."),
        Kind("rate", 429, "Too many requests.", "Wait as `Retry-After` says."),
        Kind(
            "fault",
            500,
            "The portal could not handle the request.",
            "Try again; tell support the request id.",
        ),
    )
}
BY_STATUS = {kind.status: kind for kind in reversed(KINDS.values())}


class Refused(exceptions.APIException):
    """A problem of one of KINDS; `detail` is a sentence that names the value and the way out."""

    def __init__(self, name: str, detail: str, *, wait: float | None = None) -> None:
        """Choose the kind by its name."""
        super().__init__(detail, name)
        self.kind, self.wait = KINDS[name], wait
        self.status_code = self.kind.status


class Unruly(exceptions.APIException):
    """What can be read, but breaks a rule that no schema can say; `detail` is by members as in a ValidationError.

    Not one of the framework's ValidationErrors: those that a serializer's `validate` raises all end as 400.
    """

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(self, detail: Any) -> None:
        """Take a message for each member, or a list of messages."""
        super().__init__()
        self.detail = exceptions.ValidationError(detail).detail


class ParameterInvalid(exceptions.ValidationError):
    """What is wrong with the query, whatever the method."""


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """Return the problem for whatever went wrong; what is no fault of the caller's is logged with its trace."""
    known = understood(error)
    if known is None:
        log.error("a request of the REST API failed", exc_info=error)
        known = Refused("fault", "The portal could not handle the request. Try again later.")
    kind = known.kind if isinstance(known, Refused) else BY_STATUS.get(known.status_code, KINDS["invalid"])
    problem: dict[str, Any] = {"type": kind.type, "title": kind.title, "status": kind.status}
    problem |= told(known, context)
    return Response(problem, status=kind.status, headers=headers(known), content_type=MEDIA_TYPE)


def understood(error: Exception) -> exceptions.APIException | None:
    """Return the error as the framework's, None when nobody expected it."""
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, ModelInvalid):
        return Unruly(error.message_dict if hasattr(error, "error_dict") else error.messages)
    if isinstance(
        error, IntegrityError
    ):  # two requests have made the same at one moment, and this one came second
        return Refused("conflict", "Somebody has made the same, or deleted what this needs, at this moment.")
    if isinstance(error, RecursionError):
        return exceptions.ParseError("The body is nested too deeply.")
    if isinstance(error, RequestDataTooBig):
        return Refused("too-large", "The request is larger than 12 MB. Send fewer things at once.")
    if isinstance(error, UnreadablePostError):
        return exceptions.ParseError("The request broke off before it was complete. Send it again.")
    return None


def told(error: exceptions.APIException, context: dict[str, Any]) -> dict[str, Any]:
    """Return what is particular to this one: a sentence, and the fields of an invalid request."""
    if not isinstance(error, (exceptions.ValidationError, Unruly)):
        return {"detail": writable(error.detail)}
    request = context.get("request")
    writing = request is not None and request.method in ("POST", "PUT", "PATCH")
    place = "pointer" if writing and not isinstance(error, ParameterInvalid) else "parameter"
    found = [
        {
            place: pointer(path) if place == "pointer" else ".".join(path),
            "detail": writable(detail),
            "code": detail.code,
        }
        for path, detail in places(error.detail)
    ]
    first = found[0]
    return {"detail": f"{first[place]}: {first['detail']}", "errors": found}


def pointer(path: Path) -> str:
    """Return the JSON pointer of a member, as the fragment of an address (RFC 6901 §6): `#/lines/0/quantity`, `#` for the whole."""
    return "#" + "".join(f"/{quote(name.replace('~', '~0').replace('/', '~1'), safe='~')}" for name in path)


def writable(text: Any) -> str:
    """Return a text that can be sent: JSON can name halves of characters, which are none."""
    return str(text).encode(errors="replace").decode()


def places(detail: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield each message with the path of what it is about, such as `("lines", "0", "quantity")`."""
    if isinstance(detail, dict):
        for name, each in detail.items():
            yield from places(
                each, path if name in ("non_field_errors", "__all__") else (*path, writable(name))
            )
    elif isinstance(detail, list):
        for number, each in enumerate(detail):
            yield from places(each, (*path, str(number)) if isinstance(each, (dict, list)) else path)
    else:
        yield path, detail


def headers(error: exceptions.APIException) -> dict[str, str]:
    """Return the headers that belong to the error."""
    found = {}
    if error.status_code == status.HTTP_401_UNAUTHORIZED:
        found["WWW-Authenticate"] = 'Bearer realm="connect2cart"'
    wait = getattr(error, "wait", None)
    if wait is not None:
        found["Retry-After"] = str(max(int(wait), 1))
    return found
