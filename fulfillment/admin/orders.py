"""What shipments add to the page about an order: what Stone Edge reported, and what Miva has of it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from fulfillment.admin import steps
from fulfillment.admin.words import numbers, sentence, standing
from fulfillment.models import Shipment, StatusUpdate
from orders.admin.orders import OrderAdmin
from orders.admin.timeline import Event
from orders.models import Order
from stores.admin.words import link, list_of, when

SHOWN = 50

admin.site.unregister(Order)


@admin.register(Order)
class OrderWithShipmentsAdmin(OrderAdmin):
    """An order with its shipments."""

    def events(self, request: HttpRequest, order: Order) -> list[Event]:
        """Add what Stone Edge reported and what became of it in Miva, for those who may see it."""
        found = super().events(request, order)
        if not request.user.has_perm("fulfillment.view_shipment"):
            return found
        return [*found, *steps.events(order)]

    def order_context(self, request: HttpRequest, order: Order) -> dict[str, Any]:
        """Add the shipments and the messages, for those who may see them."""
        context = super().order_context(request, order)
        if not request.user.has_perm("fulfillment.view_shipment"):
            return context
        rows = Shipment.objects.filter(order=order).prefetch_related("packages", "lines").order_by("pk")
        updates = StatusUpdate.objects.filter(order=order).defer("content")[:SHOWN]
        return context | {
            "shows_shipments": True,
            "shipments": [
                {
                    "link": numbers(row),
                    "state": standing(row),
                    "sentence": sentence(row),
                    "lines": row.lines.all(),
                }
                for row in rows[:SHOWN]
            ],
            "updates": [(when(each.received_at), each.label, each.effect) for each in updates],
            "all_shipments": link(
                list_of("fulfillment_shipment", q=order.miva_id), "All shipments of this number"
            ),
        }
