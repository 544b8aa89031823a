"""One claim at work: the rows whose change is under way, each with the product that holds its stock."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.flight import Landed, land, put_back
from inventory.models import StockPush
from stores.miva.client import MivaClient
from stores.miva.errors import MivaDown, MivaError, MivaLocked, MivaRefused, MivaUnsure
from stores.miva.inventory import MOST_CHANGED, Stock
from stores.models import Store
from stores.outbox import Claim

Pair = tuple[StockPush, Stock]


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

    def refuse(self, row: StockPush, reason: str, remedy: str) -> None:
        """Park a row that will not work as it stands; its change waits."""
        put_back(self.claim, [row])
        self.claim.park(row, reason, remedy)
        self._drop([row.pk])

    def attempt(self, pairs: Sequence[Pair], call: Callable[[], Mapping[int, MivaError]]) -> list[StockPush]:
        """Make one call of many operations and put off the rows that failed; returns those that Miva has accepted."""
        rows = [row for row, _ in pairs]
        try:
            failed = call()
        except MivaError as error:
            self.hold(rows, error)
            return []
        for row, stock in pairs:
            if isinstance(refused := failed.get(stock.product_id), MivaRefused):
                self.hold([row], refused)
        for kind in (MivaUnsure, MivaLocked, MivaDown):
            met = [(row, failed[stock.product_id]) for row, stock in pairs if stock.product_id in failed]
            alike = [(row, each) for row, each in met if isinstance(each, kind)]
            if alike:
                self.hold([row for row, _ in alike], alike[0][1])
        return [row for row, stock in pairs if stock.product_id not in failed]

    def portions(self, wanted: Callable[[StockPush], bool]) -> Iterator[list[Pair]]:
        """Yield the rows to be sent of one kind, cut into calls."""
        pairs = [(row, stock) for row, stock in self.sending if wanted(row)]
        for start in range(0, len(pairs), MOST_CHANGED):
            yield pairs[start : start + MOST_CHANGED]

    def accepted(self, rows: Sequence[StockPush]) -> None:
        """Close rows whose change Miva has accepted."""
        self.land({row.pk: Landed(figure=row.target, at=self.read_at, reason=row.arithmetic) for row in rows})

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
