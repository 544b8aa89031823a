"""A PackageID that comes back with another number, and figures without earlier packages: what they mean, and what is asked."""

from __future__ import annotations

import pytest
from django.utils import timezone

from fulfillment.decide import done_elsewhere, new_label, relabelling, try_again
from fulfillment.models import Package, Shipment
from fulfillment.units import Ledger
from stores.sandbox import SandboxStore
from tests.factories import make_store
from tests.fulfillment.goods import document, ids, order_of, report
from tests.fulfillment.test_shipping import owed, parked, partly

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3)


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def order(store, sandbox):
    return order_of(store, sandbox, 6, 1)


@pytest.fixture
def line(order, sandbox):
    return ids(sandbox, order)[0]


def told(order, line, number, units, **members):
    """A message that has its packages from 1 on."""
    return partly(order, [("1", number)], {line: {"shipped": units} | members})


class TestTheSamePackageIdAndContentsWithAnotherNumber:
    def test_are_for_a_person_while_so_many_units_are_left(self, store, order, line):
        report(store, told(order, line, "1Z1", 2))
        assert not report(store, told(order, line, "1Z2", 2)).owed
        assert owed(order) == [("1Z1", {line: 2})]
        assert parked(order) == [("1Z2", {line: 2})]
        row = Shipment.objects.get(problem_kind="unclear")
        assert "Either 1Z2 is a new label for 1Z1, or it is a further package." in row.problem

    def test_that_person_decides_for_a_further_package(self, store, order, line):
        report(store, told(order, line, "1Z1", 2))
        report(store, told(order, line, "1Z2", 2))
        assert try_again(Shipment.objects.filter(problem_kind="unclear")) == 1
        report(store, told(order, line, "1Z2", 2))
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {line: 2})]

    def test_of_two_in_doubt_neither_is_forgotten_when_only_one_is_named_again(self, store, order, line):
        report(store, told(order, line, "1Z1", 1))
        report(store, partly(order, [("1", "1Z2"), ("2", "1Z3")], {line: {"shipped": 2}}))
        assert [number for number, _ in parked(order)] == ["1Z2, 1Z3"]
        report(store, told(order, line, "1Z3", 1))
        assert [number for number, _ in parked(order)] == ["1Z2, 1Z3"]

    def test_nor_does_another_number_take_the_place_of_one_in_doubt(self, store, sandbox, order, line):
        report(store, partly(order, [("", "1Z1")], {"424242": {"shipped": 1}}))
        assert parked(order) == [("1Z1", {})]
        report(store, document(order, [("1", "1Z2")]))
        report(store, document(order, [("1", "1Z2"), ("", "1Z3")]))
        assert parked(order) == [("1Z1", {})]
        assert [number for number, _ in owed(order)] == ["1Z2, 1Z3"]

    def test_or_for_a_new_label_and_the_units_are_free_again(self, store, order, line):
        report(store, told(order, line, "1Z1", 2))
        report(store, told(order, line, "1Z2", 2))
        assert done_elsewhere(Shipment.objects.filter(problem_kind="unclear"), "support", "a new label") == 1
        report(store, told(order, line, "1Z3", 4))
        assert parked(order) == [("1Z3", {line: 4})]

    def test_or_for_a_new_label_which_the_known_shipment_gets(self, store, order, line):
        report(store, told(order, line, "1Z1", 2))
        report(store, told(order, line, "1Z2", 2))
        known, unclear = Shipment.objects.order_by("pk")
        Shipment.objects.filter(pk=known.pk).update(done_at=timezone.now())
        assert new_label(Shipment.objects.all(), "support") == 1
        assert owed(order)[0] == ("1Z2", {line: 2})
        assert Package.objects.get().earlier_numbers == ["1Z1"]
        known.refresh_from_db()
        unclear.refresh_from_db()
        assert (known.done_at, unclear.closed_by) == (None, "support: a new label")
        assert Ledger(order).open[line] == 4
        assert new_label(Shipment.objects.all(), "support") == 0

    def test_are_a_new_label_when_needed_has_not_become_less(self, store, order, line):
        report(store, told(order, line, "1Z1", 2, needed=4))
        assert report(store, told(order, line, "1Z2", 2, needed=4)).owed
        assert owed(order) == [("1Z2", {line: 2})]
        assert Package.objects.get().earlier_numbers == ["1Z1"]

    def test_are_a_further_package_when_needed_has_become_less_by_them(self, store, order, line):
        report(store, told(order, line, "1Z1", 2, needed=4))
        report(store, told(order, line, "1Z2", 2, needed=2))
        report(store, told(order, line, "1Z3", 2, needed=0))
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {line: 2}), ("1Z3", {line: 2})]
        assert parked(order) == []

    @pytest.mark.parametrize("needed", [0, 2, 3])
    def test_are_for_a_person_when_needed_has_never_counted_what_is_left(self, store, order, line, needed):
        report(store, told(order, line, "1Z1", 2, needed=0))
        report(store, told(order, line, "1Z2", 2, needed=needed))
        assert owed(order) == [("1Z1", {line: 2})]
        assert parked(order) == [("1Z2", {line: 2})]

    def test_are_a_new_label_when_fewer_units_are_left(self, store, order, line):
        report(store, told(order, line, "1Z1", 4))
        report(store, told(order, line, "1Z2", 4))
        assert owed(order) == [("1Z2", {line: 4})]

    def test_are_a_new_label_of_a_desktop_that_names_all_packages(self, store, order, line):
        report(store, told(order, line, "1Z1", 1))
        report(store, partly(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 2}}))
        report(store, partly(order, [("1", "1Z8"), ("2", "1Z9")], {line: {"shipped": 2}}))
        assert owed(order) == [("1Z8", {line: 1}), ("1Z9", {line: 1})]


