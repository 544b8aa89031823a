"""What the catalogue adds to the pages about stores: how old the copy is, and the way to it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from inventory.admin.catalogue import told
from inventory.decide import try_again
from inventory.health import StockHealth, stock_summary, summary
from inventory.models import StockPush
from inventory.tasks import nudge_stock
from stores import outbox
from stores.admin.stores import MATTERS_TO_A_PULL, Facts
from stores.admin.words import link, list_of, span
from stores.health import PullHealth
from stores.models import Store

# Whatever the apps before this one have made of the page stays on it.
Present = type(admin.site.get_model_admin(Store))
admin.site.unregister(Store)


@admin.register(Store)
class StoreWithCatalogueAdmin(Present):  # type: ignore[misc, valid-type]  # known when it runs
    """A store with all that there was on its page, and its catalogue."""

    def facts(self, store: Store, health: PullHealth) -> Facts:
        """Add how old the copies are, and what waits of the stock."""
        copies, stock = summary(store), stock_summary(store)
        return [
            *super().facts(store, health),
            ("Products", told(copies.products)),
            ("Customers", told(copies.customers)),
            ("Stock", stock_words(stock)),
            *([("No stock can be pushed", stock.problem)] if stock.problem else []),
        ]

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """Save; stock that could not be pushed may be possible now."""
        super().save_model(request, obj, form, change)
        if MATTERS_TO_A_PULL & set(form.changed_data):
            outbox.try_now(StockPush, obj)

    def push_now(self, store: Store) -> int:
        """Add the stock that waits."""
        count = try_again(list(StockPush.objects.of(store).filter(outbox.OPEN)))
        nudge_stock(store.pk)
        return int(super().push_now(store)) + count

    def links(self, request: HttpRequest, store: Store) -> list[SafeString]:
        """Add the catalogue."""
        return [
            link(list_of("inventory_product", store=store.pk), "Catalogue"),
            link(list_of("inventory_stockpush", store=store.pk), "Stock"),
            *super().links(request, store),
        ]


def stock_words(stock: StockHealth) -> str:
    """Return what waits and how long, is parked and has drifted, in one line."""
    oldest = stock.oldest_waiting_at
    since = f" (the oldest for {span((timezone.now() - oldest).total_seconds())})" if oldest else ""
    counted = ((stock.waiting, f"waiting{since}"), (stock.parked, "parked"), (stock.drifted, "with drift"))
    return ", ".join(f"{count} {words}" for count, words in counted if count) or "nothing waits"
