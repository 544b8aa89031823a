"""What is written down about the services every few minutes: how each store stands, and what was done since.

The counters are where they arise: pulls in the cursors, pushes in the clocks of the outbox, orders in the sequence of export
numbers and in how far the desktops have come in it.
"""

from datetime import datetime

from django.db.models import Max

from config.standing import services_of
from fulfillment.models import Shipment
from inventory.models import StockPush
from orders.models import Download, ExportSequence
from stores import history
from stores.health import Service
from stores.history import NOTHING, Counters, Key
from stores.models import OutboxClock, OutboxRow, PullCursor, Store

PUSHES: dict[Service, type[OutboxRow]] = {Service.TRACKING: Shipment, Service.STOCK: StockPush}
AT_ONCE = 200  # stores in one transaction


def record(now: datetime) -> int:
    """Write the present day of every store that is switched on, and the present hour. Returns how many rows."""
    stores = list(Store.objects.active().select_related("merchant"))
    found = counters()
    written = history.record_hours(added(found), now)
    for start in range(0, len(stores), AT_ONCE):
        some = stores[start : start + AT_ONCE]
        written += history.record_days(some, services_of(some, now), found, now)
    return written


def counters() -> dict[Key, Counters]:
    """Return what each service of each store has done so far."""
    found: dict[Key, Counters] = {}
    numbered = dict(ExportSequence.objects.values_list("store", "last_number"))
    for store, good, bad in PullCursor.objects.values_list("store", "good_runs", "bad_runs"):
        found[store, Service.ORDERS_IN] = Counters(good, bad, numbered.get(store, 0))
    reached = Download.objects.order_by().values("store").annotate(last=Max("last_number"))
    for store, last in reached.values_list("store", "last"):
        found[store, Service.ORDERS_OUT] = Counters(carried=last)
    for service, model in PUSHES.items():
        clocks = OutboxClock.objects.filter(kind=model._meta.label_lower)
        for store, *figures in clocks.values_list("store", *Counters._fields):
            found[store, service] = Counters(*figures)
    return found


def added(found: dict[Key, Counters]) -> dict[str, Counters]:
    """Return the sums over all stores, by service."""
    sums: dict[str, Counters] = dict.fromkeys(Service, NOTHING)
    for (_, service), counter in found.items():
        sums[service] = Counters(*(one + other for one, other in zip(sums[service], counter, strict=True)))
    return sums
