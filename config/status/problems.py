"""What is wrong with a store, and whose turn it is. Read from the rows: a problem that is over is gone from here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.models import Shipment
from fulfillment.waiting import INCOMPLETE
from inventory.models import StockPush
from orders.health import YOURS
from orders.models import Order
from stores import outbox
from stores.health import Fixer, Service, ServiceHealth, State, fixer_of
from stores.models import Store
from stores.sentences import told

SHOWN = 10  # rows of a kind
CLOCK = "clock"  # the kind of a service's failure that `of_the_clock` tells for all of them


@dataclass(frozen=True)
class Problem:
    """What it is about, why, what to do, and who does it."""

    about: str
    sentence: str
    remedy: str
    fixer: Fixer
    since: datetime | None = None


def problems_of(
    store: Store, healths: Sequence[ServiceHealth], clock_runs: bool
) -> tuple[list[Problem], list[Problem]]:
    """Return what is the merchant's to fix, and what we are on."""
    found = list(chain(of_the_clock(clock_runs), of_services(healths), of_rows(store, healths)))
    yours = [problem for problem in found if problem.fixer == Fixer.MERCHANT]
    return yours, [problem for problem in found if problem.fixer != Fixer.MERCHANT]


def of_the_clock(runs: bool) -> Iterator[Problem]:
    """Yield that our own clock stands still."""
    if not runs:
        yield Problem(
            _("All services"),
            _("Our clock stands still: nothing is pulled or pushed just now. Nothing is lost by it."),
            "",
            Fixer.SUPPORT,
        )


def of_services(healths: Sequence[ServiceHealth]) -> Iterator[Problem]:
    """Yield what concerns a whole service; single orders, parcels and SKUs are told by `of_rows`."""
    for health in healths:
        told_elsewhere = health.kind == CLOCK or (health.state == State.HELD and health.held)
        if health.needs_attention and not told_elsewhere:
            remedy = health.remedy if health.fixer == Fixer.MERCHANT else ""
            yield Problem(
                str(health.service.label), health.sentence, remedy, health.fixer, health.last_good_at
            )


def of_rows(store: Store, healths: Sequence[ServiceHealth]) -> Iterator[Problem]:
    """Yield what was set aside, the latest of each kind, and how many more there are."""
    for health in healths:
        if health.held and health.service in ROWS:
            shown = list(ROWS[health.service](store))
            yield from shown
            if more := max(health.held - len(shown), 0):
                words = ngettext("%(count)s more is set aside.", "%(count)s more are set aside.", more)
                yield Problem(str(health.service.label), words % {"count": more}, "", Fixer.SUPPORT)


def held_orders(store: Store) -> Iterator[Problem]:
    """Yield orders that cannot be given to Stone Edge as they are."""
    rows = Order.objects.of(store).filter(state=Order.State.HELD).order_by("-pk")
    for number, reason, remedy, since in rows.values_list("miva_id", "reason", "remedy", "kept_at")[:SHOWN]:
        about = _("Order %(number)s") % {"number": number}
        words = told(reason).removeprefix(f"{about}: ")
        if remedy in YOURS:
            yield Problem(about, words, told(remedy), Fixer.MERCHANT, since)
        else:
            yield Problem(about, words, "", Fixer.SUPPORT, since)


def parked_shipments(store: Store) -> Iterator[Problem]:
    """Yield shipments that Miva does not take, or of which Stone Edge has not said enough."""
    rows: QuerySet[Any] = (
        Shipment.objects.of(store).filter(outbox.PARKED).select_related(None).order_by("-pk")
    )
    for row in rows.values("order__miva_id", "problem", "remedy", "problem_kind", "parked_at")[:SHOWN]:
        about = _("Shipment of order %(number)s") % {"number": row.pop("order__miva_id")}
        yield set_aside(about, row)


def parked_stock(store: Store) -> Iterator[Problem]:
    """Yield SKUs whose stock Miva does not take."""
    rows: QuerySet[Any] = StockPush.objects.of(store).filter(outbox.PARKED).order_by("-pk")
    for row in rows.values("sku", "problem", "remedy", "problem_kind", "parked_at")[:SHOWN]:
        yield set_aside(_("Stock of %(sku)s") % {"sku": row.pop("sku")}, row)


def set_aside(about: str, row: dict[str, Any]) -> Problem:
    """Return the problem of a parked row; its remedy where it is the merchant's to do."""
    kind = row["problem_kind"]
    fixer = Fixer.MERCHANT if kind == INCOMPLETE else fixer_of(kind)
    remedy = told(row["remedy"]) if fixer == Fixer.MERCHANT else ""
    return Problem(about, told(row["problem"]), remedy, fixer, row["parked_at"])


ROWS = {Service.ORDERS_OUT: held_orders, Service.TRACKING: parked_shipments, Service.STOCK: parked_stock}
