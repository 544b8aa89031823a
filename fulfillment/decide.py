"""What a person decides about shipments: try again, done elsewhere. Every decision is one conditional UPDATE."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fulfillment.models import Shipment, ShipmentLine
from fulfillment.tasks import nudge
from fulfillment.waiting import UNCLEAR
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
        pks = locked("push again", rows)
        return push_now(Shipment.objects.filter(pk__in=pks))


def locked(verb: str, rows: QuerySet[Shipment], reason: str = "") -> list[int]:
    """Lock those of the rows that are still undecided and note the decision about each. Returns their keys."""
    pks = list(rows.values_list("pk", flat=True))
    chosen = undecided(Shipment.objects.filter(pk__in=pks)).select_related("store").order_by("pk")
    found = list(chosen.select_for_update(of=("self",)))
    note_each(verb, found, reason=reason)
    return [row.pk for row in found]


def push_now(rows: QuerySet[Shipment]) -> int:
    """Push rows as soon as a worker is free, and what waits only because their stores could not be reached. Returns how many."""
    chosen = list(undecided(rows).values_list("pk", "store_id"))
    count = outbox.make_due(undecided(Shipment.objects.filter(pk__in=[pk for pk, _ in chosen])), now=True)
    for store in Store.objects.filter(pk__in={store for _, store in chosen}):
        outbox.try_now(Shipment, store)
        nudge(store.pk)
    return count


def done_elsewhere(rows: QuerySet[Shipment], who: str, reason: str) -> int:
    """Close rows because somebody has done in Miva what they are about, or because it need not be done. One that may have been no
    shipment of its own gives its units back. Returns how many."""
    with transaction.atomic():
        chosen = Shipment.objects.filter(pk__in=locked("done elsewhere", rows, reason))
        ShipmentLine.objects.filter(shipment__in=chosen.filter(problem_kind=UNCLEAR)).delete()
        return chosen.update(
            done_at=timezone.now(),
            parked_at=None,
            step=Shipment.Step.ELSEWHERE,
            closed_by=f"{who}: {reason}"[:300],
            **outbox.CALM,
        )
