"""Everything that may go wrong with one call, and the shop to which it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from orders import reconcile
from orders.jobs import Outcome
from orders.models import ExportSequence, Order, Reconciliation
from stores.models import Store
from stores.sandbox import SandboxStore
from tests.factories import as_sent
from tests.orders.roads.helpers import ALL, QUEUE, once

ACKNOWLEDGE = "OrderList_Acknowledge"


@dataclass(frozen=True)
class Misfortune:
    """A kind of fault with its options. `acted`: the shop did what it was asked, and its answer was lost."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    acted: bool = False


def broken(kind: str, *, acted: bool = False, **options: Any) -> Misfortune:
    """A fault whose answer is lost or is none."""
    return Misfortune(kind, options, acted)


FAILING = {
    "connection refused": broken("refuse"),
    "reset before acting": broken("reset_before"),
    "reset after acting": broken("reset_after", acted=True),
    "silent without acting": Misfortune("silent", {"seconds": 0.05, "acted": False}),
    "silent after acting": Misfortune("silent", {"seconds": 0.05, "acted": True}, acted=True),
    "HTTP 401": broken("status", code=401),
    "HTTP 403": broken("status", code=403),
    "HTTP 404": broken("status", code=404),
    "HTTP 416": broken("status", code=416),
    "HTTP 429 with Retry-After": broken("status", code=429, retry_after=1800),
    "HTTP 500": broken("status", code=500),
    "HTTP 500 after acting": Misfortune("status", {"code": 500, "acted": True}, acted=True),
    "HTTP 502": broken("status", code=502),
    "HTTP 503": broken("status", code=503),
    "API offline": broken("api_offline"),
    "empty answer": broken("empty"),
    "empty answer after acting": Misfortune("empty", {"acted": True}, acted=True),
    "a page instead of JSON": broken("html"),
    "a page instead of JSON after acting": Misfortune("html", {"acted": True}, acted=True),
    "JSON cut by the shop": broken("cut_json", acted=True, honest=True),
    "JSON cut on its way": broken("cut_json", acted=True, honest=False),
    "database locked": broken("error_code"),
    "an error for good": broken("error_code", code="MER-JSN-00099", message="Unknown trouble"),
    "partial answer": broken("partial_206", acted=True),
    "clock ten minutes ahead": broken("clock_skew", seconds=600),
    "clock ten minutes behind": broken("clock_skew", seconds=-600),
}
WITHHELD = broken("rows_withheld", acted=True)
NUMBERLESS = Misfortune("row_without_id")
ODD_PAGES = {"a page without its orders": WITHHELD, "a record without a number": NUMBERLESS}
"""Of a list only: no other call brings rows."""
HARMLESS = {
    "slow answer": Misfortune("slow", {"seconds": 0.05}),
    "clock half a minute off": Misfortune("clock_skew", {"seconds": 30}),
}
WHILE_PAGING = ("duplicate_order", "order_added_while_paging")


def strike(sandbox: SandboxStore, misfortune: Misfortune, function: str, nth: int) -> None:
    """Let the fault happen to the nth call of the function from now on."""
    first_of_all = misfortune.kind == "refuse" and nth == 1 and function != ACKNOWLEDGE
    aimed = None if first_of_all else function  # a connection that is refused has named no function yet

    def plan() -> None:
        sandbox.faults.add(misfortune.kind, function=aimed, **misfortune.options)

    if nth == 1:
        plan()
    else:
        sandbox.before_reply.append(once(function, plan, at=nth - 1))


def unpaid(sandbox: SandboxStore) -> int:
    """Place an order that waits for its payment; returns its number."""
    order = sandbox.place_order(payments=[])
    while not order["total"]:
        sandbox.delete(order["id"])
        order = sandbox.place_order(payments=[])
    return int(order["id"])


def recount(sandbox: SandboxStore, number: int) -> None:
    """An administrator changes a quantity and an address: the order goes back into its queue."""
    line = sandbox.orders[number]["items"][0]
    sandbox.edit_order(number, ship_city="Editedville")
    sandbox.change_quantity(number, line["line_id"], line["quantity"] + 1)


def content(raw: dict[str, Any]) -> dict[str, Any]:
    """What Stone Edge would notice of an order."""
    return {
        "number": raw["id"],
        "total": raw["total"],
        "city": raw["ship_city"],
        "lines": [(line["code"], line["quantity"], line["status"]) for line in raw["items"]],
        "payments": [payment["id"] for payment in raw["payments"]],
    }


def contents_there(sandbox: SandboxStore, numbers: set[int]) -> list[dict[str, Any]]:
    """These orders as the shop has them now."""
    return [content(as_sent(sandbox.orders[number])) for number in sorted(numbers)]


def contents_here(store: Store) -> list[dict[str, Any]]:
    """All orders as they are here, each as often as it is here."""
    return [content(order.raw) for order in Order.objects.of(store).order_by("miva_id")]


def assert_each_once_in_its_latest_version(sandbox: SandboxStore, store: Store, numbers: set[int]) -> None:
    """Nothing lost, nothing doubled, nothing stale, and the export numbers run from 1 without a hole."""
    assert contents_here(store) == contents_there(sandbox, numbers)
    given = Order.objects.of(store).exclude(export_number=None).values_list("export_number", flat=True)
    assert sorted(given) == list(range(1, len(given) + 1))
    assert ExportSequence.objects.get(store=store).last_number == len(given)
    assert set(Order.objects.of(store).values_list("state", flat=True)) == {Order.State.EXPORTABLE}


def reconciled(store: Store) -> Reconciliation:
    """Compare the last days with the shop to the end; returns what was found."""
    row = reconcile.start(store)
    assert reconcile.work(row) is Outcome.DONE
    return Reconciliation.objects.get(pk=row.pk)


CALLS = {
    "queue_ack": [(QUEUE, 1), (QUEUE, 3), (ACKNOWLEDGE, 1), (ACKNOWLEDGE, 3)],
    "queue": [(QUEUE, 1), (QUEUE, 3)],
    "date": [(ALL, 1), (ALL, 3), (ALL, 4)],
    "updated": [(ALL, 1), (ALL, 3), (ALL, 4), (ALL, 5)],
    "number": [(ALL, 1), (ALL, 3), (ALL, 4)],
}
"""Calls of a pull of eight orders, one of them unpaid, in pages of 3: pages, acknowledgements; the list roads look again at the
unpaid order (4), and by last update ask whether the shop knows updates (5)."""
