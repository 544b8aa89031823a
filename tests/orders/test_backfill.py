"""Backfill against a store with memory over real HTTP: nothing lost, nothing doubled, whatever happens on the way."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from orders import backfill, jobs
from orders.jobs import JobBusy, Outcome
from orders.models import Backfill, Job, Order
from orders.pull import pull
from orders.spans import Span, between_numbers
from orders.tasks import due_backfills, run_backfill
from stores import cursors
from stores.cursors import LeaseLost
from stores.miva.errors import MivaDown, MivaLocked
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from tests.factories import make_store, store_of

pytestmark = pytest.mark.django_db(transaction=True)

ALL = Span(since=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.fixture
def sandbox():
    return SandboxStore(seed=9, orders=25)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        store = store_of(sandbox, server, page_size=10, requests_per_second=50, start_from=timezone.now())
        PullCursor.objects.update(due_at=timezone.now() + timedelta(minutes=10))
        yield store


@pytest.fixture
def job(store):
    return backfill.start(store, ALL, estimated=25)


@pytest.fixture
def broker():
    """The real broker, empty before and after."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    names = ["celery", "celery\x06\x169", "unacked", "unacked_index"]
    client.delete(*names)
    yield client
    client.delete(*names)
    client.close()


def messages(broker) -> list[dict]:
    return [json.loads(entry) for entry in broker.lrange("celery\x06\x169", 0, -1)]


def here(store) -> list[int]:
    return sorted(Order.objects.of(store).values_list("miva_id", flat=True))


def fresh(job: Backfill) -> Backfill:
    return Backfill.objects.get(pk=job.pk)


def questions(sandbox) -> list[dict]:
    return [call.parameters for call in sandbox.calls if call.function == "OrderList_Load_Query"]


@pytest.mark.sqlite
def test_every_order_of_the_store_is_fetched_whatever_its_strategy_and_start(sandbox, store, job):
    assert backfill.work(job) is Outcome.DONE
    assert here(store) == sorted(sandbox.orders)
    done = fresh(job)
    assert (done.state, done.fetched, done.new, done.unchanged) == (Job.State.DONE, 25, 25, 0)
    assert (done.finished_at is not None, done.leased_until, done.position) == (
        True,
        None,
        max(sandbox.orders),
    )


def test_orders_come_by_the_road_backfill_and_nothing_is_acknowledged(sandbox, store, job):
    backfill.work(job)
    assert set(Order.objects.values_list("road", flat=True)) == {"backfill"}
    assert {call.function for call in sandbox.calls} == {"OrderList_Load_Query"}


def test_what_is_here_already_stays_as_it_is(sandbox, store, job):
    pull(store)
    before = set(Order.objects.values_list("miva_id", "export_number", "kept_at"))
    backfill.work(job)
    assert before <= set(Order.objects.values_list("miva_id", "export_number", "kept_at"))
    assert fresh(job).unchanged == len(before)


def test_a_range_of_dates_has_its_beginning_and_not_its_end(sandbox, store):
    times = sorted(order["orderdate"] for order in sandbox.orders.values())
    span = Span(since=datetime.fromtimestamp(times[5], UTC), until=datetime.fromtimestamp(times[9], UTC))
    backfill.work(backfill.start(store, span, estimated=4))
    assert sorted(int(order.placed_at.timestamp()) for order in Order.objects.of(store)) == times[5:9]


def test_a_range_of_numbers_has_both_its_ends(sandbox, store):
    numbers = sorted(sandbox.orders)
    span = between_numbers(f"{numbers[3]}-{numbers[14]}")
    backfill.work(backfill.start(store, span, estimated=12))
    assert here(store) == numbers[3:15]


def test_the_estimate_is_one_question_for_one_order(sandbox, store):
    found = backfill.estimate(store, ALL)
    assert found.orders == 25
    assert found.seconds == 25 / backfill.ORDERS_PER_SECOND
    [asked] = questions(sandbox)
    assert (asked["Count"], "ondemandcolumns" in json.dumps(asked["Filter"])) == (1, False)


def test_the_estimate_knows_the_speed_of_the_last_backfill(sandbox, store, job):
    Backfill.objects.update(state=Job.State.DONE, fetched=500, seconds=100)
    assert backfill.estimate(store, ALL).seconds == 5


def test_no_question_asks_for_everything_and_a_page_is_all_that_is_held(sandbox, store, job):
    backfill.work(job)
    assert [asked["Count"] for asked in questions(sandbox)] == [10, 10, 10]
    assert {asked.get("Offset", 0) for asked in questions(sandbox)} == {0}


