"""The queue without acknowledgement: delivered is what Miva answered, so a page is on disk first."""

from __future__ import annotations

import time

import pytest
from msgspec import Raw

from orders import hints
from orders.models import Download, Order, ReceivedPage
from orders.pull import pull
from orders.serve import acknowledge
from stores.cursors import LeaseLost
from stores.miva import shapes
from stores.miva.paging import ORDER_COLUMNS, ListQuery
from stores.sandbox import serve
from stores.sandbox.workflows import NEW_AND_UPDATED, RETRIEVED
from stores.wires import miva_for
from tests.factories import store_of
from tests.orders.roads.helpers import QUEUE, calls, health, interrupt, kept, let_go, place, pull_all, shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    sandbox = shop(0)
    sandbox.use_retrieval(moves=True)
    place(sandbox, 12)
    return sandbox


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, page_size=5, strategy="queue")


@pytest.fixture
def adding(sandbox):
    """Miva as it is shipped: retrieving adds orders to a second queue and takes them out of none."""
    sandbox.use_retrieval(moves=False)
    return sandbox


def test_retrieving_empties_the_queue_and_acknowledges_nothing(sandbox, store):
    assert pull(store).new == 12
    assert not sandbox.queues[NEW_AND_UPDATED]
    assert calls(sandbox, "OrderList_Acknowledge") == []
    assert pull(store).fetched == 0
    assert health(store).state == "ok"


def test_an_edited_order_comes_again(sandbox, store):
    pull(store)
    number = min(sandbox.orders)
    line = sandbox.orders[number]["items"][0]
    sandbox.change_quantity(number, line["line_id"], line["quantity"] + 1)
    assert pull(store).updated == 1


def test_a_page_that_could_not_be_kept_is_on_disk_and_kept_by_the_next_pull(sandbox, store):
    interrupt(sandbox, store, page=2)
    with pytest.raises(LeaseLost):
        pull(store)
    on_disk = {order["id"] for page in ReceivedPage.objects.of(store) for order in page.orders}
    missing = set(sandbox.orders) - set(kept(store))
    assert len(on_disk) == 5
    assert on_disk <= missing
    assert not on_disk & set(sandbox.queues[NEW_AND_UPDATED])  # Miva will not send them again
    let_go(store)
    pull(store)
    assert kept(store) == sorted(sandbox.orders)
    assert not ReceivedPage.objects.exists()


def test_a_page_on_disk_is_kept_whatever_the_strategy_is_by_then(sandbox, store):
    interrupt(sandbox, store, page=1)
    with pytest.raises(LeaseLost):
        pull(store)
    let_go(store)
    store.strategy = "number"
    numbers = {order["id"] for page in ReceivedPage.objects.of(store) for order in page.orders}
    for number in numbers:
        sandbox.archive(number)  # so that no other road can bring them
    pull(store)
    assert numbers <= set(kept(store))


def test_a_page_on_disk_is_an_older_version_than_what_came_meanwhile(sandbox, store):
    interrupt(sandbox, store, page=1)
    with pytest.raises(LeaseLost):
        pull(store)
    let_go(store)
    number = ReceivedPage.objects.get().orders[0]["id"]
    sandbox.edit_order(number, ship_city="Editedville", items=sandbox.orders[number]["items"])
    pull(store)
    assert Order.objects.get(miva_id=number).raw["ship_city"] == "Editedville"


def test_a_number_beyond_any_sense_costs_no_order_of_the_page(sandbox, store):
    sandbox.edit_order(min(sandbox.orders), ship_addr2=Raw(b"1e99999999999999999999"))
    pull(store)
    assert kept(store) == sorted(sandbox.orders)


def test_no_page_stays_on_disk_when_all_goes_well(sandbox, store):
    pull(store)
    assert not ReceivedPage.objects.exists()


