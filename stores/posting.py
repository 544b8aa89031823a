"""Calling web addresses that were entered for alerts and events: only public ones, checked again at the moment of the call.

The connection goes to exactly the address that was checked (`stores.miva.transport`); redirects are not followed.
"""

import email.utils
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stores.miva.addresses import Resolver, check_shape, is_public, resolve
from stores.miva.transport import DEADLINE, AddressRefused, shared_http
from stores.miva.wire import causes

SECONDS = 15.0  # for the whole call
SECONDS_TO_CONNECT = 5.0  # to each of the addresses that a name may have
MOST_BYTES = 4_096  # of the answer
EXCERPT = 300
PLAIN = {"Accept-Encoding": "identity"}
SHAPE = gettext_lazy(
    "The address must be a whole https address of the public internet, without user name and # part, such as "
    "https://hooks.slack.com/services/…"
)
# Without the address: whoever may enter names must not learn from us what they lead to inside.
PRIVATE = gettext_lazy(
    "The name %(host)s leads into a private network. Enter an address of the public internet."
)


class AddressWrong(ValueError):
    """An address that cannot or must not be called; `str()` is a sentence for the form."""


class PostRefused(Exception):
    """It will not work as it stands; `args` are reason and remedy."""


class PostFailed(Exception):
    """It may work later; `args` are reason and remedy."""


@dataclass(frozen=True)
class Posted:
    """The receiver's answer."""

    status: int
    excerpt: str
    retry_after: float | None = None


def check_address(
    url: str, *, allow_private: bool = False, allow_http: bool = False, resolver: Resolver = resolve
) -> str:
    """Return the host of an address that may be called. Raises AddressWrong, without repeating the address: it may be a secret."""
    try:
        host, port = check_shape(url, allow_private, allow_http)
    except ValueError as error:
        raise AddressWrong(str(SHAPE)) from error
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError) as error:
        sentence = _("The name %(host)s cannot be found. Check the spelling of the address.")
        raise AddressWrong(sentence % {"host": host}) from error
    if not allow_private and not all(map(is_public, addresses)):
        raise AddressWrong(str(PRIVATE) % {"host": host})
    return host


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_private: bool = False,
    allow_http: bool = False,
) -> Posted:
    """Post these bytes and return the answer, whatever its status. Raises PostRefused and PostFailed when there is none."""
    try:
        host, _port = check_shape(url, allow_private, allow_http)
    except ValueError as error:
        raise PostRefused(str(SHAPE), _("Enter the address again.")) from error
    extensions = {DEADLINE: time.monotonic() + SECONDS}
    waits = httpx.Timeout(SECONDS, connect=SECONDS_TO_CONNECT)
    http = shared_http(allow_private)
    try:
        with http.stream(
            "POST", url, content=body, headers={**PLAIN, **headers}, timeout=waits, extensions=extensions
        ) as answer:
            return Posted(answer.status_code, beginning(answer), retry_after(answer))
    except AddressRefused as error:
        raise PostRefused(str(PRIVATE) % {"host": host}, _("Enter the address again.")) from error
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError) as error:
        sentence = _("No request can be made to this address.")
        raise PostRefused(sentence, _("Enter the address again.")) from error
    except httpx.HTTPError as error:
        raise PostFailed(unreached(host, error), _("It is tried again by itself.")) from error


def unreached(host: str, error: httpx.HTTPError) -> str:
    """Return why no answer came."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            sentence = _("The certificate of %(host)s is not valid: %(error)s.")
            return sentence % {"host": host, "error": cause.verify_message}
    sentence = _("%(host)s could not be reached or did not answer in time (%(error)s).")
    return sentence % {"host": host, "error": type(error).__name__}


def beginning(answer: httpx.Response) -> str:
    """Return how the answer's body begins, as printable text on one line, also of one that breaks off: the status is what counts.

    Raw: a small packed answer may unfold to a huge one.
    """
    body = b""
    with suppress(httpx.HTTPError):
        for piece in answer.iter_raw():
            body += piece
            if len(body) >= MOST_BYTES:
                break
    text = body[:MOST_BYTES].decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else " " for sign in text)[:EXCERPT].strip()


def retry_after(answer: httpx.Response) -> float | None:
    """Return for how many seconds the receiver asks us to wait (RFC 9110: seconds or a date)."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
