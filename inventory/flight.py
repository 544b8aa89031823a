"""What is under way to Miva: taken from what waits, landed, or put back. Every write is fenced by the claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.models import Product, StockChange, StockLevel, StockPush
from inventory.record import NOTHING_SENT
from stores.cursors import LeaseLost
from stores.models import Store
from stores.outbox import Claim
from stores.values import insert_from, update_from

Outcome = StockChange.Outcome
Pushes = Sequence[StockPush]


@dataclass(frozen=True, slots=True)
class Landed:
    """How a change ended: its outcome, Miva's figure after it, and how it was reckoned or why it was left out.

    `at`: when Miva was asked for the figure that it is reckoned from; `confirmed_at`: when Miva accepted it, None: only read.
    `counted`: the figure comes from a count, with which what Miva was off by before it is over.
    """

    outcome: str = Outcome.APPLIED
    figure: int | None = None
    at: datetime | None = None
    confirmed_at: datetime | None = None
    reason: str = ""
    counted: bool = False


def take(claim: Claim[StockPush], rows: Pushes) -> list[StockPush]:
    """Let what waits be under way, so that changes which come from now on wait behind it. Returns the rows as they are then."""
    mine = claim.ours().filter(pk__in=_pks(rows))
    with transaction.atomic():
        # The rows first: whoever writes the ledger holds its row.
        mine.filter(sent_delta=None).update(
            sent_count=F("count"),
            sent_counted_at=F("counted_at"),
            sent_delta=F("delta"),
            sent_active=F("active"),
            count=None,
            counted_at=None,
            delta=0,
            active=None,
        )
        changes(claim.store, rows, Outcome.WAITING).update(outcome=Outcome.SENT)
        return list(mine.order_by("pk"))


def note_shown(claim: Claim[StockPush], rows: Pushes) -> None:
    """Note that products are shown or hidden as it was wanted; their stock is still to be sent. Raises LeaseLost when a row is
    somebody else's by now."""
    if not rows:
        return
    with transaction.atomic():
        if claim.ours().filter(pk__in=_pks(rows)).update(sent_active=None) < len(rows):
            raise LeaseLost("stock is pushed by somebody else")
        shown = changes(claim.store, rows, Outcome.SENT).filter(kind=StockChange.Kind.ACTIVE)
        shown.update(outcome=Outcome.APPLIED, settled_at=timezone.now())
    for row in rows:
        row.sent_active = None


def note_targets(claim: Claim[StockPush], rows: Pushes, read_at: datetime) -> None:
    """Write down the figure before and the one to be reached. Raises LeaseLost when a row is somebody else's by now."""
    claim.ours().filter(pk__in=_pks(rows)).update(read_at=read_at)
    values = [(row.pk, row.product_id, row.before, row.target, row.arithmetic) for row in rows]
    columns = ["product_id", "before", "target", "arithmetic"]
    if update_from(StockPush, "id", columns, values, lease=claim.token, leased_until=None) < len(rows):
        raise LeaseLost("stock is pushed by somebody else")


def put_back(claim: Claim[StockPush], rows: Pushes) -> None:
    """Let what was under way wait again: it has not happened. A count that came in the meantime replaces it."""
    mine = claim.ours().filter(pk__in=_pks(rows), sent_delta__isnull=False)
    newer = When(count__isnull=False, then=F("count"))
    with transaction.atomic():
        replaced = list(mine.select_for_update().exclude(count=None))
        back = {
            "count": Case(newer, default=F("sent_count")),
            "counted_at": Case(When(count__isnull=False, then=F("counted_at")), default=F("sent_counted_at")),
            "delta": Case(When(count__isnull=False, then=F("delta")), default=F("delta") + F("sent_delta")),
            "active": Coalesce(F("active"), F("sent_active")),
        }
        mine.update(**back, **NOTHING_SENT)
        counted = changes(claim.store, replaced, Outcome.SENT).exclude(kind=StockChange.Kind.ACTIVE)
        counted.update(outcome=Outcome.SUPERSEDED, settled_at=timezone.now())
        changes(claim.store, rows, Outcome.SENT).update(outcome=Outcome.WAITING)


