"""What Stone Edge could not know when it counted: units in orders that it had not downloaded (architecture, decision 7)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from inventory.models import fold
from inventory.units import unsent_units
from orders.models import Download, Order
from stores.models import Store

ON_THE_WAY = timedelta(days=30)  # an order that no desktop asked for in this time is not on its way any more
MOST_NAMED = 10  # orders that the arithmetic names


@dataclass
class Undownloaded:
    """Units by code, and the orders that hold them."""

    units: Counter[str] = field(default_factory=Counter)
    orders: dict[str, list[int]] = field(default_factory=dict)

    def of(self, code: str) -> int:
        """Return the units of one product."""
        return self.units[fold(code)]

    def named(self, code: str) -> str:
        """Return the numbers of the orders that hold the product, the first of them."""
        numbers = self.orders.get(fold(code), [])
        more = ", …" if len(numbers) > MOST_NAMED else ""
        return ", ".join(map(str, numbers[:MOST_NAMED])) + more


def undownloaded(store: Store, moments: Iterable[datetime]) -> dict[datetime, Undownloaded]:
    """Return for each moment what the store's orders hold that no desktop had downloaded by then."""
    return {moment: _at(store, moment) for moment in moments}


def _at(store: Store, moment: datetime) -> Undownloaded:
    given = Download.objects.of(store).filter(
        at__lte=moment,
        first_number__lte=OuterRef("export_number"),
        last_number__gte=OuterRef("export_number"),
    )
    orders = Order.objects.of(store).filter(~Exists(given), placed_at__gte=moment - ON_THE_WAY)
    found = Undownloaded()
    rows = orders.exclude(state=Order.State.IGNORED).order_by("miva_id").values_list("miva_id", "raw")
    for number, raw in rows.iterator(chunk_size=200):
        for code, quantity in unsent_units(raw).items():
            found.units[code] += quantity
            found.orders.setdefault(code, []).append(number)
    return found
