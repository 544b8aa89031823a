"""How *Stock to Miva* stands, counted in SKUs: on its way, set aside for a person, and off at the last comparison."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.models import StockChange, StockLevel, StockPush
from stores import outbox
from stores.health import Fixer, Judgement, Service, ServiceHealth, State
from stores.models import Store
from stores.outbox_health import Owed, Words, health, owed
from stores.outbox_health import judge as judge_push

Outcome = StockChange.Outcome


def summary(store: Store, now: datetime | None = None) -> ServiceHealth:
    """Return how the store's stock stands."""
    return summaries([store], now)[store.pk]


def summaries(stores: Sequence[Store], now: datetime | None = None) -> dict[int, ServiceHealth]:
    """Return the same for many stores that came with their merchants, by primary key: six queries."""
    now = now or timezone.now()
    figures, off, oldest = owed(StockPush, stores, now), drifted(stores), oldest_changes(stores)
    return {
        store.pk: health(
            Service.STOCK,
            figures[store.pk],
            judge(store, figures[store.pk], off.get(store.pk, 0), now),
            now,
            oldest_waiting_at=oldest.get(store.pk),
        )
        for store in stores
    }


def judge(store: Store, figures: Owed, off: int, now: datetime) -> Judgement:
    """Return the judgement on the pushes, or that figures were off at night where that is worse."""
    judgement = judge_push(store, figures, words(figures), now)
    if not off or judgement.state in (State.OFF, State.PAUSED) or judgement.state.wrong:
        return judgement
    sentence = ngettext(
        "Miva's figure of %(count)s product was not the expected one at the last comparison.",
        "Miva's figures of %(count)s products were not the expected ones at the last comparison.",
        off,
    )
    remedy = _("Open the catalogue: what was changed in Miva by hand is to be counted in Stone Edge, too.")
    return Judgement(State.WARNING, sentence % {"count": off}, remedy, Fixer.SUPPORT, "drift")


def words(figures: Owed) -> Words:
    """Return the sentences of stock."""
    return Words(
        working=_("Stock changes are on their way to Miva."),
        done=_("Miva has every stock change."),
        never=_("Stone Edge has not sent a stock change yet."),
        parked=ngettext(
            "The stock of %(count)s SKU is parked.", "The stock of %(count)s SKUs is parked.", figures.parked
        ),
        failing=ngettext(
            "The stock of %(count)s SKU has failed several times.",
            "The stock of %(count)s SKUs has failed several times.",
            figures.failing,
        ),
    )


def drifted(stores: Sequence[Store]) -> dict[int, int]:
    """Return how many products were off at the last comparison, by store."""
    rows = StockLevel.objects.filter(store__in=[store.pk for store in stores]).exclude(drift=0)
    return dict(rows.order_by().values("store").annotate(rows=Count("pk")).values_list("store", "rows"))


def oldest_changes(stores: Sequence[Store]) -> dict[int, datetime]:
    """Return since when the oldest change waits that is not parked, by store; a push row is older than what it holds now."""
    pushes = StockPush.objects.filter(outbox.OPEN, store=OuterRef("store"), sku_key=OuterRef("sku_key"))
    open_changes = StockChange.objects.filter(
        Exists(pushes),
        store__in=[store.pk for store in stores],
        outcome__in=(Outcome.WAITING, Outcome.SENT),
    )
    return dict(open_changes.order_by().values("store").annotate(at=Min("at")).values_list("store", "at"))
