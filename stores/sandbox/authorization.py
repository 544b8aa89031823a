"""Who is calling: Miva's checks in Miva's order (Miva reference §2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from stores.sandbox.envelope import ApiError, access_denied
from stores.sandbox.parameters import Parameters
from stores.sandbox.settings import Settings

HEADER = "x-miva-api-authorization"
DIGESTS = {"miva-hmac-sha1": hashlib.sha1, "miva-hmac-sha256": hashlib.sha256}
KNOWN_TYPES = frozenset({"miva", *DIGESTS, "ssh-rsa-sha2-256", "ssh-rsa-sha2-512"})


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    address: str


class LoginError(ApiError):
    """A wrong token or address, answered only after the failed-login delay."""


def authorize(settings: Settings, request: Request, parameters: Parameters, now: float) -> None:
    """Raise the first of Miva's eleven refusals that applies; `now` is the store's clock in Unix seconds."""
    if settings.api_offline:
        raise ApiError("api_offline", "The API is currently offline", http_status=503)
    if request.method != "POST":
        raise access_denied("Invalid request method")
    if request.headers.get("content-type", "")[:16] != "application/json":
        raise access_denied("Invalid request content type")
    kind, _space, credentials = request.headers.get(HEADER, "").partition(" ")
    if kind.lower() not in KNOWN_TYPES:
        raise access_denied("Unrecognized authorization type")
    token, _colon, signature = credentials.strip().partition(":")
    _check_token(settings, token, request.address)
    _check_timestamp(settings, parameters, now)
    _check_signature(settings, kind.lower(), signature, request.body)


def signature_of(signing_key: str, digest: str, body: bytes) -> str:
    """The base64 signature over `body`; `digest` is "sha1" or "sha256", the key may lack its padding."""
    key = base64.b64decode(signing_key + "=" * (-len(signing_key) % 4))
    return base64.b64encode(hmac.new(key, body, digest).digest()).decode()


def _check_token(settings: Settings, token: str, address: str) -> None:
    if not hmac.compare_digest(token.encode(), settings.token.encode()):
        raise LoginError("access_denied", "Access denied")
    if not _address_allowed(settings, address):
        raise LoginError("access_denied", "Access denied")
    if not settings.enabled:
        raise access_denied("Token is disabled")


def _address_allowed(settings: Settings, address: str) -> bool:
    client = ip_address(address)
    networks = (ip_network(network) for network in settings.allowed_addresses)
    return any(client.version == network.version and client in network for network in networks)


def _check_timestamp(settings: Settings, parameters: Parameters, now: float) -> None:
    if not settings.require_timestamp:
        return
    sent = str(parameters.own("Miva_Request_Timestamp") or "")
    if not sent:
        raise access_denied("Missing required timestamp")
    if not sent.isdigit() or abs(now - int(sent)) > settings.timestamp_window:
        raise access_denied("Timestamp outside configured window")


def _check_signature(settings: Settings, kind: str, signature: str, body: bytes) -> None:
    if not settings.require_signature:
        return
    if kind not in DIGESTS:
        raise access_denied("Timestamp requires request signature")
    expected = signature_of(settings.signing_key, kind.rpartition("-")[2], body)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise access_denied("Invalid request signature")
