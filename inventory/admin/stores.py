"""What the catalogue adds to the pages about stores: how old the copy is, and the way to it."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from inventory.admin.catalogue import told
from inventory.health import summary
from orders.admin.stores import StoreWithOrdersAdmin
from stores.admin.stores import Facts
from stores.admin.words import link, list_of
from stores.health import PullHealth
from stores.models import Store

admin.site.unregister(Store)


@admin.register(Store)
class StoreWithCatalogueAdmin(StoreWithOrdersAdmin):
    """A store with its orders and its catalogue."""

    def facts(self, store: Store, health: PullHealth) -> Facts:
        """Add how old the copies are."""
        copies = summary(store)
        return [
            *super().facts(store, health),
            ("Products", told(copies.products)),
            ("Customers", told(copies.customers)),
        ]

    def links(self, request: HttpRequest, store: Store) -> list[SafeString]:
        """Add the catalogue."""
        return [
            link(list_of("inventory_product", store=store.pk), "Catalogue"),
            *super().links(request, store),
        ]
