"""What subscribers are told of orders: numbers and where they stand. What is in an order they read when they want to."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from orders.models import Order, OrderStep
from stores.events import Event, Happening
from stores.models import Store


def of_order(order: Order) -> dict[str, Any]:
    """Return what is told of an order."""
    return {
        "order": order.miva_id,
        "state": order.state,
        "reason": order.reason,
        "export_number": order.export_number,
    }


def arrived(store: Store, numbers: Sequence[int]) -> Iterator[Happening]:
    """Yield what is told of orders that have arrived in this transaction."""
    rows = Order.objects.of(store).filter(miva_id__in=numbers).defer("raw", "skus")
    for order in rows.order_by("miva_id"):
        yield Happening(Event.ORDER_KEPT, str(order.miva_id), of_order(order))
        if event := standing(order):
            yield Happening(event, f"{order.miva_id} {order.kept_at.isoformat()}", of_order(order))


def standing(order: Order) -> Event | None:
    """Return the event for an order that comes to a halt."""
    if order.state == Order.State.HELD:
        return Event.ORDER_HELD
    return Event.ORDER_CANCELLED if order.cancelled else None


def moved(steps: Iterable[OrderStep]) -> Iterator[Happening]:
    """Yield what is told of later versions and of new judgements."""
    for step in steps:
        mark = f"{step.order.miva_id} {step.at.isoformat()}"
        if step.kind == OrderStep.Kind.EDITED:
            yield Happening(Event.ORDER_CHANGED, mark, of_order(step.order))
        if step.state != step.state_before and (event := new_standing(step)):
            yield Happening(event, mark, of_order(step.order))


def new_standing(step: OrderStep) -> Event | None:
    """Return the event for an order that stands elsewhere than before."""
    return Event.ORDER_RELEASED if step.state == Order.State.EXPORTABLE else standing(step.order)


def exported(orders: Iterable[Order]) -> Iterator[Happening]:
    """Yield what is told of orders that were given to Stone Edge: once for each place in the sequence."""
    for order in orders:
        yield Happening(Event.ORDER_EXPORTED, f"{order.miva_id} {order.export_number}", of_order(order))
