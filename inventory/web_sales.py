"""What shoppers took of a store's stock, as its orders tell: for a lost answer, and for the nightly comparison."""

import logging
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from inventory.models import fold
from inventory.units import sold_units
from stores.miva.client import MivaClient
from stores.miva.errors import MivaLocked, MivaRefused
from stores.miva.paging import ListQuery, Where
from stores.miva.shapes import whole

log = logging.getLogger(__name__)

BLUR = timedelta(seconds=2)  # an order that is placed so near to a reading may be in it or not
MOST_ORDERS = 500  # more orders since the change: nothing is concluded from them

Sale = tuple[int, Counter[str]]  # when an order was placed, on Miva's clock, and its units by code


@dataclass
class Sales:
    """Units that shoppers may have taken of one product between two readings of its figure: at least `low`, at most `high`."""

    low: float = 0
    high: float = 0

    def explain(self, fall: int) -> bool:
        """Whether they explain that the figure is so much lower."""
        return self.low <= fall <= self.high

    def nearest(self, fall: int) -> int:
        """Return how much of the fall they explain; where they took more, the least that they took."""
        return int(min(max(fall, self.low), self.high))


@dataclass
class WebSales:
    """The store's orders since a moment, on Miva's clock; `known` off: they could not be listed."""

    known: bool = True
    orders: Mapping[int, Sale] = field(default_factory=dict)

    def of(self, code: str, since: datetime, until: datetime) -> Sales:
        """Return the sales of a product between two readings of its figure."""
        if not self.known:
            return Sales(0, math.inf)
        sales = Sales()
        for placed, quantity in self._by_code.get(fold(code), ()):
            if placed >= (since - BLUR).timestamp():
                sales.high += quantity
            if (since + BLUR).timestamp() <= placed <= (until - BLUR).timestamp():
                sales.low += quantity
        return sales

    @cached_property
    def _by_code(self) -> dict[str, list[tuple[int, int]]]:
        """When how many units of each code were sold: thousands of products are asked about."""
        found: dict[str, list[tuple[int, int]]] = {}
        for placed, units in self.orders.values():
            for code, quantity in units.items():
                found.setdefault(code, []).append((placed, quantity))
        return found


def web_sales(client: MivaClient, since: datetime) -> WebSales:
    """Return the orders placed since a moment of our clock. A token that may not list orders leaves them unknown."""
    moment = since.timestamp() + (client.clock_offset or 0.0) - BLUR.total_seconds()
    query = ListQuery([Where("orderdate", "GE", int(moment))], ondemand=("items", "parts"), count=MOST_ORDERS)
    try:
        page = client.order_list(query)
    except (MivaLocked, MivaRefused) as error:
        log.info("web sales are not known: %s", error.reason)
        return WebSales(known=False)
    return WebSales(page.total_count <= MOST_ORDERS, dict(_orders(page.orders)))


def _orders(raws: Iterable[dict[str, object]]) -> Iterable[tuple[int, Sale]]:
    for raw in raws:
        yield whole(raw.get("id")), (whole(raw.get("orderdate")), sold_units(raw))
