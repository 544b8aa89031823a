"""api_orders_page: how long a page of 100 orders takes at any depth of one store's million (95th percentile), and how many such
pages one thread answers in a second.

The limit of the time is what is allowed; that of the number is a view of Django REST framework that does nothing but read 100
rows of the same table by their keys and answer them, measured in the same run through the same middleware.
"""

import time

from django.conf import settings
from django.test import Client
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import urlpatterns as portal
from orders.models import Order
from stores import tokens
from stores.models import Store
from stores.rest.paging import cursor_of
from tests.benchmarks.million import ORDERS, load
from tests.benchmarks.report import note, percentile, report

ALLOWED = 150.0  # ms
DEPTHS, ROUNDS, PAGES = 20, 5, 200
COLUMNS = ("miva_id", "state", "export_number", "placed_at", "total", "customer", "email")


class Plain(APIView):
    """Reads 100 rows."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> Response:
        """Answer them."""
        return Response(list(Order.objects.order_by("pk").values(*COLUMNS)[:100]))


urlpatterns = [path("plain/", Plain.as_view()), *portal]


def measure() -> None:
    """Ask for pages everywhere in the store's orders, in each order that there is; then as fast as one thread can."""
    load(stores=1)
    store = Store.objects.filter(slug__startswith="million-").order_by("pk")[0]
    settings.API_REQUESTS_PER_MINUTE, settings.ROOT_URLCONF = 10**9, "tests.benchmarks.api_orders_page"
    _, secret = tokens.make(store.merchant, store, "api_orders_page", ["orders:read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"}, SERVER_NAME="localhost")
    waits = [seconds(client, address) * 1000 for _ in range(ROUNDS) for address in addresses(store)]
    note(f"api_orders_page: {len(waits)} pages, the slowest {max(waits):.0f} ms")
    report("api_orders_page", percentile(waits, 0.95), "ms", ALLOWED)
    first = f"/api/v1/stores/{store.slug}/orders/?fields=number,state,export_number,placed_at,total,customer,email"
    report("api_orders_page_rate", rate(client, first), "requests/s", rate(client, "/plain/"))


def addresses(store: Store) -> list[str]:
    """Pages from the first to the last of the store, by number, by export number and by date."""
    numbered = Order.objects.of(store).order_by("miva_id")
    places = range(1, ORDERS, ORDERS // DEPTHS)
    rows = numbered.filter(export_number__in=places).values_list(
        "pk", "miva_id", "export_number", "placed_at"
    )
    stem = f"/api/v1/stores/{store.slug}/orders/"
    return [
        f"{stem}?order_by={name}&cursor={cursor_of(name, value, pk)}"
        for pk, number, place, placed in rows
        for name, value in (("number", number), ("export_number", place), ("placed_at", placed))
    ]


def seconds(client: Client, address: str) -> float:
    """Return how long one page takes."""
    began = time.perf_counter()
    answer = client.get(address)
    taken = time.perf_counter() - began
    assert answer.status_code == 200, answer.content
    return taken


def rate(client: Client, address: str) -> float:
    """Return how many of such pages are answered in a second."""
    seconds(client, address)
    return PAGES / sum(seconds(client, address) for _ in range(PAGES))
