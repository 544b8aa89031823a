"""After a lost answer: has the change arrived in Miva? Read the figure and the orders since, and decide, or ask a person."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from django.utils import timezone

from inventory.flight import Landed, arrive, put_back
from inventory.models import StockPush
from inventory.web_sales import Sales, WebSales, web_sales
from stores.miva.client import MivaClient
from stores.miva.inventory import Stock, read_stock
from stores.outbox import Claim

log = logging.getLogger(__name__)

REMEDY = "Compare with the shelf, then choose: it has arrived, or send it again. A new count from Stone Edge settles it, too."


class Verdict(Enum):
    """What became of a change whose answer was lost."""

    APPLIED = "applied"
    LOST = "lost"
    UNCLEAR = "unclear"


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
