"""Functions on the lines of an order (Miva reference §10.2, §10.5)."""

from __future__ import annotations

from stores.sandbox.envelope import ApiError, success
from stores.sandbox.parameters import Parameters
from stores.sandbox.rendering import without_parts
from stores.sandbox.store import SandboxStore
from stores.sandbox.totals import Order


def the_order(store: SandboxStore, parameters: Parameters) -> Order:
    """The order of Order_ID, which is looked up before any other parameter is read."""
    if not parameters.text("Order_ID").strip():
        raise ApiError("MER-JSN-ORD-00058", "Unable to load order: Order_ID must be specified")
    order = store.orders.get(parameters.integer("Order_ID"))
    if order is None:
        raise ApiError("MER-JSN-ORD-00025", "Order not found")
    return order


def split(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderItem_Split; an unknown line lets a look-up miss of the database leak out."""
    order = the_order(store, parameters)
    line_id, quantity = parameters.required_integer("Line_ID"), parameters.required_integer("Quantity")
    found = store.lines(order["id"], [line_id])
    if not found:
        raise ApiError("EOF", "Record not found: MER-DBP-OIT-00007")
    if found[0]["subscrp_id"]:
        raise ApiError("MER-JSN-ORD-00078", "Subscription items cannot be split")
    if quantity >= found[0]["quantity"]:
        raise ApiError(
            "MER-JSN-ORD-00023",
            "The split quantity is greater than the quantity of this line item, minus one",
        )
    original, new = without_parts(list(store.split(order["id"], line_id, quantity)))
    return success(data={"original_orderitem": original, "split_orderitem": new})


def cancel(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderItemList_Cancel; unknown lines are skipped, the reply is the order's total after it."""
    order = the_order(store, parameters)
    line_ids = parameters.integers("Line_IDs")
    return _total(store.cancel(order["id"], line_ids, parameters.text("Reason")))


def back_order(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderItemList_BackOrder; succeeds even when no line is valid."""
    order = the_order(store, parameters)
    instock_at = parameters.integer("Date_InStock")
    store.back_order(order["id"], parameters.integers("Line_IDs"), instock_at)
    return success()


def delete(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderItemList_Delete; the reply is the order's total after it."""
    order = the_order(store, parameters)
    return _total(store.delete_lines(order["id"], parameters.integers("Line_IDs")))


def _total(order: Order) -> bytes:
    return success(data={"total": order["total"], "formatted_total": order["formatted_total"]})
