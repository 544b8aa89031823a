"""How *Tracking to Miva* is judged, and with it everything that is pushed: each state by what brings it about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from fulfillment.health import summaries, summary
from fulfillment.models import Shipment, StatusUpdate
from fulfillment.waiting import INCOMPLETE
from stores.draining import drain
from stores.health import Fixer, Service, State
from stores.miva.errors import MivaDown, MivaLocked, MivaRefused
from stores.models import OutboxClock
from stores.outbox import claim
from tests.factories import make_store
from tests.parcels import make_order

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def store():
    return make_store()


def owe(store, **fields) -> Shipment:
    """A shipment that Miva does not have yet."""
    return Shipment.objects.create(store=store, order=make_order(store), **fields)


def settle(claimed) -> None:
    """Miva has it."""
    claimed.settle(claimed.rows[0])


def failing(error):
    """Miva answers with this error."""

    def push(claimed) -> None:
        raise error

    return push


def push(store, how=settle) -> None:
    """One slice of pushing."""
    drain(Shipment, store, how, budget=0)


def test_nothing_was_ever_sent_is_not_called_ok(store):
    health = summary(store)
    assert (health.service, health.state, health.needs_attention) == (Service.TRACKING, State.NEVER, False)


def test_the_first_shipment_on_its_way_is_not_called_ok_either(store):
    owe(store)
    health = summary(store)
    assert (health.state, health.waiting, health.oldest_waiting_at) == (State.NEVER, 1, NOW)


def test_it_is_ok_when_everything_arrived(store):
    owe(store)
    push(store)
    health = summary(store)
    assert (health.state, health.waiting, health.last_tried_at, health.last_good_at) == (
        State.OK,
        0,
        NOW,
        NOW,
    )


def test_a_failed_push_moves_the_attempt_and_not_the_success(store, clock):
    owe(store)
    push(store)
    clock.shift(timedelta(minutes=1))
    owe(store)
    push(store, failing(MivaDown("Miva did not answer.")))
    health = summary(store)
    assert (health.state, health.sentence) == (State.FAILING, "Miva did not answer.")
    assert (health.last_tried_at, health.last_good_at) == (NOW + timedelta(minutes=1), NOW)
    assert health.next_run_at > timezone.now()


def test_what_miva_locks_is_the_merchants_and_what_is_down_is_nobodys(store):
    owe(store)
    push(store, failing(MivaLocked("The token is unknown.")))
    assert summary(store).fixer == Fixer.MERCHANT
    other = make_store()
    owe(other)
    push(other, failing(MivaDown("Miva did not answer.")))
    assert summary(other).fixer == Fixer.NOBODY


def test_a_parked_shipment_is_set_aside_for_support(store):
    owe(store)
    push(store)
    owe(store)
    push(store, failing(MivaRefused("There is no such order.")))
    health = summary(store)
    assert (health.state, health.held, health.fixer) == (State.HELD, 1, Fixer.SUPPORT)


def test_a_shipment_without_a_number_is_a_warning_for_the_merchant(store):
    owe(store, parked_at=NOW, problem="No number.", problem_kind=INCOMPLETE)
    health = summary(store)
    assert (health.state, health.held, health.fixer) == (State.WARNING, 1, Fixer.MERCHANT)
    owe(store, parked_at=NOW, problem="No such order.", problem_kind="refused")
    assert (summary(store).state, summary(store).held) == (State.HELD, 2)


def test_a_push_whose_worker_died_has_crashed_when_its_lease_is_over(store, clock):
    owe(store)
    assert claim(Shipment, store)
    assert summary(store).state == State.NEVER
    clock.shift(Shipment.LEASE)
    assert summary(store).state == State.CRASHED


def test_what_nobody_pushes_is_late_after_five_minutes(store, clock):
    owe(store)
    clock.shift(timedelta(minutes=5, seconds=1))
    health = summary(store)
    assert (health.state, health.fixer) == (State.LATE, Fixer.SUPPORT)
    assert "Nobody pushes" in health.sentence


def test_a_long_line_that_moves_is_late_only_after_an_hour(store, clock):
    owe(store)
    clock.shift(timedelta(minutes=50))
    owe(store, due_at=NOW - timedelta(minutes=1))
    push(store)
    Shipment.objects.filter(done_at=None).update(due_at=NOW)
    assert summary(store).state == State.OK
    clock.shift(timedelta(minutes=11))
    OutboxClock.objects.update(last_tried_at=timezone.now())
    health = summary(store)
    assert health.state == State.LATE
    assert "More waits than is pushed" in health.sentence


def test_a_shipment_that_fails_again_and_again_is_a_warning(store):
    owe(store)
    push(store)
    owe(
        store,
        attempts=3,
        problem="It shows something else.",
        problem_kind="differs",
        due_at=NOW + timedelta(1),
    )
    health = summary(store)
    assert (health.state, health.sentence) == (State.WARNING, "1 shipment has failed several times.")


def test_a_label_that_nobody_understands_is_a_warning_and_parked_is_worse(store):
    StatusUpdate.objects.create(store=store, order=make_order(store), label="Gone fishing", content={})
    health = summary(store)
    assert (health.state, health.fixer) == (State.WARNING, Fixer.SUPPORT)
    owe(store, parked_at=NOW, problem="No.", problem_kind="refused")
    assert summary(store).state == State.HELD


@pytest.mark.parametrize(
    ("fields", "state"), [({"active": False}, State.OFF), ({"paused_reason": "moving"}, State.PAUSED)]
)
def test_a_store_that_is_stopped_by_hand_says_so(fields, state):
    store = make_store(**fields)
    owe(store, parked_at=NOW, problem="No.", problem_kind="refused")
    assert (summary(store).state, summary(store).next_run_at) == (state, None)


def test_many_stores_are_judged_with_six_queries(django_assert_num_queries):
    stores = [make_store() for _ in range(4)]
    for store in stores:
        owe(store)
    with django_assert_num_queries(6):
        healths = summaries(stores)
    assert [healths[store.pk].waiting for store in stores] == [1, 1, 1, 1]
