"""The support team's first page: who needs help and why, what waits and how long, whether queue and workers run.

Every figure comes from the definitions that all pages share (`config.standing`), is a link to the list behind it, and is shown only
to those who may see that list. The page asks for itself again now and then; without scripts it is reloaded by hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from redis.exceptions import RedisError

from config.broker import messages
from config.charts import charts
from config.health import clock_health
from config.standing import services_of, worst
from fulfillment.models import Shipment
from inventory.models import StockPush
from orders.admin.overview import overview
from orders.models import UnmappedPayment
from stores import outbox
from stores.admin.standing import state_label
from stores.admin.words import label, link, list_of, page_of, span, when
from stores.cursors import free
from stores.health import Service, ServiceHealth, State, switched_off
from stores.models import OutboxRow, Store

SHOWN = 15
SEE_STORES = "stores.view_store"


@dataclass(frozen=True)
class Figure:
    """A number, the list behind it, and what else there is to say about it."""

    name: str
    value: str
    address: str
    remark: str = ""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add everything to the first page. Only for those who may see stores."""
    if not request.user.has_perm(SEE_STORES):
        return context
    return context | {"title": "Overview", "console": console(request, timezone.now())}


def refreshed(request: HttpRequest) -> HttpResponse:
    """Answer what changes on the first page, without the page around it. Raises PermissionDenied for who may not see stores."""
    if not request.user.has_perm(SEE_STORES):
        raise PermissionDenied
    return render(request, "admin/overview.html", {"console": console(request, timezone.now())})


