"""status_pages_1m: how long the merchants' pages take in the server (95th percentile), with 500 stores and a million orders.

Each kind of page for some stores; the member has a hundred stores, so that the overview has pages. The limit is what is allowed.
"""

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from config.tasks import heartbeat
from orders.models import Order
from stores import share_links
from stores.models import Exchange, Membership, Merchant, OutboxClock, ServiceDay, Store
from tests.benchmarks.admin_pages import measured
from tests.benchmarks.million import defaulted, execute, load
from tests.benchmarks.report import note

ALLOWED = 150.0  # ms
ROUNDS, MERCHANTS = 10, 25
LOOKED_AT = (0, 37, 99)  # of the member's stores

DAYS_SQL = """
INSERT INTO stores_serviceday (store_id, service, day, worst, seconds_watched, seconds_wrong, sampled_at, good_runs, carried)
SELECT id, service, current_date - ago,
  CASE WHEN (id + ago) %% 31 = 0 THEN 'failing' WHEN (id + ago) %% 17 = 0 THEN 'held' ELSE 'ok' END,
  86000, CASE WHEN (id + ago) %% 31 = 0 THEN 1800 ELSE 0 END, now(), 96, 40
FROM stores_store, generate_series(0, 399) ago, unnest(%(services)s::text[]) service
"""
EXCHANGES_SQL = """
INSERT INTO stores_exchange (store_id, direction, function, at, milliseconds, outcome, request, response)
SELECT id, CASE WHEN n %% 3 = 0 THEN 'desktop' ELSE 'miva' END,
  (ARRAY['ordercount', 'QueueOrderList_Load_Query', 'OrderList_Acknowledge'])[1 + n %% 3],
  now() - (600 - n) * interval '5 minutes', 80, CASE WHEN n %% 50 = 0 THEN 'down' ELSE 'ok' END,
  repeat('{"a": 1}', 100), repeat('{"b": 2}', 200)
FROM generate_series(1, 600) n, stores_store
"""
CLOCKS_SQL = """
INSERT INTO stores_outboxclock (store_id, kind, last_tried_at, last_good_at)
SELECT id, kind, now(), now() FROM stores_store, unnest(ARRAY['fulfillment.shipment', 'inventory.stockpush']) kind
"""
SERVICES = ["orders_from_miva", "orders_to_stone_edge", "tracking_to_miva", "stock_to_miva"]


def measure() -> None:
    """Ask for every page some times, as a member, as somebody with a link, and as nobody."""
    load()
    look_back()
    heartbeat()
    stores, visitor = member_of()
    pages = {
        "overview": "/status/",
        "last page of the overview": "/status/?page=10",
        "platform": "/status/platform/",
    }
    for store in stores:
        slug = store.slug
        known = Order.objects.of(store).order_by("pk").values_list("miva_id", flat=True)[1_000]
        _link, secret = share_links.make(store, "agency", 30)
        pages |= {
            f"{slug}": f"/status/{slug}/",
            f"{slug}, an order": f"/status/{slug}/?order={known}",
            f"{slug}, an order that is not there": f"/status/{slug}/?order=999999999",
            f"{slug}, for monitors": f"/status/{slug}/status.json",
            f"{slug}, by a link": f"/status/shared/{secret}/",
            f"{slug}, by a link, for monitors": f"/status/shared/{secret}/status.json",
            f"{slug}, links": f"/status/{slug}/links/",
        }
    polled = {f"{title}, polled": pages[title] for title in ("overview", *(store.slug for store in stores))}
    measured("status_pages_1m", pages, ROUNDS, visitor, ALLOWED)
    visitor.defaults["HTTP_HX_REQUEST"] = "true"
    heartbeat()  # it is heard for two minutes
    measured("status_polls_1m", polled, ROUNDS, visitor, ALLOWED)


def look_back() -> None:
    """What lies behind the stores: four hundred days of each service, and a journal."""
    if ServiceDay.objects.exists():
        return
    for model in (ServiceDay, Exchange, OutboxClock):
        defaulted(model)
    for statement in (DAYS_SQL, EXCHANGES_SQL, CLOCKS_SQL, "ANALYZE"):
        execute(statement, {"services": SERVICES})
    note(f"{ServiceDay.objects.count():,} days and {Exchange.objects.count():,} conversations")


def member_of() -> tuple[list[Store], Client]:
    """Return some stores of a person who belongs to many merchants, and the person's browser."""
    person = User.objects.create_user(
        f"olga-{timezone.now():%f}", "olga@example.com", "correct-horse-battery"
    )
    merchants = list(Merchant.objects.order_by("pk")[:MERCHANTS])
    Membership.objects.bulk_create(
        Membership(user=person, merchant=merchant, role="owner") for merchant in merchants
    )
    visitor = Client(headers={"host": "localhost", "accept-encoding": "gzip"})
    visitor.force_login(person)
    stores = list(Store.objects.filter(merchant__in=merchants).order_by("pk"))
    return [stores[place] for place in LOOKED_AT], visitor
