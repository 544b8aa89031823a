"""Pushing stock to Miva: what is in doubt is settled first, then all that waits is sent, many SKUs at once."""

from collections.abc import Iterator, Mapping, Sequence

from django.utils import timezone

from inventory import resolve
from inventory.batches import Batch, hold
from inventory.flight import Landed, land, put_back, take
from inventory.models import StockChange, StockPush, fold
from inventory.readback import settle_doubts
from inventory.refusals import waited_out
from inventory.resolve import Keeper, UnknownSku, Unresolved
from inventory.sending import send
from inventory.variants import variants_of
from stores.draining import Drained, drain
from stores.miva.client import MivaClient
from stores.miva.errors import MivaError, MivaRefused
from stores.miva.inventory import MOST_READ, Stock, read_stock
from stores.models import Store
from stores.outbox import Claim
from stores.wires import miva_for

SLICE = 30.0  # seconds after which a worker is free for other stores


def push_due(store: Store, *, budget: float = SLICE) -> Drained:
    """Push what is due of the store until nothing is left or the budget (seconds) is used up; how it went is in the rows."""
    return drain(StockPush, store, push, most=MOST_READ, budget=budget)


def push(claim: Claim[StockPush]) -> None:
    """Push the rows of one claim; every one of them is settled, parked, deferred or given back then."""
    client, rows = miva_for(claim.store, renew=claim.renew_rest), list(claim.rows)
    doubtful = [row for row in rows if row.sent_delta is not None]
    calm = [row for row in rows if row.sent_delta is None]
    try:
        waiting = settle_doubts(claim, client, doubtful) if doubtful else []
    except MivaError as error:
        hold(claim, calm, waited_out(error), tried=doubtful)
        return
    taken = take(claim, waiting + calm)
    try:
        batch = prepared(claim, client, taken)
    except MivaError as error:
        hold(claim, claim.still_ours(taken), waited_out(error))
        return
    send(batch)


def prepared(claim: Claim[StockPush], client: MivaClient, rows: Sequence[StockPush]) -> Batch:
    """Find the product of each row and read its stock just before sending. Raises MivaError.

    Rows without anything to send are settled; those without a product are left out or parked with the reason.
    """
    idle = [row for row in rows if row.sent_count is None and not row.sent_delta and row.sent_active is None]
    land(claim, idle, {row.pk: Landed() for row in idle})
    busy = [row for row in rows if row not in idle]
    read_at, numbers = timezone.now(), known_numbers(claim.store, busy)
    stocks = read_stock(client, numbers) if numbers else {}
    told = {row.pk: stocks[row.product_id] for row in busy if row.product_id in stocks}
    found = {row.pk: told[row.pk] for row in busy if row.pk in told and is_name(row.sku, told[row.pk])}
    missing = [row for row in busy if row.pk not in found]
    if missing:
        found |= looked_up(claim, client, missing, told)
    if claim.store.untracked == Store.Untracked.START:
        leave_out_masters(claim, client, busy, found)
    return Batch(claim, client, read_at, list(one_for_each(claim, busy, found)))


def known_numbers(store: Store, rows: Sequence[StockPush]) -> list[int]:
    """Return the Miva ids of the rows' products, as far as our copy knows them by now."""
    unknown = [row for row in rows if row.product_id is None]
    keepers = resolve.resolve(store, [row.sku for row in unknown]) if unknown else {}
    for row in unknown:
        keeper = keepers[row.sku_key]
        row.product_id = keeper.product_id if isinstance(keeper, Keeper) else None
    return list(dict.fromkeys(row.product_id for row in rows if row.product_id is not None))


def is_name(sku: str, stock: Stock) -> bool:
    """Whether the product is still called so: its SKU may have been given to another one."""
    return fold(sku) in (fold(stock.code), fold(stock.sku))


def looked_up(
    claim: Claim[StockPush], client: MivaClient, rows: Sequence[StockPush], renamed: Mapping[int, Stock]
) -> dict[int, Stock]:
    """Ask Miva for products that our copy does not have, or not under this name; returns them by the row's pk. Raises MivaError.

    `renamed` are, by the row's pk, those that are called otherwise: they are meant where nothing has their name now. Where Miva
    refuses to tell, the rows wait, and those of products that are known go on.
    """
    try:
        answers = resolve.look_up(claim.store, client, [row.sku for row in rows])
    except MivaRefused as error:
        hold(claim, rows, waited_out(error))
        return {}
    found: dict[int, Stock] = {}
    for row in rows:
        answer = answers[row.sku_key]
        if isinstance(answer, UnknownSku) and row.pk in renamed:
            found[row.pk] = renamed[row.pk]
        elif isinstance(answer, Unresolved):
            leave_out(claim, row, answer)
        else:
            found[row.pk] = answer
    return found


def leave_out_masters(
    claim: Claim[StockPush], client: MivaClient, rows: Sequence[StockPush], found: dict[int, Stock]
) -> None:
    """Take out of `found` what is sold in variants or parts before its tracking is started: our copy may be older than they are, or
    have no such product yet. Where Miva refuses to tell, nothing is started. Raises MivaError."""
    changed = [row for row in rows if row.sent_count is not None or row.sent_delta]
    starting = {row: found[row.pk] for row in changed if row.pk in found and not found[row.pk].tracked}
    try:
        sold = variants_of(client, claim.store, [stock.product_id for stock in starting.values()])
    except MivaRefused:
        sold = {}
    for row, stock in starting.items():
        if sold.get(stock.product_id) != []:
            del found[row.pk]
            told = stock.product_id in sold
            leave_out(claim, row, resolve.in_parts(stock.code) if told else untold(stock.code))


def untold(code: str) -> Unresolved:
    """Return the reason for a product of which Miva does not tell whether its stock is its own."""
    return Unresolved(
        f"Miva does not track the stock of {code} and refuses to tell whether it is sold in variants.",
        "Start tracking it in Miva, or look there which parts hold its stock; then let the row be tried again.",
    )


def leave_out(claim: Claim[StockPush], row: StockPush, reason: Unresolved) -> None:
    """What Miva does not have is written into the ledger, and over; what is ambiguous is parked for a person."""
    if isinstance(reason, UnknownSku):
        land(claim, [row], {row.pk: Landed(StockChange.Outcome.UNKNOWN, reason=str(reason))})
    else:
        put_back(claim, [row])
        claim.park(row, reason.reason, reason.remedy)


def one_for_each(
    claim: Claim[StockPush], rows: Sequence[StockPush], found: Mapping[int, Stock]
) -> Iterator[tuple[StockPush, Stock]]:
    """Yield each row with its product. A second row of the same product, under another name, waits for the next claim."""
    seen: set[int] = set()
    for row in rows:
        stock = found.get(row.pk)
        if stock is not None and stock.product_id in seen:
            put_back(claim, [row])
            claim.give_back([row])
        elif stock is not None:
            seen.add(stock.product_id)
            yield row, stock
