"""The steps by which a batch is sent: deltas as deltas, counts as counts (Miva reference §13.3)."""

from collections.abc import Mapping, Sequence

from inventory import flight
from inventory.batches import Batch, Pair
from inventory.flight import Landed
from inventory.models import StockChange, StockPush
from inventory.undownloaded import Undownloaded, undownloaded
from stores.miva.client import MivaClient
from stores.miva.errors import AccessDenied, FunctionMissing, FunctionNotGranted, MivaError
from stores.miva.inventory import Stock, adjust_stock, leave_stock, set_active, set_stock, show_as_it_is
from stores.models import Store

UNTRACKED = "Miva does not track this product's stock, and the store's setting 'untracked products' says to leave it alone."


def send(batch: Batch) -> None:
    """Send all that is under way in the batch."""
    send_active(batch)
    leave_untracked(batch)
    note_targets(batch)
    send_counts(batch)
    send_deltas(batch)


def send_active(batch: Batch) -> None:
    """Show products or hide them: first, because nothing of the stock is sent yet that a lost answer could leave in doubt."""
    for shown in batch.calls(lambda row: row.sent_active is not None, show, show_as_it_is):
        only = [row for row in shown if row.sent_count is None and not row.sent_delta]
        batch.land({row.pk: Landed() for row in only})
        flight.note_shown(batch.claim, [row for row in shown if row not in only])


def leave_untracked(batch: Batch) -> None:
    """Name in the ledger what Miva does not track, unless the store wants tracking to start."""
    if batch.store.untracked == Store.Untracked.SKIP:
        left_out = Landed(StockChange.Outcome.UNTRACKED, reason=UNTRACKED)
        batch.land({row.pk: left_out for row, stock in batch.sending if not stock.tracked})


def note_targets(batch: Batch) -> None:
    """Write down what Miva says now and what it is to become, before anything is sent: a lost answer is judged by it."""
    moments = {row.sent_counted_at for row, _ in batch.sending if row.sent_counted_at is not None}
    hidden = undownloaded(batch.store, moments) if batch.store.leave_out_undownloaded else {}
    for row, stock in batch.sending:
        row.product_id = stock.product_id
        row.before = stock.figure if stock.tracked else 0
        if row.sent_count is None:
            row.target = row.before + (row.sent_delta or 0)
        else:
            known = hidden.get(row.sent_counted_at) if row.sent_counted_at else None
            reckon(row, stock, known or Undownloaded())
    flight.note_targets(batch.claim, [row for row, _ in batch.sending], batch.read_at)


def reckon(row: StockPush, stock: Stock, hidden: Undownloaded) -> None:
    """Set the figure of a count, and say how it comes about where it is not simply the count."""
    taken, since = hidden.of(stock.code), row.sent_delta or 0
    row.target = (row.sent_count or 0) + since - taken
    added = f" {'+' if since > 0 else '-'} {abs(since)} changed after that" if since else ""
    less = f" - {taken} in orders not downloaded yet ({hidden.named(stock.code)})" if taken else ""
    row.arithmetic = f"{row.sent_count} counted{added}{less} = {row.target}" if added or less else ""


def send_counts(batch: Batch) -> None:
    """Set figures, many in one request."""
    for done in batch.calls(lambda row: row.sent_count is not None, count, leave_stock):
        batch.accepted(done)


def send_deltas(batch: Batch) -> None:
    """Add to figures, many in one call, of which Miva takes all rows or none."""
    for done in batch.calls(lambda row: row.sent_count is None, add, add_nothing):
        batch.accepted(done)


def show(client: MivaClient, pairs: Sequence[Pair]) -> Mapping[int, MivaError]:
    """Show products in the store or hide them; returns what failed, by product. Raises MivaError.

    A token that may not do so is no failure of the store: stock needs no such permission, and need not stop for that.
    """
    try:
        failed = set_active(client, {stock.product_id: bool(row.sent_active) for row, stock in pairs})
    except FunctionNotGranted as error:
        raise refused(error) from error
    # Where Miva answers operation by operation, the token is known to it.
    return {
        number: refused(error) if isinstance(error, AccessDenied) else error
        for number, error in failed.items()
    }


def refused(error: AccessDenied) -> FunctionMissing:
    """Return a missing permission as a refusal of what was asked for."""
    return FunctionMissing(error.reason, error.remedy, code=error.code)


def count(client: MivaClient, pairs: Sequence[Pair]) -> Mapping[int, MivaError]:
    """Set figures; returns what failed, by product. Raises MivaError."""
    return set_stock(client, {stock.product_id: row.target or 0 for row, stock in pairs})


def add(client: MivaClient, pairs: Sequence[Pair]) -> Mapping[int, MivaError]:
    """Add to figures: to all or to none. Raises MivaError."""
    adjust_stock(client, {stock.product_id: row.sent_delta or 0 for row, stock in pairs})
    return {}


def add_nothing(client: MivaClient, product_id: int) -> Mapping[int, MivaError]:
    """Add nothing to the figure of a product that Miva tracks. Raises MivaError."""
    adjust_stock(client, {product_id: 0})
    return {}
