"""/health/live/, /health/ready/ and /metrics: for load balancers, monitors and operators. No login, no tenant's data."""

import time
from collections.abc import Callable, Iterator

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from config.tasks import HEARTBEAT
from fulfillment.models import Shipment
from inventory.models import StockPush
from orders.models import Order
from stores.models import PullCursor, Store

LATE = 120.0  # seconds without a heartbeat: the clock rings every 20


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process handles requests."""
    return HttpResponse("alive\n", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and cache can be used, else 503; each component says how it is.

    The clock (beat and workers) is told, too, but a web process can serve desktops without it.
    """
    components = {"database": probe(database), "cache": probe(cache_works), "clock": probe(clock)}
    works = components["database"] == components["cache"] == "ok"
    return JsonResponse({"ready": works, **components}, status=200 if works else 503)


def probe(check: Callable[[], str]) -> str:
    """Return what the check says; a failure in words, without addresses or credentials."""
    try:
        return check()
    except (DatabaseError, RedisError, OSError) as error:
        return f"not reached ({type(error).__name__})"


def database() -> str:
    """Return ok when the database answers and has all migrations."""
    executor = MigrationExecutor(connection)
    return "migrations are missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def cache_works() -> str:
    """Return ok when the cache answers."""
    cache.get(HEARTBEAT)
    return "ok"


def clock() -> str:
    """Return ok when beat has rung and a worker has heard it lately."""
    beat = cache.get(HEARTBEAT)
    if beat is None:
        return "no heartbeat yet: start celery beat and a worker"
    silent = time.time() - float(beat)
    return (
        "ok"
        if silent < LATE
        else f"no heartbeat for {int(silent)} seconds: look at celery beat and the workers"
    )


class PortalCollector(Collector):
    """Gauges over all stores."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the figures of this moment."""
        now = timezone.now()
        stores = Store.objects.active().aggregate(
            all=Count("pk"), paused=Count("pk", filter=~Q(paused_reason=""))
        )
        cursors = PullCursor.objects.filter(store__in=Store.objects.served())
        pulls = cursors.aggregate(
            failing=Count("pk", filter=~Q(problem="") & ~Q(problem_kind="warning")),
            due=Count("pk", filter=Q(due_at__lte=now)),
            oldest=Min("due_at"),
        )
        late = max((now - pulls["oldest"]).total_seconds(), 0.0) if pulls["oldest"] else 0.0
        yield GaugeMetricFamily("connect2cart_stores", "Stores that are switched on.", stores["all"])
        yield GaugeMetricFamily("connect2cart_stores_paused", "Of these, paused.", stores["paused"])
        yield GaugeMetricFamily(
            "connect2cart_stores_failing", "Stores whose last pull failed.", pulls["failing"]
        )
        yield GaugeMetricFamily("connect2cart_stores_due", "Stores whose turn it is.", pulls["due"])
        yield GaugeMetricFamily(
            "connect2cart_pull_lateness_seconds", "Wait of the store that is longest due.", late
        )
        yield GaugeMetricFamily(
            "connect2cart_orders_held",
            "Orders that are held.",
            Order.objects.filter(state=Order.State.HELD).count(),
        )
        owed = Shipment.objects.filter(done_at=None).aggregate(
            waiting=Count("pk", filter=Q(parked_at=None)),
            parked=Count("pk", filter=Q(parked_at__isnull=False)),
        )
        yield GaugeMetricFamily(
            "connect2cart_shipments_waiting", "Shipments that Miva does not have yet.", owed["waiting"]
        )
        yield GaugeMetricFamily(
            "connect2cart_shipments_parked", "Shipments that wait for a person.", owed["parked"]
        )
        stock = StockPush.objects.filter(done_at=None).aggregate(
            waiting=Count("pk", filter=Q(parked_at=None)),
            parked=Count("pk", filter=Q(parked_at__isnull=False)),
        )
        yield GaugeMetricFamily(
            "connect2cart_stock_waiting", "SKUs whose stock Miva does not have yet.", stock["waiting"]
        )
        yield GaugeMetricFamily(
            "connect2cart_stock_parked", "SKUs whose stock waits for a person.", stock["parked"]
        )


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the gauges in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PortalCollector())
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")
