"""Order queues, with and without acknowledgement (guide "Order Workflow …"; Miva reference §9)."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from orders.content import kept_form, number_of
from orders.keep import Kept, note_acknowledged
from orders.models import ReceivedPage
from orders.roads.base import WINDOW_CLOSED, Advice, Road
from stores.miva.acknowledging import MOST_AT_ONCE
from stores.miva.client import MivaClient, OrderPage
from stores.miva.errors import MivaError
from stores.miva.paging import reached
from stores.miva.undecoded import heads
from stores.models import PullCursor, Store

log = logging.getLogger(__name__)

SAMPLE = 20  # numbers that are remembered, to find out whether orders leave the queue

NOT_MOVING = (
    "Orders that were acknowledged stay in the queue '{queue}': acknowledging moves nothing in Miva.",
    "In Miva open Order Workflows and enable 'Process Order Acknowledgement' (trigger: order acknowledged), with an "
    "action that takes the order out of the queue '{queue}'. Orders are imported all the same.",
)
NOT_ACCEPTED = (
    "Miva did not accept the acknowledgement of {count} orders; the first is {number}: {reason}",
    "The orders are imported and are acknowledged again with each pull. If this stays, ask Miva support about the first one.",
)
NOT_LEAVING = (
    "Orders that were retrieved before are still in the queue '{queue}': retrieving takes nothing out of it.",
    "In Miva open Order Workflows and change the action of 'Process Retrieved Orders' from adding to a queue to "
    "moving, or choose the strategy 'Order queue with acknowledgement'. Orders are imported all the same.",
)


class QueueRoad(Road):
    """A queue whose orders Miva counts as delivered when it answers.

    Delivery is at most once: a page is on disk before anything else is done with it, and an answer that was lost on the way is
    found by reconciliation.
    """

    name = "queue"

    def __init__(self, store: Store, client: MivaClient, cursor: PullCursor) -> None:
        """Begin at the start of the queue, or where the time ended: where nothing leaves it, the start would never end."""
        super().__init__(store, client, cursor)
        self.start = self.last = cursor.window_after if cursor.window_road == self.name else 0
        self.again: set[int] = set()
        self.sample: list[int] = []
        self.on_disk: ReceivedPage | None = None

    def ask(self) -> OrderPage:
        """Return the next page of the queue."""
        return self.client.queue_orders(self.store.queue_code, self.query())

    def received(self, page: OrderPage, asked_at: datetime) -> None:
        """Write the page to disk, without card data: Miva will not send it again."""
        if page.orders:
            orders = [on_disk(order) for order in page.orders]
            self.on_disk = ReceivedPage.objects.create(store=self.store, orders=orders, received_at=asked_at)

    def commit(self, page: OrderPage) -> dict[str, Any]:
        """The orders are kept in this transaction: the page is not needed any more."""
        if self.on_disk:
            self.on_disk.delete()
            self.on_disk = None
        return super().commit(page)

    def kept(self, page: OrderPage, kept: Kept) -> bool:
        """Note which orders should leave the queue by this, and which of those at the last pull did not."""
        self.again.update(number for number in self.cursor.acknowledged if self._stayed(number, kept))
        self.sample += self.taken_out(kept)[: SAMPLE - len(self.sample)]
        return super().kept(page, kept)

    def _stayed(self, number: int, kept: Kept) -> bool:
        """Whether an order came again that has not changed since the last pull: a change puts it back into the queue, and a webhook
        may bring that first."""
        pulled = self.cursor.last_good_at
        moved = kept.repeated.get(number)
        return moved is not None and (pulled is None or moved <= pulled.timestamp())

    def taken_out(self, kept: Kept) -> list[int]:
        """Return the orders of the page that should be in the queue no longer: all, because Miva has delivered them."""
        return kept.numbers

    def finish(self) -> dict[str, Any]:
        """The next pull begins at the start of the queue."""
        return WINDOW_CLOSED | self._sample()

    def pause(self) -> dict[str, Any]:
        """Remember how far the queue is read."""
        return {"window_road": self.name, "window_after": self.last} | self._sample()

    def advice(self) -> Advice | None:
        """Say so when the queue delivered once more what it had delivered at the last pull, and nothing of that was edited.

        What is here already proves nothing: a webhook may have been faster than the queue.
        """
        expected = {number for number in self.cursor.acknowledged if self.start < number <= self.last}
        return self._about(NOT_LEAVING) if expected and expected == self.again else None

    def _sample(self) -> dict[str, Any]:
        """Return numbers from the start of the queue: there the next look at it begins."""
        return {"acknowledged": self.sample} if self.sample and not self.start else {}

    def _about(self, sentences: Advice) -> Advice:
        problem, remedy = (sentence.format(queue=self.store.queue_code) for sentence in sentences)
        return problem, remedy


def on_disk(order: dict[str, Any]) -> dict[str, Any]:
    """Return an order as it may lie on disk; of one that cannot be read, the number: the others must not be lost by it."""
    try:
        return kept_form(order).raw
    except (SoftTimeLimitExceeded, MemoryError):
        raise
    except Exception:
        log.exception("order %s could not be read", number_of(order))
        return {"id": number_of(order)}


class AcknowledgedQueueRoad(QueueRoad):
    """A queue whose orders leave it when we acknowledge them, which we do only for what is committed here."""

    name = "queue_ack"

    def __init__(self, store: Store, client: MivaClient, cursor: PullCursor) -> None:
        """Nothing is known of the store's workflows yet."""
        super().__init__(store, client, cursor)
        self.moves: bool | None = None
        self.probed = False
        self.asked = 0
        self.redelivered = 0
        self.refused: dict[int, str] = {}
        self.count = 0
        self.ahead: Callable[[], OrderPage] | None = None

    def ask(self) -> OrderPage:
        """Return the next page of the queue, the one that is on its way if there is one."""
        ahead, self.ahead, self.asked_ahead_at = self.ahead, None, None
        return ahead() if ahead else super().ask()

    def ask_ahead(self, page: OrderPage) -> None:
        """Let Miva collect the next page while this one is acknowledged: here an order leaves the queue by that alone."""
        try:
            last, more = reached(page, self.last)
            if more:
                asked_at, question = timezone.now(), self.query(after=last)
                self.ahead = self.client.ahead(
                    lambda client: client.queue_orders(self.store.queue_code, question)
                )
                self.asked_ahead_at = asked_at
        except MivaError:
            return  # the page is acknowledged all the same, and `kept` or `ask` raises it again

    def let_go(self) -> None:
        """Wait for a page that nobody asks for any more: its orders are in the queue still."""
        if self.ahead:
            with suppress(MivaError):
                self.ask()

    def received(self, page: OrderPage, asked_at: datetime) -> None:
        """Nothing to secure: what is not acknowledged comes again. Find out whether acknowledging moves orders."""
        if self.moves is None:
            self.moves = self._moves(page)

    def taken_out(self, kept: Kept) -> list[int]:
        """Tell Miva which orders are safe here; return those that it accepted.

        If that fails, importing goes on: unacknowledged orders come again.
        """
        self.asked += len(kept.numbers)
        self.redelivered += len(kept.redelivered)
        return self._acknowledge(
            [number for number in self._to_acknowledge(kept) if number not in kept.unread]
        )

    def advice(self) -> Advice | None:
        """Say so when Miva refused acknowledgements, or when acknowledging moves nothing."""
        if self.refused:
            number, reason = next(iter(self.refused.items()))
            problem, remedy = NOT_ACCEPTED
            return problem.format(count=len(self.refused), number=number, reason=reason), remedy
        stuck = not self.moves and self.redelivered * 2 > self.asked
        return self._about(NOT_MOVING) if stuck else None

    def _moves(self, first_page: OrderPage) -> bool:
        """Whether one of the orders that were acknowledged at the last pull has left the queue; True when nothing is known."""
        there = {number_of(order) for order in heads(first_page.orders)}
        reach = max((number for number in there if number), default=0)
        expected = [number for number in self.cursor.acknowledged if self.start < number <= reach]
        return not expected or any(number not in there for number in expected)

    def _to_acknowledge(self, kept: Kept) -> list[int]:
        """Return all numbers; where acknowledging moves nothing, the new ones and one more to notice when it does again."""
        if self.moves:
            return kept.numbers
        probe = [] if self.probed else kept.redelivered[:1]
        self.probed = self.probed or bool(probe)
        redelivered = set(kept.redelivered)
        return probe + [number for number in kept.numbers if number not in redelivered]

    def _acknowledge(self, numbers: list[int]) -> list[int]:
        done: list[int] = []
        with self.client.together() as client:
            for start in range(0, len(numbers), MOST_AT_ONCE):
                if not self.failure:
                    done += self._acknowledge_some(client, numbers[start : start + MOST_AT_ONCE])
        note_acknowledged(self.store, done)
        return done

    def _acknowledge_some(self, client: MivaClient, numbers: list[int]) -> list[int]:
        try:
            answer = client.acknowledge(numbers)
        except MivaError as error:
            self.failure = error
            return []
        self.refused |= answer.failed
        done = [number for number in numbers if number not in answer.failed]
        self.count += len(done)
        return done
