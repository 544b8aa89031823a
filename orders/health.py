"""How *Orders to Stone Edge* stands: how many orders wait, how long, how many are held, and whether a desktop calls at all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.models import Download, Order
from orders.translate.identifiers import NAMELESS
from orders.translate.parties import NOWHERE
from stores.health import Fixer, Judgement, Service, ServiceHealth, State, switched_off
from stores.models import Desktop, Store

YOURS = (NAMELESS, NOWHERE)  # remedies of held orders that are the merchant's, in Miva's own pages
PATIENCE = timedelta(days=1)  # the desktop asks when the merchant lets it: many do so once a day


def not_given(store: Store) -> Q:
    """Return the condition that an order is ready, with a higher export number than any that a desktop of the store was given.

    What a desktop passed over, because it asked by date, is not waiting: it will not ask for it again.
    """
    reached = Download.objects.of(store).aggregate(top=Max("last_number"))["top"] or 0
    return Q(state=Order.State.EXPORTABLE, export_number__gt=reached)


def not_given_anywhere() -> Q:
    """Return the same condition for all stores together: a range of the sequence of each store in which something waits.

    The ends are constants: by them the database knows how many orders each range has, and chooses its way.
    """
    stores: QuerySet[Any] = with_reach(Store.objects.active()).filter(Exists(beyond_reach()))
    ranges = [
        Q(store=pk, export_number__gt=reached)
        for pk, reached in stores.order_by().values_list("pk", "reached")
    ]
    return Q(Q(*ranges, _connector=Q.OR) if ranges else Q(pk__in=[]), state=Order.State.EXPORTABLE)


def waiting_orders(store: Store) -> QuerySet[Order]:
    """Return the orders that wait for a desktop."""
    return Order.objects.of(store).filter(not_given(store))


def furthest(store: OuterRef) -> Coalesce:
    """Return the last place that a desktop of the store was given, 0 for none, as a part of another query."""
    downloads = Download.objects.filter(store=store).order_by("-last_number")
    return Coalesce(Subquery(downloads.values("last_number")[:1]), 0)


def with_reach(rows: QuerySet[Store]) -> QuerySet[Store]:
    """Return the stores with the last place that a desktop `reached`, 0 where none was given anything."""
    return rows.annotate(reached=furthest(OuterRef("pk")))


def beyond_reach() -> QuerySet[Order]:
    """Return what waits for the desktops of the store of the query around it."""
    ready = Order.objects.filter(store=OuterRef("pk"), state=Order.State.EXPORTABLE)
    return ready.filter(export_number__gt=furthest(OuterRef(OuterRef("pk"))))


def with_orders(rows: QuerySet[Store]) -> QuerySet[Store]:
    """Return the stores with `waiting`, `oldest_waiting_at`, `held` and of those `yours`; with the last place that a desktop
    `reached`, and when it was given that (`given_at`).

    Numbers are taken one after the other, so the first one that waits has waited longest.
    """
    newest = Download.objects.filter(store=OuterRef("pk")).order_by("-last_number", "-pk")
    held = Order.objects.filter(store=OuterRef("pk"), state=Order.State.HELD)
    return with_reach(rows).annotate(
        waiting=counted(beyond_reach()),
        oldest_waiting_at=Subquery(beyond_reach().order_by("export_number").values("numbered_at")[:1]),
        held=counted(held),
        yours=counted(held.filter(remedy__in=YOURS)),
        given_at=Subquery(newest.values("at")[:1]),
    )


def counted(rows: QuerySet[Order]) -> Coalesce:
    """Return the number of rows as a part of another query."""
    figure = rows.order_by().values("store").annotate(figure=Count("*")).values("figure")
    return Coalesce(Subquery(figure, output_field=BigIntegerField()), 0)


def summary(store: Store, now: datetime | None = None) -> ServiceHealth:
    """Return how many orders wait, since when, and how many are held."""
    return summaries([store], now)[store.pk]


def summaries(stores: Sequence[Store], now: datetime | None = None) -> dict[int, ServiceHealth]:
    """Return the same for many stores that came with their merchants, by primary key: two queries."""
    now = now or timezone.now()
    pks = [store.pk for store in stores]
    figures = with_orders(Store.objects.filter(pk__in=pks)).order_by().values(*FIGURES)
    logins = Desktop.objects.filter(store__in=pks, active=True).order_by().values("store")
    seen = {row["store"]: row["seen"] for row in logins.annotate(seen=Max("last_seen_at"))}
    told = {row.pop("pk"): row for row in figures}
    return {store.pk: health(store, told[store.pk], seen, now) for store in stores}


FIGURES = ("pk", "waiting", "oldest_waiting_at", "held", "yours", "given_at")


def health(
    store: Store, figures: dict[str, Any], seen: dict[int, datetime | None], now: datetime
) -> ServiceHealth:
    """Return the health with these figures; `seen` has a moment for each store with a login, None for one never used."""
    given_at = figures.pop("given_at")
    caller = silence(store.pk in seen, seen.get(store.pk), now)
    judgement = switched_off(store) or judge(figures, given_at, caller, now)
    return ServiceHealth(
        Service.ORDERS_OUT,
        *judgement,
        last_tried_at=seen.get(store.pk),
        last_good_at=given_at,
        **figures,
    )


def judge(
    figures: dict[str, Any], given_at: datetime | None, caller: Judgement | None, now: datetime
) -> Judgement:
    """Return the first judgement that applies. `caller` says why no desktop calls, None when one does."""
    oldest, held = figures["oldest_waiting_at"], figures["held"]
    if oldest and now - oldest > PATIENCE:
        return (caller or not_taken())._replace(state=State.LATE)
    if held:
        sentence = ngettext("%(count)s order is held.", "%(count)s orders are held.", held) % {"count": held}
        remedy = _("Open the held orders: each says why, and what to do.")
        return Judgement(State.HELD, sentence, remedy, Fixer.SUPPORT)
    if caller and caller.state == State.NEVER:
        return caller
    if figures["waiting"]:
        return Judgement(
            State.OK if given_at else State.NEVER, _("Orders wait for the next import of Stone Edge.")
        )
    if given_at is None:
        return Judgement(State.NEVER, _("Stone Edge calls; it has not been given an order yet."))
    return Judgement(State.OK, _("Stone Edge has every order."))


def silence(has_login: bool, seen_at: datetime | None, now: datetime) -> Judgement | None:
    """Return why no desktop calls, None when one called lately."""
    if not has_login:
        return Judgement(
            State.NEVER,
            _("There is no Stone Edge login."),
            _("Issue a password on the store's page, and enter it in Stone Edge."),
            Fixer.SUPPORT,
        )
    if seen_at is None:
        return Judgement(
            State.NEVER,
            _("Stone Edge has never called."),
            _("Enter script URL, user name and password in Stone Edge, and import orders there."),
            Fixer.MERCHANT,
        )
    if now - seen_at > PATIENCE:
        return Judgement(
            State.LATE,
            _("Orders wait, and Stone Edge has not called for more than a day."),
            _("Start Stone Edge and import orders; look whether its scheduled import is still on."),
            Fixer.MERCHANT,
        )
    return None


def not_taken() -> Judgement:
    """Return the judgement on a desktop that calls and leaves the orders."""
    return Judgement(
        State.LATE,
        _("Stone Edge calls, and has not taken orders that wait for more than a day."),
        _("Import orders in Stone Edge; look there for an import that ended with an error."),
        Fixer.MERCHANT,
    )
