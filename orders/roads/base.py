"""What every road does."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from orders.keep import Kept
from stores.miva.client import MivaClient, OrderPage
from stores.miva.errors import MivaError
from stores.miva.paging import ORDER_COLUMNS, Condition, ListQuery, Where, reached
from stores.models import PullCursor, Store

WINDOW_CLOSED: dict[str, Any] = {
    "window_road": "",
    "window_since": None,
    "window_asked_at": None,
    "window_after": 0,
}
Advice = tuple[str, str]  # a sentence about what is not as it should be, and one about what to do


class Road(ABC):
    """One way of asking a store for orders, from where its cursor stands."""

    name: ClassVar[str]

    def __init__(self, store: Store, client: MivaClient, cursor: PullCursor) -> None:
        """Stand where the cursor stands."""
        self.store = store
        self.client = client
        self.cursor = cursor
        self.last = 0
        self.asked_ahead_at: datetime | None = (
            None  # when the next page was asked for, where it is on its way
        )
        self.failure: MivaError | None = (
            None  # put aside so that importing goes on; raised when all is written down
        )

    @abstractmethod
    def ask(self) -> OrderPage:
        """Return the next page of orders. Raises MivaError."""

    def ask_ahead(self, page: OrderPage) -> None:
        """Send for the page behind this one, which is committed, where asking changes nothing at Miva: `ask` waits for it."""

    def let_go(self) -> None:
        """Wait for a page that was sent for and will not be asked for any more."""

    def received(self, page: OrderPage, asked_at: datetime) -> None:
        """Do what must be done before anything else with a page."""

    def commit(self, page: OrderPage) -> dict[str, Any]:
        """Run inside the transaction that keeps the page; return the cursor's fields that become true with it."""
        return {}

    def kept(self, page: OrderPage, kept: Kept) -> bool:
        """Do what Miva has to be told about a committed page; return whether there are more pages.

        Raises MivaDown when the page showed none of the orders that it counts.
        """
        self.last, more = reached(page, self.last)
        return more

    def finish(self) -> dict[str, Any]:
        """Return the cursor's fields after the last page."""
        return {}

    def pause(self) -> dict[str, Any]:
        """Return the cursor's fields when the time for this pull ended before the last page."""
        return {}

    def advice(self) -> Advice | None:
        """Return what support should know about a pull that went well."""
        return None

    def query(self, *conditions: Condition, after: int | None = None) -> ListQuery:
        """Return the question for the page after this order under these conditions; by default for the next page."""
        behind = Where("id", "GT", self.last if after is None else after)
        return ListQuery((*conditions, behind), ondemand=ORDER_COLUMNS, sort="id", count=self.store.page_size)

    def since_start(self) -> list[Condition]:
        """Return the condition that keeps out what was placed before the store's start."""
        start = self.store.start_from
        return [Where("orderdate", "GE", int(start.timestamp()))] if start else []
