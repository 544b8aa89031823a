"""Writing down what Stone Edge (or support) wants: ledger and pending push in one transaction, before anybody is answered."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils import timezone

from inventory.models import StockChange, StockPush, fold
from inventory.resolve import Keeper, UnknownSku, Unresolved, resolve
from inventory.transactions import unbroken
from stores import outbox
from stores.models import ApiToken, Desktop, Store
from stores.values import insert_from

LONGEST_SKU = 255
AT_ONCE = 500  # changes in one transaction

NOTHING_SENT: dict[str, Any] = {
    "sent_count": None,
    "sent_counted_at": None,
    "sent_delta": None,
    "sent_active": None,
    "before": None,
    "target": None,
    "read_at": None,
    "found": None,
    "arithmetic": "",
}

# What is told of a row that was written, in the order of the model's fields.
STANDING = ("id", "parked_at", "done_at", "sku_key", "count", "delta", "sent_count", "sent_delta")

Kind, Outcome = StockChange.Kind, StockChange.Outcome


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants a change, and in which request."""

    desktop: Desktop | None = None
    user: Any = None
    token: ApiToken | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One change: units to add, a figure to set, or 1 and 0 for shown in the store or not."""

    sku: str
    amount: int


@dataclass
class Recorded:
    """What is known about a change at the moment it was written down.

    `keeper` is None when the SKU is not in our copy; `figure` is the stock that Miva will have, None when nobody knows it yet.
    `pending` off: it will not be pushed.
    """

    wanted: Wanted
    keeper: Keeper | None = None
    unresolved: Unresolved | None = None
    figure: int | None = None
    pending: bool = True
    superseded: bool = field(default=False, repr=False)

    @property
    def sku(self) -> str:
        """What the store calls the product; what was sent where that is not known."""
        return self.keeper.sku if self.keeper else self.wanted.sku.strip()

    @property
    def key(self) -> str:
        """The SKU as rows are found by it."""
        return fold(self.sku)


def add(
    store: Store, wanted: Sequence[Wanted], asker: Asker, *, look_up: Callable[[], bool]
) -> list[Recorded]:
    """Add units to SKUs: to all of them or, when this raises, to none, so that a message may be repeated whole.

    `look_up` tells whether what is not in our copy is pushed all the same, and Miva asked then.
    """
    recorded = judged(store, wanted, look_up=False)
    unknown = [each for each in recorded if isinstance(each.unresolved, UnknownSku)]
    asked = bool(unknown) and look_up()
    for each in unknown:
        each.pending = asked
    unbroken(lambda: write_deltas(store, recorded, asker))
    return recorded


def write_deltas(store: Store, recorded: Sequence[Recorded], asker: Asker) -> None:
    """Write units to add down, and what each SKU will have then."""
    pending = [each for each in recorded if each.pending]
    units: Counter[str] = Counter()
    for each in pending:
        units[each.key] += each.wanted.amount
    rows = merged(store, pending, "delta", units, added=["delta"])
    for key, row in rows.items():
        row.delta -= units[key]
    for each in pending:
        row = rows[each.key]
        each.figure = expected(row, each.keeper, each.wanted.amount)
        row.delta += each.wanted.amount
    write(store, recorded, Kind.DELTA, asker)


def replace(store: Store, wanted: Sequence[Wanted], asker: Asker, *, look_up: bool) -> list[Recorded]:
    """Set figures; every change to these SKUs that still waits is replaced. Of a SKU that comes twice the last one counts.

    In portions: a desktop that sends its whole catalogue holds no row for long.
    """
    counted_at = None if asker.user else timezone.now()
    recorded = judged(store, wanted, look_up=look_up)
    latest = {each.key: each for each in recorded}
    for each in recorded:
        each.superseded = latest[each.key] is not each
    for start in range(0, len(recorded), AT_ONCE):
        portion = recorded[start : start + AT_ONCE]
        unbroken(partial(write_counts, store, portion, counted_at, asker))
    return recorded


def write_counts(
    store: Store, portion: Sequence[Recorded], counted_at: datetime | None, asker: Asker
) -> None:
    """Write a portion down."""
    counted = [each for each in portion if each.pending and not each.superseded]
    merge_counts(store, counted, counted_at)
    write(store, portion, Kind.COUNT, asker)


def show(store: Store, wanted: Sequence[Wanted], asker: Asker, *, look_up: bool) -> list[Recorded]:
    """Show products in the store or hide them, also those that are sold in variants; unknown SKUs are left out (SETI reference
    §2.10). Of a SKU that comes twice the last one counts."""
    recorded = judged(store, wanted, look_up=look_up, masters=True)
    latest = {each.key: each for each in recorded}
    for each in recorded:
        each.superseded = each.pending and latest[each.key] is not each
    for start in range(0, len(recorded), AT_ONCE):
        unbroken(partial(write_shown, store, recorded[start : start + AT_ONCE], asker))
    return recorded


def write_shown(store: Store, portion: Sequence[Recorded], asker: Asker) -> None:
    """Write a portion down; what was asked before and waits still is replaced."""
    pending = [each for each in portion if each.pending and not each.superseded]
    shown = {each.key: bool(each.wanted.amount) for each in pending}
    merged(store, pending, "active", shown, replaced=["active"])
    waiting = StockChange.objects.of(store).filter(kind=Kind.ACTIVE, outcome=Outcome.WAITING)
    waiting.filter(sku_key__in=list(shown)).update(outcome=Outcome.SUPERSEDED, settled_at=timezone.now())
    write(store, portion, Kind.ACTIVE, asker)


def judged(store: Store, wanted: Sequence[Wanted], *, look_up: bool, masters: bool = False) -> list[Recorded]:
    """Return each change with what our copy of the catalogue says about its SKU."""
    found = resolve(store, [each.sku for each in wanted], masters=masters)
    recorded = []
    for each in wanted:
        keeper = found[fold(each.sku)]
        if isinstance(keeper, Keeper):
            recorded.append(Recorded(each, keeper=keeper, figure=each.amount))
        else:
            findable = look_up and isinstance(keeper, UnknownSku)
            recorded.append(Recorded(each, unresolved=keeper, pending=findable))
    return recorded


def merged(
    store: Store,
    recorded: Sequence[Recorded],
    column: str,
    amounts: Mapping[str, int],
    *,
    replaced: Sequence[str] = (),
    added: Sequence[str] = (),
    counted_at: datetime | None = None,
) -> dict[str, StockPush]:
    """Write the amount of each key into `column` of its row, which is pushed now unless a person is asked about it first; returns
    the rows by their keys as they are then, locked: changes to one SKU come one after the other.

    In the order of their keys: two that write the same rows wait for each other instead of both.
    """
    rows: dict[str, StockPush] = {}
    for known in (True, False):  # a column of VALUES has one type, and a product that is not known has none
        found = {each.key: each for each in recorded if bool(each.keeper) is known}
        returned = insert_from(
            StockPush(store=store, counted_at=counted_at),
            ["sku", "sku_key", column, *(["product_id"] if known else [])],
            [
                (each.sku, key, amounts[key], *([each.keeper.product_id] if each.keeper else []))
                for key, each in sorted(found.items())
            ],
            unique=["store_id", "sku_key"],
            replaced=replaced,
            added=[*added, "version"],
            returning=STANDING,
        )
        rows |= {
            row.sku_key: row for row in (StockPush.from_db("default", STANDING, each) for each in returned)
        }
    closed = [row.pk for row in rows.values() if (row.done_at or row.parked_at) and not row.in_doubt]
    if closed:
        outbox.make_due(StockPush.objects.filter(pk__in=closed), now=True)
    return rows


def merge_counts(store: Store, recorded: Sequence[Recorded], counted_at: datetime | None) -> None:
    """Let each count replace what waits for its SKU, and what a person was asked about it.

    Without `counted_at` nothing is taken off for orders on their way: a person says what Miva's figure is to be.
    """
    counts = {each.key: each.wanted.amount for each in recorded}
    replaced = ["count", "delta", *(["counted_at"] if counted_at else [])]
    rows = merged(store, recorded, "count", counts, replaced=replaced, counted_at=counted_at)
    keys = sorted(rows)
    if counted_at is None:
        StockPush.objects.of(store).filter(sku_key__in=keys).update(counted_at=None)
    doubtful = [key for key in keys if rows[key].in_doubt]
    asked = Q(outcome=Outcome.SENT, sku_key__in=doubtful)
    waiting = Q(outcome=Outcome.WAITING, sku_key__in=keys)
    open_changes = StockChange.objects.of(store).exclude(kind=Kind.ACTIVE)
    open_changes.filter(asked | waiting).update(outcome=Outcome.SUPERSEDED, settled_at=timezone.now())
    if doubtful:
        settled = StockPush.objects.of(store).filter(sku_key__in=doubtful)
        settled.update(**NOTHING_SENT)
        outbox.make_due(settled, now=True)


def expected(row: StockPush, keeper: Keeper | None, amount: int) -> int | None:
    """Return the stock that Miva will have when all that waits and this amount are there; None when its figure is not known."""
    if row.count is not None:
        return row.count + row.delta + amount
    under_way = row.sent_delta or 0
    base = row.sent_count if row.sent_count is not None else keeper.figure if keeper else None
    return None if base is None else base + under_way + row.delta + amount


def write(store: Store, recorded: Sequence[Recorded], kind: str, asker: Asker) -> None:
    """Write the ledger."""
    change = StockChange(
        store=store,
        desktop=asker.desktop,
        user=asker.user,
        token=asker.token,
        request_id=asker.request_id[:64],
        kind=kind,
    )
    columns = ["sku", "sku_key", "amount", "outcome", "reason"]
    for over in (True, False):  # what is replaced comes first in the ledger, too
        change.settled_at = timezone.now() if over else None
        ended = [
            (each, *outcome_of(each)) for each in recorded if (each.superseded or not each.pending) is over
        ]
        rows = [
            (each.wanted.sku, each.key, each.wanted.amount, outcome, reason)
            for each, outcome, reason in ended
        ]
        insert_from(change, columns, rows)


def outcome_of(recorded: Recorded) -> tuple[str, str]:
    """Return what becomes of a change, and why it will not be pushed."""
    if recorded.superseded:
        return Outcome.SUPERSEDED, ""
    if recorded.pending:
        return Outcome.WAITING, ""
    unknown = isinstance(recorded.unresolved, UnknownSku)
    return Outcome.UNKNOWN if unknown else Outcome.REFUSED, str(recorded.unresolved)


def untracked(store: Store, recorded: Recorded) -> bool:
    """Whether Miva does not count the product, as far as we know, and is to stay so. Miva is asked again before it is left out."""
    skip = store.untracked == Store.Untracked.SKIP
    return skip and recorded.keeper is not None and not recorded.keeper.tracked
