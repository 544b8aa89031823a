"""A desktop that reports in any order and any form, a bad network, dying workers, a person in Miva: at most one shipment for each
package, never one without its number, never more units than left the house, and in the end all of them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fulfillment.models import Shipment
from fulfillment.push import push
from orders.models import Order
from stores import outbox
from stores.outbox import claim
from stores.sandbox import SandboxStore, serve
from tests.factories import store_of
from tests.fulfillment.goods import document, form, ids, in_miva, kept, order_of, report

pytestmark = pytest.mark.django_db(transaction=True)
CALLS = (
    "OrderList_Load_Query",
    "OrderItem_Split",
    "OrderItemList_CreateShipment",
    "OrderShipmentList_Update",
)


class ShipmentsOfOneOrder(RuleBasedStateMachine):
    """Everything that may happen between a desktop's first message and Miva's last answer."""

    def __init__(self) -> None:
        super().__init__()
        Order.objects.all().delete()
        self.sandbox = SandboxStore(seed=5)
        self.open = ExitStack()
        self.store = store_of(self.sandbox, self.open.enter_context(serve(self.sandbox)))
        self.order = order_of(self.store, self.sandbox, 5, 2)
        self.lines = ids(self.sandbox, self.order)
        self.left = dict(zip(self.lines, (5, 2), strict=True))
        self.gone = dict.fromkeys(self.lines, 0)
        self.parcels: list[str] = []
        self.told = form(self.order, status="New")

    def everything(self) -> dict[str, str]:
        items = {line: {"shipped": count, "needed": self.left[line]} for line, count in self.gone.items()}
        packages = [(str(place), number) for place, number in enumerate(self.parcels, 1)]
        return document(self.order, packages, items, "Partially Shipped")

    @rule(data=st.data())
    def some_units_leave_the_house(self, data: st.DataObject) -> None:
        if any(self.left.values()):
            line = data.draw(st.sampled_from([line for line, count in self.left.items() if count]))
            count = data.draw(st.integers(1, self.left[line]))
            self.left[line] -= count
            self.gone[line] += count
            self.parcels.append(f"1Z{len(self.parcels) + 1:03}")
            self.told = self.everything()
            report(self.store, self.told)

    @rule()
    def the_desktop_says_it_again(self) -> None:
        report(self.store, self.told)

    @rule()
    def a_number_is_corrected(self) -> None:
        if self.parcels:
            self.parcels[-1] += "X"
            self.told = self.everything()
            report(self.store, self.told)

    @rule(
        kind=st.sampled_from(["reset_before", "reset_after", "cut_json", "api_offline"]),
        call=st.sampled_from(CALLS),
    )
    def a_fault_waits(self, kind: str, call: str) -> None:
        self.sandbox.faults.add(kind, call)

    @rule()
    def a_worker_pushes(self) -> None:
        push(self.store, budget=20)

    @rule()
    def a_worker_dies_before_its_first_call(self) -> None:
        claim(Shipment, self.store)

    @rule()
    def time_passes(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        rows = Shipment.objects.of(self.store).filter(outbox.OPEN)
        rows.update(due_at=past, store_waits_until=None)
        rows.exclude(leased_until=None).update(leased_until=past)

    @rule()
    def the_order_comes_again(self) -> None:
        kept(self.store, self.sandbox.orders[self.order.miva_id])

    @invariant()
    def no_mail_leaves_without_a_number_and_no_unit_twice(self) -> None:
        assert all(mail.tracknum for mail in self.sandbox.mails)
        raw = self.sandbox.orders[self.order.miva_id]
        shipped = {shipment["id"] for shipment in raw["shipments"] if shipment["status"] == 200}
        for code, line in (("MUG-1", self.lines[0]), ("MUG-2", self.lines[1])):
            units = sum(
                each["quantity"]
                for each in raw["items"]
                if each["code"] == code and each["shpmnt_id"] in shipped
            )
            assert units <= self.gone[line]
        assert sum(each["quantity"] for each in raw["items"]) == 7

    def teardown(self) -> None:
        try:
            self.sandbox.faults.clear()
            for _ in range(4):
                self.time_passes()
                push(self.store, budget=20)
            assert not Shipment.objects.of(self.store).filter(done_at=None).exists()
            there = in_miva(self.sandbox, self.order)
            assert sorted(there) == sorted(self.parcels)
            units = {code: sum(each.get(code, 0) for each in there.values()) for code in ("MUG-1", "MUG-2")}
            assert list(units.values()) == list(self.gone.values())
        finally:
            self.open.close()


def test_whatever_happens_each_package_ends_in_miva_once() -> None:
    run_state_machine_as_test(
        ShipmentsOfOneOrder,
        settings=settings(
            max_examples=8,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
