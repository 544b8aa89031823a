"""api_orders_export: how much memory the export of a million orders needs beside what a thousand need, in MB, and how many orders a
second are exported. The limit of the memory is what is allowed; that of the number is reading and encoding the same rows alone.
"""

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.test import Client

from orders.models import Order
from stores import tokens
from stores.miva import shapes
from stores.models import Store
from tests.benchmarks.million import ORDERS, load
from tests.benchmarks.report import note, peak_memory, report

ALLOWED = 20.0  # MB
FEW = 1_000


def measure() -> None:
    """Export the first orders of a store, then all of them, line by line."""
    load(stores=1)
    store = Store.objects.filter(slug__startswith="million-").order_by("pk")[0]
    settings.API_REQUESTS_PER_MINUTE = 10**9
    _, secret = tokens.make(store.merchant, store, "api_orders_export", ["orders:read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"}, SERVER_NAME="localhost")
    path = f"/api/v1/stores/{store.slug}/orders/export/"
    first = Order.objects.of(store).order_by("miva_id").values_list("miva_id", flat=True)[0]
    assert exported(client, f"{path}?number_to={first + FEW - 1}") == FEW
    before, began = peak_memory(), time.perf_counter()
    count = exported(client, path)
    taken = time.perf_counter() - began
    assert count == ORDERS
    note(f"api_orders_export: {count:,} orders in {taken:.0f} s, at most {peak_memory():.0f} MB")
    report("api_orders_export_memory", peak_memory() - before, "MB", ALLOWED)
    report("api_orders_export_rate", count / taken, "orders/s", alone(store))


def exported(client: Client, address: str) -> int:
    """Return how many lines an export has; none of them is kept."""
    answer: Any = client.get(address)
    assert answer.status_code == 200, answer
    lines: Iterator[bytes] = answer.streaming_content
    return sum(chunk.count(b"\n") for chunk in lines)


def alone(store: Store) -> float:
    """Return how many orders a second are read and encoded without anything else."""
    rows = Order.objects.of(store).order_by("miva_id").only("miva_id", "raw")[: ORDERS // 20]
    began = time.perf_counter()
    count = sum(bool(shapes.encode(order.raw)) for order in rows.iterator(chunk_size=500))
    return count / (time.perf_counter() - began)
