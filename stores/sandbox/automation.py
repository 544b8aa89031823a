"""Workflows at work: set-ups, what a trigger starts, the wait for a first payment (Miva reference §9)."""

from __future__ import annotations

from typing import Any

from stores.sandbox.state import StoreState
from stores.sandbox.totals import Order
from stores.sandbox.workflows import (
    PAYMENT_WAIT,
    PROCESS_RETRIEVED,
    WITH_ACKNOWLEDGEMENT,
    WITHOUT_ACKNOWLEDGEMENT,
    Waiting,
    default_workflows,
    moving,
)


class Automation(StoreState):
    """A store whose workflows react; `workflows` holds the names of the enabled ones."""

    def __init__(self, seed: int, **settings: Any) -> None:
        super().__init__(seed, **settings)
        self.workflow_definitions = default_workflows()
        self.workflows: set[str] = set(WITH_ACKNOWLEDGEMENT)
        self.waiting: list[Waiting] = []

    def use_acknowledgement(self) -> None:
        """The set-up in which orders leave the queue when they are acknowledged (Miva reference §9.3)."""
        self.workflow_definitions, self.workflows = default_workflows(), set(WITH_ACKNOWLEDGEMENT)

    def use_retrieval(self, *, moves: bool = False) -> None:
        """The set-up without acknowledgement: as shipped it adds to a second queue, with `moves` it moves."""
        self.workflow_definitions, self.workflows = default_workflows(), set(WITHOUT_ACKNOWLEDGEMENT)
        if moves:
            shipped = self.workflow_definitions[PROCESS_RETRIEVED]
            self.workflow_definitions[PROCESS_RETRIEVED] = moving(shipped)

    def use_no_workflows(self) -> None:
        """Miva's state after installation: all four default workflows are disabled."""
        self.workflows = set()

    def fire(self, trigger: str, order: Order, *, at: int | None = None) -> None:
        """Run the enabled workflows of `trigger`; one that needs a payment waits for it up to an hour."""
        for workflow in list(self.workflow_definitions.values()):
            if workflow.name not in self.workflows or trigger not in workflow.triggers:
                continue
            if workflow.needs_payment and not order["payments"]:
                self.waiting.append(Waiting(workflow.name, order["id"], self.now() if at is None else at))
            else:
                self._run(workflow.name, order)

    def run_scheduled(self) -> None:
        """The store's scheduled task: workflows that waited for a payment look again (Miva reference §9.3).

        With `recheck_seconds` 0 they look at once; Miva itself looks every 300 seconds.
        """
        now, waiting = self.now(), self.waiting
        self.waiting = []
        for entry in waiting:
            order = self.orders.get(entry.order_id)
            if order is None or entry.workflow not in self.workflows:
                continue
            if self._paid_in_time(entry, order, now):
                self._run(entry.workflow, order)
            elif now <= entry.triggered_at + PAYMENT_WAIT:
                self.waiting.append(entry)

    def _paid_in_time(self, entry: Waiting, order: Order, now: int) -> bool:
        if not order["payments"]:
            return False
        waited: int = max(order["payments"][0]["dtstamp"] - entry.triggered_at, 0)
        step = max(self.recheck_seconds, 1)
        check = -(-waited // step) * step
        return check <= PAYMENT_WAIT and entry.triggered_at + check <= now

    def _run(self, name: str, order: Order) -> None:
        workflow = self.workflow_definitions[name]
        self.add_note(order, workflow.note.format(queue=self.queue_names.get(workflow.queue, "")))
        if workflow.action == "queue_move":
            self.take_from_queues(order)
        if workflow.action:
            self.put_in_queue(order, workflow.queue)
