"""What the catalogue adds to the pages about stores: how old the copy is, and the way to it."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from inventory.admin.catalogue import told
from inventory.catalogue_health import summary as copies_of
from inventory.decide import push_now
from inventory.health import summary
from inventory.models import StockPush
from inventory.tasks import nudge_stock
from stores import outbox
from stores.admin.stores import Facts
from stores.admin.words import link, list_of
from stores.health import ServiceHealth
from stores.models import Store

# Whatever the apps before this one have made of the page stays on it.
Present = type(admin.site.get_model_admin(Store))
admin.site.unregister(Store)


@admin.register(Store)
class StoreWithCatalogueAdmin(Present):  # type: ignore[misc, valid-type]  # known when it runs
    """A store with all that there was on its page, and its catalogue."""

    def facts(self, store: Store, health: ServiceHealth) -> Facts:
        """Add how old the copies are, and what waits of the stock."""
        copies = copies_of(store)
        return [
            *super().facts(store, health),
            ("Products", told(copies.products)),
            ("Customers", told(copies.customers)),
            ("Stock", stock_words(summary(store))),
        ]

    def mended(self, store: Store) -> None:
        """Add stock that could not be pushed and may be possible now."""
        super().mended(store)
        outbox.try_now(StockPush, store)

    def push_now(self, store: Store) -> int:
        """Add the stock that waits."""
        count = push_now(StockPush.objects.of(store).filter(outbox.OPEN))
        nudge_stock(store.pk)
        return int(super().push_now(store)) + count

    def links(self, request: HttpRequest, store: Store) -> list[SafeString]:
        """Add the catalogue."""
        return [
            link(list_of("inventory_product", store=store.pk), "Catalogue"),
            link(list_of("inventory_stockpush", store=store.pk), "Stock"),
            *super().links(request, store),
        ]


def stock_words(stock: ServiceHealth) -> str:
    """Return what waits and what is parked, in one line."""
    counted = ((stock.waiting, "waiting"), (stock.held, "parked"))
    return ", ".join(f"{count} {words}" for count, words in counted if count) or "nothing waits"
