"""Links by which people without a login see one store's status page. Only digests of the secrets are kept."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from stores.audit import note
from stores.models import ShareLink, Store

LONGEST_DAYS = 365
SEEN_EACH = timedelta(minutes=1)


def make(store: Store, name: str, days: int, *, by: Any = None) -> tuple[ShareLink, str]:
    """Make a link that is good for so many days; returns it with its secret, which can be seen this once.

    Raises ValidationError while the store has a good link of this name: a form that was sent twice makes no second one.
    """
    secret = secrets.token_urlsafe(24)
    expires_at = timezone.now() + timedelta(days=min(max(days, 1), LONGEST_DAYS))
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)  # whoever sends the same at once, waits
        if ShareLink.objects.good().of(store).filter(name__iexact=name).exists():
            sentence = _(
                "There is a link for %(name)s already, and its address was shown once. If it was not written down, "
                "revoke it and make another one."
            )
            raise ValidationError({"name": sentence % {"name": name}})
        row = ShareLink.objects.create(
            store=store, name=name, digest=digest_of(secret), made_by=by, expires_at=expires_at
        )
        note("status link made", row, after={"name": name, "expires_at": expires_at})
    return row, secret


def revoke(row: ShareLink) -> bool:
    """End a link at once. Returns False for one that was ended before."""
    with transaction.atomic():
        ended = ShareLink.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=timezone.now())
        if ended:
            note("status link revoked", row)
    return bool(ended)


def found(secret: str) -> ShareLink | None:
    """Return the good link with this secret, None for any other; that it was used is noted, to the minute."""
    rows = ShareLink.objects.good().select_related("store__merchant")
    row: ShareLink | None = rows.filter(digest=digest_of(secret)).first()
    if row is not None:
        now = timezone.now()
        unseen = Q(last_used_at=None) | Q(last_used_at__lt=now - SEEN_EACH)
        ShareLink.objects.filter(unseen, pk=row.pk).update(last_used_at=now)
    return row


def digest_of(secret: str) -> str:
    """Return what is kept of a secret. It has 192 bits of chance, so a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
