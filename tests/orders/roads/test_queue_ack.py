"""The queue with acknowledgement: orders leave it when we say that they are safe."""

from __future__ import annotations

import threading
import time

import pytest
from django.utils import timezone

from orders import hints
from orders.models import Acknowledgement, Download, Order
from orders.pull import pull
from orders.roads import road_for
from stores.miva.errors import MivaDown, MivaLocked
from stores.models import Exchange
from stores.sandbox import serve
from stores.sandbox.workflows import NEW_AND_UPDATED, PROCESS_ACKNOWLEDGEMENT
from stores.wires import miva_for
from tests.factories import store_of
from tests.orders.roads.helpers import (
    QUEUE,
    acknowledged,
    calls,
    health,
    kept,
    once,
    place,
    pull_all,
    shop,
    sorted_all,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    return shop(12)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, page_size=5)


@pytest.fixture
def idle(sandbox):
    """Acknowledging moves nothing: the merchant has not enabled the workflow."""
    sandbox.workflows.discard(PROCESS_ACKNOWLEDGEMENT)
    return sandbox


def test_an_edited_order_comes_again_and_is_acknowledged_again(sandbox, store):
    pull(store)
    number = min(sandbox.orders)
    line = sandbox.orders[number]["items"][0]
    sandbox.change_quantity(number, line["line_id"], line["quantity"] + 1)
    assert pull(store).updated == 1
    assert acknowledged(sandbox)[-1] == [number]
    assert not sandbox.queues[NEW_AND_UPDATED]


def test_orders_that_stay_are_acknowledged_once_and_then_one_of_them_each_pull(idle, store):
    pull(store)
    assert sorted_all(*acknowledged(idle)) == sorted(idle.orders)
    idle.calls.clear()
    pull(store)
    pull(store)
    assert acknowledged(idle) == [[min(idle.orders)], [min(idle.orders)]]


def test_new_orders_behind_those_that_stay_are_acknowledged_and_the_old_ones_not_in_circles(idle, store):
    pull(store)
    for _ in range(3):
        idle.calls.clear()
        new = place(idle, 2)
        assert pull(store).new == 2
        assert sorted_all(*acknowledged(idle)) == [min(idle.orders), *new]


def test_an_edited_order_among_those_that_stay_is_acknowledged(idle, store):
    pull(store)
    number = max(idle.orders)
    idle.edit_order(number, ship_city="Editedville")
    idle.calls.clear()
    assert pull(store).updated == 1
    assert number in sorted_all(*acknowledged(idle))


def test_when_the_merchant_enables_the_workflow_the_queue_empties_within_two_pulls(idle, store):
    pull(store)
    pull(store)
    place(idle, 3)
    pull(store)
    assert len(idle.queues[NEW_AND_UPDATED]) == 15
    assert health(store).state == "warning"  # new orders came, but most of the queue is stuck
    idle.use_acknowledgement()
    pull(store)
    pull(store)
    assert not idle.queues[NEW_AND_UPDATED]
    assert health(store).state == "ok"


def test_a_queue_that_nothing_leaves_is_read_to_its_end_although_the_time_always_ends_before(idle, store):
    pull_all(store)
    new = place(idle, 1)
    pull_all(store)
    assert kept(store) == sorted(idle.orders)
    assert new[0] in kept(store)


@pytest.fixture
def one(sandbox, store):
    """The store's only order, pulled and acknowledged."""
    for number in sorted(sandbox.orders)[1:]:
        sandbox.delete(number)
    pull(store)
    return min(sandbox.orders)


def test_an_order_that_a_split_brings_into_the_queue_again_is_no_sign_that_nothing_leaves_it(
    sandbox, store, one
):
    line = sandbox.orders[one]["items"][0]
    sandbox.change_quantity(one, line["line_id"], 5)
    pull(store)
    sandbox.split(one, line["line_id"], 2)
    assert one in sandbox.queues[NEW_AND_UPDATED]
    assert pull(store).acknowledged == 1
    assert health(store).state == "ok"


