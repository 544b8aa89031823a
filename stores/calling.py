"""From an address and a secret in the database to a signed call."""

import hashlib
import hmac
import time
from uuid import UUID

from django.conf import settings

from stores.fields import SecretUnreadable, readable
from stores.posting import Posted, PostRefused, post


def call(url: str, secret: str, key: UUID, text: str) -> Posted:
    """Post a text under its key and return the answer; with a secret it is signed. Raises PostRefused and PostFailed."""
    try:
        url, secret = readable(url), readable(secret)
    except SecretUnreadable as error:
        reason = "Address or secret cannot be decrypted with the present FERNET_KEYS."
        raise PostRefused(reason, "Enter both again, or restore the former key.") from error
    body, stamp = text.encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "connect2cart",
        "X-Connect2cart-Id": str(key),
        "X-Connect2cart-Timestamp": str(stamp),
    }
    if secret:
        headers["X-Connect2cart-Signature"] = signature(secret, stamp, body)
    return post(
        url,
        body,
        headers,
        allow_private=settings.ALLOW_PRIVATE_STORE_HOSTS,
        allow_http=settings.ALLOW_HTTP_STORES,
    )


def signature(secret: str, stamp: int, body: bytes) -> str:
    """Return the header with which a receiver checks that a body is ours, and not an old one sent again: HMAC-SHA256, in
    hexadecimal, of the Unix time, a full stop and the body."""
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"
