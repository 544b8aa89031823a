"""The journey of an order, step by step: what happened, when, by whom, and the conversation that belongs to it.

What the row has overwritten since is told by `OrderStep`; what people decided by the audit trail.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q

from orders.documents import covering
from orders.models import Download, Order, OrderStep
from orders.prepare import CANCELLED
from stores.models import AuditEntry, Exchange

MOST = 60  # steps that a page shows, the latest
RESENT = "send again"  # the verb of `orders.release.resend`
AROUND = timedelta(seconds=90)  # a conversation this near in time may belong to what happened
LISTS = ("OrderList_Load_Query",)  # also a queue's: functions are compared by their end
ROADS: dict[str, str] = {
    "queue_ack": "the order queue",
    "queue": "the order queue, without acknowledgement",
    "date": "the date range",
    "updated": "the last update",
    "number": "the order numbers",
    "webhook": "a webhook that named it",
    "recheck": "the look at incomplete orders",
    "backfill": "a backfill",
    "reconcile": "the nightly reconciliation",
}

NOT_READY: dict[str, str] = {
    Order.State.HELD: "Held: ",
    Order.State.INCOMPLETE: "Waits: ",
    Order.State.IGNORED: "It does not go to Stone Edge. ",
}


@dataclass(frozen=True)
class Event:
    """One step. `functions` are those of the conversation that belongs to it, `desktop` the login that began it."""

    at: datetime
    words: str
    detail: str = ""
    who: str = "the portal"
    tone: str = "quiet"
    functions: tuple[str, ...] = ()
    desktop: int | None = None
    request_id: str = ""
    exchange: Exchange | None = None


def events(order: Order) -> list[Event]:
    """Return what is known of the order here, in any order."""
    steps = list(OrderStep.objects.filter(order=order).order_by("-pk")[:MOST])[::-1]
    downloads = given(order)
    return [
        *arrival(order, steps),
        *(changed(step, downloads) for step in steps if not is_told_by_name(step)),
        *map(downloaded, downloads),
        *resent(order),
        *decided(order),
    ]


def is_told_by_name(step: OrderStep) -> bool:
    """Whether somebody set the order aside by this step: the audit trail tells that with his name."""
    judged = step.kind == OrderStep.Kind.JUDGED
    return judged and step.state == Order.State.IGNORED and step.reason != CANCELLED[0]


def arrival(order: Order, steps: Sequence[OrderStep]) -> Iterator[Event]:
    """Yield how the order came here and where it stood then: the first step knows what the row has forgotten."""
    first = steps[0] if steps else None
    road = ROADS.get(first.road_before if first else order.road, "the portal")
    state, reason = (first.state_before, first.reason_before) if first else (order.state, order.reason)
    yield Event(order.placed_at, "Placed in Miva", who="shopper")
    if not any(step.kind == OrderStep.Kind.EDITED for step in steps) and order.fetched_at <= order.kept_at:
        yield Event(order.fetched_at, f"Asked Miva, by {road}", functions=LISTS)
    number = order.first_number if state == Order.State.EXPORTABLE else None
    yield Event(order.kept_at, f"Kept here; came by {road}", *stands(state, reason, number))
    if order.acknowledged_at:
        yield Event(order.acknowledged_at, "Acknowledged to Miva", functions=("OrderList_Acknowledge",))


def stands(state: str, reason: str, number: int | None) -> tuple[str, str, str]:
    """Return detail, who and tone of a step that puts an order where it stands."""
    if state == Order.State.EXPORTABLE:
        place = f", export number {number}" if number else ""
        return f"Ready for Stone Edge{place}.", "the portal", "good"
    tone = "bad" if state == Order.State.HELD else "warn"
    return f"{NOT_READY[state]}{reason or Order.State(state).label}", "the portal", tone


def changed(step: OrderStep, downloads: Sequence[Download]) -> Event:
    """Return a later version, or a judgement."""
    detail, who, tone = stands(step.state, step.reason, step.export_number)
    if step.kind == OrderStep.Kind.EDITED:
        late = any(download.at < step.at for download in downloads)
        words = "Edited in Miva after the download" if late else "Edited in Miva"
        words = f"{words}; the later version came by {ROADS.get(step.road, 'the portal')}"
        tone = "warn" if late else tone
        return Event(step.at, words, detail, who, tone, functions=LISTS, request_id=step.request_id)
    words = {
        (Order.State.HELD, Order.State.EXPORTABLE): "Released",
        (Order.State.INCOMPLETE, Order.State.EXPORTABLE): "Complete",
        (Order.State.EXPORTABLE, Order.State.HELD): "Held",
    }.get((Order.State(step.state_before), Order.State(step.state)), "Judged again")
    return Event(step.at, words, detail, who, tone, request_id=step.request_id)


def given(order: Order) -> list[Download]:
    """Return every batch that held one of the order's places, oldest first."""
    rows = Download.objects.filter(covering(order)).select_related("desktop")
    return list(rows.order_by("-pk")[:MOST])[::-1]


def downloaded(download: Download) -> Event:
    """Return that a desktop was given the order."""
    desktop = download.desktop
    orders = (
        f"One of {download.count} orders of a batch."
        if download.count > 1
        else "The only order of its batch."
    )
    return Event(
        download.at,
        "Downloaded by Stone Edge",
        orders,
        desktop.username if desktop else "a login that was deleted",
        "good",
        functions=("downloadorders",),
        desktop=download.desktop_id,
    )


def resent(order: Order) -> Iterator[Event]:
    """Yield each time that somebody had it sent again."""
    for row in order.resends.select_related("by"):
        words = f"{row.reason} (export number {row.former_number} became {row.export_number})"
        yield Event(row.at, "To be sent again", words, str(row.by or "somebody"), "warn")


def decided(order: Order) -> Iterator[Event]:
    """Yield what people decided about the order, from the audit trail; what was sent again is told by `resent`."""
    rows = AuditEntry.objects.filter(object_type=order._meta.label_lower, object_id=str(order.pk))
    for row in rows.exclude(verb=RESENT).order_by("-pk")[:MOST]:
        who = row.actor_name or str(row.get_actor_kind_display())
        yield Event(row.at, f"Decision: {row.verb}", row.reason, who, request_id=row.request_id)


def with_exchanges(order: Order, found: Iterable[Event]) -> list[Event]:
    """Return the steps in order of time, the latest MOST, each with the conversation that belongs to it, where it is still kept."""
    latest = sorted(found, key=lambda event: event.at)[-MOST:]
    near = Q()
    for event in latest:
        if event.functions:
            near |= Q(at__range=(event.at - AROUND, event.at + AROUND)) & of_functions(event.functions)
    if not near:
        return latest
    rows = Exchange.objects.of(order.store).filter(near).defer("request", "response").order_by("at")
    exchanges = list(rows.select_related("desktop"))
    return [replace(event, exchange=nearest(event, exchanges)) for event in latest]


def of_functions(names: Sequence[str]) -> Q:
    """Return the condition that a conversation is about one of the functions: a busy store has hundreds near each step."""
    found = Q()
    for name in names:
        found |= Q(function__endswith=name)
    return found


def nearest(event: Event, exchanges: Sequence[Exchange]) -> Exchange | None:
    """Return the conversation of a step: of its functions and its desktop, the nearest in time."""
    fitting = [
        exchange
        for exchange in exchanges
        if exchange.function.endswith(event.functions or ("\0",))
        and abs(exchange.at - event.at) <= AROUND
        and (event.desktop is None or exchange.desktop_id == event.desktop)
    ]
    return min(fitting, key=lambda exchange: abs(exchange.at - event.at), default=None)
