"""Orders that a webhook named: note the number, fetch the order through the signed API, forget the hint.

A webhook proves nothing (Miva reference §15: no signature, no retry, doubled and out of order as a rule), so
its number is all that is taken from it. The row is the queue: a hint stands until its order is kept.
"""

import functools
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from orders.content import number_of
from orders.keep import keep
from orders.models import Order, OrderHint
from orders.not_pulled import QUEUES
from orders.prepare import moment
from orders.pull import kind_of
from orders.recheck import AT_ONCE, whole_orders
from stores import cursors
from stores.miva import shapes
from stores.miva.client import MivaClient
from stores.miva.errors import MivaError, MivaLocked
from stores.models import Exchange, Store
from stores.wires import miva_for

THE_STORE = 0  # in place of an order number: look at the store
BUDGET = 60.0  # seconds that the hints of one store may hold a worker
# An order may be visible a little after its webhook. A number unknown after all this is forged or deleted.
LOOK_AGAIN = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5))
FIRST_FAILURE = timedelta(seconds=20)  # most are over by then; later, a hint waits as a pull does
PULL_GOES_ON = timedelta(seconds=5)
STORE_WIDE = ("down", "locked", "unsure")  # the store's other hints would meet the same: they wait, too
COLUMNS = [field for field in OrderHint._meta.concrete_fields if not field.primary_key]
FREE: dict[str, Any] = {"lease": None, "leased_until": None, "taken_mark": None}


def number_in(body: bytes) -> int | None:
    """Return the number of a posted order (a bare order object, Miva reference §15), or None."""
    try:
        return number_of(shapes.decode(body))
    except ValueError:
        return None