class TestTheSamePackageIdWithOtherContents:
    def test_is_a_further_package_when_nothing_of_its_lines_had_left(self, store, sandbox, order, line):
        other = ids(sandbox, order)[1]
        report(store, told(order, line, "1Z1", 2))
        report(store, told(order, other, "1Z2", 1))
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {other: 1})]

    def test_is_a_further_package_when_needed_has_become_less_by_them(self, store, order, line):
        report(store, told(order, line, "1Z1", 2, needed=4))
        report(store, told(order, line, "1Z2", 3, needed=1))
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {line: 3})]

    def test_beside_a_new_package_of_a_desktop_that_names_all_is_a_new_label(self, store, order, line):
        report(store, told(order, line, "1Z1", 1))
        report(store, partly(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 2}}))
        named = [("1", "1Z8"), ("2", "1Z9"), ("3", "1Z3")]
        report(store, partly(order, named, {line: {"shipped": 5}}))
        assert owed(order) == [("1Z8", {line: 1}), ("1Z9", {line: 1}), ("1Z3", {line: 3})]


class TestUnitsThatAreToldBeforeTheirNumber:
    def test_get_it_when_it_comes_with_the_same_units(self, store, order, line):
        report(store, partly(order, [], {line: {"shipped": 2}}))
        assert parked(order) == [("", {line: 2})]
        report(store, told(order, line, "1Z1", 2))
        assert owed(order) == [("1Z1", {line: 2})]
        assert parked(order) == []

    def test_get_it_beside_shipments_that_are_told_one_by_one(self, store, order, line):
        report(store, told(order, line, "1Z1", 1))
        report(store, partly(order, [("2", "")], {line: {"shipped": 2, "packages": {"2": 2}}}))
        report(store, partly(order, [("2", "1Z2")], {line: {"shipped": 2, "packages": {"2": 2}}}))
        assert owed(order) == [("1Z1", {line: 1}), ("1Z2", {line: 2})]
        assert parked(order) == []

    def test_wait_on_when_a_message_is_about_other_lines(self, store, sandbox, order, line):
        other = ids(sandbox, order)[1]
        report(store, partly(order, [], {line: {"shipped": 2}}))
        report(store, partly(order, [("1", "1Z1")], {other: {"shipped": 1}}))
        assert owed(order) == [("1Z1", {other: 1})]
        assert parked(order) == [("", {line: 2})]

    def test_wait_on_as_far_as_they_do_not_go_with_another_package(self, store, order, line):
        report(store, partly(order, [], {line: {"shipped": 3}}))
        report(store, told(order, line, "1Z1", 1))
        assert parked(order) == [("", {line: 2})]
        report(store, partly(order, [("2", "1Z2")], {line: {"shipped": 3}}))
        assert owed(order) == [("1Z1", {line: 1}), ("1Z2", {line: 3})]
        assert parked(order) == []

    def test_get_a_number_that_comes_without_lines(self, store, order, line):
        report(store, partly(order, [], {line: {"shipped": 2}}))
        report(store, partly(order, [("1", "1Z1")]))
        assert owed(order) == [("1Z1", {line: 2})]
        assert parked(order) == []

    def test_go_with_the_rest_of_the_order(self, store, sandbox, order, line):
        report(store, partly(order, [], {line: {"shipped": 2}}))
        report(store, document(order, [("1", "1Z1")]))
        assert owed(order) == [("1Z1", {line: 6, ids(sandbox, order)[1]: 1})]
        assert parked(order) == []


def test_what_has_no_known_package_is_no_new_label(store, order, line):
    report(store, told(order, line, "1Z1", 1))
    report(store, partly(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 2}}))
    report(store, partly(order, [("3", "1Z3")], {line: {"shipped": 4}}))
    assert parked(order) == [("1Z3", {line: 4})]
    assert not relabelling(Shipment.objects.all()).exists()


class TestAnotherNumberWhenAllHasLeft:
    """With a PackageID of its own."""

    @pytest.fixture
    def gone(self, store, sandbox, order, line):
        for place, (each, units) in enumerate(((line, 6), (ids(sandbox, order)[1], 1)), 1):
            report(store, partly(order, [(f"P{place}", f"1Z{place}")], {each: {"shipped": units}}))
        return order

    def test_is_that_of_the_package_with_just_these_units(self, store, gone, sandbox, line):
        other = ids(sandbox, gone)[1]
        report(store, partly(gone, [("P3", "1Z3")], {other: {"shipped": 1}}))
        assert owed(gone) == [("1Z1", {line: 6}), ("1Z3", {other: 1})]

    def test_joins_the_shipment_of_its_line_otherwise(self, store, gone, sandbox, line):
        report(store, partly(gone, [("P3", "1Z3")], {line: {"status": "Item Shipped"}}))
        assert owed(gone) == [("1Z1, 1Z3", {line: 6}), ("1Z2", {ids(sandbox, gone)[1]: 1})]


class TestALineInAShipmentThatSomebodyMadeByHand:
    def test_counts_while_that_is_not_marked_shipped(self, store, order, line):
        order.raw["items"][0] |= {"shpmnt_id": 77, "status": 100}
        order.save()
        report(store, told(order, line, "1Z1", 6))
        assert owed(order) == [("1Z1", {line: 6})]
