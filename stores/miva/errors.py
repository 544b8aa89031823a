"""What can go wrong on the way to a Miva store, in four kinds that callers tell apart by isinstance.

The kinds answer one question, "what do I do now": `MivaDown` try later, `MivaRefused` park it for a person,
`MivaLocked` stop this store, `MivaUnsure` read back before repeating. The subclasses say more to people and
change nothing in that."""

from collections.abc import Mapping
from typing import ClassVar

from stores.miva.shapes import storable


class MivaError(Exception):
    """A call that brought no result.

    `reason` and `remedy` are whole sentences for support (remedy may be empty), as databases can hold them:
    they quote Miva. `code` is Miva's error_code or empty, `retry_after` is in seconds, `http_status` is
    None when no answer came.
    """

    outcome: ClassVar[str] = "refused"

    def __init__(
        self,
        reason: str,
        remedy: str = "",
        *,
        code: str = "",
        retry_after: float | None = None,
        http_status: int | None = None,
    ) -> None:
        self.reason: str = storable(reason)
        self.remedy: str = storable(remedy)
        super().__init__(f"{self.reason} {self.remedy}".strip())
        self.code = code
        self.retry_after = retry_after
        self.http_status = http_status


class MivaDown(MivaError):
    """Nothing happened at the store, and the same call may work later."""

    outcome = "down"


class ApiOffline(MivaDown):
    """The store's owner or host has switched the API off for now (Miva reference §2, check 1)."""


class Throttled(MivaDown):
    """The store's host asks for fewer requests (HTTP 429)."""


class MivaRefused(MivaError):
    """Miva understood the call and will never do it as it stands."""

    outcome = "refused"


class NotFound(MivaRefused):
    """The order, line, shipment, product, payment or customer is not in the store."""


class QueueNotFound(MivaRefused):
    """The store has no order queue with this code."""


class FunctionMissing(MivaRefused):
    """The store's version of Miva has no such function or module."""


class ParametersRefused(MivaRefused):
    """Miva names the fields it did not accept; `fields` maps each to Miva's message.

    A field of a list reads `Inventory_Adjustments[2]:product_sku`, counted from 1 (Miva reference §4.2).
    """

    fields: Mapping[str, str] = {}


class PartlyFailed(MivaRefused):
    """Some rows of a list failed; `failed` maps Miva's identifier to its message, `processed` counts the
    others.

    `warned` are the identifiers that Miva only warns about, such as unknown orders.
    """

    failed: Mapping[str, str] = {}
    warned: tuple[str, ...] = ()
    processed: int = 0


class MivaLocked(MivaError):
    """Credentials, permissions or settings keep us out: every further call to this store would fail alike."""

    outcome = "locked"


class EndpointWrong(MivaLocked):
    """The address leads to something that is not Miva's JSON API, or to a place we must not call."""


class HttpLoginRefused(MivaLocked):
    """A web server in front of the store asks for a user name and password (HTTP 401)."""


class RequestBlocked(MivaLocked):
    """A firewall in front of the store turned us away (HTTP 403)."""


class SigningKeyUnusable(MivaLocked):
    """The signing key is not base64 text."""


class SignatureRefused(MivaLocked):
    """The token is known; the signature is missing or made with another key."""


class TimestampMissing(MivaLocked):
    """The token wants a time in each request and we were told to send none."""


class ClockSkewed(MivaLocked):
    """Our clock and the store's differ by more than the token allows.

    `offset_seconds` is the store's clock minus ours, None when the answer carried no date.
    """

    offset_seconds: float | None = None


class TokenDisabled(MivaLocked):
    """The token exists and has been switched off in Miva."""


class AccessDenied(MivaLocked):
    """Miva's plain "Access denied": unknown token, address not allowed, or function not granted."""


class FunctionNotGranted(AccessDenied):
    """The token is known and lacks this function."""


class StoreCodeRefused(MivaLocked):
    """Miva does not know the store code."""


class MivaUnsure(MivaError):
    """The request was sent and its fate is unknown: read the store before repeating it."""

    outcome = "unsure"
