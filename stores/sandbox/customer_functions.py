"""Functions on customers: CustomerList_Load_Query (Miva reference §14)."""

from __future__ import annotations

from stores.sandbox.customers import CUSTOMERS, project
from stores.sandbox.envelope import encode, rows
from stores.sandbox.filters import compile_filter
from stores.sandbox.listing import arranged, filtered
from stores.sandbox.parameters import Parameters
from stores.sandbox.store import SandboxStore


def load_customers(store: SandboxStore, parameters: Parameters) -> bytes:
    """CustomerList_Load_Query: by login unless Sort says otherwise; Count 0 is everything."""
    offset, count = parameters.integer("Offset"), parameters.integer("Count")
    query = compile_filter(parameters.get("Filter"), CUSTOMERS)
    known = store.accounts.rows
    ids = filtered(known, sorted(known), query)
    selected = arranged(known, ids, parameters.text("Sort") or "login", CUSTOMERS)
    page = selected[offset : offset + count if count > 0 else len(selected)]
    return rows((encode(project(known[each], query.ondemand)) for each in page), len(selected), offset)
