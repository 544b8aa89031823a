"""Which shipments Miva does not have as Stone Edge reported them; reading only."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fulfillment.models import Shipment
from stores.miva.client import MivaClient
from stores.miva.shipments import ShippingState, read_orders
from stores.models import Store

AT_ONCE = 100  # orders in one call
NOT_AS_REPORTED = "Miva does not show it as it was read back after the push."


def unsent(store: Store, client: MivaClient, since: datetime) -> list[dict[str, Any]]:
    """Return the shipments reported since then that are not in Miva: those that are still owed, and those that were pushed and
    that Miva does not show any more. Raises MivaError."""
    rows = Shipment.objects.of(store).filter(kind=Shipment.Kind.SHIP, created_at__gte=since)
    rows = (
        rows.exclude(step=Shipment.Step.ELSEWHERE, done_at__isnull=False)
        .select_related("order")
        .defer("order__raw")
        .order_by("pk")
    )
    reported = list(rows.prefetch_related("packages"))
    owed = [told(row, row.problem or "It waits for its turn.") for row in reported if row.done_at is None]
    pushed = [row for row in reported if row.done_at is not None]
    return owed + [told(row, NOT_AS_REPORTED) for row in lost(pushed, client)]


def lost(rows: Sequence[Shipment], client: MivaClient) -> Iterator[Shipment]:
    """Yield the pushed shipments that Miva does not show with their tracking number."""
    numbers = sorted({row.order.miva_id for row in rows})
    there: dict[int, ShippingState] = {}
    for start in range(0, len(numbers), AT_ONCE):
        there |= read_orders(client, numbers[start : start + AT_ONCE])
    for row in rows:
        state = there.get(row.order.miva_id)
        shown = state.shipment(row.miva_id or 0) if state else None
        if shown is None or not shown.is_shipped or shown.tracknum != row.tracking:
            yield row


def told(row: Shipment, reason: str) -> dict[str, Any]:
    """Return one shipment as the audit prints it."""
    return {"order": row.order.miva_id, "tracking_number": row.tracking, "step": row.step, "reason": reason}
