"""Due, claimed, settled: the state of a store's pull."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

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


def test_a_claimed_row_comes_back_five_minutes_after_its_worker_died():
    store = make_store()
    cursors.claim(store)
    assert cursors.due(timezone.now()) == []
    assert cursors.due(timezone.now() + timedelta(minutes=5, seconds=1)) == [store.pk]


def test_a_good_pull_is_due_again_after_the_interval_of_the_store():
    store = make_store(interval_minutes=30)
    cursors.settle_good(cursors.claim(store), store, finished=True, clock_offset=0.5)
    wait = cursor(store).due_at - timezone.now()
    assert timedelta(minutes=26) < wait <= timedelta(minutes=30)


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


def test_only_stores_whose_turn_it_is_are_told_and_only_once_in_five_minutes():
    due, later, off, paused = (
        make_store(),
        make_store(),
        make_store(active=False),
        make_store(paused_reason="holiday"),
    )
    idle = make_store(merchant=make_merchant(active=False))
    PullCursor.objects.filter(store=later).update(due_at=timezone.now() + timedelta(minutes=1))
    now = timezone.now()
    assert cursors.due(now) == [due.pk]
    assert cursors.due(now) == []
    assert cursors.due(now + timedelta(minutes=6)) == [due.pk, later.pk]
    assert {off.pk, paused.pk, idle.pk}.isdisjoint(cursors.due(now + timedelta(minutes=12)))


def test_finding_due_stores_takes_two_queries_however_many_there_are(django_assert_num_queries):
    for _ in range(20):
        make_store()
    with django_assert_num_queries(2):
        assert len(cursors.due(timezone.now())) == 20


def test_making_a_store_due_overrides_a_long_wait():
    store = make_store()
    fail(store, kind="locked")
    cursors.make_due([store])
    assert cursors.due(timezone.now()) == [store.pk]


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
