"""How a store stands as a whole: the four services together, each judged by its own app."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import timezone

from fulfillment import health as tracking
from inventory import health as stock
from orders import health as orders
from stores import health as pull
from stores.health import ServiceHealth
from stores.models import Store

JUDGES = (pull, orders, tracking, stock)  # in the order in which pages show them


def services(store: Store, now: datetime | None = None) -> list[ServiceHealth]:
    """Return the health of the store's four services."""
    return services_of([store], now)[store.pk]


def services_of(stores: Sequence[Store], now: datetime | None = None) -> dict[int, list[ServiceHealth]]:
    """Return the same for many stores that came with their merchants, by primary key: as many queries as for one."""
    now = now or timezone.now()
    judged = [judge.summaries(stores, now) for judge in JUDGES]
    return {store.pk: [healths[store.pk] for healths in judged] for store in stores}


def worst(healths: Iterable[ServiceHealth]) -> ServiceHealth:
    """Return the most urgent one; of several alike the first."""
    return min(healths, key=lambda health: health.state.urgency)
