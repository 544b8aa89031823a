"""Asking Miva for every permission and setting that a store needs."""

from collections.abc import Sequence

from stores.audit import note
from stores.miva.client import MivaClient, Timeouts
from stores.miva.errors import MivaError, MivaLocked
from stores.miva.paging import ListQuery, Where
from stores.miva.provision import Check, check_connection
from stores.models import PullCursor, Store
from stores.wires import miva_for

AT_THE_DESK = Timeouts(
    connect=4, read=8, total=10
)  # somebody waits for the answer, and a web process with him


def check_store(store: Store) -> list[Check]:
    """Return each check with what to do about it, and note it. Changes nothing in Miva and raises nothing that Miva causes."""
    checks = checks_of(store)
    note("check connection", store, after={"failed": [check.name for check in checks if check.ok is False]})
    return checks


def checks_of(store: Store) -> list[Check]:
    """Return each check of the store's connection."""
    try:
        client = miva_for(store, AT_THE_DESK, probing=True)
    except MivaLocked as error:
        return [Check("secrets", False, f"{error.reason} {error.remedy}")]
    return check_connection(
        client,
        queue_code=store.queue_code,
        acknowledged_but_still_queued=still_queued(client, store),
    )


def still_queued(client: MivaClient, store: Store) -> Sequence[int]:
    """Return orders that Miva accepted an acknowledgement for and still has in the queue, when that is most of them.

    Queue membership is an order custom field (Miva reference §9.5); reading it runs no workflow. A single one may have been
    edited since and queued again, which is as it should be.
    """
    cursor = PullCursor.objects.filter(store=store).first()
    numbers = [int(number) for number in cursor.acknowledged] if cursor else []
    if not numbers:
        return []
    column = f"CustomField_Values:orderworkflow:{store.queue_code}"
    try:
        page = client.order_list(
            ListQuery(conditions=(Where("id", "IN", numbers),), ondemand=(column,), count=len(numbers))
        )
    except (MivaError, ValueError):
        return []  # the checks themselves say what is wrong; a queue code that is no name cannot be a column
    queued = [int(order["id"]) for order in page.orders if is_queued(order, store.queue_code)]
    return queued if len(queued) * 2 > len(numbers) else []


def is_queued(order: dict[str, object], queue_code: str) -> bool:
    """Whether the order's custom fields say that it is in the queue."""
    fields = order.get("CustomField_Values")
    queues = fields.get("orderworkflow") if isinstance(fields, dict) else None
    found = {str(code).lower(): value for code, value in queues.items()} if isinstance(queues, dict) else {}
    return str(found.get(queue_code.lower(), "")) == "1"
