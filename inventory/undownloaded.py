"""What Stone Edge could not know when it counted: units in orders that it had not downloaded (architecture, decision 7)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from inventory.models import fold
from inventory.units import unsent_units
from orders.models import Download, Order
from stores.models import Store

ON_THE_WAY = timedelta(days=30)  # an order that no desktop asked for in this time is not on its way any more
MOST_NAMED = 10  # orders that the arithmetic names

Run = tuple[datetime, int, int]  # when which export numbers were downloaded, the first and the last


@dataclass
class Undownloaded:
    """Units by code, and the orders that hold them."""

    units: Counter[str] = field(default_factory=Counter)
    orders: dict[str, list[int]] = field(default_factory=dict)

    def add(self, number: int, units: Mapping[str, int]) -> None:
        """Note the units of one order, by code."""
        for code, quantity in units.items():
            self.units[code] += quantity
            self.orders.setdefault(code, []).append(number)

    def of(self, code: str) -> int:
        """Return the units of one product."""
        return self.units[fold(code)]

    def named(self, code: str) -> str:
        """Return the numbers of the orders that hold the product, the first of them."""
        numbers = self.orders.get(fold(code), [])
        more = ", …" if len(numbers) > MOST_NAMED else ""
        return ", ".join(map(str, numbers[:MOST_NAMED])) + more


def undownloaded(store: Store, moments: Iterable[datetime]) -> dict[datetime, Undownloaded]:
    """Return for each moment what the store's orders hold that no desktop had downloaded by then.

    The orders are read once: a desktop that sends its counts in many messages makes as many moments.
    """
    found = {moment: Undownloaded() for moment in moments}
    if not found:
        return found
    for order in _late(store, min(found), max(found)):
        number, raw, placed_at, given_at = order
        units = unsent_units(raw)
        for moment, at in found.items():
            if placed_at >= moment - ON_THE_WAY and (given_at is None or given_at > moment):
                at.add(number, units)
    return found


def _late(
    store: Store, first: datetime, last: datetime
) -> Iterator[tuple[int, Any, datetime, datetime | None]]:
    """Yield the number, raw form, time and first download of each order that may have been on its way at one of the moments."""
    downloads = Download.objects.of(store).filter(at__range=(first - ON_THE_WAY, last))
    given = downloads.filter(
        first_number__lte=OuterRef("export_number"), last_number__gte=OuterRef("export_number")
    )
    orders = (
        Order.objects.of(store).filter(placed_at__gte=first - ON_THE_WAY).exclude(state=Order.State.IGNORED)
    )
    late = orders.annotate(given_at=Subquery(given.order_by("at").values("at")[:1]))
    rows = late.filter(Q(given_at=None) | Q(given_at__gt=first)).order_by("miva_id")
    runs: list[Run] | None = None
    fields = ("miva_id", "raw", "placed_at", "given_at", "former_numbers")
    for *order, given_at, places in rows.values_list(*fields).iterator(chunk_size=200):
        if places and runs is None:
            runs = list(downloads.order_by("at").values_list("at", "first_number", "last_number"))
        yield *order, _first_given(places, runs or ()) or given_at


def _first_given(places: Sequence[int], runs: Iterable[Run]) -> datetime | None:
    """Return when an order was given to a desktop at a place that it has left: it was held since then, or is sent again."""
    covering = (at for at, first, last in runs if any(first <= place <= last for place in places))
    return next(covering, None)
