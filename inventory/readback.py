"""After a lost answer: has the change arrived in Miva? Read the figure and the orders since, and decide, or ask a person."""

import logging
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from django.utils import timezone

from inventory.flight import Landed, arrive, put_back
from inventory.models import StockPush, fold
from inventory.units import sold_units
from stores.miva.client import MivaClient
from stores.miva.errors import MivaLocked, MivaRefused
from stores.miva.inventory import Stock, read_stock
from stores.miva.paging import ListQuery, Where
from stores.miva.shapes import whole
from stores.outbox import Claim

log = logging.getLogger(__name__)

BLUR = timedelta(seconds=2)  # an order that is placed so near to a reading may be in it or not
MOST_ORDERS = 500  # more orders since the change: nothing is concluded from them
REMEDY = "Compare with the shelf, then choose: it has arrived, or send it again. A new count from Stone Edge settles it, too."


class Verdict(Enum):
    """What became of a change whose answer was lost."""

    APPLIED = "applied"
    LOST = "lost"
    UNCLEAR = "unclear"


@dataclass
class Sales:
    """Units that shoppers may have taken of one product since Miva was read before the change: at least `low`, at most `high`."""

    low: float = 0
    high: float = 0

    def explain(self, fall: int) -> bool:
        """Whether they explain that the figure is so much lower."""
        return self.low <= fall <= self.high


@dataclass
class WebSales:
    """The store's orders since a moment, on Miva's clock; `known` off: they could not be listed."""

    known: bool = True
    orders: list[tuple[int, Counter[str]]] = field(default_factory=list)

    def of(self, code: str, since: datetime, until: datetime) -> Sales:
        """Return the sales of a product between two readings of its figure."""
        if not self.known:
            return Sales(0, math.inf)
        sales = Sales()
        for placed, units in self.orders:
            quantity = units[fold(code)]
            if placed >= (since - BLUR).timestamp():
                sales.high += quantity
            if (since + BLUR).timestamp() <= placed <= (until - BLUR).timestamp():
                sales.low += quantity
        return sales


def verdict(before: int, after: int, found: int, sales: Sales) -> Verdict:
    """Judge by Miva's figure before the change, the one that it would have led to, and the one that is found."""
    if before == after:
        return Verdict.APPLIED
    applied, lost = sales.explain(after - found), sales.explain(before - found)
    if applied == lost:
        return Verdict.UNCLEAR
    return Verdict.APPLIED if applied else Verdict.LOST


def settle_doubts(claim: Claim[StockPush], client: MivaClient, rows: Sequence[StockPush]) -> list[StockPush]:
    """Find out about changes that were under way when their answer was lost or their worker died.

    Returns the rows that may go on: the change has arrived, or it waits again because it has not, was never sent, or is replaced
    by a later count. Those with two readings are parked. Raises MivaError.
    """
    open_question = [row for row in rows if row.count is None and row.before is not None]
    going_on = [row for row in rows if row not in open_question]
    put_back(claim, going_on)
    if not open_question:
        return going_on
    asked_at = timezone.now()
    told = read_stock(client, [row.product_id for row in open_question if row.product_id is not None])
    # Where there is no figure, or none any more, nothing has arrived in it.
    stocks = {number: stock for number, stock in told.items() if stock.tracked}
    sales = web_sales(client, min(row.read_at or asked_at for row in open_question))
    for row in open_question:
        stock = stocks.get(row.product_id or 0)
        judged = Verdict.LOST if stock is None else _judged(claim, row, stock, sales, asked_at, client)
        if judged is Verdict.LOST:
            put_back(claim, [row])
        if judged is not Verdict.UNCLEAR:
            going_on.append(row)
    return going_on


def _judged(
    claim: Claim[StockPush],
    row: StockPush,
    stock: Stock,
    sales: WebSales,
    asked_at: datetime,
    client: MivaClient,
) -> Verdict:
    found = stock.figure
    ahead = timedelta(seconds=client.clock_offset or 0.0)
    since = (row.read_at or asked_at) + ahead
    before, after = row.before or 0, row.target or 0
    judged = verdict(before, after, found, sales.of(stock.code, since, asked_at + ahead))
    log.info("lost change of %s: %s (before %s, after %s, found %s)", row, judged.value, before, after, found)
    if judged is Verdict.APPLIED:
        reason = f"The answer was lost; Miva was read again: {before} before, {found} now."
        counted = row.sent_count is not None
        arrive(claim, row, Landed(figure=found, at=asked_at, reason=reason, counted=counted))
    elif judged is Verdict.UNCLEAR:
        problem = (
            f"The answer to a change from {before} to {after} was lost, and Miva now says {found}: with what shoppers bought "
            f"meanwhile, this fits a change that arrived as well as one that did not, or neither."
        )
        claim.park(row, problem, REMEDY, "unsure", found=found)
    return judged


def web_sales(client: MivaClient, since: datetime) -> WebSales:
    """Return the orders placed since a moment of our clock. A token that may not list orders leaves them unknown."""
    moment = since.timestamp() + (client.clock_offset or 0.0) - BLUR.total_seconds()
    query = ListQuery([Where("orderdate", "GE", int(moment))], ondemand=("items", "parts"), count=MOST_ORDERS)
    try:
        page = client.order_list(query)
    except (MivaLocked, MivaRefused) as error:
        log.info("sales since a lost change are not known: %s", error.reason)
        return WebSales(known=False)
    return WebSales(page.total_count <= MOST_ORDERS, list(_orders(page.orders)))


def _orders(raws: Iterable[dict[str, object]]) -> Iterable[tuple[int, Counter[str]]]:
    for raw in raws:
        yield whole(raw.get("orderdate")), sold_units(raw)
