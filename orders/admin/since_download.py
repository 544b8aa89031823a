"""What became of an order in Miva after a desktop was given it: Stone Edge keeps the version that it has."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

from orders.models import Order
from orders.translate.statuses import CANCELLED


def is_cancelled(order: Order) -> bool:
    """Whether Miva has cancelled the order, also one that a person had decided to ignore before."""
    return order.cancelled or order.miva_status == CANCELLED


class SinceDownloadFilter(admin.SimpleListFilter):
    """Orders that Stone Edge has otherwise than Miva. The list knows when each was given to a desktop, as `given_at`."""

    title = "since download"
    parameter_name = "since_download"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what may have happened."""
        return [("changed", "Changed in Miva"), ("cancelled", "Cancelled in Miva")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Keep the orders with a later version, or those of them that are cancelled now."""
        later = queryset.filter(changed_at__isnull=False, changed_at__gt=F("given_at"))
        cancelled = later.filter(Q(cancelled=True) | Q(miva_status=CANCELLED))
        kept = {"changed": later, "cancelled": cancelled}
        return kept.get(self.value() or "", queryset)
