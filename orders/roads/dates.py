"""By date: new orders by `orderdate`, new and changed ones by `dt_updated`.

Guide "Pull Orders By Date Range" and "Query By Last Order Update".
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils import timezone

from orders.content import number_of
from orders.roads.base import WINDOW_CLOSED, Advice, Road
from stores.miva.client import MivaClient, OrderPage
from stores.miva.paging import Condition, ListQuery, Where, any_of
from stores.miva.undecoded import heads
from stores.models import PullCursor, Store

END_OF_TIME = 2**31 - 1  # Unix seconds that no order's last change reaches

NO_LAST_UPDATE = (
    "This store's Miva does not know when an order was last changed (dt_updated, Miva 10.03 or newer): the date range is used "
    "instead, so changed orders do not come again.",
    "Update the store to Miva 10.03 or newer, or choose an order queue, which delivers changed orders in every version.",
)


class DateRoad(Road):
    """Everything placed since the last pull began, less the overlap."""

    name = "date"
    column: ClassVar[str] = "orderdate"

    def __init__(self, store: Store, client: MivaClient, cursor: PullCursor) -> None:
        """Go on with a range that was interrupted, or begin a new one at the end of the last."""
        super().__init__(store, client, cursor)
        if cursor.window_road == self.name and cursor.window_asked_at:
            self.since, self.asked_at, self.last = (
                cursor.window_since,
                cursor.window_asked_at,
                cursor.window_after,
            )
        else:
            self.since, self.asked_at = self._begin(), timezone.now()

    def ask(self) -> OrderPage:
        """Return the next page of the range."""
        return self.client.order_list(self.query(*self.range(), *self.since_start()))

    def range(self) -> list[Condition]:
        """Return the condition of the range; none at the first pull."""
        return [Where(self.column, "GE", int(self.since.timestamp()))] if self.since else []

    def commit(self, page: OrderPage) -> dict[str, Any]:
        """Remember how far the range is read, so that an interrupted pull goes on there."""
        after = max(
            (number for order in heads(page.orders) if (number := number_of(order))), default=self.last
        )
        return {
            "window_road": self.name,
            "window_since": self.since,
            "window_asked_at": self.asked_at,
            "window_after": max(after, self.last),
        }

    def finish(self) -> dict[str, Any]:
        """The next range begins where this one was asked for, not where it was read to the end."""
        return {"since": self.asked_at, **WINDOW_CLOSED}

    def _begin(self) -> datetime | None:
        """Return where the range begins, in Miva's time: its clock may be behind ours."""
        if self.cursor.since is None:
            return None
        return self.cursor.since - timedelta(
            minutes=self.store.overlap_minutes, seconds=abs(self.cursor.clock_offset or 0)
        )


class UpdatedRoad(DateRoad):
    """Everything placed or changed since the last pull began, less the overlap.

    An older Miva ignores a condition on dt_updated without a word, and alone it would return every order (Miva reference §6.2,
    §7.9). So it is asked for together with the date: what is left on an older store is the date range. A condition that nothing
    can meet shows which it is.
    """

    name = "updated"
    column = "dt_updated"

    def range(self) -> list[Condition]:
        """Return the condition of the range: changed since, or placed since."""
        if not self.since:
            return []
        since = int(self.since.timestamp())
        return [any_of(Where(self.column, "GE", since), Where(DateRoad.column, "GE", since))]

    def advice(self) -> Advice | None:
        """Say so when the store cannot tell what was changed."""
        return None if self._knows_updates() else NO_LAST_UPDATE

    def _knows_updates(self) -> bool:
        impossible = ListQuery((Where(self.column, "GE", END_OF_TIME),), count=1)
        return not self.client.order_list(impossible).orders
