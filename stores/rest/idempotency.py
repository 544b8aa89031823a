"""POSTs that may be sent again: with an `Idempotency-Key` the first answer is given to all of them, and the effect is one.

The key is claimed by an INSERT, or by one conditional UPDATE when whoever claimed it died; effect and answer are committed
together. So a request that broke off anywhere may be repeated. What was refused had no effect and is not kept.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from stores.models import ApiToken, IdempotencyKey
from stores.pruning import forget
from stores.rest.authentication import token_of
from stores.rest.fields import as_json
from stores.rest.problems import Refused

HEADER = "Idempotency-Key"
LEASE = timedelta(minutes=5)  # longer than any request may take
KEPT = timedelta(hours=48)
LONGEST = 255
SHAPE = r"[!-~]+"
OTHER = "This Idempotency-Key was used for another request (method, path or body differ). Use a new key."
BUSY = "A request with this Idempotency-Key is being answered. Ask again in some seconds."

Handler = TypeVar("Handler", bound=Callable[..., Response])


def idempotent(handler: Handler) -> Handler:
    """Let a POST be repeated under its key. Without one it is done in a transaction all the same."""

    @wraps(handler)
    def handled(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            with transaction.atomic():
                return handler(view, request, *args, **kwargs)
        row = claim(token_of(request), key, digest_of(request))
        if row.status is not None:
            return replayed(row)
        try:
            with transaction.atomic():
                response = handler(view, request, *args, **kwargs)
                settle(row, response)
                return response
        except BaseException:
            mine(row).delete()
            raise

    handled.idempotent = True  # type: ignore[attr-defined]
    return cast(Handler, handled)


def digest_of(request: Request) -> str:
    """Return what the key is bound to, beside the token."""
    whole = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    whole.update(as_json(request.data).encode())
    return whole.hexdigest()


def claim(token: ApiToken, key: str, digest: str) -> IdempotencyKey:
    """Return the key's row: one that is answered, or one that is ours to answer. Raises Refused."""
    if len(key) > LONGEST or not re.fullmatch(SHAPE, key):
        raise Refused(
            "key-reused", f"An Idempotency-Key has 1 to {LONGEST} printable ASCII characters, no blanks."
        )
    now, lease = timezone.now(), uuid.uuid4()
    row, made = IdempotencyKey.objects.get_or_create(
        token=token, key=key, defaults={"digest": digest, "lease": lease, "leased_until": now + LEASE}
    )
    if row.digest != digest:
        raise Refused("key-reused", OTHER)
    if made or row.status is not None:
        return row
    free = IdempotencyKey.objects.filter(pk=row.pk, lease=row.lease, status=None, leased_until__lt=now)
    if not free.update(lease=lease, leased_until=now + LEASE):
        raise Refused("in-progress", BUSY, wait=2)
    row.lease = lease
    return row


def mine(row: IdempotencyKey) -> Any:
    """Return the row as long as it is ours."""
    return IdempotencyKey.objects.filter(pk=row.pk, lease=row.lease, status=None)


def settle(row: IdempotencyKey, response: Response) -> None:
    """Keep the answer, in the transaction of the effect. Raises Refused when another request has taken the key over."""
    kept = {"answer": as_json(response.data), "etag": response.headers.get("ETag", "")}
    if not mine(row).update(status=response.status_code, **kept):
        raise Refused("in-progress", BUSY, wait=2)


def replayed(row: IdempotencyKey) -> Response:
    """Return the answer that was given first."""
    data = json.loads(row.answer) if row.answer else None
    etag = {"ETag": row.etag} if row.etag else {}
    return Response(data, status=row.status, headers={"Idempotency-Replayed": "true", **etag})


def prune() -> int:
    """Forget keys that nobody asks for any more. Returns how many."""
    return forget(IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT))
