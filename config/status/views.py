"""The overview, a store's page, and its twin for monitors. Which stores there are is said by `stores.access.stores_of`."""

import zoneinfo
from datetime import datetime
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.status.charts import charts
from config.status.orders import look_up, recent
from config.status.problems import problems_of
from config.status.standing import Card, cards_of, standings_of, twin
from config.status.timeline import timeline
from config.status.viewer import for_viewer, page, polled
from stores import share_links
from stores.access import owned_of, stores_of
from stores.admin.finding import Term
from stores.models import Store
from stores.viewing import viewing

STORES_ON_A_PAGE = 10


@for_viewer
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """A card for each store; polled, the cards alone."""
    if leave := nobody(request):
        return leave
    now = timezone.now()
    stores = stores_of(request).order_by("merchant__name", "name", "pk")
    part = Paginator(stores, STORES_ON_A_PAGE).get_page(request.GET.get("page"))
    shown = list(part)
    cards = cards_of(shown, now)
    context = {"cards": cards, "part": part, "now": now}
    zone = zoneinfo.ZoneInfo(shown[0].merchant.time_zone) if shown else None
    return page(request, "cards" if polled(request) else "overview", context, zone=zone)


@for_viewer
@require_GET
def store_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One store; polled, the part that changes."""
    if leave := nobody(request):
        return leave
    store = get_object_or_404(stores_of(request), slug=slug)
    owned = owned_of(request).filter(pk=store.pk).exists()
    return shown(request, store, {"owned": owned, "address": reverse("status:store", args=[slug])})


@for_viewer
@require_GET
def store_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The store's twin for monitors."""
    if leave := nobody(request):
        return leave
    return as_json(get_object_or_404(stores_of(request), slug=slug))


@for_viewer
@require_GET
def shared_page(request: HttpRequest, secret: str) -> HttpResponse:
    """The same page by a link: nothing can be done on it. Whoever has a link that is not good any more is told so."""
    link = share_links.found(secret)
    if link is None:
        return page(request, "link_over", {}, status=404)
    return shown(
        request,
        link.store,
        {"owned": False, "shared": True, "address": reverse("status:shared", args=[secret])},
    )


@for_viewer
@require_GET
def shared_json(request: HttpRequest, secret: str) -> HttpResponse:
    """The twin by a link. Raises Http404 for a link that is not good any more."""
    link = share_links.found(secret)
    if link is None:
        raise Http404("This link is not good: it was revoked, or its time is over.")
    return as_json(link.store)


def nobody(request: HttpRequest) -> HttpResponse | None:
    """Return where somebody is led who is not logged in, or who is staff and views as no merchant; None for all others."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), reverse("status:sign-in"))
    staff = request.user.is_staff or request.user.is_superuser
    if staff and viewing(request) is None:
        return page(request, "staff", {}, status=403)
    return None


def shown(request: HttpRequest, store: Store, context: dict[str, Any]) -> HttpResponse:
    """Return a store's page, or the part of it that changes."""
    now = timezone.now()
    card = cards_of([store], now)[0]
    yours, ours = problems_of(store, card.healths, card.clock_runs)
    part = {
        "card": card,
        "store": store,
        "now": now,
        "yours": yours,
        "ours": ours,
        "recent": recent(store),
        "timeline": timeline(store),
        "may_pull": context["owned"] and Store.objects.served().filter(pk=store.pk).exists(),
    }
    if polled(request):
        return page(request, "store_part", part | context, zone=store.zone)
    return page(request, "store", part | context | once(request, store, card, now), zone=store.zone)


def once(request: HttpRequest, store: Store, card: Card, now: datetime) -> dict[str, Any]:
    """Return what is not asked for again: the charts, and the answer to the search."""
    typed = request.GET.get("order", "").strip()[:40]
    number = Term.of(typed).number if typed else None
    return {
        "charts": charts(store, now),
        "typed": typed,
        "answer": look_up(store, number, card.healths[0], now) if number is not None else None,
    }


def as_json(store: Store) -> JsonResponse:
    """Answer 200 with the overall state, whatever it is: the monitor decides what it thinks of it."""
    now = timezone.now()
    return JsonResponse(twin(standings_of([store], now)[0], now), json_dumps_params={"indent": 1})
