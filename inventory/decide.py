"""What support decides about stock: whether a lost change has arrived, to try again, to give up, to set a figure."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from inventory import record
from inventory.flight import Landed, write_ledger, write_levels
from inventory.models import StockChange, StockLevel, StockPush, fold
from inventory.record import NOTHING_SENT, Asker, Recorded, Wanted
from inventory.resolve import Unresolved
from stores import outbox
from stores.audit import note, note_each
from stores.models import Store

NOTHING_WAITS: dict[str, Any] = {"count": None, "counted_at": None, "delta": 0, "active": None}

Outcome = StockChange.Outcome


def arrived(push: StockPush, who: str) -> bool:
    """Settle a change in doubt as arrived; what waits behind it goes on. Returns False when nobody is asked any more."""
    with transaction.atomic():
        row = locked(push)
        if row is None or not row.in_doubt:
            return False
        end = Landed(
            figure=row.found,
            at=row.parked_at,
            reason=f"Its answer was lost; {who} says that it has arrived.",
            counted=row.sent_count is not None,
        )
        write_ledger(row.store, [row], {row.pk: end})
        write_levels(row.store, [(row, end)])
        note("stock has arrived", row, after={"figure": row.found, "delta": row.sent_delta})
        go_on(row, **NOTHING_SENT)
    return True


def send_again(push: StockPush) -> bool:
    """Send a change in doubt again, merged with what waits behind it. Returns False when nobody is asked any more."""
    with transaction.atomic():
        row = locked(push)
        if row is None or not row.in_doubt:
            return False
        merged: dict[str, Any] = {"delta": row.delta + (row.sent_delta or 0)}
        if row.sent_count is not None:
            merged |= {"count": row.sent_count, "counted_at": row.sent_counted_at}
        if row.active is None:
            merged["active"] = row.sent_active
        open_changes(row).filter(outcome=Outcome.SENT).update(outcome=Outcome.WAITING)
        note(
            "send stock again",
            row,
            after={name: merged[name] for name in ("count", "delta") if name in merged},
        )
        go_on(row, **merged, **NOTHING_SENT)
    return True


def undecided(rows: QuerySet[StockPush]) -> QuerySet[StockPush]:
    """Return those of the rows that wait or are parked, without those in doubt: they need an answer first."""
    return rows.filter(done_at=None).exclude(parked_at__isnull=False, sent_delta__isnull=False)


def try_again(rows: QuerySet[StockPush]) -> list[StockPush]:
    """Let rows be pushed now, as `push_now`, because a person asks for just these. Returns those that are."""
    with transaction.atomic():
        tried = list(undecided(rows).select_for_update(of=("self",)).select_related("store"))
        note_each("push stock again", tried)
        push_now(StockPush.objects.filter(pk__in=[row.pk for row in tried]))
        return tried


def push_now(rows: QuerySet[StockPush]) -> int:
    """Let rows that are parked or wait be pushed now, and what waits only because their stores could not be reached; those in
    doubt are left out. Returns how many."""
    stores = list(Store.objects.filter(pk__in=rows.order_by().values("store")))
    count = outbox.make_due(undecided(rows), now=True)
    for store in stores:
        outbox.try_now(StockPush, store)
    return count


def give_up(push: StockPush, who: str) -> bool:
    """Drop all that a parked row holds: Miva stays as it is. Returns False when it is not parked any more."""
    with transaction.atomic():
        row = locked(push)
        if row is None or row.parked_at is None:
            return False
        open_changes(row).filter(outcome__in=(Outcome.WAITING, Outcome.SENT)).update(
            outcome=Outcome.DROPPED, reason=f"Given up by {who}.", settled_at=timezone.now()
        )
        note("give up stock", row, before={"count": row.count, "delta": row.delta + (row.sent_delta or 0)})
        go_on(row, **NOTHING_WAITS, **NOTHING_SENT)
    return True


def set_to(store: Store, sku: str, figure: int, user: Any) -> None:
    """Set Miva's figure as a person wants it: exactly, whatever is on its way to Stone Edge.

    Raises Unresolved, and nothing is changed, when it is not clear whose figure is meant.
    """
    with transaction.atomic():
        written(record.replace(store, [Wanted(sku, figure)], Asker(user=user), look_up=True))
        note("set stock", sku_row(store, sku), store=store, after={"figure": figure})


def written(recorded: Sequence[Recorded]) -> None:
    """Raise the reason why a change was not written down to be pushed."""
    for each in recorded:
        if each.unresolved is not None and not each.pending:
            raise each.unresolved


def refuse_another(recorded: Sequence[Recorded], level: StockLevel) -> None:
    """Raise Unresolved when the SKU stands for another product by now than that whose figure was off."""
    for each in recorded:
        if each.keeper is not None and each.keeper.product_id != level.product_id:
            raise Unresolved(
                f"{each.sku} is another product in Miva by now than the one whose figure was off.",
                "Correct the figure of that one in Miva.",
            )


def sku_row(store: Store, sku: str) -> StockPush | str:
    """Return the row of a SKU; the SKU itself where nothing was ever pushed."""
    return StockPush.objects.of(store).filter(sku_key=fold(sku)).first() or sku


def set_to_expected(push: StockPush, user: Any) -> bool:
    """Take back what Miva's figure was off by at the last comparison, as a delta: what was sold since then stays sold.

    Returns False when it is not off any more, or a count that waits or is under way says what it is to be. Raises Unresolved, and
    nothing is changed, when it is not clear whose figure is meant.
    """
    with transaction.atomic():
        # First the rows: a figure that lands is written while its row is held.
        same = StockPush.objects.of(push.store).filter(product_id=push.product_id).order_by("sku_key")
        counts = [row for row in same.select_for_update() if has_count(row)]
        levels = StockLevel.objects.of(push.store).filter(product_id=push.product_id).exclude(drift=0)
        level = levels.select_for_update().first()
        if level is None or counts:
            return False
        wanted = [Wanted(push.sku, -level.drift)]
        recorded = record.add(push.store, wanted, Asker(user=user), look_up=lambda: True)
        written(recorded)
        refuse_another(recorded, level)
        levels.update(drift=0)
        note("set stock", push, before={"drift": level.drift}, after={"drift": 0})
    return True


def has_count(row: StockPush) -> bool:
    """Whether a count waits or is under way."""
    return row.count is not None or row.sent_count is not None


def locked(push: StockPush) -> StockPush | None:
    """Return the row as it stands now, locked; None while it is being pushed."""
    return StockPush.objects.select_for_update().filter(pk=push.pk, leased_until=None).first()


def go_on(row: StockPush, **fields: Any) -> None:
    """Write fields and let the row be pushed: one with nothing left to send closes by itself."""
    rows = StockPush.objects.filter(pk=row.pk)
    rows.update(**fields)
    outbox.make_due(rows)


def open_changes(row: StockPush) -> Any:
    """Return the ledger of the row's SKU."""
    return StockChange.objects.of(row.store).filter(sku_key=row.sku_key)
