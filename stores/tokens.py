"""API tokens: made, put in the place of another, and revoked. One way for pages, commands and tests."""

import hashlib
import secrets
import string
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from stores.audit import note
from stores.models import ApiToken, Merchant, Store

ALPHABET = string.ascii_letters + string.digits
MARK = "c2c_"  # what secret scanners find tokens by
PREFIX_LENGTH, SECRET_LENGTH = 8, 40
OVERLAP_HOURS, LONGEST_OVERLAP = 24, 720


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a token. No salt and no slow hash: a token has more than 200 bits of chance."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def prefix_of(secret: str) -> str:
    """Return the part of a token that it is found by, and that pages show: `c2c_` and eight characters."""
    return secret[: len(MARK) + PREFIX_LENGTH].encode(errors="replace").decode().replace("\0", "")


@sensitive_variables("secret")
def issue(token: ApiToken) -> str:
    """Save the token with a new secret and return that: the only time that it can be seen. Raises ValidationError."""
    beginning, rest = random_text(PREFIX_LENGTH), random_text(SECRET_LENGTH)
    secret = f"{MARK}{beginning}_{rest}"
    token.prefix, token.digest = prefix_of(secret), digest_of(secret)
    token.full_clean()
    with transaction.atomic():
        token.save(force_insert=True)
        note("API token made", token, after={"scopes": token.scopes, "expires_at": token.expires_at})
    return secret


def make(
    merchant: Merchant,
    store: Store | None,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a merchant, or for one of his stores; returns it with its secret. Raises ValidationError."""
    token = ApiToken(
        merchant=merchant, store=store, name=name, scopes=sorted(set(scopes)), expires_at=expires_at
    )
    with transaction.atomic():
        refuse_second(token)
        return token, issue(token)


def refuse_second(token: ApiToken) -> None:
    """Refuse a token while a good one of this name opens the same: a form that was sent twice makes no second one.

    To be called in the transaction that makes it: whoever sends the same at once, waits. Raises ValidationError.
    """
    Merchant.objects.select_for_update(no_key=True).get(pk=token.merchant_id)
    same = ApiToken.objects.live().filter(merchant=token.merchant_id, store=token.store_id, replaced_by=None)
    former = same.filter(name__iexact=token.name).first()
    if former is not None:
        raise ValidationError(
            {
                "name": f"{former} is there already, and was shown once. If it was not written down, rotate it; for another "
                "program enter another name."
            }
        )


@sensitive_variables("secret")
def rotate(
    token: ApiToken, overlap: timedelta = timedelta(hours=OVERLAP_HOURS)
) -> tuple[ApiToken, str] | None:
    """Make a token that may do the same, as long; the former ends after the overlap.

    Returns the new one with its secret, None when there is nothing to replace: it was replaced, ended or revoked meanwhile.
    """
    with transaction.atomic():
        former = (
            ApiToken.objects.live()
            .select_for_update(of=("self",))
            .filter(pk=token.pk, replaced_by=None)
            .first()
        )
        if former is None:
            return None
        now = timezone.now()
        lifetime = former.expires_at - former.created_at if former.expires_at else None
        made = ApiToken(
            merchant=former.merchant,
            store=former.store,
            name=former.name,
            scopes=former.scopes,
            expires_at=now + lifetime if lifetime else None,
        )
        secret = issue(made)
        ends = min(filter(None, (former.expires_at, now + overlap)))
        ApiToken.objects.filter(pk=former.pk).update(expires_at=ends, replaced_by=made)
        note(
            "API token rotated", former, before={"expires_at": former.expires_at}, after={"expires_at": ends}
        )
    return made, secret


def revoke(token: ApiToken) -> bool:
    """End a token at once. Returns whether it was still good."""
    with transaction.atomic():
        changed = ApiToken.objects.live().filter(pk=token.pk).update(revoked_at=timezone.now())
        if changed:
            note("API token revoked", token)
    return bool(changed)


def random_text(length: int) -> str:
    """Return letters and digits by chance."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