def land(claim: Claim[StockPush], rows: Pushes, ends: Mapping[int, Landed]) -> None:
    """Close rows whose change has ended; `ends` by the row's pk. Ledger, level and our copy follow in the same transaction."""
    if not rows:
        return
    with transaction.atomic():
        claim.settle_all(rows, **NOTHING_SENT)
        write_ledger(claim.store, rows, ends)
        write_levels(claim.store, [(row, ends[row.pk]) for row in rows])
        forget_levels(claim.store, [row for row in rows if ends[row.pk].outcome == Outcome.UNTRACKED])


def arrive(claim: Claim[StockPush], row: StockPush, end: Landed) -> None:
    """Note that what was under way has arrived after all. The row stays taken: more may wait behind it."""
    with transaction.atomic():
        claim.renew(row, **NOTHING_SENT)
        write_ledger(claim.store, [row], {row.pk: end})
        write_levels(claim.store, [(row, end)])


def write_ledger(store: Store, rows: Pushes, ends: Mapping[int, Landed]) -> None:
    """Say in the ledger how changes ended, and when."""
    now = moment(timezone.now())
    for figure_known in (
        True,
        False,
    ):  # a column of VALUES has one type, and a figure that is not known has none
        ended = [(row, ends[row.pk]) for row in rows if (ends[row.pk].figure is not None) is figure_known]
        update_from(
            StockChange,
            "sku_key",
            ["outcome", "reason", "settled_at", *(["figure"] if figure_known else [])],
            [
                (row.sku_key, end.outcome, end.reason, now, *([end.figure] if figure_known else []))
                for row, end in ended
            ],
            store_id=store.pk,
            outcome=Outcome.SENT,
        )


def moment(at: datetime) -> object:
    """Return a time as the database wants it among VALUES."""
    return StockLevel._meta.get_field("at").get_db_prep_value(at, connection)


def moments(end: Landed) -> tuple[datetime, datetime]:
    """Return when Miva was asked for the figure, and when it was heard of last."""
    at = end.at or timezone.now()
    return at, end.confirmed_at or at


def write_levels(store: Store, ended: Sequence[tuple[StockPush, Landed]]) -> None:
    """Note the figures that Miva has now, for the answers to come and for the nightly comparison."""
    known = [
        (row.product_id, row.sku, end)
        for row, end in ended
        if row.product_id is not None and end.figure is not None
    ]
    for counted in (True, False):
        levels = {
            number: (number, sku, end.figure, *map(moment, moments(end)))
            for number, sku, end in known
            if end.counted is counted
        }
        insert_from(
            StockLevel(store=store, drift=0),
            ["product_id", "sku", "figure", "at", "confirmed_at"],
            [levels[number] for number in sorted(levels)],
            unique=["store_id", "product_id"],
            replaced=["sku", "figure", "at", "confirmed_at", *(["drift"] if counted else [])],
        )
    numbers = [number for number, _, _ in known]
    Product.objects.of(store).filter(miva_id__in=numbers, tracked=False).update(tracked=True)


def forget_levels(store: Store, rows: Pushes) -> None:
    """Note that Miva does not count these products any more: Stone Edge is told so from now on."""
    numbers = [row.product_id for row in rows if row.product_id is not None]
    if numbers:
        StockLevel.objects.of(store).filter(product_id__in=numbers).delete()
        Product.objects.of(store).filter(miva_id__in=numbers, tracked=True).update(tracked=False)


def changes(store: Store, rows: Pushes, outcome: str) -> QuerySet[StockChange]:
    """Return the ledger's rows of these SKUs that stand so."""
    found: QuerySet[StockChange] = StockChange.objects.of(store).filter(
        sku_key__in=[row.sku_key for row in rows], outcome=outcome
    )
    return found


def _pks(rows: Pushes) -> list[int]:
    return [row.pk for row in rows]
