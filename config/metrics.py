"""/metrics: the figures that the pages show, for operators. No login, no tenant's data."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from config.celery import HEARTBEAT
from config.standing import services_of
from stores.health import Service, ServiceHealth, State
from stores.models import PullCursor, Store

# Service: name of the gauges of what waits, and of what is set aside for a person.
NAMES = {
    Service.ORDERS_OUT: ("orders_waiting", "orders_held", "Orders"),
    Service.TRACKING: ("shipments_waiting", "shipments_parked", "Shipments"),
    Service.STOCK: ("stock_waiting", "stock_parked", "SKUs"),
}


class PortalCollector(Collector):
    """Gauges over all stores that are switched on."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the figures of this moment."""
        now = timezone.now()
        stores = list(Store.objects.active().select_related("merchant"))
        yield gauge("stores", "Stores that are switched on.", len(stores))
        yield gauge("stores_paused", "Of these, paused.", sum(bool(store.paused_reason) for store in stores))
        yield from pulls(now)
        healths = [health for each in services_of(stores, now).values() for health in each]
        yield states(healths)
        for service in NAMES:
            yield from figures(service, [health for health in healths if health.service == service], now)
        yield from beating()


def gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    """Return one figure."""
    return GaugeMetricFamily(f"connect2cart_{name}", words, value)


def pulls(now: datetime) -> Iterator[GaugeMetricFamily]:
    """Return the figures of the pulls' queue."""
    cursors = PullCursor.objects.filter(store__in=Store.objects.served())
    found: dict[str, Any] = cursors.aggregate(
        failing=Count("pk", filter=~Q(problem="") & ~Q(problem_kind="warning")),
        due=Count("pk", filter=Q(due_at__lte=now)),
        oldest=Min("due_at"),
    )
    late = max((now - found["oldest"]).total_seconds(), 0.0) if found["oldest"] else 0.0
    yield gauge("stores_failing", "Stores whose last pull failed.", found["failing"])
    yield gauge("stores_due", "Stores whose turn it is.", found["due"])
    yield gauge("pull_lateness_seconds", "Wait of the store that is longest due.", late)


def states(healths: Sequence[ServiceHealth]) -> GaugeMetricFamily:
    """Return how many stores are in which state, for each service."""
    counted = Counter((health.service, health.state) for health in healths)
    family = GaugeMetricFamily(
        "connect2cart_services", "Stores by service and state.", labels=["service", "state"]
    )
    for service in Service:
        for state in State:
            family.add_metric([service.value, state.value], counted[service, state])
    return family


def figures(service: Service, healths: Sequence[ServiceHealth], now: datetime) -> Iterator[GaugeMetricFamily]:
    """Return what waits, how long, and what is set aside."""
    waiting, held, things = NAMES[service]
    oldest = min((health.oldest_waiting_at for health in healths if health.oldest_waiting_at), default=now)
    yield gauge(waiting, f"{things} that wait.", sum(health.waiting for health in healths))
    yield gauge(
        f"{waiting}_oldest_seconds",
        f"{things} that wait: age of the oldest.",
        max((now - oldest).total_seconds(), 0.0),
    )
    yield gauge(held, f"{things} that wait for a person.", sum(health.held for health in healths))
    if service == Service.ORDERS_OUT:
        seen = [(now - health.last_tried_at).total_seconds() for health in healths if health.last_tried_at]
        yield gauge(
            "desktops_seen_last_hour", "Stores whose desktop called.", sum(ago < 3600 for ago in seen)
        )
        yield gauge(
            "desktops_seen_last_day", "Stores whose desktop called.", sum(ago < 86400 for ago in seen)
        )


def beating() -> Iterator[GaugeMetricFamily]:
    """Return for how long beat and workers have been silent; nothing when that cannot be known."""
    try:
        beat = cache.get(HEARTBEAT)
    except (RedisError, OSError):
        return
    if beat is not None:
        yield gauge("clock_silent_seconds", "Time since a worker heard beat.", time.time() - float(beat))


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the gauges in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PortalCollector())
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")