def record(store_id: int, number: int = THE_STORE, *, not_before: datetime | None = None) -> None:
    """Note in one INSERT … ON CONFLICT that an order should be fetched; without a number, the store.

    `not_before` puts it off. A hint that waits already is never put off any longer: said again and again, it would never be due.
    """
    now = timezone.now()
    hint = OrderHint(store_id=store_id, miva_id=number, hinted_at=now, not_before=not_before or now)
    row = [field.get_db_prep_save(getattr(hint, field.attname), connection) for field in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(upsert(earlier=not_before is not None), row)


@functools.cache
def upsert(*, earlier: bool) -> str:
    """Return the statement, which PostgreSQL and SQLite spell alike; `earlier`: a hint that waits longer is moved.

    Measured: a webhook costs the web process a fifth less than with bulk_create, which opens a transaction.
    """
    columns = ", ".join(str(field.column) for field in COLUMNS)
    values = ", ".join(["%s"] * len(COLUMNS))
    changes = "hinted_at = excluded.hinted_at, mark = excluded.mark"
    if earlier:
        mine = f"{OrderHint._meta.db_table}.not_before"
        sooner = f"CASE WHEN excluded.not_before < {mine} THEN excluded.not_before ELSE {mine} END"
        changes += f", not_before = {sooner}"
    insert = f"INSERT INTO {OrderHint._meta.db_table} ({columns}) VALUES ({values})"  # noqa: S608  # our own names
    return f"{insert} ON CONFLICT (store_id, miva_id) DO UPDATE SET {changes}"


def waiting(store_id: int, most: int) -> int:
    """Return how many hints of the store wait, counted up to `most`."""
    return OrderHint.objects.of(store_id)[:most].count()


def hinted_stores(now: datetime) -> list[int]:
    """Return the active stores that have a hint to fetch now and that nothing stops."""
    others = OrderHint.objects.filter(store=OuterRef("store")).filter(stopping(now))
    ready = OrderHint.objects.filter(~Exists(others), store__in=Store.objects.served(), not_before__lte=now)
    return list(ready.order_by().values_list("store", flat=True).distinct())


def stopping(now: datetime) -> Q:
    """Return which hints keep all of their store waiting: those in work, and those that failed store-wide."""
    return Q(leased_until__gt=now) | Q(problem_kind__in=STORE_WIDE, not_before__gt=now)


@dataclass(frozen=True)
class Batch:
    """Hints of one store that this worker fetches; whatever it writes is fenced with its token."""

    store: Store
    token: uuid.UUID
    numbers: Sequence[int]
    failures: int
    hinted_at: datetime

    @property
    def rows(self) -> QuerySet[OrderHint]:
        """The hints that are still this worker's."""
        return OrderHint.objects.filter(lease=self.token)

    def settle(self, kept: Sequence[int]) -> list[int]:
        """Forget the hints of kept orders, put the unknown ones off; returns the numbers that are given up.

        A hint that came again since it was taken stays: the order may have changed after Miva answered.
        """
        now = timezone.now()
        with transaction.atomic():
            not_again = self.rows.filter(mark=F("taken_mark"))
            not_again.filter(miva_id__in=kept).delete()
            lost = not_again.filter(looks__gte=len(LOOK_AGAIN))
            dropped = list(lost.order_by("miva_id").values_list("miva_id", flat=True))
            lost.filter(miva_id__in=dropped).delete()
            calm: dict[str, Any] = {"failures": 0, "problem_kind": "", **FREE}
            for looks, wait in enumerate(LOOK_AGAIN):
                not_again.filter(looks=looks).update(looks=looks + 1, not_before=now + wait, **calm)
            self.rows.update(**calm)
        return dropped

    def fail(self, kind: str, retry_after: float | None) -> None:
        """Put the hints off until the back-off ends."""
        failures = self.failures + 1
        if failures == 1 and kind != "locked":
            wait = max(
                cursors.spread(FIRST_FAILURE), min(timedelta(seconds=retry_after or 0), cursors.LONGEST_WAIT)
            )
        else:
            wait = cursors.waiting_time(self.store, failures, kind, retry_after)
        self.rows.update(failures=failures, problem_kind=kind, not_before=timezone.now() + wait, **FREE)


def claim(store: Store) -> Batch | None:
    """Take the store's next hints by one conditional UPDATE, those that failed before last; None without any.

    One worker at a time fetches the hints of a store, so that a slow store holds no more than that one. What
    failed for a reason of its own is taken alone: one order that always fails does not stop the others.
    """
    now = timezone.now()
    hints = OrderHint.objects.of(store)
    if hints.filter(stopping(now)).exists():
        return None
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = hints.filter(free, not_before__lte=now).exclude(miva_id=THE_STORE).order_by("failures", "pk")
    first = due.first()
    if first is None:
        return None
    size = 1 if first.problem_kind and first.problem_kind not in STORE_WIDE else AT_ONCE
    alike = due.filter(failures=first.failures, problem_kind=first.problem_kind)[:size]
    token = uuid.uuid4()
    due.order_by().filter(pk__in=list(alike.values_list("pk", flat=True))).update(
        lease=token, leased_until=now + OrderHint.LEASE, taken_mark=F("mark")
    )
    taken = OrderHint.objects.filter(lease=token).order_by("miva_id").values_list("miva_id", "hinted_at")
    if not taken:
        return None
    return Batch(store, token, [number for number, _ in taken], first.failures, min(at for _, at in taken))


@dataclass
class Fetched:
    """What became of a store's hints: counts of orders, and the numbers that were given up."""

    fetched: int = 0
    new: int = 0
    updated: int = 0
    dropped: list[int] = field(default_factory=list)
    finished: bool = True


def fetch_hinted(store: Store, *, budget: float = BUDGET) -> Fetched:
    """Fetch the store's hinted orders, batch by batch, until none is due or the budget (seconds) is used up.

    Raises the MivaError that ended it; the hints say when they are tried again. Works beside a pull of the
    same store: `keep` puts the same order into one row, whoever brings it.
    """
    ask_for_pull(store)
    result, deadline = Fetched(), time.monotonic() + budget
    client: MivaClient | None = None
    while batch := claim(store):
        try:
            client = client or miva_for(store)
            fetch_batch(batch, client, result)
        except MivaError as error:
            batch.fail(kind_of(error), error.retry_after)
            if isinstance(error, MivaLocked):
                cursors.ask(store)  # the pull meets the same, and says so where support looks
            raise
        except BaseException:
            batch.fail("fault", None)
            raise
        if time.monotonic() >= deadline:
            result.finished = False
            break
    return result


def fetch_batch(batch: Batch, client: MivaClient, result: Fetched) -> None:
    """Fetch one batch, keep what came, forget what is done."""
    asked_at = timezone.now()
    orders = whole_orders(client, batch.numbers)
    early = before_start(batch.store, orders)
    wanted = [order for order in orders if number_of(order) not in early]
    kept = keep(batch.store, wanted, fetched_at=asked_at, road="webhook")
    dropped = batch.settle([*kept.numbers, *early])
    result.fetched += len(orders)
    result.new += len(kept.new)
    result.updated += len(kept.updated)
    result.dropped += dropped
    answer = f"{len(orders)} fetched, {len(kept.new)} new, {len(kept.updated)} changed"
    journal(batch, answer + (f", {len(early)} from before the store's start" if early else ""), dropped)


def before_start(store: Store, orders: Sequence[dict[str, Any]]) -> set[int]:
    """Return the numbers of those of these orders that no pull would bring: placed before the store's start, and not here.

    Miva posts each edit of an old order, too. A queue has no start: what is in it comes.
    """
    if store.start_from is None or store.strategy in QUEUES:
        return set()
    placed = {number_of(order): moment(order.get("orderdate"), store.start_from) for order in orders}
    early = {number for number, placed_at in placed.items() if number and placed_at < store.start_from}
    return early.difference(
        Order.objects.of(store).filter(miva_id__in=early).values_list("miva_id", flat=True)
    )


def ask_for_pull(store: Store) -> None:
    """Make the store due when a webhook named no order; wait for a pull that may have passed it."""
    now = timezone.now()
    hint = OrderHint.objects.of(store).filter(miva_id=THE_STORE, not_before__lte=now).first()
    if hint is None:
        return
    same = OrderHint.objects.filter(pk=hint.pk, mark=hint.mark)
    if cursors.ask(store):
        same.delete()
    else:
        same.update(not_before=now + PULL_GOES_ON)


def journal(batch: Batch, answer: str, dropped: Sequence[int]) -> None:
    """Write into the journal which orders webhooks named: an entry for the batch, with the longest wait."""
    names = ", ".join(map(str, dropped))
    Exchange.objects.create(
        store=batch.store,
        direction=Exchange.Direction.WEBHOOK,
        function="webhook",
        milliseconds=min(max(int((timezone.now() - batch.hinted_at).total_seconds() * 1000), 0), 2**31 - 1),
        outcome=Exchange.Outcome.REFUSED if dropped else Exchange.Outcome.OK,
        request=f"Orders {', '.join(map(str, batch.numbers))}",
        response=answer,
        error=f"Given up, because Miva does not know them: {names}. Deleted orders, or forged webhooks."
        if dropped
        else "",
    )
