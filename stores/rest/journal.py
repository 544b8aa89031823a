"""The REST API in the journal: each call that changes something or is refused, and of what is only read one a minute of a kind.

What is read is in the database anyway and may be long: of that only the question is kept.
"""

import logging
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpResponseBase
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from stores.context import request_id
from stores.miva.redact import redact_text
from stores.models import ApiToken, Exchange, Store
from stores.rest.fields import as_json

log = logging.getLogger(__name__)

LONGEST = 8_000  # characters of a body that the journal keeps
EACH = 60  # seconds: of what is read without trouble one is kept in so many
SECRETS = ("secret", "url")  # members whose values stay out
READING = ("GET", "HEAD")


def write(
    request: Request, response: HttpResponseBase, *, function: str, store: Store | None, milliseconds: int
) -> None:
    """Write a call into the journal; a journal that fails never fails the answer.

    Without a good token, and beyond the rate, nothing is written: a stranger could fill the journal.
    """
    token, status = request.auth, response.status_code
    if not isinstance(token, ApiToken) or status == 429:
        return
    read = request.method in READING and status < 400
    if read and not first_of_the_minute(token, function):
        return
    try:
        Exchange.objects.create(
            store=store or token.store,
            token=token,
            direction=Exchange.Direction.API,
            function=function[:80],
            milliseconds=milliseconds,
            outcome=Exchange.Outcome.REFUSED if status >= 400 else Exchange.Outcome.OK,
            http_status=status,
            address=request.META.get("REMOTE_ADDR") or None,
            request_id=request_id.get(),
            request=asked(request),
            response="" if read else text_of(answered(response)),
            error=error_of(response),
        )
    except (DatabaseError, ValueError):
        log.exception("the journal could not be written")


def first_of_the_minute(token: ApiToken, function: str) -> bool:
    """Whether no such reading of the token was written in this minute; without the cache none is."""
    try:
        return bool(cache.add(f"read:{token.pk}:{function.replace(' ', ':')}", 1, EACH))
    except (RedisError, OSError):
        return False


def asked(request: Request) -> str:
    """Return method, address and body, without secrets and card data."""
    line = f"{request.method} {request.get_full_path()}"[:1_000]
    if request.method in READING:
        return redact_text(line)
    try:
        body = text_of(request.data) if request.data else ""
    except APIException:
        body = "(the body cannot be read)"
    return f"{redact_text(line)}\n{body}".strip()


def answered(response: HttpResponseBase) -> Any:
    """Return the answer's data."""
    return response.data if isinstance(response, Response) else None


def error_of(response: HttpResponseBase) -> str:
    """Return what a refusal says."""
    data = answered(response)
    return redact_text(str(data.get("detail", ""))) if response.status_code >= 400 and data else ""


def text_of(data: Any) -> str:
    """Return data as JSON without secrets and card data, cut where it is long."""
    if data is None:
        return ""
    return redact_text(as_json(masked(data))[: 2 * LONGEST])[:LONGEST]


def masked(data: Any) -> Any:
    """Return the data without the values that are secrets."""
    if not isinstance(data, dict):
        return data
    return {name: "[removed]" if name in SECRETS else value for name, value in data.items()}
