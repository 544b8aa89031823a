"""The tenant comes first in every query; which stores are worked for is said here once."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from stores.models.tenants import Store


class Stores(models.QuerySet["Store"]):
    """Stores, and which of them are worked for."""

    def active(self) -> "Stores":
        """Return the stores that are switched on, as their merchants are."""
        return self.filter(active=True, merchant__active=True)

    def twins_of(self, store: Any) -> "Stores":
        """Return the other stores that are the same store in Miva: they take orders out of the same queues."""
        same = self.filter(endpoint__iexact=store.endpoint, store_code__iexact=store.store_code)
        return same.exclude(pk=store.pk)

    def served(self) -> "Stores":
        """Return the stores that the clock works for: switched on and not paused."""
        return self.active().filter(paused_reason="")


class StoreQuerySet(models.QuerySet[Any]):
    """Rows that belong to one store: the tenant comes first in every query."""

    def of(self, store: "Store | int") -> "StoreQuerySet":
        """Return the rows of this store."""
        return self.filter(store=store)
