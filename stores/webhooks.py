"""Secrets of webhook addresses: issue, retire, and find the store of one that was called.

Miva's webhooks carry no signature (Miva reference §15), so the address is the credential: 32 random bytes,
looked up by their SHA-256 digest. A plain digest is enough for something that nobody chose and nobody can
guess, and how long an indexed look-up of a digest takes tells nothing about the secret.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from stores.audit import note
from stores.fields import readable
from stores.models import Store, WebhookSecret

BYTES = 32
MOST_LIVE = 2  # the address that Miva calls, and the one that it is being given
NOTED_EACH = timedelta(minutes=1)


def issue(store: Store) -> WebhookSecret:
    """Create a secret; `secret` of the returned row is the plain text. A former one stays good until retired.

    So no webhook is lost while Miva is given the new address. Raises ValidationError while the store has two:
    which of them Miva no longer calls only a person knows.
    """
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)  # whoever counts holds the store
        if live(store).count() >= MOST_LIVE:
            raise ValidationError(
                f"{store} has {MOST_LIVE} webhook addresses already. Retire the one that Miva no longer "
                "calls, then issue another."
            )
        secret = secrets.token_urlsafe(BYTES)
        made = WebhookSecret.objects.create(store=store, secret=secret, digest=digest_of(secret))
        note("webhook address made", made)
        return made


def retire(secret: WebhookSecret) -> None:
    """Make the secret's address answer 404 from now on."""
    with transaction.atomic():
        if WebhookSecret.objects.filter(pk=secret.pk, retired_at=None).update(retired_at=timezone.now()):
            note("webhook address retired", secret)


def live(store: Store) -> QuerySet[WebhookSecret]:
    """Return the secrets that are taken, oldest first."""
    return WebhookSecret.objects.filter(store=store, retired_at=None)


def webhook_url(secret: WebhookSecret) -> str:
    """Return the address for Miva. Raises SecretUnreadable when no key of FERNET_KEYS decrypts the secret."""
    return f"{settings.PUBLIC_URL}/hooks/miva/{readable(secret.secret)}/"


def find(secret: str) -> int | None:
    """Return the id of the active store with this live secret, or None.

    Unknown, malformed and retired secrets and those of a store or merchant that is switched off cost the
    same: one digest, one indexed query, nothing decrypted.
    """
    columns = "pk", "store_id", "last_used_at", "retired_at", "store__active", "store__merchant__active"
    row = WebhookSecret.objects.filter(digest=digest_of(secret)).values_list(*columns).first()
    pk, store_id, last_used_at, retired_at, active, merchant_active = row or (0, 0, None, None, False, False)
    if retired_at is not None or not (active and merchant_active):
        return None
    note_use(pk, last_used_at)
    return int(store_id)


def note_use(pk: int, last_used_at: datetime | None) -> None:
    """Note when an address was called, at most once a minute: it tells support which one Miva still uses."""
    now = timezone.now()
    if last_used_at is None or last_used_at < now - NOTED_EACH:
        WebhookSecret.objects.filter(pk=pk).update(last_used_at=now)


def digest_of(secret: str) -> str:
    """Return the SHA-256 of any text, hexadecimal."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