def test_an_edit_that_a_webhook_brought_first_is_no_sign_that_nothing_leaves_the_queue(sandbox, store, one):
    line = sandbox.orders[one]["items"][0]
    sandbox.change_quantity(one, line["line_id"], line["quantity"] + 1)
    hints.record(store.pk, one)
    assert hints.fetch_hinted(store).updated == 1
    assert pull(store).acknowledged == 1
    assert health(store).state == "ok"


def test_a_split_that_a_webhook_brought_first_is_no_sign_that_nothing_leaves_the_queue(sandbox, store, one):
    line = sandbox.orders[one]["items"][0]
    sandbox.change_quantity(one, line["line_id"], 5)
    pull(store)
    Download.objects.create(store=store, first_number=1, last_number=99, count=99)
    sandbox.clock = lambda: time.time() + 5
    sandbox.split(one, line["line_id"], 2)
    for _ in range(2):
        hints.record(store.pk, one)
        assert hints.fetch_hinted(store).updated == 0
    assert pull(store).acknowledged == 1
    assert health(store).state == "ok"


def test_a_queue_that_nothing_leaves_is_said_with_the_workflow_by_name(idle, store):
    pull(store)
    pull(store)
    assert health(store).state == "warning"
    assert PROCESS_ACKNOWLEDGEMENT in health(store).remedy


def test_a_refused_acknowledgement_does_not_keep_later_pages_away_when_the_time_ends(sandbox, store):
    sandbox.faults.add(
        "error_code",
        function="OrderList_Acknowledge",
        times=None,
        code="access_denied",
        message="Access denied",
    )
    for _ in range(3):
        with pytest.raises(MivaLocked):
            pull(store, budget=0)
    assert kept(store) == sorted(sandbox.orders)
    assert "OrderList_Acknowledge" in health(store).sentence + health(store).remedy
    sandbox.faults.clear()
    pull(store)
    pull(store)
    assert not sandbox.queues[NEW_AND_UPDATED]


def test_what_miva_did_not_accept_is_not_noted_as_acknowledged(sandbox, store):
    sandbox.faults.add("reset_before", function="OrderList_Acknowledge", times=1)
    with pytest.raises(Exception, match="OrderList_Acknowledge"):
        pull(store)
    assert Order.objects.of(store).count() == 12
    assert not Acknowledgement.objects.of(store).exists()


def test_the_next_page_is_on_its_way_while_a_page_is_acknowledged(sandbox, store):
    asked, met = threading.Event(), []
    sandbox.before_reply.append(once(QUEUE, asked.set, at=2))
    sandbox.before_reply.append(once("OrderList_Acknowledge", lambda: met.append(asked.wait(30))))
    assert pull(store).new == 12
    assert met == [True]


def test_no_page_is_asked_for_before_the_one_in_front_of_it_is_committed(sandbox, store):
    committed = []
    sandbox.before_reply.append(once(QUEUE, lambda: committed.append(len(kept(store))), at=2))
    sandbox.before_reply.append(once(QUEUE, lambda: committed.append(len(kept(store))), at=3))
    pull(store)
    assert committed == [5, 10]


def test_a_page_that_was_sent_for_in_vain_is_in_the_journal_and_its_orders_in_the_queue(sandbox, store):
    road = road_for(store, miva_for(store))
    road.ask_ahead(road.ask())
    road.let_go()
    assert Exchange.objects.filter(function__endswith=QUEUE).count() == len(calls(sandbox, QUEUE)) == 2
    assert pull(store).new == 12


def test_the_journal_says_when_a_request_was_over_however_late_that_is_written(store):
    with miva_for(store).together() as client:
        client.acknowledge([1])
        over = timezone.now()
        assert not Exchange.objects.exists()
    assert Exchange.objects.get().at <= over


def test_a_page_that_failed_on_its_way_is_asked_for_again_at_the_next_pull(sandbox, store):
    sandbox.before_reply.append(
        once(QUEUE, lambda: sandbox.faults.add("status", function=QUEUE, times=1), at=1)
    )
    with pytest.raises(MivaDown):
        pull(store)
    assert sorted_all(*acknowledged(sandbox)) == kept(store) == sorted(sandbox.orders)[:5]
    pull(store)
    assert sorted_all(*acknowledged(sandbox)) == kept(store) == sorted(sandbox.orders)
