"""What a person decides about shipments: try again, done elsewhere. Every decision is one conditional UPDATE."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fulfillment.models import Shipment
from fulfillment.tasks import nudge
from stores import outbox
from stores.audit import note_each
from stores.cursors import free
from stores.models import Store


def undecided(rows: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Return those of the rows that are still owed and that no worker holds."""
    return rows.filter(free(timezone.now()), done_at=None)


def try_again(rows: QuerySet[Shipment]) -> int:
    """Push rows as `push_now`, because a person asks for just these. Returns how many."""
    with transaction.atomic():
        note_each("push again", list(undecided(rows).select_related("store")))
        return push_now(rows)


def push_now(rows: QuerySet[Shipment]) -> int:
    """Push rows as soon as a worker is free, and what waits only because their stores could not be reached. Returns how many."""
    chosen = list(undecided(rows).values_list("pk", "store_id"))
    count = outbox.make_due(undecided(Shipment.objects.filter(pk__in=[pk for pk, _ in chosen])), now=True)
    for store in Store.objects.filter(pk__in={store for _, store in chosen}):
        outbox.try_now(Shipment, store)
        nudge(store.pk)
    return count


def done_elsewhere(rows: QuerySet[Shipment], who: str, reason: str) -> int:
    """Close rows because somebody has done in Miva what they are about, or because it need not be done. Returns how many."""
    pks = list(undecided(rows).values_list("pk", flat=True))
    chosen = undecided(Shipment.objects.filter(pk__in=pks))
    with transaction.atomic():
        note_each(
            "done elsewhere",
            list(chosen.select_for_update(of=("self",)).select_related("store")),
            reason=reason,
        )
        return chosen.update(
            done_at=timezone.now(),
            parked_at=None,
            step=Shipment.Step.ELSEWHERE,
            closed_by=f"{who}: {reason}"[:300],
            **outbox.CALM,
        )
