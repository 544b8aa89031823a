"""What a person decides about shipments: try again, a new label, done elsewhere. Every decision is one conditional UPDATE."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from fulfillment.models import Package, Shipment, ShipmentLine
from fulfillment.parcels import as_told, renumber
from fulfillment.tasks import nudge
from fulfillment.waiting import UNCLEAR
from orders.models import Order
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


def relabelling(rows: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Return those of the rows of which a person may say that their packages are known ones with new labels."""
    mine = Package.objects.filter(shipment=OuterRef("pk"))
    known = Package.objects.filter(order=OuterRef("order"), ref=OuterRef("ref")).exclude(ref="")
    without = mine.exclude(Exists(known.exclude(shipment=OuterRef("shipment"))))
    unclear = undecided(rows).filter(Exists(mine), problem_kind=UNCLEAR, step=Shipment.Step.NEW)
    return unclear.exclude(Exists(without))


def new_label(rows: QuerySet[Shipment], who: str) -> int:
    """Give the known packages the numbers of these rows, whose units are free again. Returns how many rows."""
    with transaction.atomic():
        list(Order.objects.filter(shipments__in=rows).order_by("pk").select_for_update().values_list("pk"))
        chosen = Shipment.objects.filter(pk__in=locked("new label", relabelling(rows)))
        for package in Package.objects.filter(shipment__in=chosen):
            same = Package.objects.filter(order=package.order_id, ref=package.ref)
            known = same.exclude(pk=package.pk).exclude(shipment__in=chosen).first()
            if known is not None:
                package.delete()
                renumber(known, as_told(package))
        stores = set(chosen.values_list("store_id", flat=True))
        count = close(chosen, f"{who}: a new label")
    for store_id in stores:
        nudge(store_id)
    return count


def done_elsewhere(rows: QuerySet[Shipment], who: str, reason: str) -> int:
    """Close rows because somebody has done in Miva what they are about, or because it need not be done. Returns how many."""
    with transaction.atomic():
        chosen = Shipment.objects.filter(pk__in=locked("done elsewhere", rows, reason))
        return close(chosen, f"{who}: {reason}")


def close(rows: QuerySet[Shipment], why: str) -> int:
    """Close rows. One that may have been no shipment of its own gives its units back. Returns how many."""
    ShipmentLine.objects.filter(shipment__in=rows.filter(problem_kind=UNCLEAR)).delete()
    return rows.update(
        done_at=timezone.now(),
        parked_at=None,
        step=Shipment.Step.ELSEWHERE,
        closed_by=why[:300],
        **outbox.CALM,
    )
