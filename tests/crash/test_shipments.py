"""kill -9 at every call of a shipment: the shop acts, then kills our process before it answers. The next run repeats nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from django.utils import timezone

from fulfillment.models import Shipment
from stores.models import Store
from stores.sandbox import SandboxStore, serve
from tests.crash.killing import asked, killed_at, nth
from tests.factories import store_of
from tests.fulfillment.goods import document, ids, in_miva, order_of, report
from tests.portal import Portal

LOAD, SPLIT = "OrderList_Load_Query", "OrderItem_Split"
CREATE, UPDATE = "OrderItemList_CreateShipment", "OrderShipmentList_Update"
MOMENTS = {
    "the order was read": (LOAD, 1),
    "the line was split": (SPLIT, 1),
    "the shipment was created": (CREATE, 1),
    "it was marked shipped": (UPDATE, 1),
    "it was read back": (LOAD, 2),
}


@pytest.fixture
def shop() -> SandboxStore:
    return SandboxStore(seed=3)


@pytest.fixture
def store(portal: Portal, shop: SandboxStore) -> Iterator[Store]:
    with serve(shop) as server:
        yield store_of(shop, server)


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_after_a_kill_the_next_push_ends_with_the_package_shipped_once(
    portal: Portal, shop: SandboxStore, store: Store, moment: tuple[str, int]
) -> None:
    order = order_of(store, shop, 5, 1)
    first, second = ids(shop, order)
    report(store, document(order, [("1", "1Z1")], {first: {"shipped": 2}, second: {"shipped": 1}}))
    killed = killed_at(portal, shop, nth(*moment), "push_store", store.slug)
    assert killed.returncode == -signal.SIGKILL
    assert Shipment.objects.get().done_at is None

    Shipment.objects.exclude(leased_until=None).update(leased_until=timezone.now())  # five minutes later
    assert asked("push_store", store.slug)["shipments_pushed"] == 1

    assert in_miva(shop, order) == {"1Z1": {"MUG-1": 2, "MUG-2": 1}}
    assert sorted(line["quantity"] for line in shop.orders[order.miva_id]["items"]) == [1, 2, 3]
    assert [mail.tracknum for mail in shop.mails] == ["1Z1"]
    assert asked("push_store", store.slug)["shipments_pushed"] == 0
