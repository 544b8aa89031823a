"""After a change of settings: the store's orders that are held or wait for a desktop are judged again, in short slices.

The row is the queue (architecture, decision 1). No lease is needed, because no wire opens: a batch locks the row, reads the
settings, judges, and moves the position in one transaction. A change that comes in between waits for that, and begins anew.
"""

import time
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders import release
from orders.health import not_given
from orders.keep import Kept
from orders.models import Order, Rejudgement
from orders.prepare import UNREAD
from stores.cursors import NUDGE_AGAIN
from stores.models import Store


def ask(stores: Iterable[Store]) -> None:
    """Write down that settings were changed, in the caller's transaction; work under way begins anew."""
    rows = [Rejudgement(store=store) for store in stores]
    Rejudgement.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["store"],
        update_fields=["position", "asked_at", "nudged_at"],
        batch_size=1000,
    )


def work(store: Store, *, budget: float) -> bool:
    """Judge batch after batch until none is left or the budget (seconds) is used up. Returns whether none is left."""
    deadline = time.monotonic() + budget
    while batch(store):
        if time.monotonic() >= deadline:
            return False
    return True


def batch(store: Store) -> bool:
    """Judge the next orders; returns whether there may be more."""
    with transaction.atomic():
        row = locked(store)
        if row is None:
            return False
        rows = concerned(store).filter(pk__gt=row.position).order_by("pk")
        last = release.batch(store, rows, Kept())
        if last is None:
            row.delete()
            return False
        row.position, row.nudged_at = last, timezone.now()
        row.save(update_fields=["position", "nudged_at"])
    return True


def locked(store: Store) -> Rejudgement | None:
    """Return the store's row, locked until the transaction ends."""
    of = ("self",) if connection.features.has_select_for_update_of else ()
    row: Rejudgement | None = Rejudgement.objects.of(store).select_for_update(of=of).first()
    return row


def concerned(store: Store) -> QuerySet[Order]:
    """Return the orders to which a setting still makes a difference: held, incomplete, or not given to a desktop yet."""
    waiting = Q(state=Order.State.HELD) | Q(state=Order.State.INCOMPLETE) | not_given(store)
    return Order.objects.of(store).filter(waiting).exclude(fingerprint=UNREAD)


def due(now: datetime) -> list[int]:
    """Return the stores whose orders wait to be judged and that no worker seems to have, and note that the workers are told."""
    untold = Q(nudged_at=None) | Q(nudged_at__lte=now - NUDGE_AGAIN)
    stores = list(Rejudgement.objects.filter(untold).values_list("store_id", flat=True))
    Rejudgement.objects.filter(untold, store__in=stores).update(nudged_at=now)
    return stores
