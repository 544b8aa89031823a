"""How many shipments wait for Miva, how long, how many are parked, and what stops all of them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from fulfillment.meanings import UNKNOWN
from fulfillment.models import Shipment, StatusUpdate
from stores import outbox
from stores.models import Store


@dataclass(frozen=True)
class ShipmentHealth:
    """What one store's Miva is owed. `problem` is why nothing of it can be pushed at this moment, empty when it can."""

    waiting: int
    oldest_waiting_at: datetime | None
    parked: int
    unknown_labels: int
    problem: str

    @property
    def good(self) -> bool:
        """Whether nobody has to do anything."""
        return not (self.parked or self.unknown_labels or self.problem)


def summary(store: Store) -> ShipmentHealth:
    """Return what waits and what is parked."""
    open_rows = Q(done_at=None, parked_at=None)
    found = (
        Shipment.objects.of(store)
        .filter(done_at=None)
        .aggregate(
            waiting=Count("pk", filter=open_rows),
            oldest=Min("created_at", filter=open_rows),
            parked=Count("pk", filter=Q(parked_at__isnull=False)),
        )
    )
    return ShipmentHealth(
        waiting=found["waiting"],
        oldest_waiting_at=found["oldest"],
        parked=found["parked"],
        unknown_labels=StatusUpdate.objects.of(store)
        .filter(meaning=UNKNOWN)
        .values("label")
        .distinct()
        .count(),
        problem=outbox.store_problem(Shipment, store),
    )
