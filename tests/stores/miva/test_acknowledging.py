from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stores.miva.acknowledging import MOST_AT_ONCE, acknowledge_all
from stores.miva.client import Acknowledged

Scripted = Callable[..., Any]


class Queue:
    """Miva's side: handles at most `speed` orders in one request, in order."""

    def __init__(self, speed: int = 1000) -> None:
        self.speed = speed
        self.taken: list[int] = []
        self.sizes: list[int] = []

    def __call__(self, ids: list[int]) -> dict[str, Any]:
        self.sizes.append(len(ids))
        self.taken += ids[: self.speed]
        return {"success": 1, "processed": len(ids[: self.speed])}


@given(st.lists(st.integers(1, 10**6), max_size=350), st.integers(1, 120))
def test_every_order_is_acknowledged_exactly_once_however_slow_miva_is(ids: list[int], speed: int) -> None:
    queue = Queue(speed)
    done = acknowledge_all(queue, ids)
    assert queue.taken == list(dict.fromkeys(ids))
    assert done == Acknowledged(len(set(ids)))
    assert max(queue.sizes, default=0) <= MOST_AT_ONCE


def test_a_store_that_does_nothing_is_not_asked_for_ever() -> None:
    queue = Queue(speed=0)
    done = acknowledge_all(queue, [1, 2])
    assert queue.sizes == [2]
    assert (done.processed, set(done.failed)) == (0, {1, 2})


def test_nothing_is_sent_for_no_orders() -> None:
    queue = Queue()
    assert acknowledge_all(queue, []) == Acknowledged()
    assert queue.sizes == []


def test_orders_that_the_store_does_not_know_are_reported(scripted: Scripted) -> None:
    warning = {"identifier": "999999", "code": "MER-UTIL-ORWF-00180", "message": "Order not found"}
    client, script = scripted({"success": 1, "warnings": [warning], "processed": 3})
    assert client.acknowledge([10058, 999999, 10059]) == Acknowledged(3, {}, (999999,))
    assert script.bodies[0]["Order_IDs"] == [10058, 999999, 10059]
    assert script.bodies[0]["Module_Function"] == "OrderList_Acknowledge"


def test_orders_that_failed_are_told_with_the_reason(scripted: Scripted) -> None:
    failed = {"identifier": "10058", "error_code": "MER-DBP-ORD-00001", "error_message": "Database is locked"}
    body = {
        "success": 0,
        "error_code": "MER-JSN-00045",
        "error_message": "Multiple errors found.",
        "list_error": True,
    }
    client, _ = scripted({**body, "errors": [failed], "processed": 2})
    assert client.acknowledge([10057, 10058, 10059]) == Acknowledged(2, {10058: "Database is locked"})