def test_card_data_does_not_touch_the_disk(sandbox, store):
    store.passphrase = sandbox.passphrase
    store.save()
    card = {"number": "4111111111111111", "cvv": "987", "expires": "1227", "name": "A B"}
    [number] = place(sandbox, payments=[{"pay_secid": 1, "data": card, "amount": 10, "type": 1}])
    wire = miva_for(store).order_list(ListQuery(ondemand=ORDER_COLUMNS, count=100)).orders
    assert "4111111111111111" in shapes.encode([order for order in wire if order["id"] == number]).decode()
    interrupt(sandbox, store, page=3)
    with pytest.raises(LeaseLost):
        pull(store)
    on_disk = shapes.encode([page.orders for page in ReceivedPage.objects.of(store)]).decode()
    assert str(number) in on_disk
    assert "4111111111111111" not in on_disk
    assert '"987"' not in on_disk


def test_a_shipped_default_that_only_adds_does_not_loop_and_is_said(adding, store):
    pull(store)
    assert len(calls(adding, QUEUE)) == 3
    adding.calls.clear()
    assert pull(store).unchanged == 12
    assert len(calls(adding, QUEUE)) == 3
    assert len(adding.queues[NEW_AND_UPDATED]) == len(adding.queues[RETRIEVED]) == 12
    assert health(store).state == "warning"
    assert "Process Retrieved Orders" in health(store).remedy


def test_orders_that_webhooks_brought_first_are_no_sign_that_nothing_leaves_the_queue(sandbox, store):
    pull(store)
    for number in place(sandbox, 2):
        hints.record(store.pk, number)
    hints.fetch_hinted(store)
    assert pull(store).unchanged == 2
    assert not sandbox.queues[NEW_AND_UPDATED]
    assert health(store).state == "ok"


def test_an_order_that_a_split_brings_into_the_queue_again_is_no_sign_that_nothing_leaves_it(sandbox, store):
    [number, *others] = sorted(sandbox.orders)
    for other in others:
        sandbox.delete(other)
    line = sandbox.orders[number]["items"][0]
    sandbox.change_quantity(number, line["line_id"], 5)
    pull(store)
    acknowledge(store, 1, 1)
    sandbox.split(number, line["line_id"], 2)
    assert pull(store).unchanged == 1
    assert health(store).state == "ok"


@pytest.mark.parametrize("split", [True, False])
def test_what_a_webhook_brought_before_the_queue_is_no_sign_that_nothing_leaves_it(sandbox, store, split):
    for number in sorted(sandbox.orders)[1:]:
        sandbox.delete(number)
    one = min(sandbox.orders)
    line = sandbox.orders[one]["items"][0]
    sandbox.change_quantity(one, line["line_id"], 5)
    pull(store)
    Download.objects.create(store=store, first_number=1, last_number=99, count=99)
    sandbox.clock = lambda: time.time() + 5
    if split:
        sandbox.split(one, line["line_id"], 2)
    else:
        sandbox.change_quantity(one, line["line_id"], 4)
    hints.record(store.pk, one)
    hints.fetch_hinted(store)
    assert pull(store).fetched == 1
    assert health(store).state == "ok"


def test_a_queue_that_nothing_leaves_is_said_beside_new_orders(adding, store):
    pull(store)
    place(adding, 2)
    pull(store)
    assert health(store).state == "warning"


def test_new_orders_still_come_out_of_a_queue_that_nothing_leaves(adding, store):
    pull(store)
    new = place(adding, 2)
    assert pull(store).new == 2
    assert set(new) <= set(kept(store))


def test_a_queue_that_nothing_leaves_is_read_to_its_end_although_the_time_always_ends_before(adding, store):
    pull_all(store)
    new = place(adding, 1)
    pull_all(store)
    assert new[0] in kept(store)


def test_the_warning_is_gone_when_the_merchant_lets_retrieving_move_orders(adding, store):
    pull(store)
    pull(store)
    adding.use_retrieval(moves=True)
    pull(store)
    pull(store)
    assert not adding.queues[NEW_AND_UPDATED]
    assert health(store).state == "ok"
