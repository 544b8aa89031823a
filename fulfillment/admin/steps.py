"""What shipments add to the journey of an order: what Stone Edge reported, and each step of it in Miva."""

from collections.abc import Iterator

from fulfillment.models import Shipment, StatusUpdate
from orders.admin.timeline import MOST, Event
from orders.models import Order

REPORT = ("updatestatus",)
SHIPMENTS = ("OrderItemList_CreateShipment", "OrderShipmentList_Update", "OrderShipmentList_Load_Query")
CHANGES: dict[str, tuple[str, ...]] = {
    Shipment.Kind.SHIP: SHIPMENTS,
    Shipment.Kind.CANCEL: ("OrderItemList_Cancel",),
    Shipment.Kind.BACK_ORDER: ("OrderItemList_BackOrder",),
}


def events(order: Order) -> Iterator[Event]:
    """Yield the messages and the shipments of an order."""
    updates = StatusUpdate.objects.filter(order=order).defer("content").select_related("desktop")
    for update in updates[:MOST]:
        yield from reported(update)
    rows = Shipment.objects.filter(order=order).prefetch_related("packages").order_by("-pk")
    for row in rows[:MOST]:
        yield from pushed(row)


def reported(update: StatusUpdate) -> Iterator[Event]:
    """Yield a message, and when it was last said again."""
    who = update.desktop.username if update.desktop else "a login that was deleted"
    words = f"Stone Edge reported “{update.label or 'no status'}”"
    tone = "quiet" if update.meaning else "warn"
    yield Event(update.received_at, words, update.effect, who, tone, REPORT, update.desktop_id)
    if update.repeated:
        again = f"Said again word for word, {update.repeated} times in all"
        yield Event(update.last_at, again, "", who, "quiet", REPORT, update.desktop_id)


def pushed(row: Shipment) -> Iterator[Event]:
    """Yield what became of a shipment, a cancellation or a back-order: done, parked, or tried in vain."""
    functions = CHANGES[row.kind]
    what = f"{str(row.get_kind_display()).capitalize()}{f' with {row.tracking}' if row.tracking else ''}"
    if row.done_at and row.step == Shipment.Step.ELSEWHERE:
        yield Event(row.done_at, f"{what}: done elsewhere", "", row.closed_by)
    elif row.done_at:
        created = f"Shipment {row.miva_id} in Miva. " if row.miva_id else ""
        detail = f"{created}Read back from Miva: it is as Stone Edge reported it."
        yield Event(row.done_at, what, detail, tone="good", functions=functions)
    elif row.parked_at:
        reason = f"{row.problem} {row.remedy}".strip()
        yield Event(row.parked_at, f"{what}: parked", reason, tone="bad", functions=functions)
    else:
        step = str(row.get_step_display())
        waits = f"{row.problem} It is tried again." if row.problem else f"On its way to Miva: {step}."
        yield Event(row.created_at, f"{what}: owed to Miva", waits, tone="warn" if row.problem else "quiet")
