"""The one place where a row becomes a client."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from stores.committing import soon_on_disk
from stores.context import request_id
from stores.fields import SecretUnreadable, readable
from stores.limits import wait_for_turn
from stores.miva.client import Credentials, Exchanged, MivaClient, Timeouts
from stores.miva.errors import MivaLocked
from stores.models import Exchange, Store

log = logging.getLogger(__name__)


def miva_for(
    store: Store,
    timeouts: Timeouts | None = None,
    *,
    renew: Callable[[], None] = lambda: None,
    probing: bool = False,
) -> MivaClient:
    """Return a client for the store's Miva API that journals each conversation and keeps to the store's request limit.

    `renew` prolongs the caller's lease before each request, or raises when it is lost: nothing is sent then. So a lease need only
    outlast one request and what is done with its answer, however many the work takes. `probing`: what is asked for is not there
    on purpose, so that Miva's refusal is the answer that was hoped for. Raises MivaLocked when the stored secrets cannot be
    decrypted.
    """

    def before_send() -> None:
        may_send(store)
        renew()

    return MivaClient(
        credentials_of(store),
        timeouts=timeouts,
        allow_private=settings.ALLOW_PRIVATE_STORE_HOSTS,
        allow_http=settings.ALLOW_HTTP_STORES,
        on_exchange=lambda told: journal(store, told, probing=probing),
        before_send=before_send,
    )


def may_send(store: Store) -> None:
    """Wait for the store's turn. Raises RuntimeError inside a transaction: an answer of Miva's must never depend on a commit that
    may still fail."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("Miva must not be called from inside a transaction.")
    wait_for_turn(store)


def credentials_of(store: Store) -> Credentials:
    """Return the store's credentials in plain text. Raises MivaLocked when a key is missing."""
    try:
        return Credentials(
            endpoint=store.endpoint,
            store_code=store.store_code,
            token=readable(store.token),
            signing_key=readable(store.signing_key),
            digest=store.digest,
            timestamp=store.timestamp,
            basic_user=store.basic_user,
            basic_password=readable(store.basic_password),
            passphrase=readable(store.passphrase),
        )
    except SecretUnreadable:
        raise MivaLocked(
            f"The stored secrets of {store} cannot be decrypted: they were encrypted with a key that is not in FERNET_KEYS.",
            "Add the former key at the end of FERNET_KEYS and restart, or enter token and signing key again on the store's page.",
        ) from None


def journal(store: Store, told: Sequence[Exchanged], *, probing: bool = False) -> None:
    """Write conversations with Miva into the journal. A journal that fails is logged and never fails the work."""
    rows = [
        Exchange(
            store=store,
            direction=Exchange.Direction.MIVA,
            function=exchanged.function[:80],
            at=datetime.fromtimestamp(exchanged.at, UTC),
            milliseconds=int(exchanged.milliseconds),
            outcome=exchanged.outcome,
            http_status=exchanged.http_status,
            request_id=request_id.get()[:64],
            request=exchanged.request,
            response=exchanged.response,
            error=exchanged.error,
        )
        for exchanged in told
    ]
    for row in rows if probing else ():
        if row.outcome == Exchange.Outcome.REFUSED:
            row.outcome, row.error = Exchange.Outcome.OK, ""
    with soon_on_disk():
        Exchange.objects.bulk_create(rows)
