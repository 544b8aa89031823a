"""Asking Miva about an order that is not here: every answer, and why the order was not pulled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from orders import enquiries, jobs
from orders.jobs import JobBusy
from orders.models import Backfill, Enquiry, Order, OrderHint
from orders.not_pulled import reasons
from orders.pull import pull
from orders.tasks import answer_enquiry, due_enquiries, run_backfill
from stores.models import Exchange, PullCursor, Store
from stores.sandbox import SandboxStore
from stores.sandbox import serve as serve_sandbox
from tests.factories import store_of
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "QueueOrderList_Load_Query"


@pytest.fixture(autouse=True)
def _sandbox_is_allowed(settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True


@pytest.fixture
def sandbox():
    sandbox = SandboxStore(seed=5, skipped_share=0.0)
    sandbox.use_acknowledgement()
    return sandbox


@pytest.fixture
def store(sandbox):
    with serve_sandbox(sandbox) as server:
        yield store_of(sandbox, server)


def paid(sandbox: SandboxStore, **more) -> int:
    order = sandbox.place_order(**more)
    if not order["payments"]:
        sandbox.record_payment(order["id"])
    return order["id"]


def asked(store: Store, number: int) -> Enquiry:
    enquiry = enquiries.ask(store, number)
    enquiries.work(enquiry)
    return Enquiry.objects.select_related("store__merchant", "store__cursor").get(pk=enquiry.pk)


def why(store: Store, number: int) -> str:
    return " ".join(
        f"{each.sentence} {each.remedy}" for each in reasons(asked(store, number), timezone.now())
    )


def test_an_order_that_miva_has_is_answered_with_its_time_its_status_and_its_queue(sandbox, store):
    number = paid(sandbox)
    found = asked(store, number)
    assert (found.answer, found.in_queue, found.state) == ("exists", True, "done")
    assert int(found.placed_at.timestamp()) == sandbox.orders[number]["orderdate"]
    assert found.miva_status == sandbox.orders[number]["status"]


def test_asking_reads_no_queue_and_leaves_the_order_in_it(sandbox, store):
    number = paid(sandbox)
    asked(store, number)
    assert not Exchange.objects.filter(function=QUEUE).exists()
    assert asked(store, number).in_queue is True
    assert not Order.objects.exists()


def test_a_deleted_order_is_told_from_a_number_that_was_never_given(sandbox, store):
    gone, last = paid(sandbox), paid(sandbox)
    sandbox.delete(gone)
    found = asked(store, gone)
    assert (found.answer, found.next_number) == ("passed", last)
    assert asked(store, last + 1).answer == "ahead"


@pytest.mark.parametrize("fault", ["refuse", "reset_before", "html", "cut_json", "api_offline"])
def test_a_miva_that_cannot_be_reached_is_an_answer_with_its_reason_and_nothing_is_retried(
    sandbox, store, fault
):
    sandbox.faults.add(fault, times=None)
    found = asked(store, 4711)
    assert (found.answer, found.state) == ("unreached", "done")
    assert found.problem
    assert enquiries.due(timezone.now() + timedelta(hours=1)) == []


def test_a_wrong_token_says_so(sandbox, store):
    Store.objects.filter(pk=store.pk).update(signing_key="d3Jvbmcta2V5")
    found = asked(store, 4711)
    assert found.answer == "unreached"
    assert found.remedy


def test_pressed_twice_it_is_one_question_and_answered_it_can_be_asked_again(sandbox, store):
    first = enquiries.ask(store, 7)
    assert enquiries.ask(store, 7) == first
    enquiries.work(first)
    assert enquiries.ask(store, 7) != first


def test_two_workers_do_not_ask_the_same(sandbox, store):
    enquiry = enquiries.ask(store, 7)
    jobs.claim(enquiry)
    with pytest.raises(JobBusy):
        enquiries.work(enquiry)


def test_a_question_that_a_dead_worker_held_is_found_by_the_clock(sandbox, store):
    enquiry = enquiries.ask(store, 7)
    jobs.claim(enquiry)
    now = timezone.now()
    assert enquiries.due(now) == []
    assert enquiries.due(now + Enquiry.LEASE + timedelta(seconds=1)) == [enquiry.pk]
    assert enquiries.due(now + Enquiry.LEASE + timedelta(seconds=2)) == []


def test_a_lost_message_changes_nothing(sandbox, store):
    enquiry = enquiries.ask(store, 7)
    assert due_enquiries() == 1
    answer_enquiry(enquiry.pk)
    answer_enquiry(enquiry.pk)
    assert Enquiry.objects.get().answer == "ahead"
    assert due_enquiries() == 0


def test_outside_the_queue(sandbox, store):
    number = paid(sandbox)
    sandbox.take_from_queues(sandbox.orders[number])
    assert "not in the queue 'new_and_updated'" in why(store, number)


def test_a_queue_that_miva_does_not_have(sandbox, store):
    Store.objects.filter(pk=store.pk).update(queue_code="new_orders")
    number = paid(sandbox)
    assert "tells of no such queue" in why(store, number)


def test_in_the_queue_and_not_pulled_yet(sandbox, store):
    pull(store)
    assert "The next pull brings it by itself." in why(store, paid(sandbox))


def test_a_paused_store_says_since_when(sandbox, store):
    pull(store)
    Store.objects.filter(pk=store.pk).update(paused_reason="Moving to a new server")
    found = reasons(asked(store, paid(sandbox)), timezone.now())
    assert "paused (Moving to a new server)" in found[0].sentence
    assert found[0].since == PullCursor.objects.get().last_good_at


def test_a_failing_store_says_what_fails(sandbox, store):
    PullCursor.objects.filter(store=store).update(problem="Miva refused the access.", problem_kind="locked")
    assert "Miva refused the access." in why(store, paid(sandbox))


def test_placed_before_the_stores_start(sandbox, store):
    Store.objects.filter(pk=store.pk).update(strategy="date", start_from=timezone.now() + timedelta(days=1))
    pull(Store.objects.get(pk=store.pk))
    assert "before the time from which on this store is pulled" in why(store, paid(sandbox))


@pytest.mark.parametrize("strategy", ["date", "updated"])
def test_behind_the_range_that_was_read(sandbox, store, strategy):
    Store.objects.filter(pk=store.pk).update(strategy=strategy)
    late = paid(sandbox, orderdate=int(timezone.now().timestamp()) - 86_400)
    sandbox.orders[late]["dt_updated"] = sandbox.orders[late]["orderdate"]
    PullCursor.objects.filter(store=store).update(since=timezone.now(), last_good_at=timezone.now())
    assert "Its date lies before the range" in why(store, late)


def test_below_the_numbers_that_were_read(sandbox, store):
    Store.objects.filter(pk=store.pk).update(strategy="number")
    number = paid(sandbox)
    PullCursor.objects.filter(store=store).update(highest_number=number + 500, last_good_at=timezone.now())
    assert "looks back only 30" in why(store, number)


def test_a_webhook_that_waits_is_named(sandbox, store):
    number = paid(sandbox)
    OrderHint.objects.create(store=store, miva_id=number, failures=2)
    assert "2 attempts have failed" in why(store, number)


def test_fetched_it_is_here_and_pressed_twice_it_is_one_backfill(sandbox, store):
    number = paid(sandbox)
    pull(store)
    Order.objects.all().delete()
    enquiry = asked(store, number)
    row = enquiries.fetch(enquiry)
    assert enquiries.fetch(enquiry) == row
    PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
    run_backfill(row.pk)
    assert Order.objects.get().miva_id == number
    assert Order.objects.get().road == "backfill"
    assert Backfill.objects.get().state == "done"


def test_old_answers_are_forgotten_and_open_questions_are_not(sandbox, store):
    asked(store, 1)
    enquiries.ask(store, 2)
    Enquiry.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert enquiries.prune(timezone.now()) == 1
    assert Enquiry.objects.get().number == 2


def test_pressed_by_several_at_once_it_is_one_backfill(sandbox, store):
    enquiry = asked(store, paid(sandbox))
    rows = at_once(6, lambda _: enquiries.fetch(enquiry))
    assert rows == [Backfill.objects.get()] * 6
