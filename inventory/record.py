"""Writing down what Stone Edge (or support) wants: ledger and pending push in one transaction, before anybody is answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from inventory.models import StockChange, StockPush, fold
from inventory.resolve import Keeper, UnknownSku, Unresolved, resolve
from inventory.values import insert_from
from stores import outbox
from stores.models import Desktop, Store

LONGEST_SKU = 255
AT_ONCE = 500  # changes in one transaction
DEADLOCKS = 3  # attempts

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

Kind, Outcome = StockChange.Kind, StockChange.Outcome


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants a change, and in which request."""

    desktop: Desktop | None = None
    user: Any = None
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
    """Write units to add down, and what each SKU will have then. Rows are locked in the order of their keys."""
    for each in sorted(recorded, key=lambda each: each.key):
        if each.pending:
            row = locked(store, each)
            each.figure = expected(row, each.keeper, each.wanted.amount)
            merge(row, delta=F("delta") + each.wanted.amount)
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


def unbroken(writing: Callable[[], None]) -> None:
    """Write in one transaction. A worker that takes the same rows in another order may make the database break one of the two off:
    then all of it is written again."""
    for attempts_left in reversed(range(DEADLOCKS)):
        try:
            with transaction.atomic():
                writing()
        except OperationalError:
            if not attempts_left:
                raise
        else:
            return


def show(store: Store, wanted: Sequence[Wanted], asker: Asker) -> list[Recorded]:
    """Show products in the store or hide them; unknown SKUs are left out (SETI reference §2.10)."""
    recorded = judged(store, wanted, look_up=False)
    for start in range(0, len(recorded), AT_ONCE):
        unbroken(partial(write_shown, store, recorded[start : start + AT_ONCE], asker))
    return recorded


def write_shown(store: Store, portion: Sequence[Recorded], asker: Asker) -> None:
    """Write a portion down. Rows are locked in the order of their keys."""
    for each in sorted(portion, key=lambda each: each.key):
        if each.pending:
            merge(locked(store, each), active=bool(each.wanted.amount))
    write(store, portion, Kind.ACTIVE, asker)


def judged(store: Store, wanted: Sequence[Wanted], *, look_up: bool) -> list[Recorded]:
    """Return each change with what our copy of the catalogue says about its SKU."""
    found = resolve(store, [each.sku for each in wanted])
    recorded = []
    for each in wanted:
        keeper = found[fold(each.sku)]
        if isinstance(keeper, Keeper):
            recorded.append(Recorded(each, keeper=keeper, figure=each.amount))
        else:
            findable = look_up and isinstance(keeper, UnknownSku)
            recorded.append(Recorded(each, unresolved=keeper, pending=findable))
    return recorded


def locked(store: Store, recorded: Recorded) -> StockPush:
    """Return the SKU's row, locked: changes to one SKU come one after the other."""
    while True:
        row: StockPush | None = (
            StockPush.objects.of(store).select_for_update().filter(sku_key=recorded.key).first()
        )
        if row is not None:
            return row
        StockPush.objects.bulk_create([row_for(store, recorded)], ignore_conflicts=True)


def merge(row: StockPush, **changes: Any) -> None:
    """Write a change into its SKU's row, which is pushed now, unless a person is asked about it first."""
    rows = StockPush.objects.filter(pk=row.pk)
    if row.in_doubt:
        rows.update(**changes)
    else:
        outbox.make_due(rows, **changes)


def row_for(store: Store, recorded: Recorded) -> StockPush:
    """Return the SKU's row as it is when nothing waits yet."""
    product_id = recorded.keeper.product_id if recorded.keeper else None
    return StockPush(store=store, sku=recorded.sku, sku_key=recorded.key, product_id=product_id)


def merge_counts(store: Store, recorded: Sequence[Recorded], counted_at: datetime | None) -> None:
    """Let each count replace what waits for its SKU, and what a person was asked about it.

    Without `counted_at` nothing is taken off for orders on their way: a person says what Miva's figure is to be.
    """
    now = timezone.now()
    keys = sorted(each.key for each in recorded)
    # In the order of their keys: two that write the same rows wait for each other instead of both.
    for known in (True, False):
        ordered = sorted((each for each in recorded if bool(each.keeper) is known), key=lambda each: each.key)
        insert_from(
            StockPush(store=store, counted_at=counted_at),
            ["sku", "sku_key", "count", *(["product_id"] if known else [])],
            [
                (each.sku, each.key, each.wanted.amount, *([each.keeper.product_id] if each.keeper else []))
                for each in ordered
            ],
            unique=["store_id", "sku_key"],
            replaced=["count", "delta", *(["counted_at"] if counted_at else [])],
        )
    if counted_at is None:
        StockPush.objects.of(store).filter(sku_key__in=keys).update(counted_at=None)
    doubtful = StockPush.objects.of(store).filter(
        sku_key__in=keys, parked_at__isnull=False, sent_delta__isnull=False
    )
    open_changes = StockChange.objects.of(store).exclude(kind=Kind.ACTIVE)
    asked = Q(outcome=Outcome.SENT, sku_key__in=list(doubtful.values_list("sku_key", flat=True)))
    waiting = Q(outcome=Outcome.WAITING, sku_key__in=keys)
    open_changes.filter(asked | waiting).update(outcome=Outcome.SUPERSEDED, settled_at=now)
    doubtful.update(**NOTHING_SENT)
    make_due(store, recorded)


def make_due(store: Store, recorded: Sequence[Recorded]) -> None:
    """Let what was merged be pushed now, unless a person is asked about the SKU first."""
    rows = StockPush.objects.of(store).filter(sku_key__in=[each.key for each in recorded])
    outbox.make_due(rows.exclude(parked_at__isnull=False, sent_delta__isnull=False))


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
        store=store, desktop=asker.desktop, user=asker.user, request_id=asker.request_id[:64], kind=kind
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
