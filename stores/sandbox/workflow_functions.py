"""Functions of the module orderworkflow: pulling a queue, acknowledging orders (Miva reference §9)."""

from __future__ import annotations

from stores.sandbox.envelope import ApiError, success
from stores.sandbox.order_functions import order_rows
from stores.sandbox.parameters import Parameters
from stores.sandbox.store import SandboxStore

MODULE_CODE = "orderworkflow"


def load_queue(store: SandboxStore, parameters: Parameters) -> bytes:
    """QueueOrderList_Load_Query; order_retrieved workflows run after the page was rendered."""
    queue = _queue(store, parameters)
    body, ids = order_rows(store, parameters, "QueueOrderList_Load_Query", queue)
    for order_id in ids:
        store.fire("order_retrieved", store.orders[order_id])
    return body


def acknowledge(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderList_Acknowledge only fires workflows; unknown ids are warnings and still count as processed.

    Orders that cannot be loaded make it a list error, with the others done (Miva reference §9.2).
    """
    order_ids = parameters.integers("Order_IDs")
    busy = [order_id for order_id in order_ids if order_id in store.busy_orders]
    warnings = []
    for order_id in order_ids:
        if order_id in busy:
            continue
        if order_id in store.orders:
            store.fire("order_acknowledged", store.orders[order_id])
        else:
            warnings.append(
                {"identifier": str(order_id), "code": "MER-UTIL-ORWF-00180", "message": "Order not found"}
            )
    if busy:
        raise ApiError(
            "MER-JSN-00045",
            "Multiple errors found.",
            list_error=True,
            errors=[_busy(order_id) for order_id in busy],
            processed=len(order_ids) - len(busy),
        )
    return success(**{"warnings": warnings} if warnings else {}, processed=len(order_ids))


def _busy(order_id: int) -> dict[str, str]:
    return {
        "identifier": str(order_id),
        "error_code": "MER-DBP-ORD-00001",
        "error_message": "Database is locked",
    }


def _queue(store: SandboxStore, parameters: Parameters) -> str:
    """The queue by Queue_ID (counting from 1), Edit_Queue or Queue_Code, the first that is given."""
    codes = {code.lower(): code for code in store.queues}
    by_id = dict(enumerate(store.queues, start=1))
    if parameters.text("Queue_ID"):
        return _found(by_id.get(parameters.integer("Queue_ID")), "MER-UTIL-ORWF-00029")
    if parameters.text("Edit_Queue"):
        return _found(codes.get(parameters.text("Edit_Queue").lower()), "MER-UTIL-ORWF-00106")
    if parameters.text("Queue_Code"):
        return _found(codes.get(parameters.text("Queue_Code").lower()), "MER-UTIL-ORWF-00030")
    raise ApiError("MER-UTIL-ORWF-00031", "One of Queue_ID, Edit_Queue or Queue_Code must be specified")


def _found(code: str | None, error_code: str) -> str:
    if code is None:
        raise ApiError(error_code, "Queue not found")
    return code