@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "cut_json", "html", "status"])
def test_after_a_fault_on_any_page_it_goes_on_where_it_was(sandbox, store, job, kind, page):
    def strike(call):
        if len(questions(sandbox)) == page - 1:
            sandbox.faults.add(kind)

    if page == 1:
        sandbox.faults.add(kind)
    else:
        sandbox.before_reply.append(strike)
    with pytest.raises((MivaDown, MivaLocked)):
        backfill.work(job)
    sandbox.before_reply.clear()
    failed = fresh(job)
    assert (failed.state, failed.failures, failed.fetched) == (Job.State.WAITING, 1, (page - 1) * 10)
    assert failed.problem
    assert failed.not_before > timezone.now()
    backfill.work(job)
    assert here(store) == sorted(sandbox.orders)
    assert (fresh(job).fetched, fresh(job).problem, fresh(job).failures) == (25, "", 0)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_worker_that_dies_between_answer_and_commit_leaves_the_page_to_the_next(sandbox, store, job, page):
    """The dead worker's lease ends; another takes the job up while the dead one's page was never committed."""
    lease = jobs.claim(job)
    steps = backfill.pages(lease, fresh(job), backfill.miva_for(store))
    for _ in range(page - 1):
        next(steps)
    steps.close()
    with pytest.raises(JobBusy):
        backfill.work(job)
    Backfill.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert backfill.work(job) is Outcome.DONE
    assert here(store) == sorted(sandbox.orders)
    assert fresh(job).fetched == 25
    assert len(questions(sandbox)) == 3


def test_a_worker_that_comes_back_from_the_dead_writes_nothing(sandbox, store, job):
    taken = []

    def take_over(call):
        if not taken:
            taken.append(
                in_a_thread(lambda: Backfill.objects.update(leased_until=timezone.now()) and jobs.claim(job))
            )

    sandbox.before_reply.append(take_over)
    with pytest.raises(LeaseLost):
        backfill.work(job)
    assert (here(store), fresh(job).fetched, fresh(job).position) == ([], 0, 0)
    assert fresh(job).leased_until is not None


def in_a_thread(action):
    """Do something as another process would, with a database connection of its own."""
    from django.db import connection

    def closing():
        try:
            results.append(action())
        finally:
            connection.close()

    results: list = []
    thread = threading.Thread(target=closing)
    thread.start()
    thread.join(20)
    return results[0]


def test_a_fault_of_our_own_is_written_down_and_tried_again(sandbox, store, job):
    def pages(lease, row, client):
        raise ZeroDivisionError
        yield

    with pytest.raises(ZeroDivisionError):
        jobs.work(job, pages)
    failed = fresh(job)
    assert (failed.state, failed.leased_until, failed.failures) == (Job.State.WAITING, None, 1)
    assert "portal itself" in failed.problem


@pytest.mark.parametrize(
    ("decide", "state"), [(backfill.pause, Job.State.PAUSED), (backfill.cancel, Job.State.CANCELLED)]
)
def test_pause_and_cancel_take_effect_before_the_next_page(sandbox, store, job, decide, state):
    sandbox.before_reply.append(lambda call: in_a_thread(lambda: decide(job)))
    assert backfill.work(job) is Outcome.STOPPED
    stopped = fresh(job)
    assert (stopped.state, stopped.fetched, stopped.leased_until) == (state, 10, None)
    assert len(questions(sandbox)) == 1
    with pytest.raises(JobBusy):
        backfill.work(job)


def test_a_paused_backfill_goes_on_where_it_stopped(sandbox, store, job):
    backfill.work(job, budget=0)
    assert backfill.pause(job)
    assert not backfill.pause(job)
    assert backfill.go_on(job)
    assert backfill.work(job) is Outcome.DONE
    assert (here(store), fresh(job).fetched) == (sorted(sandbox.orders), 25)


def test_a_cancelled_backfill_does_not_go_on(store, job):
    assert backfill.cancel(job)
    assert not backfill.go_on(job)
    assert not backfill.cancel(job)


def test_a_slice_ends_with_its_time_and_the_next_goes_on(sandbox, store, job):
    assert backfill.work(job, budget=0) is Outcome.MORE
    assert (fresh(job).state, fresh(job).fetched) == (Job.State.WAITING, 10)
    assert backfill.work(job, budget=0) is Outcome.MORE
    assert backfill.work(job, budget=0) is Outcome.DONE


