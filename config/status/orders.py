"""Where a store's orders are, in the merchant's words: the recent ones, and one that is asked for by its number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfillment.models import Shipment
from orders import enquiries, jobs
from orders.models import Download, Enquiry, Order
from orders.not_pulled import reasons
from stores.admin.words import SHAPES
from stores.health import ServiceHealth
from stores.models import Store
from stores.sentences import told

RECENT = 15
BATCHES = 200  # of the latest downloads, that are looked at for when an order was taken
FIELDS = ("pk", "miva_id", "placed_at", "kept_at", "state", "reason", "export_number")


@dataclass(frozen=True)
class Whereabouts:
    """An order, where it is in words, and since when."""

    number: int
    placed_at: datetime
    kept_at: datetime
    words: str
    tone: str
    since: datetime | None = None
    detail: str = ""

    @property
    def shape(self) -> str:
        """The sign beside the words."""
        return SHAPES[self.tone]


@dataclass(frozen=True)
class Answer:
    """What is known about a number: where the order is, or why it is not here. `asking`: a worker asks Miva just now."""

    number: int
    found: Whereabouts | None = None
    sentence: str = ""
    reasons: Sequence[str] = ()
    asking: bool = False
    asked_at: datetime | None = None


def recent(store: Store) -> list[Whereabouts]:
    """Return where the latest orders are: four queries."""
    return whereabouts(store, Order.objects.of(store).order_by("-pk")[:RECENT])


def look_up(store: Store, number: int, pull: ServiceHealth, now: datetime) -> Answer:
    """Return what is known about an order number, without a call to Miva."""
    rows = whereabouts(store, Order.objects.of(store).filter(miva_id=number)[:1])
    if rows:
        return Answer(number, rows[0])
    asked = enquiries.about(store, number).select_related("store__merchant", "store__cursor").first()
    return not_here(number, asked, pull, now)


def not_here(number: int, asked: Enquiry | None, pull: ServiceHealth, now: datetime) -> Answer:
    """Return why an order is not here: what Miva said about it when it was asked, else how the pull stands."""
    if asked is None:
        words = _("Order %(number)s is not here.") % {"number": number}
        return Answer(number, None, words, [pull.sentence] if pull.state.wrong else [])
    if asked.state in jobs.OPEN:
        return Answer(
            number, None, _("Miva is being asked about order %(number)s.") % {"number": number}, asking=True
        )
    words = str(MIVA_SAID.get(asked.answer) or _("Miva gave no answer about order %(number)s."))
    why = reasons(asked, now) if asked.answer == Enquiry.Answer.EXISTS else []
    sentences = [told(reason.sentence) for reason in why]
    return Answer(number, None, words % {"number": number}, sentences, asked_at=asked.finished_at)


def whereabouts(store: Store, rows: QuerySet[Order]) -> list[Whereabouts]:
    """Return where these orders are: orders, how far the desktops have come, their batches, the shipments."""
    orders = list(rows.values(*FIELDS))
    reached = Download.objects.of(store).aggregate(top=Max("last_number"))["top"] or 0
    batches = list(
        Download.objects.of(store).order_by("-pk").values_list("first_number", "last_number", "at")[:BATCHES]
    )
    sent = shipments(store, [row["pk"] for row in orders])
    return [one(row, reached, batches, sent.get(row["pk"], ())) for row in orders]


def shipments(store: Store, orders: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
    """Return the orders' shipments, by order."""
    rows = Shipment.objects.of(store).filter(order__in=orders, kind=Shipment.Kind.SHIP).order_by("pk")
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows.values("order", "done_at", "parked_at"):
        found.setdefault(row["order"], []).append(row)
    return found


def one(
    row: Mapping[str, Any],
    reached: int,
    batches: Sequence[tuple[int, int, datetime]],
    sent: Sequence[Mapping[str, Any]],
) -> Whereabouts:
    """Return where one order is."""
    words, tone, since, detail = _("Waits for the next import of Stone Edge"), "quiet", row["kept_at"], ""
    number = row["export_number"]
    if row["state"] != Order.State.EXPORTABLE:
        words, tone = held_back(row["state"])
        detail = told(row["reason"])
    elif sent:
        words, tone, since = shipped(sent)
    elif number is not None and number <= reached:
        times = [at for first, last, at in batches if first <= number <= last]
        words, tone, since = _("In Stone Edge"), "good", min(times, default=None)
    return Whereabouts(row["miva_id"], row["placed_at"], row["kept_at"], words, tone, since, detail)


def held_back(state: str) -> tuple[str, str]:
    """Return words and tone of an order that is not given to Stone Edge."""
    return {
        Order.State.HELD: (_("Set aside"), "warn"),
        Order.State.INCOMPLETE: (_("Waits for its payment in Miva"), "quiet"),
    }.get(Order.State(state), (_("Not sent to Stone Edge, because somebody decided so"), "quiet"))


def shipped(sent: Sequence[Mapping[str, Any]]) -> tuple[str, str, datetime | None]:
    """Return words, tone and time of an order that Stone Edge has shipped, as the shipment stands that is least far."""
    if any(row["parked_at"] and not row["done_at"] for row in sent):
        return _("Shipped; Miva does not have the tracking number yet: it is set aside"), "warn", None
    if any(not row["done_at"] for row in sent):
        return _("Shipped; the tracking number is on its way to Miva"), "quiet", None
    return _("Shipped, and Miva has the tracking number"), "good", max(row["done_at"] for row in sent)


MIVA_SAID: Mapping[str, Any] = {
    Enquiry.Answer.EXISTS: gettext_lazy("Miva has order %(number)s, and it is not here yet."),
    Enquiry.Answer.PASSED: gettext_lazy("Miva has no order %(number)s, though it has later ones."),
    Enquiry.Answer.AHEAD: gettext_lazy("Miva has no order %(number)s, nor a later one."),
}
