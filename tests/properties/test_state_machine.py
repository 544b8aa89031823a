"""Shoppers, an administrator, a bad network, dying workers and a desktop, in any order: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orders import backfill, reconcile
from orders.hints import fetch_hinted, record
from orders.jobs import JobBusy, Outcome
from orders.models import Backfill, ExportSequence, Job, Order, OrderHint, ReceivedPage, Reconciliation
from orders.pull import pull
from orders.release import ignore, rejudge, release
from orders.spans import Span
from stores.cursors import LeaseLost
from stores.miva.errors import MivaError
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from stores.sandbox.desktop import Desktop
from tests.factories import make_desktop, store_of
from tests.faults.table import (
    FAILING,
    HARMLESS,
    WHILE_PAGING,
    Misfortune,
    contents_here,
    contents_there,
    unpaid,
)
from tests.orders.roads.helpers import LIST_OF, interrupt, place, set_up

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING = Span(since=datetime(2020, 1, 1, tzinfo=UTC))
MISFORTUNES = [*FAILING.values(), *HARMLESS.values(), *map(Misfortune, WHILE_PAGING)]
SEARCH = "STATE_MACHINE_EXAMPLES"  # set to a number: so many new random examples of each strategy
NOT_THIS_TIME = (MivaError, LeaseLost, JobBusy)
BEHIND = 50  # seconds that the shop's clock is behind at first; a second passes there with each edit
GIFT = {"code": "GIFT", "sku": "GIFT", "name": "A gift", "quantity": 1, "price": 0}
NO_SKU = {"code": "NO-SKU", "sku": "", "name": "Known by its code alone", "quantity": 1, "price": 5}


class OrdersOfOneStore(RuleBasedStateMachine):
    """Everything that may happen to the orders of a store between Miva and Stone Edge."""

    strategy = "queue_ack"

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0
        self.sandbox = SandboxStore(seed=11, clock=lambda: time.time() - BEHIND + self.seconds)
        set_up(self.sandbox, self.strategy)
        self.open = ExitStack()
        server = self.open.enter_context(serve(self.sandbox))
        self.store: Store = store_of(self.sandbox, server, page_size=3, strategy=self.strategy)
        login, password = make_desktop(self.store)
        http = httpx.Client(transport=httpx.WSGITransport(app=get_wsgi_application()))
        self.desktop = self.open.enter_context(
            Desktop("http://testserver/seti/", login.username, password, login.store_code, http=http)
        )
        self.assigned: set[int] = set()

    # What shoppers and the administrator do

    @rule(count=st.integers(1, 4))
    def orders_are_placed(self, count: int) -> None:
        place(self.sandbox, count)

    @rule()
    def an_order_is_placed_without_a_payment(self) -> None:
        unpaid(self.sandbox)

    @rule()
    def an_order_over_nothing_is_placed(self) -> None:
        self.sandbox.place_order(items=[GIFT], charges=[], payments=[])

    @rule()
    def a_slow_check_out_brings_a_late_number(self) -> None:
        place(self.sandbox, late=True)

    @rule()
    def an_order_is_placed_that_only_its_code_identifies(self) -> None:
        place(self.sandbox, items=[NO_SKU], charges=[], payments=[{"amount": 5, "type": 1}])

    @rule(data=st.data())
    def a_payment_arrives(self, data: st.DataObject) -> None:
        waiting = [n for n, order in self.sandbox.orders.items() if not order["payments"] and order["total"]]
        if waiting:
            self.a_second_passes()
            self.sandbox.record_payment(data.draw(st.sampled_from(waiting)))

    @rule(data=st.data(), city=st.sampled_from(["Editedville", "Akron", "Reno"]))
    def an_order_is_edited(self, data: st.DataObject, city: str) -> None:
        number = self.any_order(data)
        if number:
            self.a_second_passes()
            line = self.sandbox.orders[number]["items"][0]
            self.sandbox.edit_order(number, ship_city=city)
            self.sandbox.change_quantity(number, line["line_id"], line["quantity"] + 1)

    @rule(data=st.data())
    def a_line_is_cancelled(self, data: st.DataObject) -> None:
        number = self.any_order(data)
        if number and len(self.sandbox.orders[number]["items"]) > 1:
            self.a_second_passes()
            line = self.sandbox.orders[number]["items"][0]
            self.sandbox.cancel(number, [line["line_id"]], reason="Out of stock")

    # What the clock and webhooks start

    @rule()
    def a_pull(self) -> None:
        self.attempt(lambda: pull(self.store))

    @rule()
    def a_pull_whose_time_ends_after_a_page(self) -> None:
        self.attempt(lambda: pull(self.store, budget=0))

    @rule(data=st.data())
    def a_webhook(self, data: st.DataObject) -> None:
        record(self.store.pk, self.any_order(data) or 1)

    @rule()
    def hints_are_fetched(self) -> None:
        self.time_passes()
        self.attempt(lambda: fetch_hinted(self.store))

    @rule(budget=st.sampled_from([0.0, 20.0]))
    def a_slice_of_a_backfill(self, budget: float) -> None:
        self.time_passes()
        job = backfill.under_way(self.store, EVERYTHING).first() or backfill.start(
            self.store, EVERYTHING, estimated=1
        )
        self.attempt(lambda: backfill.work(job, budget=budget))

    @rule()
    def a_comparison(self) -> None:
        self.time_passes()
        self.attempt(lambda: reconcile.work(reconcile.start(self.store)))

    # What goes wrong

    @rule(misfortune=st.sampled_from(MISFORTUNES))
    def the_next_call_will_fail(self, misfortune: Misfortune) -> None:
        self.sandbox.faults.add(misfortune.kind, **misfortune.options)

    @rule(page=st.integers(1, 2))
    def a_worker_dies_with_a_page(self, page: int) -> None:
        """The shop has answered, nothing is committed, nobody says so: its lease is another's by then."""
        interrupt(self.sandbox, self.store, page)
        self.attempt(lambda: pull(self.store))
        self.sandbox.before_reply.clear()
        self.time_passes()

    @rule()
    def a_fetcher_of_hints_dies(self) -> None:
        """It took its hints and was never heard of again."""
        OrderHint.objects.of(self.store).update(
            lease="00000000-0000-0000-0000-000000000001", leased_until=timezone.now() + timedelta(minutes=3)
        )

    # What people decide

    @rule(identifier=st.sampled_from(["code", "sku"]))
    def support_changes_the_mapping(self, identifier: str) -> None:
        self.store.identifier = identifier
        self.store.save(update_fields=["identifier"])

    @rule()
    def an_order_has_no_lines_for_a_while(self) -> None:
        """The desktop has it already; it is held, others come meanwhile, and it is released behind them."""
        [number] = place(self.sandbox)
        self.a_pull()
        self.export_numbers_are_given_without_a_hole()
        self.desktop.import_orders()
        lines = self.sandbox.orders[number]["items"]
        for items in ([], lines):
            self.a_second_passes()
            self.sandbox.edit_order(number, items=items)
            self.a_pull()
            self.export_numbers_are_given_without_a_hole()  # before the order takes another one
            place(self.sandbox)

    @rule()
    def the_clock_judges_held_orders_again(self) -> None:
        rejudge(self.store)

    @rule(data=st.data())
    def support_ignores_an_order(self, data: st.DataObject) -> None:
        number = self.any_order(data)
        if number:
            ignore(self.store, [number], "a test order")

    @rule()
    def support_takes_back_what_is_ignored(self) -> None:
        ignored = Order.objects.of(self.store).filter(state=Order.State.IGNORED)
        release(self.store, list(ignored.values_list("miva_id", flat=True)))

    @rule(batch=st.integers(1, 5))
    def the_desktop_downloads(self, batch: int) -> None:
        self.desktop.batch_size = batch
        self.desktop.import_orders()
        assert set(map(int, self.desktop.imported.numbers)) <= self.complete()

    @precondition(lambda self: self.store.identifier == "code")
    @rule(batch=st.integers(1, 5))
    def asking_twice_gives_the_same(self, batch: int) -> None:
        self.desktop.batch_size = batch
        asked = self.desktop.imported.last_order, self.desktop.imported.last_date
        first, second = (
            [[order.number for order in page.orders] for page in self.desktop.orders(*asked)]
            for _ in range(2)
        )
        assert first == second

    # What holds after each step

    @invariant()
    def no_order_is_here_that_miva_has_not(self) -> None:
        assert set(Order.objects.of(self.store).values_list("miva_id", flat=True)) <= set(self.sandbox.orders)

    @invariant()
    def nothing_incomplete_is_ready(self) -> None:
        ready = Order.objects.of(self.store).filter(state=Order.State.EXPORTABLE)
        assert set(ready.values_list("miva_id", flat=True)) <= self.complete()
        assert not ready.filter(export_number=None).exists()

    @invariant()
    def export_numbers_are_given_without_a_hole(self) -> None:
        given = (
            Order.objects.of(self.store).exclude(export_number=None).values_list("export_number", flat=True)
        )
        self.assigned |= set(given)
        last = (
            ExportSequence.objects.filter(store=self.store).values_list("last_number", flat=True).first() or 0
        )
        assert self.assigned == set(range(1, last + 1))

    # The end

    def teardown(self) -> None:
        """The faults end and everybody does once more what the clock lets him do."""
        try:
            self.all_is_well_again()
            self.nothing_is_lost_nothing_doubled_nothing_stale()
            self.the_desktop_has_everything()
        finally:
            self.open.close()

    def all_is_well_again(self) -> None:
        self.sandbox.faults.clear()
        self.support_changes_the_mapping("code")
        self.support_takes_back_what_is_ignored()
        self.time_passes()
        pull(self.store)
        pull(self.store)  # the first one may have ended an interrupted range
        self.time_passes()
        fetch_hinted(self.store)
        for job in backfill.under_way(self.store, EVERYTHING):
            assert backfill.work(job) is Outcome.DONE
        row = reconcile.start(self.store)
        assert reconcile.work(row) is Outcome.DONE
        rejudge(self.store)

    def nothing_is_lost_nothing_doubled_nothing_stale(self) -> None:
        complete = self.complete()
        here = [each for each in contents_here(self.store) if each["number"] in complete]
        assert here == contents_there(self.sandbox, complete)
        ready = Order.objects.of(self.store).filter(state=Order.State.EXPORTABLE)
        assert set(ready.values_list("miva_id", flat=True)) == complete
        assert not ReceivedPage.objects.of(self.store).exists()

    def the_desktop_has_everything(self) -> None:
        self.desktop.batch_size = 4
        while self.desktop.import_orders():
            pass
        assert sorted(map(int, self.desktop.imported.numbers)) == sorted(self.complete())

    # Small things

    def complete(self) -> set[int]:
        """The orders that have a payment, or that cost nothing."""
        return {n for n, order in self.sandbox.orders.items() if order["payments"] or not order["total"]}

    def any_order(self, data: st.DataObject) -> int:
        numbers = sorted(self.sandbox.orders)
        return data.draw(st.sampled_from(numbers)) if numbers else 0

    def a_second_passes(self) -> None:
        """In the shop: Miva tells the time of a change in whole seconds."""
        self.seconds += 1

    def attempt(self, work) -> None:
        """Whatever comes in between is written down, and tried again."""
        try:
            work()
        except NOT_THIS_TIME:
            self.time_passes()

    def time_passes(self) -> None:
        """Leases and waits are over; the regular pull was just made, or is far away."""
        past, later = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(minutes=10)
        PullCursor.objects.filter(store=self.store).update(leased_until=None, due_at=later)
        OrderHint.objects.of(self.store).update(not_before=past)
        OrderHint.objects.of(self.store).exclude(leased_until=None).update(leased_until=past)
        for job in (Backfill, Reconciliation):
            job.objects.of(self.store).filter(state=Job.State.FAILED).update(state=Job.State.WAITING)
            job.objects.of(self.store).update(leased_until=None)


@pytest.mark.parametrize("strategy", LIST_OF)
def test_whatever_happens_nothing_is_lost_and_nothing_doubled(strategy: str) -> None:
    machine = type("Pulling", (OrdersOfOneStore,), {"strategy": strategy})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(os.environ.get(SEARCH, "6")),
            stateful_step_count=24,
            derandomize=SEARCH not in os.environ,
            phases=[Phase.generate],  # a shorter example costs minutes: each try has a shop and a database
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
