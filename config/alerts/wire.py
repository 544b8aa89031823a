"""From a webhook's row to the call: the address is decrypted, the body signed."""

import time

from django.conf import settings

from config.alerts.payloads import signature
from stores.fields import SecretUnreadable, readable
from stores.models import AlertHook, Notice
from stores.posting import Posted, PostRefused, post


def call(hook: AlertHook, notice: Notice) -> Posted:
    """Post a notice and return the answer. Raises PostRefused and PostFailed."""
    try:
        url, secret = readable(hook.url), readable(hook.secret)
    except SecretUnreadable as error:
        reason = "Address or secret cannot be decrypted with the present FERNET_KEYS."
        raise PostRefused(reason, "Enter both again, or restore the former key.") from error
    body, stamp = notice.text.encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "connect2cart",
        "X-Connect2cart-Id": str(notice.key),
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
