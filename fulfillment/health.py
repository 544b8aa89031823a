"""How *Tracking to Miva* stands: how many shipments wait, how long, how many are parked, and what stops all of them."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.meanings import UNKNOWN
from fulfillment.models import Shipment, StatusUpdate
from fulfillment.waiting import INCOMPLETE
from stores.health import Fixer, Judgement, Service, ServiceHealth, State
from stores.models import Store
from stores.outbox_health import Owed, Words, health, owed
from stores.outbox_health import judge as judge_push


def summary(store: Store, now: datetime | None = None) -> ServiceHealth:
    """Return what waits and what is parked."""
    return summaries([store], now)[store.pk]


def summaries(stores: Sequence[Store], now: datetime | None = None) -> dict[int, ServiceHealth]:
    """Return the same for many stores that came with their merchants, by primary key: six queries."""
    now = now or timezone.now()
    figures, unknown, incomplete = owed(Shipment, stores, now), unknown_labels(stores), numberless(stores)
    return {
        store.pk: health(
            Service.TRACKING,
            figures[store.pk],
            judge(store, figures[store.pk], unknown.get(store.pk, 0), incomplete.get(store.pk, 0), now),
            now,
            yours=figures[store.pk].yours + incomplete.get(store.pk, 0),
        )
        for store in stores
    }


def judge(store: Store, figures: Owed, unknown: int, incomplete: int, now: datetime) -> Judgement:
    """Return the judgement on the pushes, or what is worse: a label that nobody understood, a parcel without a number."""
    judgement = judge_push(store, figures, words(figures), now)
    if judgement.state.stopped or judgement.state in (State.OFF, State.PAUSED):
        return judgement
    if judgement.state == State.HELD and figures.parked == incomplete:
        judgement = without_number(incomplete)
    if unknown and judgement.state.urgency > State.HELD.urgency:
        return not_understood(unknown)
    return judgement


def without_number(count: int) -> Judgement:
    """Return the judgement when all that is parked waits for what Stone Edge has not said yet."""
    sentence = ngettext(
        "%(count)s shipment waits for more from Stone Edge: its tracking number, or which lines went.",
        "%(count)s shipments wait for more from Stone Edge: their tracking numbers, or which lines went.",
        count,
    )
    remedy = _(
        "They go out by themselves when Stone Edge sends it. Enter the tracking numbers in Stone Edge."
    )
    return Judgement(State.WARNING, sentence % {"count": count}, remedy, Fixer.MERCHANT)


def not_understood(count: int) -> Judgement:
    """Return the judgement on labels that are in no table."""
    sentence = ngettext(
        "Stone Edge sent a status label that the portal does not know.",
        "Stone Edge sent %(count)s status labels that the portal does not know.",
        count,
    )
    remedy = _("Say under 'Status labels and carriers' what they stand for.")
    return Judgement(State.WARNING, sentence % {"count": count}, remedy, Fixer.SUPPORT)


def words(figures: Owed) -> Words:
    """Return the sentences of shipments."""
    return Words(
        working=_("Shipments are on their way to Miva."),
        done=_("Miva has every tracking number."),
        never=_("Stone Edge has not reported a shipment yet."),
        parked=ngettext("%(count)s shipment is parked.", "%(count)s shipments are parked.", figures.parked),
        failing=ngettext(
            "%(count)s shipment has failed several times.",
            "%(count)s shipments have failed several times.",
            figures.failing,
        ),
    )


def unknown_labels(stores: Sequence[Store]) -> dict[int, int]:
    """Return how many different labels nobody understood, by store."""
    rows = StatusUpdate.objects.filter(store__in=[store.pk for store in stores], meaning=UNKNOWN)
    counted = rows.order_by().values("store").annotate(labels=Count("label", distinct=True))
    return dict(counted.values_list("store", "labels"))


def numberless(stores: Sequence[Store]) -> dict[int, int]:
    """Return how many of the parked shipments wait for what Stone Edge has not said yet, by store."""
    rows = Shipment.objects.filter(
        store__in=[store.pk for store in stores], parked_at__isnull=False, problem_kind=INCOMPLETE
    )
    return dict(rows.order_by().values("store").annotate(rows=Count("pk")).values_list("store", "rows"))