def test_it_gives_way_to_a_regular_pull_that_is_due(sandbox, store, job):
    PullCursor.objects.update(due_at=timezone.now())
    assert backfill.work(job) is Outcome.GAVE_WAY
    assert not sandbox.calls
    assert fresh(job).state == Job.State.WAITING
    assert timezone.now() < fresh(job).not_before <= timezone.now() + jobs.STEP_BACK


def test_it_gives_way_between_two_pages_to_a_regular_pull_that_runs(sandbox, store, job):
    sandbox.before_reply.append(lambda call: in_a_thread(lambda: cursors.claim(store)))
    assert backfill.work(job) is Outcome.GAVE_WAY
    assert fresh(job).fetched == 10


def test_it_does_not_wait_for_the_pull_of_a_store_that_the_clock_leaves_alone(sandbox, store, job):
    PullCursor.objects.update(due_at=timezone.now())
    type(store).objects.update(paused_reason="The merchant is moving.")
    assert backfill.work(job) is Outcome.DONE


def test_another_store_s_pull_and_orders_have_nothing_to_do_with_it(sandbox, store, job):
    other = make_store(merchant=store.merchant)
    backfill.work(job)
    assert not here(other)
    assert len(here(store)) == 25


def test_wrong_credentials_are_shown_and_tried_again_slowly(sandbox, store, job):
    sandbox.enabled = False
    with pytest.raises(MivaLocked):
        backfill.work(job)
    locked = fresh(job)
    assert (locked.state, bool(locked.problem), bool(locked.remedy)) == (Job.State.WAITING, True, True)
    assert locked.not_before > timezone.now() + timedelta(minutes=50)


def test_what_miva_asks_for_is_waited(sandbox, store, job):
    sandbox.faults.add("status", code=429, retry_after=1800)
    with pytest.raises(MivaDown):
        backfill.work(job)
    assert fresh(job).not_before > timezone.now() + timedelta(minutes=29)


def test_a_page_that_has_orders_and_shows_none_does_not_end_the_backfill(sandbox, store, job):
    sandbox.faults.add("rows_withheld")
    with pytest.raises(MivaDown, match="25"):
        backfill.work(job)
    backfill.work(job)
    assert here(store) == sorted(sandbox.orders)


def test_a_record_without_a_number_does_not_end_the_backfill_and_is_said(sandbox, store, job):
    sandbox.faults.add("row_without_id", times=None)
    backfill.work(job)
    assert here(store) == sorted(sandbox.orders)
    assert (fresh(job).state, "without an order number" in fresh(job).problem) == (Job.State.DONE, True)


def test_orders_placed_while_it_runs_are_fetched_and_an_order_that_comes_twice_is_one(sandbox, store, job):
    sandbox.faults.add("order_added_while_paging", times=2)
    sandbox.faults.add("duplicate_order")
    backfill.work(job)
    assert here(store) == sorted(sandbox.orders)
    assert Order.objects.count() == 27


def test_the_share_is_whole_only_at_the_end(job):
    job.estimated, job.fetched, job.seconds = 100, 40, 4.0
    assert backfill.share(job) == 0.4
    assert backfill.time_left(job) == timedelta(seconds=6)
    job.fetched = 140
    assert backfill.share(job) == 0.99
    job.state = Job.State.DONE
    assert (backfill.share(job), backfill.time_left(job)) == (1.0, None)


def test_the_clock_tells_the_workers_about_a_due_backfill_once_and_behind_the_pulls(job, broker):
    assert due_backfills() == 1
    assert due_backfills() == 0
    [message] = messages(broker)
    assert message["headers"]["task"] == "orders.tasks.run_backfill"
    assert not broker.llen("celery")


def test_a_lost_message_is_sent_again_and_a_doubled_one_changes_nothing(sandbox, store, job, broker):
    due_backfills()
    broker.delete("celery\x06\x169")
    Backfill.objects.update(nudged_at=timezone.now() - timedelta(minutes=6))
    assert due_backfills() == 1
    run_backfill(job.pk)
    calls = len(sandbox.calls)
    run_backfill(job.pk)
    assert len(sandbox.calls) == calls
    assert fresh(job).state == Job.State.DONE


def test_the_clock_takes_up_what_a_dead_worker_left(job, broker):
    jobs.claim(job)
    assert due_backfills() == 0
    Backfill.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert due_backfills() == 1


def test_the_clock_starts_one_backfill_of_a_store_at_a_time(store, job, broker):
    backfill.start(store, between_numbers("1-5"), estimated=5)
    assert due_backfills() == 1


