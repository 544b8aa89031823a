"""Outboxes of the tests' own; their tables are there while a test asks for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models
from django.test.utils import isolate_apps
from django.utils import timezone

from orders.models import Order
from stores.models import OutboxRow, Store

numbers = itertools.count(10_000)

with isolate_apps("stores"):

    class Parcel(OutboxRow):
        """One at a time for each order; `step` is how far it got."""

        LANE = "order"

        store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
        order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+")
        step = models.CharField(max_length=20, blank=True)

        class Meta(OutboxRow.Meta):
            app_label = "stores"

    class Postcard(OutboxRow):
        """Each for itself."""

        store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")

        class Meta(OutboxRow.Meta):
            app_label = "stores"


@contextmanager
def tables() -> Iterator[None]:
    """Both tables, outside of any transaction."""
    with connection.schema_editor() as editor:
        editor.create_model(Parcel)
        editor.create_model(Postcard)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Postcard)
            editor.delete_model(Parcel)


def make_order(store: Store) -> Order:
    """A kept order without content."""
    number, now = next(numbers), timezone.now()
    fixed: dict[str, Any] = {"raw": {}, "fingerprint": "", "state": "exportable", "road": "date"}
    return Order.objects.create(
        store=store, miva_id=number, placed_at=now, miva_status=0, fetched_at=now, **fixed
    )


def make_parcels(store: Store, count: int = 1, order: Order | None = None) -> list[Parcel]:
    """Parcels that are due, each of an order of its own unless one is given."""
    return [Parcel.objects.create(store=store, order=order or make_order(store)) for _ in range(count)]
