"""A lost answer to a change is never guessed about: Miva is read again, and where two readings are possible a person is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from inventory.models import StockPush
from inventory.push import push_due
from inventory.readback import Verdict, verdict
from inventory.web_sales import Sales
from stores.draining import Drained
from tests.inventory.helpers import Asking, refresh
from tests.inventory.stocktaking import let_time_pass, outcomes, push_all, row_of

pytestmark = pytest.mark.django_db(transaction=True)

ADJUST, SETTINGS = "ProductList_Adjust_Inventory", "InventoryProductSettings_Update"


@pytest.fixture
def desktop(store):
    refresh(store)
    return Asking(store)


def sell(sandbox, quantity: int, code: str = "mug-11") -> None:
    """A web order in the middle of the time between the two readings."""
    sandbox.place_order(items=[{"code": code, "quantity": quantity}], orderdate=sandbox.now() - 60)


def sent_long_ago(store) -> None:
    """Let the change have been sent a while ago, so that orders of the last minutes came clearly after it."""
    StockPush.objects.of(store).update(read_at=timezone.now() - timedelta(minutes=5))


@pytest.mark.parametrize("fault", ["reset_after", "cut_json"])
@pytest.mark.parametrize(("change", "figure"), [("~-3", 97), ("~4", 104)])
def test_a_delta_that_arrived_is_not_sent_again(store, sandbox, desktop, fault, change, figure):
    sandbox.faults.add(fault, ADJUST)
    desktop.text("invupdate", update=f"mug-11{change}")
    push_due(store)
    assert outcomes(store, "mug-11") == ["sent"]
    push_all(store)
    assert sandbox.stock("mug-11") == figure
    assert outcomes(store, "mug-11") == ["applied"]


def test_a_delta_that_did_not_arrive_is_sent_again(store, sandbox, desktop):
    sandbox.faults.add("reset_before", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_all(store)
    assert sandbox.stock("mug-11") == 97


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
@pytest.mark.parametrize("sold", [1, 3, 5])
def test_web_sales_in_between_are_taken_into_account(store, sandbox, desktop, fault, sold):
    sandbox.faults.add(fault, ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    sell(sandbox, sold)
    sent_long_ago(store)
    push_all(store)
    assert sandbox.stock("mug-11") == 97 - sold
    assert outcomes(store, "mug-11") == ["applied"]


def test_two_readings_are_parked_with_both_figures(store, sandbox, desktop):
    """An administrator took off as many as the change would have."""
    sandbox.faults.add("reset_before", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    sandbox.set_stock("mug-11", 98)
    push_all(store)
    row = row_of(store, "mug-11")
    assert row.in_doubt
    assert (row.before, row.target, row.found) == (100, 97, 98)
    assert "from 100 to 97" in row.problem
    assert "98" in row.problem
    assert sandbox.stock("mug-11") == 98


def test_sales_that_may_lie_on_either_side_of_the_reading_make_two_readings(store, sandbox, desktop):
    sandbox.faults.add("reset_before", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    sandbox.place_order(items=[{"code": "mug-11", "quantity": 3}])  # within the blur of the reading
    push_all(store)
    assert row_of(store, "mug-11").in_doubt


def test_without_the_right_to_list_orders_a_fall_is_not_explained_away(store, sandbox, desktop):
    sandbox.granted_functions = {ADJUST, SETTINGS, "ProductList_Load_Query"}
    sandbox.faults.add("reset_after", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    desktop.text("invupdate", update="glaze~3")
    push_all(store)
    assert row_of(store, "mug-11").in_doubt
    assert (sandbox.stock("glaze"), outcomes(store, "glaze")) == (103, ["applied"])


def test_later_deltas_wait_behind_a_question_and_a_count_answers_it(store, sandbox, desktop):
    sandbox.faults.add("reset_before", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    sandbox.set_stock("mug-11", 98)
    push_all(store)
    desktop.text("invupdate", update="mug-11~-1")
    assert push_all(store) == (0, 0)
    assert row_of(store, "mug-11").in_doubt
    desktop.text("qohreplace", update="mug-11~40|")
    push_all(store)
    assert sandbox.stock("mug-11") == 40
    assert outcomes(store, "mug-11") == ["superseded", "superseded", "applied"]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_lost_count_ends_right(store, sandbox, desktop, fault):
    sandbox.faults.add(fault, SETTINGS)
    desktop.text("qohreplace", update="mug-11~40|glaze~7|")
    push_due(store)
    sell(sandbox, 2)
    sent_long_ago(store)
    push_all(store)
    assert sandbox.stock("glaze") == 7
    assert outcomes(store, "mug-11") == ["applied"]
    assert sandbox.stock("mug-11") == (38 if fault == "reset_after" else 40)


def test_a_count_that_comes_while_a_delta_is_in_doubt_replaces_it(store, sandbox, desktop):
    sandbox.faults.add("reset_after", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    desktop.text("qohreplace", update="mug-11~40|")
    push_all(store)
    assert sandbox.stock("mug-11") == 40
    assert outcomes(store, "mug-11") == ["superseded", "applied"]


def test_a_delta_that_comes_while_another_is_in_doubt_follows_it(store, sandbox, desktop):
    sandbox.faults.add("reset_after", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    desktop.text("invupdate", update="mug-11~-2")
    push_all(store)
    assert sandbox.stock("mug-11") == 95
    assert outcomes(store, "mug-11") == ["applied", "applied"]


@pytest.mark.parametrize("message", [("invupdate", "mug-11~-2"), ("qohreplace", "mug-11~40|")])
def test_a_further_change_does_not_let_a_lost_one_be_looked_for_sooner(store, sandbox, desktop, message):
    """Miva may still be at work on it: read at once, it would seem lost, and be sent twice."""
    sandbox.faults.add("reset_after", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    function, update = message
    desktop.text(function, update=update)
    assert push_due(store) == Drained()
    assert outcomes(store, "mug-11")[-1] == "waiting"
    assert row_of(store, "mug-11").sent_delta == -3


def test_while_miva_cannot_be_read_nothing_is_sent_again(store, sandbox, desktop):
    sandbox.faults.add("reset_after", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    sandbox.faults.add("status", "ProductList_Load_Query", times=3, code=503)
    for _ in range(3):
        let_time_pass(store)
        push_due(store)
    assert outcomes(store, "mug-11") == ["sent"]
    push_all(store)
    assert sandbox.stock("mug-11") == 97


def test_a_refusal_to_tell_figures_asks_nobody(store, sandbox, desktop):
    sandbox.faults.add("reset_after", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    let_time_pass(store)
    sandbox.faults.add("error_code", "ProductList_Load_Query", code="MER-XXX-00001", message="Odd.")
    desktop.text("invupdate", update="glaze~1")
    push_due(store)
    assert not StockPush.objects.of(store).filter(parked_at__isnull=False).exists()
    push_all(store)
    assert (sandbox.stock("mug-11"), sandbox.stock("glaze")) == (97, 101)


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_where_miva_stopped_counting_meanwhile_nobody_is_asked(store, sandbox, desktop, fault):
    sandbox.faults.add(fault, ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    sandbox.set_stock("mug-11", None)
    push_all(store)
    assert outcomes(store, "mug-11") == ["untracked"]
    assert sandbox.stock("mug-11") is None


def test_a_lost_answer_in_the_middle_of_many_counts_touches_only_what_was_not_answered(
    store, sandbox, desktop
):
    sandbox.operation_seconds = 30  # two operations in each request
    codes = ("mug-11", "glaze", "clay-10", "sticker", "wheel")
    sandbox.before_reply.append(
        lambda call: call.parameters.get("CurrentStock") == 2 and sandbox.faults.add("reset_after", SETTINGS)
    )
    desktop.text("qohreplace", update="".join(f"{code}~{at}|" for at, code in enumerate(codes, start=1)))
    push_all(store)
    assert [sandbox.stock(code) for code in codes] == [1, 2, 3, 4, 5]


figures = st.integers(-50, 50)


@given(
    before=figures, change=figures, sold=st.integers(0, 20), slack=st.integers(0, 5), arrived=st.booleans()
)
def test_what_really_happened_is_never_denied(before, change, sold, slack, arrived):
    found = before + (change if arrived else 0) - sold
    judged = verdict(before, before + change, found, Sales(max(sold - slack, 0), sold + slack))
    if change:
        assert judged is not (Verdict.LOST if arrived else Verdict.APPLIED)
    if change and not slack:
        assert judged is not Verdict.UNCLEAR
