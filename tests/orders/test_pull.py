"""Pulling by queue with acknowledgement, against a store with memory over real HTTP."""

from __future__ import annotations

import pytest

from orders.content import skus_of
from orders.models import Acknowledgement, Order
from orders.pull import pull
from stores import cursors
from stores.check import check_store
from stores.cursors import StoreBusy
from stores.health import summary
from stores.miva.errors import MivaDown, MivaError, MivaLocked, MivaRefused
from stores.models import Exchange, PullCursor
from stores.sandbox import SandboxStore, serve
from stores.sandbox.workflows import NEW_AND_UPDATED, PROCESS_ACKNOWLEDGEMENT
from tests.factories import store_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    sandbox = SandboxStore(seed=7)
    while len(sandbox.queues[NEW_AND_UPDATED]) < 23:
        sandbox.place_order()
    for number in set(sandbox.orders) - set(sandbox.queues[NEW_AND_UPDATED]):
        sandbox.delete(number)  # placed, but not paid: the workflow does not queue it
    return sandbox


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, page_size=10)


def queued(sandbox) -> set[int]:
    return set(sandbox.queues[NEW_AND_UPDATED])


def called(sandbox, function: str) -> int:
    return sum(function in call.function for call in sandbox.calls)


def health(store):
    return summary(type(store).objects.select_related("merchant", "cursor").get(pk=store.pk))


def test_every_order_of_the_queue_is_kept_and_acknowledged_page_by_page(sandbox, store):
    expected = queued(sandbox)
    pulled = pull(store)
    assert pulled.counts() == {
        "fetched": len(expected), "new": len(expected), "updated": 0, "unchanged": 0, "held": 0, "acknowledged": len(expected),
    }  # fmt: skip
    assert set(Order.objects.values_list("miva_id", flat=True)) == expected
    assert not queued(sandbox)
    assert called(sandbox, "QueueOrderList_Load_Query") == 3
    assert not unacknowledged(store)


def test_a_second_pull_finds_nothing_and_is_a_success(sandbox, store):
    pull(store)
    assert pull(store).fetched == 0
    assert health(store).state == "ok"


def test_an_edited_order_comes_again_and_replaces_the_earlier_version(sandbox, store):
    pull(store)
    number = min(sandbox.orders)
    line = sandbox.orders[number]["items"][0]
    sandbox.change_quantity(number, line["line_id"], line["quantity"] + 3)
    assert pull(store).updated == 1
    assert Order.objects.get(miva_id=number).changed_at is not None


def test_a_page_is_committed_before_it_is_acknowledged(sandbox, store):
    seen = []

    def look(call):
        if "Acknowledge" in call.function:
            seen.append(
                Order.objects.filter(miva_id__in=call.parameters["Order_IDs"]).count()
                == len(call.parameters["Order_IDs"])
            )

    sandbox.before_reply.append(in_own_connection(look))
    pull(store)
    assert seen == [True, True, True]


def in_own_connection(look):
    """The sandbox answers in threads of its own: close the database connection that such a thread opens."""

    def closing(call):
        from django.db import connection

        try:
            look(call)
        finally:
            connection.close()

    return closing


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "cut_json", "html", "empty"])
@pytest.mark.parametrize("function", ["QueueOrderList_Load_Query", "OrderList_Acknowledge"])
def test_after_any_fault_the_next_pull_completes_and_nothing_is_lost_or_doubled(
    sandbox, store, kind, function
):
    expected = queued(sandbox)
    sandbox.faults.add(kind, function=function)
    with pytest.raises((MivaDown, MivaLocked)):
        pull(store)
    assert sandbox.faults.taken
    assert health(store).state == "failing"
    pull(store)
    assert sorted(Order.objects.values_list("miva_id", flat=True)) == sorted(expected)
    assert not queued(sandbox)
    assert health(store).state == "ok"


def test_a_failed_acknowledgement_does_not_stop_the_import(sandbox, store):
    sandbox.faults.add(
        "error_code",
        function="OrderList_Acknowledge",
        times=99,
        code="access_denied",
        message="Access denied",
    )
    with pytest.raises(MivaLocked):
        pull(store)
    assert Order.objects.count() == 23
    assert len(sandbox.faults.taken) == 1
    assert "OrderList_Acknowledge" in health(store).sentence + health(store).remedy


def test_a_failed_pull_moves_the_attempt_but_not_the_success(sandbox, store):
    pull(store)
    before = PullCursor.objects.get()
    sandbox.faults.add("api_offline")
    with pytest.raises(MivaDown):
        pull(store)
    after = PullCursor.objects.get()
    assert after.last_good_at == before.last_good_at
    assert after.last_tried_at > before.last_tried_at
    assert after.failures == 1
    assert after.leased_until is None


