"""A store whose catalogue is read to its end, as the clock does it."""

from __future__ import annotations

from django.utils import timezone

from inventory import catalog
from inventory.models import CatalogueRefresh
from inventory.writing import SETTLED
from orders.jobs import Outcome
from stores.models import Store

PRODUCTS, CUSTOMERS = CatalogueRefresh.Kind


def refresh(store: Store, kind: str = PRODUCTS, *, settle: bool = True) -> CatalogueRefresh:
    """Read the store's products, or customers, once; unless told otherwise, the new list has taken effect."""
    row = catalog.start(store, kind)
    while catalog.work(row) is not Outcome.DONE:
        pass
    if settle:
        settled(store)
    row.refresh_from_db()
    return row


def settled(store: Store) -> None:
    """Let time pass until what the last refresh decided has taken effect."""
    from inventory.models import Customer, Product

    now = timezone.now()
    for model in (Product, Customer):
        rows = model.objects.of(store)
        for field in ("listed_at", "unlisted_at"):
            rows.filter(**{f"{field}__gt": now}).update(**{field: now - SETTLED / 2})
