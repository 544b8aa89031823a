"""Order queues and the workflows that fill and empty them (Miva reference §9)."""

from __future__ import annotations

from dataclasses import dataclass, replace

NEW_AND_UPDATED = "new_and_updated"
RETRIEVED = "successfully_retrieved_orders"
QUEUE_NAMES = {NEW_AND_UPDATED: "New & Updated Orders", RETRIEVED: "Successfully Retrieved Orders"}

PROCESS_NEW = "Process New & Updated Orders"
PROCESS_RETRIEVED = "Process Retrieved Orders"
PROCESS_RETRIEVED_WITH_ACKNOWLEDGEMENT = "Process Retrieved Orders with Order Acknowledgement"
PROCESS_ACKNOWLEDGEMENT = "Process Order Acknowledgement"

WITH_ACKNOWLEDGEMENT = frozenset(
    {PROCESS_NEW, PROCESS_RETRIEVED_WITH_ACKNOWLEDGEMENT, PROCESS_ACKNOWLEDGEMENT}
)
WITHOUT_ACKNOWLEDGEMENT = frozenset({PROCESS_NEW, PROCESS_RETRIEVED})
PAYMENT_WAIT = 60 * 60


@dataclass(frozen=True)
class Workflow:
    """Triggers, an optional wait for the first payment, a note, and "queue_add", "queue_move" or ""."""

    name: str
    triggers: frozenset[str]
    note: str
    action: str = ""
    queue: str = ""
    needs_payment: bool = False


@dataclass(frozen=True)
class Waiting:
    """A workflow whose condition failed at `triggered_at` and is checked again for an hour."""

    workflow: str
    order_id: int
    triggered_at: int


CHANGES = frozenset(
    {"order_created", "order_total_change", "orderitem_created", "orderitem_updated", "orderitem_deleted"}
)


def default_workflows() -> dict[str, Workflow]:
    """The four workflows Miva ships; which are enabled is another matter."""
    retrieved, acknowledged = frozenset({"order_retrieved"}), frozenset({"order_acknowledged"})
    moved = 'Automated Workflow: Order moved to queue "{queue}".'
    shipped = (
        Workflow(PROCESS_NEW, CHANGES, moved, "queue_add", NEW_AND_UPDATED, needs_payment=True),
        Workflow(PROCESS_RETRIEVED, retrieved, moved, "queue_add", RETRIEVED),
        Workflow(PROCESS_RETRIEVED_WITH_ACKNOWLEDGEMENT, retrieved, "Automated Workflow: Order retrieved."),
        Workflow(PROCESS_ACKNOWLEDGEMENT, acknowledged, moved, "queue_move", RETRIEVED),
    )
    return {workflow.name: workflow for workflow in shipped}


def moving(workflow: Workflow) -> Workflow:
    """`workflow` edited as merchants do: it moves the order instead of adding it to one more queue (§9.3)."""
    return replace(workflow, action="queue_move")
