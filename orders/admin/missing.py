"""The page about an order number that is not here: in which store it is looked for, what Miva says, and "Fetch it"."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from orders import enquiries, jobs
from orders.admin.finding import address_of_missing
from orders.admin.times import Times
from orders.models import Backfill, Enquiry, Job, Order
from orders.not_pulled import reasons
from orders.tasks import answer_enquiry, run_backfill
from orders.translate.statuses import order_status
from stores.admin.filters import whole
from stores.admin.finding import Term
from stores.admin.lists import PortalAdmin
from stores.admin.words import link, page_of
from stores.admin.zones import viewer_zone
from stores.models import Store
from stores.nudges import nudge

NEAR = 500  # a store that has orders with numbers so near may be the one
LIKELY = 6


class MissingOrders(PortalAdmin):
    """Asking is for everybody who may view orders; fetching needs the permission to start backfills."""

    def missing_view(self, request: HttpRequest) -> HttpResponse:
        """Show what is known about the number in the chosen store; on POST ask Miva, or fetch the order."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        number = Term.of(given.get("number", "")).number
        store = chosen(given.get("store"))
        if number is None or store is None:
            return self.choice(request, number)
        if order := Order.objects.of(store).filter(miva_id=number).defer("raw").first():
            return self.arrived(request, order)
        if request.method == "POST":
            return self.pressed(request, store, number)
        return self.answer(request, store, number)

    def choice(self, request: HttpRequest, number: int | None) -> HttpResponse:
        """Return the page that asks for number and store, the likely stores first."""
        context = self.frame(request, f"Order {number} is not here" if number else "A missing order") | {
            "opts": None,  # the title stands in the page's head, instead of a path that leads nowhere
            "number": number,
            "here": here(number),
            "likely": [(store, address_of_missing(number or 0, store=store.pk)) for store in likely(number)],
            "stores": Store.objects.select_related("merchant").order_by("merchant__name", "name"),
        }
        return TemplateResponse(request, "admin/orders/missing_choice.html", context)

    def arrived(self, request: HttpRequest, order: Order) -> HttpResponse:
        """Lead to the order, which is here."""
        messages.success(request, f"Order {order.miva_id} is here.")
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": page_of(order)})
        return HttpResponseRedirect(page_of(order))

    def pressed(self, request: HttpRequest, store: Store, number: int) -> HttpResponse:
        """Do what a button says: the work is a worker's."""
        latest = enquiries.about(store, number).first()
        if request.POST.get("action") == "fetch" and latest is not None:
            if not request.user.has_perm("orders.add_backfill"):
                raise PermissionDenied
            row = enquiries.fetch(latest, by=request.user)
            transaction.on_commit(partial(nudge, run_backfill, row.pk))
        else:
            enquiry = enquiries.ask(store, number, by=request.user)
            transaction.on_commit(partial(nudge, answer_enquiry, enquiry.pk))
        return HttpResponseRedirect(address_of_missing(number, store=store.pk))

    def answer(self, request: HttpRequest, store: Store, number: int) -> HttpResponse:
        """Return the page with the latest answer, or, polled, the part of it that changes."""
        enquiry = (
            enquiries.about(store, number)
            .select_related("store__merchant", "store__cursor", "backfill")
            .first()
        )
        context = self.known(request, store, number, enquiry)
        if request.headers.get("HX-Request"):
            return TemplateResponse(request, "admin/orders/missing_answer.html", context)
        context = self.frame(request, f"Order {number} is not here") | context | {"opts": None}
        return TemplateResponse(request, "admin/orders/missing.html", context)

    def known(
        self, request: HttpRequest, store: Store, number: int, enquiry: Enquiry | None
    ) -> dict[str, Any]:
        """Return what the page shows."""
        exists = enquiry is not None and enquiry.answer == Enquiry.Answer.EXISTS
        times = Times(viewer_zone(request, store.zone))
        backfill = enquiry.backfill if enquiry else None
        why = reasons(enquiry, timezone.now()) if enquiry and exists else []
        return {
            "number": number,
            "store": store,
            "store_link": link(page_of(store), f"{store.merchant} · {store.name}"),
            "here": here(number),
            "enquiry": enquiry,
            "times": times,
            "asking": enquiry is not None and enquiry.state in jobs.OPEN,
            "slow": enquiry is not None and (timezone.now() - enquiry.created_at).total_seconds() > 30,
            "exists": exists,
            "facts": facts(enquiry, times) if enquiry and exists else [],
            "placed": times.both(enquiry.placed_at) if enquiry else "",
            "asked": times.both(enquiry.finished_at) if enquiry else "",
            "reasons": [(each, times.both(each.since) if each.since else "") for each in why],
            "backfill": backfill,
            "fetching": backfill is not None and backfill.state in jobs.OPEN,
            "fetched": ended(backfill),
            "may_fetch": exists and request.user.has_perm("orders.add_backfill"),
            "address": address_of_missing(number, store=store.pk),
        }


def chosen(value: str | None) -> Store | None:
    """Return the store of the page's parameter."""
    return Store.objects.select_related("merchant").filter(pk=whole(value)).first()


def likely(number: int | None) -> QuerySet[Store]:
    """Return stores that have numbers near this one, and not this one."""
    if number is None:
        return Store.objects.none()
    near = Order.objects.filter(miva_id__range=(number - NEAR, number + NEAR)).order_by().values("store")
    has = Order.objects.filter(miva_id=number).values("store")
    rows = Store.objects.select_related("merchant").filter(Q(pk__in=near), ~Q(pk__in=has))
    return rows.order_by("merchant__name", "name")[:LIKELY]


def here(number: int | None) -> list[Any]:
    """Return links to the orders with this number that are here, in whatever store."""
    rows = Order.objects.filter(miva_id=number or 0).select_related("store__merchant").defer("raw")
    return [link(page_of(row), f"{row.store.merchant} · {row.store.name}") for row in rows[:LIKELY]]


def facts(enquiry: Enquiry, times: Times) -> list[tuple[str, Any]]:
    """Return names and values of what Miva told."""
    return [
        ("Placed", times.both(enquiry.placed_at)),
        ("Last changed in Miva", times.both(enquiry.updated_at)),
        ("Status in Miva", order_status(enquiry.miva_status or 0)),
        ("In the queue", {True: "yes", False: "no", None: "not told"}[enquiry.in_queue]),
    ]


def ended(backfill: Backfill | None) -> str:
    """Return how a fetch came to its end without bringing the order; empty while it is under way."""
    if backfill is None or backfill.state in jobs.OPEN:
        return ""
    if backfill.state == Job.State.DONE:
        return "Miva was asked for the order and did not send it. Ask Miva again."
    return f"It was not fetched: {backfill.problem or backfill.get_state_display()}"
