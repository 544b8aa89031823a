"""Claimed, settled, deferred, parked: what Miva is owed, and the only retry policy."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.db.models import F
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from stores import outbox
from stores.cursors import LeaseLost
from stores.draining import drain
from stores.miva.errors import MivaDown, MivaLocked, MivaRefused, MivaUnsure
from stores.outbox import claim, make_due, ready_stores
from tests.factories import make_merchant, make_store
from tests.parcels import Parcel, Postcard, make_order, make_parcels, tables

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _outboxes(transactional_db):
    with tables():
        yield


@pytest.fixture
def store():
    return make_store()


def taken(store, model=Parcel, most=1):
    claimed = claim(model, store, most)
    return [] if claimed is None else [row.pk for row in claimed.rows]


def time_passes(**wait):
    """As if that much time had gone by for everything that is written in the rows."""
    by = timedelta(**wait)
    for name in ("due_at", "leased_until", "store_waits_until"):
        Parcel.objects.exclude(**{name: None}).update(**{name: F(name) - by})


def failing(error):
    def push(claimed):
        raise error

    return push


def settling(claimed):
    for row in claimed.rows:
        claimed.settle(row)


def waits(row):
    row.refresh_from_db()
    return row.due_at - timezone.now()


def test_a_due_row_is_taken_once_until_its_lease_ends(store):
    (parcel,) = make_parcels(store)
    assert taken(store) == [parcel.pk]
    assert taken(store) == []
    time_passes(minutes=3, seconds=1)
    assert taken(store) == [parcel.pk]


def test_a_row_comes_back_within_five_minutes_of_its_workers_death():
    assert timedelta(minutes=5) >= Parcel.LEASE + timedelta(minutes=1)


def test_nothing_is_taken_before_it_is_due_nor_when_it_is_done_or_parked(store):
    later, done, parked = make_parcels(store, 3)
    now = timezone.now()
    Parcel.objects.filter(pk=later.pk).update(due_at=now + HOUR)
    Parcel.objects.filter(pk=done.pk).update(done_at=now)
    Parcel.objects.filter(pk=parked.pk).update(parked_at=now)
    assert taken(store) == []


def test_a_worker_whose_row_was_taken_over_can_write_nothing_any_more(store):
    make_parcels(store)
    late = claim(Parcel, store)
    time_passes(minutes=4)
    claim(Parcel, store)
    (row,) = late.rows
    for write in (
        lambda: late.renew(row, step="created"),
        lambda: late.settle(row),
        lambda: late.park(row, "No.", "Look."),
        lambda: late.defer(row, "No.", "Wait.", "down"),
    ):
        with pytest.raises(LeaseLost):
            write()
    row.refresh_from_db()
    assert (row.step, row.done_at, row.parked_at, row.problem) == ("", None, None, "")


def test_a_step_is_written_together_with_the_longer_lease(store):
    make_parcels(store)
    claimed = claim(Parcel, store)
    (row,) = claimed.rows
    time_passes(minutes=2)
    claimed.renew(row, step="created")
    row.refresh_from_db()
    assert row.step == "created"
    assert row.leased_until > timezone.now() + timedelta(minutes=2)


def test_two_rows_of_one_lane_are_never_in_work_together(store):
    order = make_order(store)
    first, second = make_parcels(store, 2, order)
    (other,) = make_parcels(store)
    held = claim(Parcel, store)
    assert [row.pk for row in held.rows] == [first.pk]
    assert taken(store) == [other.pk]
    assert taken(store) == []
    held.settle(held.rows[0])
    assert taken(store) == [second.pk]


def test_a_row_that_was_changed_while_it_was_held_can_be_given_back(store):
    (parcel,) = make_parcels(store)
    claimed = claim(Parcel, store)
    make_due(Parcel.objects.all())
    claimed.give_back(claimed.rows)
    assert taken(store) == [parcel.pk]


def test_rows_without_a_lane_are_taken_many_at_once(store):
    postcards = [Postcard.objects.create(store=store) for _ in range(5)]
    assert taken(store, Postcard, most=3) == [postcard.pk for postcard in postcards[:3]]
    assert taken(store, Postcard, most=3) == [postcard.pk for postcard in postcards[3:]]


def test_what_changed_while_it_was_pushed_is_due_again_instead_of_done(store):
    (parcel,) = make_parcels(store)
    claimed = claim(Parcel, store)
    make_due(Parcel.objects.filter(pk=parcel.pk))
    assert claimed.settle(claimed.rows[0], step="shipped") is False
    parcel.refresh_from_db()
    assert (parcel.done_at, parcel.step) == (None, "shipped")
    assert taken(store) == [parcel.pk]


def test_what_changed_while_it_was_pushed_is_not_parked_either(store):
    (parcel,) = make_parcels(store)
    claimed = claim(Parcel, store)
    make_due(Parcel.objects.filter(pk=parcel.pk))
    assert claimed.park(claimed.rows[0], "The old order is gone.", "Look.") is False
    assert taken(store) == [parcel.pk]


def test_a_refusal_of_what_was_changed_meanwhile_parks_nothing(store):
    make_parcels(store)

    def push(claimed):
        if claimed.rows[0].version == 1:
            make_due(Parcel.objects.all())
            raise MivaRefused("The old number is refused.")
        settling(claimed)

    drained = drain(Parcel, store, push, budget=5)
    assert (drained.parked, drained.done) == (0, 1)


def test_a_row_that_is_taken_over_while_its_failure_is_written_down_stops_nothing(store, caplog):
    postcards = [Postcard.objects.create(store=store) for _ in range(2)]

    def taken_over(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and '"parked_at" = ' in sql.split(" WHERE ")[0]:
            Postcard.objects.filter(pk=postcards[0].pk).update(lease=uuid.uuid4())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(taken_over):
        drain(Postcard, store, failing(MivaRefused("No.")), most=2, budget=5)
    assert list(Postcard.objects.exclude(parked_at=None)) == [postcards[1]]
    assert "pushed by somebody else" in caplog.text


@pytest.mark.parametrize("closed", ["done_at", "parked_at"])
def test_a_closed_row_can_be_made_due_again_and_forgets_its_problem(store, closed):
    (parcel,) = make_parcels(store)
    Parcel.objects.update(**{closed: timezone.now()}, problem="No.", problem_kind="refused", attempts=7)
    assert make_due(Parcel.objects.filter(pk=parcel.pk)) == 1
    parcel.refresh_from_db()
    assert (parcel.problem, parcel.problem_kind, parcel.attempts) == ("", "", 0)
    assert taken(store) == [parcel.pk]


@pytest.mark.parametrize("error", [MivaDown("Down."), MivaUnsure("No answer.")])
def test_something_else_to_push_does_not_shorten_the_wait_after_a_failure(store, error):
    (parcel,) = make_parcels(store)
    drain(Parcel, store, failing(error), budget=5)
    failed = Parcel.objects.get()
    assert make_due(Parcel.objects.filter(pk=parcel.pk), step="changed") == 1
    after = Parcel.objects.get()
    assert (after.version, after.step) == (failed.version + 1, "changed")
    for name in ("due_at", "attempts", "problem", "remedy", "problem_kind", "store_waits_until"):
        assert getattr(after, name) == getattr(failed, name), name
    assert taken(store) == []


@pytest.mark.parametrize("error", [MivaDown("Down."), MivaLocked("Denied.")])
def test_something_else_to_push_does_not_lift_the_wait_of_the_store(store, error):
    make_parcels(store, 3)
    drain(Parcel, store, failing(error), budget=5)
    make_due(Parcel.objects.all())
    assert taken(store) == []


def test_a_person_may_say_now_to_a_row_that_waits_after_a_failure(store):
    (parcel,) = make_parcels(store)
    drain(Parcel, store, failing(MivaUnsure("No answer.")), budget=5)
    make_due(Parcel.objects.all(), now=True)
    assert taken(store) == [parcel.pk]


def test_a_refusal_parks_the_row_with_reason_and_remedy_and_the_others_go_on(store):
    first, second = make_parcels(store, 2)
    refused = MivaRefused("The order is not there (MER-JSN-ORD-00025).", "Look in Miva.")
    drained = drain(
        Parcel, store, lambda c: settling(c) if c.rows[0].pk == second.pk else failing(refused)(c), budget=5
    )
    first.refresh_from_db()
    assert first.parked_at
    assert (first.problem, first.remedy) == ("The order is not there (MER-JSN-ORD-00025).", "Look in Miva.")
    assert (drained.done, drained.parked, drained.finished) == (1, 1, True)


@pytest.mark.parametrize("error", [MivaDown("Down."), MivaUnsure("No answer."), MivaLocked("Denied.")])
def test_a_failure_of_the_store_makes_its_other_rows_wait_after_one_call(store, error):
    make_parcels(store, 3)
    calls = []
    drain(Parcel, store, lambda claimed: calls.append(claimed) or failing(error)(claimed), budget=5)
    assert len(calls) == 1
    assert claim(Parcel, store) is None


def test_while_a_store_is_down_one_row_at_a_time_tries_it_and_a_success_frees_all(store):
    make_parcels(store, 3)
    drain(Parcel, store, failing(MivaDown("Down.")), budget=5)
    time_passes(seconds=21)
    probe = claim(Parcel, store)
    assert claim(Parcel, store) is None
    probe.settle(probe.rows[0])
    assert drain(Parcel, store, settling, budget=5).done == 2


def test_the_longer_a_store_is_down_the_more_seldom_it_is_tried(store):
    make_parcels(store, 30)
    between = []
    for _ in range(12):
        drain(Parcel, store, failing(MivaDown("Down.")), budget=5)
        until = max(row.store_waits_until for row in Parcel.objects.exclude(store_waits_until=None))
        between.append((until - timezone.now()).total_seconds())
        time_passes(seconds=between[-1] + 1)
    assert between[0] <= 20
    assert between[4] > between[0] * 8
    assert 3000 < max(between) <= 3600


def test_one_row_that_always_fails_holds_the_others_up_only_shortly(store):
    (bad, *good) = make_parcels(store, 8)

    def push(claimed):
        if claimed.rows[0].pk == bad.pk:
            raise MivaDown("The database of the store fails for this order.")
        settling(claimed)

    for _ in range(4):
        drain(Parcel, store, push, budget=5)
        time_passes(seconds=21)
    assert Parcel.objects.exclude(done_at=None).count() == len(good)
    time_passes(minutes=1)
    make_parcels(store, 1)
    drain(Parcel, store, push, budget=5)
    assert Parcel.objects.exclude(done_at=None).count() == len(good) + 1


def test_wrong_credentials_are_tried_again_slowly_but_a_person_may_say_now(store):
    (parcel,) = make_parcels(store)
    drain(Parcel, store, failing(MivaLocked("Denied.")), budget=5)
    assert waits(parcel) > timedelta(minutes=50)
    outbox.resume(Parcel, store)
    assert taken(store) == [parcel.pk]


def test_retry_after_is_honoured(store):
    (parcel,) = make_parcels(store)
    drain(Parcel, store, failing(MivaDown("Too many.", retry_after=1800)), budget=5)
    assert waits(parcel) > timedelta(minutes=29)


def test_a_fault_of_our_own_delays_only_its_row(store, caplog):
    bad = make_parcels(store, 2)[0]

    def push(claimed):
        if claimed.rows[0].pk == bad.pk:
            raise ZeroDivisionError
        settling(claimed)

    drained = drain(Parcel, store, push, budget=5)
    assert (drained.done, drained.deferred) == (1, 1)
    bad.refresh_from_db()
    assert (bad.problem_kind, bad.leased_until) == ("fault", None)
    assert "ZeroDivisionError" in caplog.text


def test_a_worker_whose_time_is_up_gives_its_row_back_and_ends(store):
    make_parcels(store, 2)
    with pytest.raises(SoftTimeLimitExceeded):
        drain(Parcel, store, failing(SoftTimeLimitExceeded()), budget=5)
    assert not Parcel.objects.exclude(leased_until=None).exists()
    assert Parcel.objects.filter(problem_kind="fault").count() == 1


def test_a_failing_store_delays_no_other(store):
    make_parcels(store)
    healthy = make_store()
    make_parcels(healthy)
    drain(Parcel, store, failing(MivaDown("Down.")), budget=5)
    assert ready_stores(Parcel, timezone.now()) == [healthy.pk]
    assert drain(Parcel, healthy, settling, budget=5).done == 1


def test_a_slice_ends_when_its_time_is_up_and_says_that_there_is_more(store):
    make_parcels(store, 3)
    drained = drain(Parcel, store, settling, budget=0)
    assert (drained.done, drained.finished) == (1, False)


def test_a_store_that_answers_slowly_holds_no_further_worker(store):
    make_parcels(store, 3)
    claim(Parcel, store)
    time_passes(seconds=6)
    assert claim(Parcel, store) is None


def test_a_busy_store_holds_a_few_workers_at_most(store):
    make_parcels(store, outbox.AT_ONCE + 2)
    assert [bool(taken(store)) for _ in range(outbox.AT_ONCE + 1)] == [True] * outbox.AT_ONCE + [False]


def test_a_store_with_many_failures_is_tried_by_one_worker_at_a_time(store):
    parcels = make_parcels(store, outbox.AT_ONCE + 3)
    failed = Parcel.objects.filter(pk__in=[parcel.pk for parcel in parcels[2:]])
    now = timezone.now()
    failed.update(due_at=now + HOUR, problem_kind="down", store_waits_until=now)
    assert taken(store) == [parcels[0].pk]
    assert taken(store) == []


def test_a_person_lets_also_what_failed_often_be_tried_now(store):
    (parcel,) = make_parcels(store)
    for _ in range(outbox.OWN_FAULT + 1):
        drain(Parcel, store, failing(MivaDown("Down.")), budget=5)
        time_passes(hours=1)
    drain(Parcel, store, failing(MivaDown("Down.")), budget=5)
    assert outbox.try_now(Parcel, store) == 1
    assert taken(store) == [parcel.pk]


def test_stores_are_served_longest_waiting_first_and_only_those_that_work_is_done_for(store):
    waiting, off, paused, idle = (
        make_store(),
        make_store(active=False),
        make_store(paused_reason="moving house"),
        make_store(merchant=make_merchant(active=False)),
    )
    for each in (store, waiting, off, paused, idle):
        make_parcels(each, 2)
    Parcel.objects.filter(store=waiting).update(due_at=timezone.now() - HOUR)
    assert ready_stores(Parcel, timezone.now()) == [waiting.pk, store.pk]


@settings(max_examples=60, deadline=None)
@given(
    attempts=st.integers(0, 10**6),
    kind=st.sampled_from(["down", "locked", "unsure", "fault"]),
    retry_after=st.none() | st.floats(0, 10**12),
)
def test_after_any_failure_a_row_is_due_again_within_the_hour(attempts, kind, retry_after):
    wait = outbox.waiting_time(attempts, kind, retry_after)
    assert timedelta(0) < wait <= HOUR
    if retry_after is not None and kind != "locked":
        assert wait >= timedelta(seconds=min(retry_after, 3600))
