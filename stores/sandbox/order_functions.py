"""Functions on orders: OrderList_Load_Query and OrderCustomFieldList_Load."""

from __future__ import annotations

from stores.sandbox.envelope import rows, success
from stores.sandbox.parameters import Parameters
from stores.sandbox.rendering import render
from stores.sandbox.store import SandboxStore


def load_orders(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderList_Load_Query (Miva reference §7.1)."""
    return order_rows(store, parameters, "OrderList_Load_Query")[0]


def order_rows(
    store: SandboxStore, parameters: Parameters, function: str, queue: str | None = None
) -> tuple[bytes, list[int]]:
    """The reply of a list query over orders, and the ids in it; paging faults of `function` happen here."""
    page = store.listing.page(parameters, queue)
    ids = store.faults.disturb_page(function, list(page.ids), store.orders)
    strange = [b'{"id":0}'] if store.faults.take(function, ("row_without_id",)) else []
    shown = strange + render(store, ids, page.wanted)
    body = rows(shown, page.total_count + len(strange), page.start_offset)
    added = store.faults.take(function, ("order_added_while_paging",))
    if added:
        store.place_order(**added.options)
    return body, ids


def load_custom_fields(store: SandboxStore, parameters: Parameters) -> bytes:
    """OrderCustomFieldList_Load; takes no parameters (Miva reference §11)."""
    return success(data=store.custom_field_definitions())