@pytest.mark.parametrize("change", [{"active": False}, {"paused_reason": "The merchant is moving."}])
def test_a_store_that_is_off_or_paused_is_left_alone_by_the_clock(sandbox, store, job, broker, change):
    type(store).objects.update(**change)
    assert due_backfills() == 0
    run_backfill(job.pk)
    assert not sandbox.calls


def test_the_task_tells_the_workers_about_the_next_slice_when_the_regular_pull_had_its_time(
    store, job, broker
):
    PullCursor.objects.update(due_at=timezone.now())
    run_backfill(job.pk)
    Backfill.objects.update(not_before=timezone.now())
    run_backfill(job.pk)
    starts = [datetime.fromisoformat(message["headers"]["eta"]) for message in messages(broker)]
    assert starts
    assert all(start > timezone.now() + timedelta(seconds=10) for start in starts)


def test_two_workers_at_once_do_each_page_once(sandbox, store, job):
    gate, results = threading.Barrier(2), []

    def one():
        from django.db import connection

        gate.wait(10)
        try:
            results.append(backfill.work(fresh(job)))
        except JobBusy as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(type(result).__name__ for result in results) == ["JobBusy", "Outcome"]
    assert (here(store), fresh(job).fetched) == (sorted(sandbox.orders), 25)


class Terminal(io.StringIO):
    """What a command prints."""


def run(*words: str) -> tuple[str, str]:
    out, err = Terminal(), Terminal()
    call_command("pull_store", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_the_counts_and_nothing_else(sandbox, store):
    out, err = run(store.slug, "--since", "2020-01-01", "--json")
    assert json.loads(out) == {
        "fetched": 25,
        "new": 25,
        "updated": 0,
        "unchanged": 0,
        "held": 0,
        "acknowledged": 0,
    }
    assert not err


def test_the_command_tells_how_far_it_is_on_standard_error(sandbox, store):
    out, err = run(store.slug, "--since", "2020-01-01")
    assert "25 orders fetched" in out
    assert "25 of about 25 orders (100%)" in err


def test_the_command_fetches_a_range_of_numbers(sandbox, store):
    numbers = sorted(sandbox.orders)
    out, _ = run(store.slug, "--numbers", f"{numbers[0]}-{numbers[4]}", "--json")
    assert json.loads(out)["fetched"] == 5


def test_the_command_takes_up_what_was_interrupted(sandbox, store):
    sandbox.faults.add("reset_before", function="OrderList_Load_Query", probability=None)
    job = backfill.start(store, Span(since=datetime(2020, 1, 1, 5, tzinfo=UTC)), estimated=25)
    with pytest.raises(MivaDown):
        backfill.work(job)
    run(store.slug, "--since", "2020-01-01")
    assert Backfill.objects.count() == 1
    assert fresh(job).state == Job.State.DONE


def test_the_command_needs_no_workers_though_the_regular_pull_is_due(sandbox, store):
    PullCursor.objects.update(due_at=timezone.now())
    out, _ = run(store.slug, "--since", "2020-01-01", "--json")
    assert json.loads(out)["fetched"] == 25


def test_the_command_says_how_far_it_came_and_who_goes_on(sandbox, store):
    sandbox.before_reply.append(
        lambda call: len(questions(sandbox)) == 2 and sandbox.faults.add("reset_before")
    )
    with pytest.raises(CommandError, match="10 orders of the range are here; the clock, or the same command"):
        run(store.slug, "--since", "2020-01-01")
    sandbox.before_reply.clear()
    out, _ = run(store.slug, "--since", "2020-01-01", "--json")
    assert json.loads(out)["fetched"] == 25


def test_the_command_says_why_it_failed(sandbox, store):
    sandbox.faults.add("api_offline", times=None)
    with pytest.raises(CommandError) as failed:
        run(store.slug, "--since", "2020-01-01")
    assert str(failed.value)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--since", "yesterday"], "'yesterday'"),
        (["--since", "2026-11-21", "--until", "2026-11-19"], "'2026-11-19'"),
        (["--until", "2026-02-30"], "'2026-02-30'"),
        (["--numbers", "20-10"], "'20-10'"),
        (["--numbers", "1-2", "--since", "2026-11-21"], "not both"),
    ],
)
def test_a_wrong_range_is_wrong_usage_and_is_named(sandbox, store, words, named):
    err = Terminal()
    with pytest.raises(SystemExit) as ended:
        call_command("pull_store", store.slug, *words, stdout=Terminal(), stderr=err)
    assert ended.value.code == 2
    assert named in err.getvalue()
    assert not sandbox.calls