def test_acknowledging_that_moves_nothing_is_said_with_the_remedy_and_the_import_goes_on(sandbox, store):
    sandbox.workflows.discard(PROCESS_ACKNOWLEDGEMENT)
    pull(store)
    assert health(store).state == "ok"
    assert pull(store).unchanged == 23
    assert health(store).state == "warning"
    assert PROCESS_ACKNOWLEDGEMENT in health(store).remedy
    sandbox.place_order()
    assert pull(store).new == 1
    assert {check.name: check.ok for check in check_store(store)}["workflow"] is False


def test_a_queue_that_does_not_exist_is_refused_by_name(sandbox, store):
    store.queue_code = "orders_for_nobody"
    store.save()
    with pytest.raises(MivaRefused):
        pull(store)
    assert "orders_for_nobody" in health(store).sentence


def test_only_one_pull_at_a_time_holds_a_store(sandbox, store):
    cursors.claim(store)
    with pytest.raises(StoreBusy):
        pull(store)


def test_every_conversation_is_in_the_journal_without_secrets(sandbox, store):
    pull(store)
    exchanges = list(Exchange.objects.filter(store=store))
    assert len(exchanges) == 6
    text = " ".join(f"{entry.request} {entry.response} {entry.error}" for entry in exchanges)
    for secret in (sandbox.token, sandbox.signing_key, sandbox.passphrase):
        assert secret not in text


def test_a_refusal_in_characters_that_no_database_takes_is_said_and_journalled(sandbox, store):
    sandbox.faults.add("error_code", code="MER-ODD-00001", message="No\0 such thing")
    with pytest.raises(MivaError, match="No such thing"):
        pull(store)
    cursor = PullCursor.objects.get()
    assert "No such thing" in cursor.problem
    assert (cursor.failures, cursor.leased_until) == (1, None)
    assert "No such thing" in Exchange.objects.get(store=store).error


def test_a_store_that_is_silent_leaves_the_worker_free_and_is_due_again(sandbox, store, monkeypatch):
    sandbox.faults.add("silent", seconds=3)
    monkeypatch.setattr("orders.pull.miva_for", impatient(store))
    with pytest.raises(MivaDown):
        pull(store)
    cursor = PullCursor.objects.get()
    assert cursor.leased_until is None
    assert cursor.due_at > cursor.last_tried_at
    monkeypatch.undo()
    assert pull(store).new == 23


def impatient(store):
    """The same wire with time-outs short enough for a test."""
    from stores.miva.client import MivaClient, Timeouts
    from stores.wires import credentials_of

    return lambda _, **__: MivaClient(
        credentials_of(store), timeouts=Timeouts(1, 0.3, 0.5), allow_private=True, allow_http=True
    )


def test_a_budget_that_ends_leaves_the_store_due_at_once(sandbox, store):
    pulled = pull(store, budget=0)
    assert pulled.fetched == 10
    cursor = PullCursor.objects.get()
    assert cursor.due_at <= cursor.last_good_at
    assert pull(store).new == 13


def test_orders_placed_while_pages_are_read_shift_nothing(sandbox, store):
    def place(call):
        if "Queue" in call.function and len(sandbox.orders) < 30:
            sandbox.place_order(late=True)

    sandbox.before_reply.append(place)
    pull(store)
    sandbox.before_reply.clear()
    pull(store)
    assert set(Order.objects.values_list("miva_id", flat=True)) == paid(sandbox)


def unacknowledged(store) -> set[int]:
    """The numbers of the store's orders that no acknowledgement is noted of."""
    numbers = Order.objects.of(store).values_list("miva_id", flat=True)
    return set(numbers) - set(Acknowledgement.objects.of(store).values_list("miva_id", flat=True))


def paid(sandbox) -> set[int]:
    return {number for number, order in sandbox.orders.items() if order["payments"]}


def test_check_store_is_all_good_for_a_good_store(sandbox, store):
    assert all(check.ok for check in check_store(store)), check_store(store)


def test_acknowledgements_that_miva_does_not_accept_are_said_and_tried_again(sandbox, store):
    number = min(queued(sandbox))
    sandbox.busy_orders = {number}
    pull(store)
    assert unacknowledged(store) == {number}
    assert health(store).state == "warning"
    assert str(number) in health(store).sentence
    assert "Database is locked" in health(store).sentence
    sandbox.busy_orders = set()
    pull(store)
    assert not queued(sandbox)
    assert health(store).state == "ok"


def test_an_order_that_cannot_be_read_is_not_acknowledged(sandbox, store, monkeypatch):
    number = min(queued(sandbox))
    monkeypatch.setattr("orders.prepare.skus_of", breaking_at(number))
    pull(store)
    assert queued(sandbox) == {number}
    monkeypatch.undo()
    pull(store)
    assert not queued(sandbox)
    assert Order.objects.get(miva_id=number).state == Order.State.EXPORTABLE


def breaking_at(number):
    """The same words to find an order by, but for one order a fault that nobody thought of."""

    def breaking(raw):
        if raw["id"] == number:
            raise ZeroDivisionError
        return skus_of(raw)

    return breaking
