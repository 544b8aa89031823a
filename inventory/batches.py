"""One claim at work: the rows whose change is under way, each with the product that holds its stock."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from inventory.control import ByNothing, changes_others
from inventory.flight import Landed, land, put_back
from inventory.models import StockPush
from inventory.refusals import AGAIN, AGAIN_REMEDY, ALIKE, Refusals
from stores.miva.client import MivaClient
from stores.miva.errors import FunctionMissing, MivaDown, MivaError, MivaLocked, MivaRefused, MivaUnsure
from stores.miva.inventory import MOST_CHANGED, Stock, bad_rows
from stores.models import Store
from stores.outbox import Claim

Pair = tuple[StockPush, Stock]
Refused = list[tuple[StockPush, MivaRefused]]
Call = Callable[[MivaClient, Sequence[Pair]], Mapping[int, MivaError]]  # returns what failed, by product


@dataclass
class Batch:
    """What is being sent of one store; Miva's figures were asked for at `read_at`, just before."""

    claim: Claim[StockPush]
    client: MivaClient
    read_at: datetime
    sending: list[Pair]

    @property
    def store(self) -> Store:
        """The store whose stock is pushed."""
        return self.claim.store

    def land(self, ends: Mapping[int, Landed]) -> None:
        """Close the rows that `ends` names by their pk."""
        land(self.claim, [row for row, _ in self.sending if row.pk in ends], ends)
        self._drop(ends)

    def hold(self, rows: Sequence[StockPush], error: MivaError) -> None:
        """Put off rows that met an error."""
        hold(self.claim, rows, error)
        self._drop([row.pk for row in rows])

    def calls(
        self, wanted: Callable[[StockPush], bool], call: Call, by_nothing: ByNothing
    ) -> Iterator[list[StockPush]]:
        """Send the rows of one kind, many in one call; yields after each call those that Miva has accepted, to be closed before the
        next one.

        What Miva refuses as a whole is sent again without the rows that it names, or in halves until the bad row is alone. After a
        failure of the store nothing more is sent: what is left is given back. A refusal of everything alike is one, too, of this
        kind of change, unless Miva changes other products `by_nothing` in the same way.
        """
        pairs = [(row, stock) for row, stock in self.sending if wanted(row)]
        ahead = deque(pairs[start : start + MOST_CHANGED] for start in range(0, len(pairs), MOST_CHANGED))
        refusals, alone = Refusals(len(ahead), few=len(pairs) <= ALIKE), Refused()
        while ahead:
            portion = ahead.popleft()
            try:
                failed = call(self.client, portion)
            except MivaRefused as error:
                refusals.queue(ahead, self._without_bad_rows(portion, error, refusals, alone))
            except MivaError as error:
                self.hold([row for row, _ in portion], error)
                self._give_back_rest()
                return
            else:
                refusals.about_rows |= len(failed) < len(portion)
                yield [row for row, stock in portion if stock.product_id not in failed]
                met = [
                    (row, failed[stock.product_id]) for row, stock in portion if stock.product_id in failed
                ]
                if self._store_failed(met):
                    self._give_back_rest()
                    return
                alone += [
                    (row, refusals.noted(error)) for row, error in met if isinstance(error, MivaRefused)
                ]
            if refusals.of_the_store(more=bool(ahead)):
                numbers = [stock.product_id for _, stock in pairs]
                refusals.others = changes_others(self.store, self.client, numbers, by_nothing)
                refusals.about_rows = bool(refusals.others)
            left = [row for row, _ in self.sending if wanted(row)]
            if self._ended(refusals, alone, left, more=bool(ahead)):
                return

    def _without_bad_rows(
        self, pairs: list[Pair], error: MivaRefused, refusals: Refusals, alone: Refused
    ) -> list[list[Pair]]:
        """Park the rows that a refusal names; returns what is to be sent again, in how many calls. A row that was refused alone is
        added to `alone`."""
        named = bad_rows(error, [stock.product_id for _, stock in pairs])
        for row, stock in pairs:
            if stock.product_id in named:
                words = f"Miva refused to change {stock.code}: {named[stock.product_id]}."
                self._refuse(row, words, "Look the product up in Miva; then let the row be tried again.")
        if named:
            refusals.about_rows = True
            others = [(row, stock) for row, stock in pairs if stock.product_id not in named]
            return [others] if others else []
        if isinstance(error, FunctionMissing):
            self.hold([row for row, _ in pairs], error)
            return []
        refusals.noted(error)
        if len(pairs) == 1:
            alone.append((pairs[0][0], error))
            return []
        size = 1 if refusals.few else (len(pairs) + 1) // 2
        return [pairs[start : start + size] for start in range(0, len(pairs), size)]

    def _ended(self, refusals: Refusals, alone: Refused, left: Sequence[StockPush], *, more: bool) -> bool:
        """Park the rows that were refused alone, once that is known to be about them; returns whether nothing more of this kind is
        sent, of which the rows are `left`."""
        if refusals.of_the_store(more=more):
            untold = refusals.few and refusals.others is None
            self._wait_out(refusals.failure(), alone if untold else (), left)
            return True
        if refusals.about_rows or not more:
            for row, error in alone:
                self.hold([row], error)
            alone.clear()
        if not (more and refusals.late):
            return False
        if self.claim.became:
            self._give_back_rest()
        else:  # the next round would get no further
            self.hold([row for row, _ in self.sending], refusals.failure())
        return True

    def _wait_out(
        self, failure: MivaDown, alone: Sequence[tuple[StockPush, MivaRefused]], left: Sequence[StockPush]
    ) -> None:
        """Hold what is `left` after a refusal of everything alike. What was refused `alone` in the same words at its last attempt,
        too, is to blame itself: Miva has told its figure in between."""
        again = [row for row, error in alone if row.problem == error.reason]
        for row in again:
            self._refuse(row, " ".join((failure.reason, AGAIN)), AGAIN_REMEDY)
        waiting = [row for row in left if row not in again]
        noted = waiting[1:] if alone else []  # each by itself: its next attempt looks for these words
        put_back(self.claim, noted)
        for row in noted:
            self.claim.defer(row, failure.reason, failure.remedy, MivaRefused.outcome)
        self._drop([row.pk for row in noted])
        if waiting:
            self.hold(waiting[:1] if alone else waiting, failure)

    def _store_failed(self, met: Sequence[tuple[StockPush, MivaError]]) -> bool:
        """Put off the rows whose own operation met a failure of the store; returns whether there were any."""
        found = False
        for kind in (MivaUnsure, MivaLocked, MivaDown):
            alike = [(row, error) for row, error in met if isinstance(error, kind)]
            if alike:
                self.hold([row for row, _ in alike], alike[0][1])
                found = True
        return found

    def _refuse(self, row: StockPush, reason: str, remedy: str) -> None:
        """Park a row that will not work as it stands; its change waits."""
        put_back(self.claim, [row])
        self.claim.park(row, reason, remedy)
        self._drop([row.pk])

    def _give_back_rest(self) -> None:
        """Let go of what was not sent: each further call might hold the worker as long as the one that failed."""
        rest = [row for row, _ in self.sending]
        put_back(self.claim, rest)
        self.claim.give_back(rest)
        self.sending = []

    def accepted(self, rows: Sequence[StockPush]) -> None:
        """Close rows whose change Miva has accepted just now."""
        now = timezone.now()
        self.land(
            {
                row.pk: Landed(
                    figure=row.target,
                    at=self.read_at,
                    confirmed_at=now,
                    reason=row.arithmetic,
                    counted=row.sent_count is not None,
                )
                for row in rows
            }
        )

    def _drop(self, pks: Collection[int]) -> None:
        self.sending = [(row, stock) for row, stock in self.sending if row.pk not in pks]


def hold(
    claim: Claim[StockPush], rows: Sequence[StockPush], error: MivaError, tried: Sequence[StockPush] = ()
) -> None:
    """Put off rows that a failure met: one of them carries it, the others wait behind it; what Miva refuses is parked.

    What may have arrived (MivaUnsure, and the rows that were `tried` in vain to find out about) stays under way and is looked
    for at the next attempt; all else waits again.
    """
    if not isinstance(error, MivaUnsure):
        put_back(claim, rows)
    if isinstance(error, MivaRefused):
        for row in (*tried, *rows):
            claim.park(row, error.reason, error.remedy)
        return
    first, *others = [*tried, *rows]
    claim.fail(first, error)
    claim.give_back(others)
