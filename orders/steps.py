"""Noting what happened to an order after its arrival, in the transaction in which it happens."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orders.models import Order, OrderStep
from stores.context import request_id


@dataclass(frozen=True)
class Standing:
    """Where an order stood before."""

    state: str
    reason: str
    road: str

    @classmethod
    def of(cls, order: Order) -> "Standing":
        """Return where the order stands now."""
        return cls(order.state, order.reason, order.road)


def note_set_aside(orders: Iterable[Order], state: Order.State, reason: str, at: datetime) -> list[OrderStep]:
    """Write down that orders are about to be ignored or held by a person: why they were held is overwritten by it. Returns what was
    written."""
    return OrderStep.objects.bulk_create(
        OrderStep(
            store_id=order.store_id,
            order=order,
            kind=OrderStep.Kind.JUDGED,
            at=at,
            road_before=order.road,
            state_before=order.state,
            reason_before=order.reason,
            state=state,
            reason=reason,
            request_id=request_id.get()[:64],
        )
        for order in orders
    )


def note_step(order: Order, before: Standing, at: datetime, kind: OrderStep.Kind) -> OrderStep:
    """Write down that a saved order stands elsewhere, or is another version, since then; returns what was written."""
    edited = kind == OrderStep.Kind.EDITED
    return OrderStep.objects.create(
        store_id=order.store_id,
        order=order,
        kind=kind,
        at=at,
        road=order.road if edited else "",
        road_before=before.road,
        state_before=before.state,
        reason_before=before.reason,
        state=order.state,
        reason=order.reason,
        export_number=order.export_number,
        request_id=request_id.get()[:64],
    )
