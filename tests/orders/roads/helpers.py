"""What the tests of every road ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Max

from orders.models import Order
from orders.pull import Pulled, pull
from stores.health import ServiceHealth, summary
from stores.models import PullCursor, Store
from stores.sandbox import Call, SandboxStore

QUEUE, ALL = "QueueOrderList_Load_Query", "OrderList_Load_Query"
LIST_OF = {"queue_ack": QUEUE, "queue": QUEUE, "date": ALL, "updated": ALL, "number": ALL}


def shop(orders: int = 12, seed: int = 7, **settings: Any) -> SandboxStore:
    """A store with so many orders, all of them paid for, so that every road gets all of them."""
    sandbox = SandboxStore(seed=seed, **settings)
    place(sandbox, orders)
    return sandbox


def place(sandbox: SandboxStore, count: int = 1, **overrides: Any) -> list[int]:
    """Place so many orders that are paid for; returns their numbers."""
    placed: list[int] = []
    while len(placed) < count:
        order = sandbox.place_order(**overrides)
        if order["payments"]:
            placed.append(order["id"])
        else:
            sandbox.delete(order["id"])
    return placed


def set_up(sandbox: SandboxStore, strategy: str) -> None:
    """Set the store's workflows up as the guide says for this strategy."""
    if strategy == "queue":
        sandbox.use_retrieval(moves=True)
    else:
        sandbox.use_acknowledgement()


def choose(store: Store, strategy: str) -> None:
    """Set another strategy."""
    store.strategy = strategy
    store.save(update_fields=["strategy"])


def pull_all(store: Store, slices: int = 60) -> list[Pulled]:
    """Pull one page at a time, as a store whose time always ends, until the end is reached."""
    pulled = []
    for _ in range(slices):
        pulled.append(pull(store, budget=0))
        if cursor_of(store).due_at > cursor_of(store).last_good_at:
            return pulled
    raise AssertionError(f"{slices} slices did not reach the end")


def cursor_of(store: Store) -> PullCursor:
    """The cursor as it is on disk."""
    return PullCursor.objects.get(store=store)


def health(store: Store) -> ServiceHealth:
    """What support sees."""
    return summary(Store.objects.select_related("merchant", "cursor").get(pk=store.pk))


def kept(store: Store) -> list[int]:
    """The numbers that are here, each as often as it is here."""
    return list(Order.objects.of(store).order_by("miva_id").values_list("miva_id", flat=True))


def dense(store: Store) -> bool:
    """Whether the export numbers run from 1 without a hole."""
    rows = Order.objects.of(store).exclude(export_number=None)
    return rows.count() == (rows.aggregate(last=Max("export_number"))["last"] or 0)


def calls(sandbox: SandboxStore, function: str) -> list[Call]:
    """The calls of this function, in order."""
    return [call for call in list(sandbox.calls) if call.function == function]


def acknowledged(sandbox: SandboxStore) -> list[list[int]]:
    """What each acknowledgement named."""
    return [list(call.parameters["Order_IDs"]) for call in calls(sandbox, "OrderList_Acknowledge")]


def conditions(call: Call) -> dict[str, str]:
    """The conditions of a list query, by field and operator."""
    found: dict[str, str] = {}
    for element in call.parameters["Filter"]:
        if element["name"].startswith("search"):
            found |= {f"{each['field']} {each['operator']}": each["value"] for each in element["value"]}
    return found


def once(function: str, work: Callable[[], object], at: int = 1) -> Callable[[Call], None]:
    """A callback that works when the function is called for the `at`-th time, before the store answers."""
    seen: list[Call] = []

    def before_reply(call: Call) -> None:
        if call.function == function:
            seen.append(call)
            if len(seen) == at:
                try:
                    work()
                finally:
                    connection.close()  # the store answers in threads of its own

    return before_reply


def interrupt(sandbox: SandboxStore, store: Store, page: int) -> None:
    """Somebody else takes the store while this page is on its way: it cannot be kept any more, as if the worker had died."""

    def steal() -> None:
        PullCursor.objects.filter(store=store).update(lease="00000000-0000-0000-0000-000000000001")

    sandbox.before_reply.append(once(LIST_OF[store.strategy], steal, at=page))


def let_go(store: Store) -> None:
    """The lease of the one who is gone ends."""
    PullCursor.objects.filter(store=store).update(leased_until=None)


def sorted_all(*numbers: Sequence[int]) -> list[int]:
    """All of them in order."""
    return sorted(number for each in numbers for number in each)
