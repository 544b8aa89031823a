"""The second factor of people: an authenticator app, set up once, and recovery codes for when the telephone is lost."""

import hashlib
import secrets
from base64 import b32encode
from typing import Any
from urllib.parse import quote, urlencode

from django.db import transaction
from django.utils.crypto import salted_hmac

from stores.audit import note
from stores.fields import readable
from stores.models import Authenticator

ISSUER = "connect2cart"
KEY_BYTES = 20
RECOVERY_CODES = 10


def has_one(user: Any) -> bool:
    """Whether the person has an authenticator that is in use."""
    return bool(Authenticator.objects.filter(user=user, confirmed=True).exists())


def in_use(user: Any) -> Authenticator:
    """Return the authenticator that is in use."""
    found: Authenticator = Authenticator.objects.get(user=user, confirmed=True)
    return found


def is_begun(user: Any) -> bool:
    """Whether the person is setting up an authenticator."""
    return bool(Authenticator.objects.filter(user=user, confirmed=False).exists())


def begun(user: Any) -> Authenticator:
    """Return the authenticator that the person is setting up, after a code that was wrong."""
    found: Authenticator = Authenticator.objects.get(user=user, confirmed=False)
    return found


def begin(user: Any) -> Authenticator:
    """Return a new authenticator to be set up; the key of one that was begun before, which others may have seen, is worth
    nothing any more."""
    fresh = {"name": "app", "key": secrets.token_hex(KEY_BYTES)}
    made, _ = Authenticator.objects.update_or_create(user=user, confirmed=False, defaults=fresh)
    found: Authenticator = made
    return found


def secret_of(authenticator: Authenticator) -> str:
    """Return the key as people type it: base32."""
    return b32encode(bytes.fromhex(readable(authenticator.key))).decode()


def address_of(authenticator: Authenticator) -> str:
    """Return the otpauth address that the square code holds."""
    label = quote(f"{ISSUER}:{authenticator.user.get_username()}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret_of(authenticator), 'issuer': ISSUER})}"


def confirm(user: Any, code: str) -> list[str] | None:
    """Put the authenticator that was begun into use instead of a former one. Returns the recovery codes, which can be seen
    this once; None when the code is wrong."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(user=user, confirmed=False).first()
        if row is None or not row.verify_token(plain(code)):
            return None
        Authenticator.objects.filter(user=user, confirmed=True).delete()
        row.confirmed = True
        codes = give_codes(row)
        note("second factor set up", user)
    return codes


def new_codes(user: Any, seen: str) -> list[str] | None:
    """Give the person other recovery codes; the former ones are good no longer.

    None when `seen` is not `mark_of` the codes of this moment: a form that was sent twice makes no second list.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(user=user, confirmed=True)
        if mark_of(row) != seen:
            return None
        codes = give_codes(row)
        note("new recovery codes", user)
    return codes


def mark_of(row: Authenticator) -> str:
    """Return a mark of the recovery codes that are left; it changes with every new list."""
    return salted_hmac("stores.second_factor", repr((row.pk, row.recovery)), algorithm="sha256").hexdigest()


def give_codes(row: Authenticator) -> list[str]:
    """Save digests of new codes and return the codes."""
    codes = ["-".join(secrets.token_hex(2) for _ in range(4)) for _ in range(RECOVERY_CODES)]
    row.recovery = [digest_of(code) for code in codes]
    row.save()
    return codes


def accept(user: Any, code: str) -> Authenticator | None:
    """Return the person's authenticator when the code is its present one, or a recovery code, which is used up by that."""
    with transaction.atomic():
        row: Authenticator | None = (
            Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
        )
        if row is None:
            return None
        if digest_of(code) in row.recovery and row.verify_is_allowed()[0]:
            row.recovery.remove(digest_of(code))
            row.throttle_reset(commit=False)
            row.save()
            note("recovery code used", user, count=len(row.recovery))
            return row
        return row if row.verify_token(plain(code)) else None


def remove(user: Any, reason: str) -> bool:
    """Take the second factor from a person who has lost it. Returns False when there was none."""
    with transaction.atomic():
        gone, _ = Authenticator.objects.filter(user=user).delete()
        if gone:
            note("second factor removed", user, reason=reason)
    return bool(gone)


def plain(code: str) -> str:
    """Return a code without the blanks and hyphens that people type."""
    return "".join(code.split()).replace("-", "")


def digest_of(code: str) -> str:
    """Return what is kept of a recovery code: 64 bits of chance, so a plain SHA-256 is enough."""
    return hashlib.sha256(plain(code).lower().encode(errors="replace")).hexdigest()
