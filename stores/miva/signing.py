"""The X-Miva-API-Authorization header (Miva reference §2)."""

import base64
import binascii
import hashlib
import hmac

from stores.miva.credentials import Credentials
from stores.miva.errors import AccessDenied, SigningKeyUnusable

AUTHORIZATION = "X-Miva-API-Authorization"

_ALGORITHMS = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}


def authorization(credentials: Credentials, body: bytes) -> str:
    """The header's value for exactly these bytes. Raises AccessDenied or SigningKeyUnusable."""
    token = _checked_token(credentials.token)
    if credentials.digest == "none":
        return f"MIVA {token}"
    signature = hmac.new(decoded_key(credentials.signing_key), body, _ALGORITHMS[credentials.digest]).digest()
    return f"MIVA-HMAC-{credentials.digest.upper()} {token}:{base64.b64encode(signature).decode('ascii')}"


def decoded_key(signing_key: str) -> bytes:
    """The key's bytes; Miva shows it without the padding that base64 needs. Raises SigningKeyUnusable."""
    text = signing_key.strip().rstrip("=")
    if not text:
        raise SigningKeyUnusable(
            "The field Signing key is empty.",
            "Copy the signing key of this token from Miva (Users, API Tokens), or set Digest to none when "
            "the token "
            "does not require signatures.",
        )
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SigningKeyUnusable(
            "The field Signing key does not hold base64 text, so it cannot be Miva's signing key.",
            "Copy the signing key of this token once more from Miva (Users, API Tokens), whole and without "
            "spaces.",
        ) from None


def basic_authorization(user: str, password: str) -> str:
    """The standard Authorization header for a password wall in front of the store (Miva reference §1)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _checked_token(token: str) -> str:
    if token and token.isascii() and token.isprintable() and " " not in token and ":" not in token:
        return token
    raise AccessDenied(
        "The field Token is empty or holds a character that no Miva token has.",
        "Copy the access token once more from Miva (Users, API Tokens), whole and without spaces.",
    )
