"""Due, claimed, settled: the state of a store's pull."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from stores import cursors
from stores.cursors import LeaseLost, StoreBusy
from stores.health import summary
from stores.models import PullCursor, Store
from tests.factories import make_merchant, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def cursor(store) -> PullCursor:
    return PullCursor.objects.get(store=store)


def fail(store, kind="down", retry_after=None):
    cursors.settle_failed(
        cursors.claim(store),
        store,
        problem="Miva is down.",
        remedy="Wait.",
        kind=kind,
        retry_after=retry_after,
    )


def test_a_store_is_claimed_once_until_its_lease_ends():
    store = make_store()
    cursors.claim(store)
    with pytest.raises(StoreBusy):
        cursors.claim(store)
    PullCursor.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    cursors.claim(store)


def test_a_lease_that_another_took_over_cannot_be_renewed_nor_settled():
    store = make_store()
    old = cursors.claim(store)
    PullCursor.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    cursors.claim(store)
    with pytest.raises(LeaseLost):
        old.renew()
    cursors.settle_good(old, store, finished=True, clock_offset=None)
    assert cursor(store).leased_until is not None
    assert cursor(store).last_good_at is None


def test_before_a_request_a_lease_is_renewed_only_when_a_third_of_its_time_is_gone(
    django_assert_num_queries,
):
    store = make_store()
    lease = cursors.claim(store)
    claimed_until = cursor(store).leased_until
    with django_assert_num_queries(0):
        lease.outlast_request()

    lease.until = timezone.now() + PullCursor.LEASE * 2 / 3
    lease.outlast_request()
    assert cursor(store).leased_until >= claimed_until
    assert cursor(store).leased_until == lease.until


def test_whoever_lost_his_lease_is_told_before_a_request():
    store = make_store()
    old = cursors.claim(store)
    old.until = timezone.now() - timedelta(seconds=1)
    PullCursor.objects.update(leased_until=old.until)
    cursors.claim(store)
    with pytest.raises(LeaseLost):
        old.outlast_request()


def test_a_claimed_row_comes_back_five_minutes_after_its_worker_died():
    store = make_store()
    cursors.claim(store)
    assert cursors.take(timezone.now()) is None
    assert cursors.take(timezone.now() + timedelta(minutes=5, seconds=1)) == store.pk


@pytest.mark.parametrize(("chosen", "minutes"), [({}, 15), ({"interval_minutes": 30}, 30)])
def test_a_good_pull_is_due_again_after_the_interval_of_the_store(chosen, minutes):
    store = make_store(**chosen)
    cursors.settle_good(cursors.claim(store), store, finished=True, clock_offset=0.5)
    wait = cursor(store).due_at - timezone.now()
    assert timedelta(minutes=minutes - 4) < wait <= timedelta(minutes=minutes)


def test_a_pull_that_did_not_reach_the_end_is_due_at_once():
    store = make_store()
    cursors.settle_good(cursors.claim(store), store, finished=False, clock_offset=None)
    assert cursor(store).due_at <= timezone.now()


def test_failures_wait_longer_each_time_but_never_more_than_an_hour():
    store = make_store(interval_minutes=15)
    waits = []
    for _ in range(12):
        fail(store)
        waits.append(cursor(store).due_at - timezone.now())
    assert waits[0] <= timedelta(minutes=5)
    assert waits[3] > waits[0] * 4
    assert max(waits) <= timedelta(hours=1)
    assert cursor(store).failures == 12


def test_retry_after_is_honoured_up_to_an_hour():
    store = make_store(interval_minutes=1)
    fail(store, retry_after=1800)
    assert cursor(store).due_at - timezone.now() > timedelta(minutes=29)
    fail(make_store(), retry_after=10**9)
    assert PullCursor.objects.filter(due_at__gt=timezone.now() + timedelta(minutes=61)).count() == 0


def test_wrong_credentials_are_tried_again_slowly():
    store = make_store()
    fail(store, kind="locked")
    assert cursor(store).due_at - timezone.now() > timedelta(minutes=50)


def test_a_problem_keeps_its_first_time_until_it_is_over():
    store = make_store()
    fail(store)
    since = cursor(store).problem_since
    fail(store)
    assert cursor(store).problem_since == since
    cursors.settle_good(cursors.claim(store), store, finished=True, clock_offset=None)
    assert (cursor(store).problem, cursor(store).problem_since, cursor(store).failures) == ("", None, 0)


def all_taken(now) -> list[int]:
    """The stores that workers take at this time, in order."""
    return list(iter(lambda: cursors.take(now), None))


def test_only_stores_whose_turn_it_is_are_taken_and_only_once_in_five_minutes():
    due, later, off, paused = (
        make_store(),
        make_store(),
        make_store(active=False),
        make_store(paused_reason="holiday"),
    )
    idle = make_store(merchant=make_merchant(active=False))
    PullCursor.objects.filter(store=later).update(due_at=timezone.now() + timedelta(minutes=1))
    now = timezone.now()
    assert all_taken(now) == [due.pk]
    assert all_taken(now) == []
    assert all_taken(now + timedelta(minutes=6)) == [due.pk, later.pk]
    assert {off.pk, paused.pk, idle.pk}.isdisjoint(all_taken(now + timedelta(minutes=12)))


def test_the_store_that_has_waited_longest_is_taken_first():
    stores = [make_store() for _ in range(25)]
    now = timezone.now()
    for minutes, store in enumerate(stores):
        PullCursor.objects.filter(store=store).update(due_at=now - timedelta(minutes=minutes))
    assert all_taken(now) == [store.pk for store in reversed(stores)]


def test_taking_a_store_takes_two_queries_however_many_are_due(django_assert_num_queries):
    for _ in range(30):
        make_store()
    with django_assert_num_queries(2):
        assert cursors.take(timezone.now())


def test_making_a_store_due_overrides_a_long_wait():
    store = make_store()
    fail(store, kind="locked")
    cursors.make_due([store])
    assert cursors.take(timezone.now()) == store.pk


@settings(max_examples=60, deadline=None)
@given(
    failures=st.integers(1, 10**6),
    kind=st.sampled_from(["down", "refused", "locked", "unsure", "fault"]),
    retry_after=st.none() | st.floats(0, 10**12),
    interval=st.integers(1, 1440),
)
def test_after_any_failure_a_store_is_due_again_within_the_hour(failures, kind, retry_after, interval):
    wait = cursors.waiting_time(Store(interval_minutes=interval), failures, kind, retry_after)
    assert timedelta(0) < wait <= timedelta(hours=1)
    if retry_after is not None and kind != "locked":
        assert wait >= timedelta(seconds=min(retry_after, 3600))


@pytest.mark.parametrize("kind", ["down", "refused", "locked", "unsure", "fault"])
def test_no_number_of_failures_stops_a_store_for_ever(kind):
    store = make_store()
    PullCursor.objects.update(failures=2**31 - 10)
    fail(store, kind=kind)
    assert cursors.take(timezone.now() + timedelta(hours=1, seconds=1)) == store.pk


@pytest.mark.parametrize(
    ("arrange", "state"),
    [
        (lambda store: Store.objects.update(active=False), "off"),
        (lambda store: Store.objects.update(paused_reason="moving house"), "paused"),
        (lambda store: None, "never"),
        (fail, "failing"),
        (
            lambda store: cursors.settle_good(cursors.claim(store), store, finished=True, clock_offset=None),
            "ok",
        ),
        (
            lambda store: PullCursor.objects.update(last_good_at=timezone.now() - timedelta(minutes=33)),
            "late",
        ),
        (
            lambda store: cursors.settle_good(
                cursors.claim(store),
                store,
                finished=True,
                clock_offset=None,
                warning=("Acknowledging moves nothing.", "Enable it."),
            ),
            "warning",
        ),
    ],
    ids=["off", "paused", "never", "failing", "ok", "late", "warning"],
)
def test_health_names_the_state_in_words(arrange, state):
    store = make_store()
    arrange(store)
    health = summary(Store.objects.select_related("merchant", "cursor").get(pk=store.pk))
    assert health.state == state
    assert health.sentence.endswith((".", "house"))
    assert health.good is (state == "ok")
    assert (health.next_run_at is None) is (state in ("off", "paused"))
