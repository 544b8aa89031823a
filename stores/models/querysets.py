"""The tenant comes first in every query."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from stores.models.tenants import Store


class StoreQuerySet(models.QuerySet[Any]):
    """Rows that belong to one store: the tenant comes first in every query."""

    def of(self, store: "Store | int") -> "StoreQuerySet":
        """Return the rows of this store."""
        return self.filter(store=store)
