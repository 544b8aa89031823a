"""How *Orders from Miva* is judged: each state by what brings it about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from stores import cursors
from stores.health import Fixer, Service, State, summaries, summary
from stores.models import PullCursor, Store
from tests.factories import make_merchant, make_store

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def seen(store: Store):
    """The health as pages see it."""
    return summary(Store.objects.select_related("merchant", "cursor").get(pk=store.pk))


def succeed(store: Store, **told) -> None:
    """A pull that reaches its end."""
    cursors.settle_good(cursors.claim(store), store, finished=True, clock_offset=None, **told)


def fail(store: Store, kind: str = "down") -> None:
    """A pull that does not."""
    told = {
        "problem": "Miva did not answer.",
        "remedy": "It is tried again.",
        "kind": kind,
        "retry_after": None,
    }
    cursors.settle_failed(cursors.claim(store), store, **told)


def test_a_new_store_has_not_started_and_nobody_has_to_do_anything():
    health = seen(make_store())
    assert (health.service, health.state, health.fixer) == (Service.ORDERS_IN, State.NEVER, Fixer.NOBODY)
    assert not health.good
    assert not health.needs_attention


def test_a_store_that_never_pulled_is_late_when_its_first_runs_are_missed(clock):
    store = make_store(interval_minutes=15)
    clock.shift(timedelta(minutes=33))
    health = seen(store)
    assert (health.state, health.fixer) == (State.LATE, Fixer.SUPPORT)
    assert "since the store was connected" in health.sentence


def test_a_store_whose_pull_succeeded_is_ok():
    store = make_store()
    succeed(store)
    health = seen(store)
    assert health.good
    assert health.last_tried_at == health.last_good_at == NOW


def test_a_failed_pull_moves_the_attempt_and_not_the_success(clock):
    store = make_store()
    succeed(store)
    clock.shift(timedelta(minutes=15))
    fail(store)
    health = seen(store)
    assert health.state == State.FAILING
    assert (health.last_tried_at, health.last_good_at) == (NOW + timedelta(minutes=15), NOW)


@pytest.mark.parametrize(
    ("kind", "fixer"),
    [
        ("locked", Fixer.MERCHANT),
        ("refused", Fixer.MERCHANT),
        ("down", Fixer.NOBODY),
        ("unsure", Fixer.NOBODY),
        ("fault", Fixer.SUPPORT),
    ],
)
def test_it_says_whose_a_failure_is(kind, fixer):
    store = make_store()
    fail(store, kind)
    assert seen(store).fixer == fixer


def test_a_pull_whose_worker_died_has_crashed_when_its_lease_is_over(clock):
    store = make_store()
    succeed(store)
    PullCursor.objects.update(due_at=NOW)
    cursors.claim(store)
    assert seen(store).state == State.OK  # it runs
    clock.shift(PullCursor.LEASE)
    health = seen(store)
    assert health.state == State.CRASHED
    assert "its worker died" in health.sentence


def test_two_missed_runs_make_a_store_late_and_not_one(clock):
    store = make_store(interval_minutes=15)
    succeed(store)
    clock.shift(timedelta(minutes=31))
    assert seen(store).state == State.OK
    clock.shift(timedelta(minutes=2))
    assert seen(store).state == State.LATE


def test_a_warning_is_no_failure_and_not_ok():
    store = make_store()
    succeed(store, warning=("Acknowledging moves nothing.", "Enable the workflow."))
    health = seen(store)
    assert (health.state, health.sentence) == (State.WARNING, "Acknowledging moves nothing.")
    assert health.needs_attention


def test_a_paused_store_says_why_and_when_it_goes_on_is_not_known():
    store = make_store(paused_reason="moving house")
    fail(store)
    health = seen(store)
    assert (health.state, health.next_run_at) == (State.PAUSED, None)
    assert "moving house" in health.sentence


@pytest.mark.parametrize("off", [{"active": False}, {"merchant": {"active": False}}])
def test_a_store_that_is_off_is_off_whatever_else_it_is(off):
    merchant = off.pop("merchant", None)
    store = make_store(**off, **({"merchant": make_merchant(**merchant)} if merchant else {}))
    fail(store)
    assert (seen(store).state, seen(store).next_run_at) == (State.OFF, None)


def test_the_states_are_ordered_by_urgency():
    assert [state.urgency for state in State] == list(range(len(State)))
    assert max(state.urgency for state in State if state.wrong) < State.NEVER.urgency < State.OK.urgency


def test_many_stores_are_judged_with_one_query(django_assert_num_queries):
    stores = [make_store() for _ in range(5)]
    fail(stores[3])
    with django_assert_num_queries(1):
        healths = summaries(stores)
    assert {pk: health.state for pk, health in healths.items()} == {
        store.pk: State.FAILING if store == stores[3] else State.NEVER for store in stores
    }


def test_a_store_that_is_not_reached_for_hours_is_for_the_merchant_to_look_at(clock):
    store = make_store()
    fail(store)
    clock.shift(timedelta(hours=7))
    health = seen(store)
    assert (health.state, health.fixer) == (State.FAILING, Fixer.MERCHANT)
    assert "Open it in a browser" in health.remedy
    clock.shift(timedelta(minutes=1))
    succeed(store)
    assert seen(store).state == State.OK
