"""What shipments add to the pages about stores: how many wait and are parked, "Push now"."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from fulfillment.decide import try_again
from fulfillment.health import summary
from fulfillment.models import Shipment, StoreShipping
from orders.admin.stores import StoreWithOrdersAdmin
from stores import outbox
from stores.admin.stores import MATTERS_TO_A_PULL, Facts
from stores.admin.words import link, list_of, page_of, span
from stores.health import ServiceHealth
from stores.models import Store

admin.site.unregister(Store)


@admin.register(Store)
class StoreWithShipmentsAdmin(StoreWithOrdersAdmin):
    """A store with its shipments."""

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the button."""
        view = self.admin_site.admin_view(self.push_view)
        return [path("<path:object_id>/push/", view, name="stores_store_push"), *super().get_urls()]

    def buttons(self, request: HttpRequest, store: Store) -> list[tuple[str, str]]:
        """Add "Push now"."""
        push = [("admin:stores_store_push", "Push now")] if self.has_change_permission(request, store) else []
        return [*super().buttons(request, store), *push]

    def links(self, request: HttpRequest, store: Store) -> list[SafeString]:
        """Add the shipments."""
        may_see = request.user.has_perm("fulfillment.view_storeshipping")
        return [
            *super().links(request, store),
            *([link(page_of(StoreShipping(pk=store.pk)), "Status labels and carriers")] if may_see else []),
            link(list_of("fulfillment_shipment", store=store.pk), "Shipments"),
            link(list_of("fulfillment_shipment", store=store.pk, state="parked"), "Parked shipments"),
            link(
                list_of("fulfillment_statusupdate", store=store.pk, meaning="unknown"),
                "Unknown status labels",
            ),
        ]

    def facts(self, store: Store, health: ServiceHealth) -> Facts:
        """Add what waits for Miva."""
        shipments = summary(store)
        oldest = shipments.oldest_waiting_at
        since = f", the oldest for {span((timezone.now() - oldest).total_seconds())}" if oldest else ""
        return [
            *super().facts(store, health),
            ("Shipments for Miva", f"{shipments.waiting}{since}"),
            ("Parked shipments", shipments.held),
        ]

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """Save; what could not be pushed may be possible now."""
        super().save_model(request, obj, form, change)
        if MATTERS_TO_A_PULL & set(form.changed_data):
            outbox.try_now(Shipment, obj)

    def push_now(self, store: Store) -> int:
        """Let what waits after a failure be tried at once. Returns how many rows."""
        return try_again(Shipment.objects.of(store).filter(outbox.OPEN))

    def push_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Push now": what waits after a failure is tried at once; what is parked stays parked."""
        store = self.to_change(request, object_id)
        if request.method == "POST":
            count = self.push_now(store)
            self.log_change(request, store, "Push now.")
            messages.success(
                request, f"Pushing now: {count}. Reload this page in a moment to see how it went."
            )
        return HttpResponseRedirect(page_of(store))