def console(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """Return what the page shows; as many queries for a thousand stores as for one.

    What is held or parked counts in stores that are switched off as well, as in the lists behind the figures.
    """
    every = list(Store.objects.select_related("merchant").order_by("merchant__name", "name"))
    healths = services_of(every, now)
    stores = [store for store in every if switched_off(store) is None]
    needing = sorted(
        (store for store in stores if any(health.needs_attention for health in healths[store.pk])),
        key=lambda store: worst(healths[store.pk]).state.urgency,
    )
    return {
        "at": now,
        "all": len(stores),
        "figures": [
            Figure(
                "Stores that need attention",
                f"{len(needing)} of {len(stores)}",
                list_of("stores_store", service="attention"),
            ),
            *figures(request, [health for each in healths.values() for health in each], now),
        ],
        "stores": [line(store, healths[store.pk]) for store in needing[:SHOWN]],
        "more": max(len(needing) - SHOWN, 0),
        "all_needing": list_of("stores_store", service="attention"),
        "all_stores": list_of("stores_store"),
        "charts": charts(now),
        "machinery": machinery(request, now),
        **overview(request, now),
    }


def figures(request: HttpRequest, healths: Sequence[ServiceHealth], now: datetime) -> Iterator[Figure]:
    """Yield what waits and what is set aside, each for those who may see its list."""
    may = request.user.has_perm
    by_service = {service: [health for health in healths if health.service == service] for service in Service}
    if may("orders.view_order"):
        out = by_service[Service.ORDERS_OUT]
        fetched = served(out)  # where a store is switched off nothing waits: its desktops are refused
        yield waiting("Orders waiting for Stone Edge", fetched, list_of("orders_order", waiting="yes"), now)
        yield held("Orders held", out, list_of("orders_order", state__exact="held"))
    if may("fulfillment.view_shipment"):
        tracking = by_service[Service.TRACKING]
        shipments = list_of("fulfillment_shipment", state="open")
        yield waiting("Shipments waiting for Miva", tracking, shipments, now)
        yield held("Parked shipments", tracking, list_of("fulfillment_shipment", state="parked"))
    if may("inventory.view_stockpush"):
        stock = by_service[Service.STOCK]
        yield waiting(
            "Stock changes waiting for Miva", stock, list_of("inventory_stockpush", standing="waiting"), now
        )
        yield held("Parked stock changes", stock, list_of("inventory_stockpush", standing="parked"))
    if may("orders.view_unmappedpayment"):
        count = UnmappedPayment.objects.filter(dismissed_at=None).count()
        yield Figure("Unmapped payment methods", f"{count:,}", list_of("orders_unmappedpayment"))


def waiting(name: str, healths: Sequence[ServiceHealth], address: str, now: datetime) -> Figure:
    """Return how many wait, and for how long the oldest of those that somebody works on."""
    moments = [health.oldest_waiting_at for health in served(healths) if health.oldest_waiting_at]
    age = f"the oldest for {span((now - min(moments)).total_seconds())}" if moments else ""
    return counted(name, "waiting", healths, address, age)


def held(name: str, healths: Sequence[ServiceHealth], address: str) -> Figure:
    """Return how many are set aside for a person."""
    return counted(name, "held", healths, address)


def counted(
    name: str, figure: str, healths: Sequence[ServiceHealth], address: str, remark: str = ""
) -> Figure:
    """Return a figure of all stores, and how much of it is in stores that are switched off."""
    total, here = (sum(getattr(each, figure) for each in some) for some in (healths, served(healths)))
    off = f"{total - here:,} in stores that are switched off" if total > here else ""
    return Figure(name, f"{total:,}", address, "; ".join(filter(None, (remark, off))))


def served(healths: Sequence[ServiceHealth]) -> list[ServiceHealth]:
    """Return the services of the stores that are switched on."""
    return [health for health in healths if health.state != State.OFF]


def line(store: Store, healths: Sequence[ServiceHealth]) -> dict[str, Any]:
    """Return a line about a store that needs somebody: what is worst first, and the other services that need somebody."""
    ill = sorted(
        (health for health in healths if health.needs_attention), key=lambda health: health.state.urgency
    )
    return {
        "link": link(page_of(store), f"{store.merchant} · {store.name}"),
        "problems": [(state_label(health.state), when(health.last_good_at), health) for health in ill],
    }


def machinery(request: HttpRequest, now: datetime) -> list[tuple[str, SafeString | str]]:
    """Return how beat, workers, broker and the two outboxes are, as names and values."""
    waiting_messages = messages()
    rows: list[tuple[str, SafeString | str]] = [
        ("Clock (celery beat)", clock_words()),
        (
            "Messages in the broker",
            label("Not reached", "bad") if waiting_messages is None else f"{waiting_messages:,}",
        ),
    ]
    queues = (
        ("Shipments", Shipment, "fulfillment.view_shipment", list_of("fulfillment_shipment", state="open")),
        (
            "Stock changes",
            StockPush,
            "inventory.view_stockpush",
            list_of("inventory_stockpush", standing="waiting"),
        ),
    )
    for name, model, permission, address in queues:
        if request.user.has_perm(permission):
            rows.append((f"{name}: due, in work, parked", link(address, queue_words(model, now))))
    return rows


def clock_words() -> SafeString:
    """Return whether beat and workers run, and when they were last heard."""
    try:
        health = clock_health()
    except (RedisError, OSError):
        return label("Not known: the cache cannot be reached", "bad")
    state = label("Running", "good") if health.running else label("Not running", "bad")
    return format_html(
        "{} {} Beat was heard {}, a worker {}.",
        state,
        "" if health.running else f"{health.sentence}.",
        when(health.beat_at),
        when(health.worker_at),
    )


def queue_words(model: type[OutboxRow], now: datetime) -> str:
    """Return how many rows are due, held by a worker and parked, and for how long the oldest has been due.

    Nothing is due in a store that is paused or switched off: no worker takes it.
    """
    due = Q(due_at__lte=now, store__in=Store.objects.served().order_by().values("pk")) & free(now)
    rows = model._default_manager.filter(outbox.OPEN)
    found = rows.aggregate(
        due=Count("pk", filter=due),
        taken=Count("pk", filter=Q(leased_until__gt=now)),
        oldest=Min("due_at", filter=due),
    )
    parked = model._default_manager.filter(outbox.PARKED).count()
    since = f", the oldest for {span((now - found['oldest']).total_seconds())}" if found["oldest"] else ""
    return f"{found['due']:,} due{since}; {found['taken']:,} in work; {parked:,} parked"
