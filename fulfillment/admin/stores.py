"""What shipments add to the pages about stores: how many wait and are parked, "Push now"."""

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from fulfillment.decide import push_now
from fulfillment.health import summary
from fulfillment.models import Shipment, StoreShipping
from orders.admin.stores import StoreWithOrdersAdmin
from stores import outbox
from stores.admin.acting import IN_THE_BACKGROUND, Act, Asked, Result, about
from stores.admin.stores import Facts
from stores.admin.words import link, list_of, page_of, span
from stores.audit import note_each
from stores.health import ServiceHealth
from stores.models import Store

admin.site.unregister(Store)


def pushed(asked: Asked) -> Result:
    """Let what waits after a failure be tried at once; what is parked stays parked."""
    with transaction.atomic():
        note_each("push now", asked.rows)
        count = sum(asked.admin.push_now(store) for store in asked.rows)
    return Result(
        done=[f"Pushing now: {count}. Reload this page in a moment to see how it went."],
    )


PUSH = Act(
    "push",
    "Push now",
    "Push the shipments and stock of {} now?",
    "What waits after a failure is tried at once instead of at its next attempt. What is parked stays parked: decide about it on "
    "its own page.",
    "stores.push_store",
    pushed,
    takes=about(2, IN_THE_BACKGROUND),
)


@admin.register(Store)
class StoreWithShipmentsAdmin(StoreWithOrdersAdmin):
    """A store with its shipments."""

    acts = (*StoreWithOrdersAdmin.acts, PUSH)

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

    def mended(self, store: Store) -> None:
        """Add what could not be pushed and may be possible now."""
        super().mended(store)
        outbox.try_now(Shipment, store)

    def push_now(self, store: Store) -> int:
        """Let what waits after a failure be tried at once. Returns how many rows."""
        return push_now(Shipment.objects.of(store).filter(outbox.OPEN))
