"""What a message means: which shipments Miva is owed, and that saying it twice changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from fulfillment.decide import done_elsewhere, try_again
from fulfillment.meanings import Meanings, tracking_type
from fulfillment.models import (
    CarrierMapping,
    FulfillmentRules,
    Package,
    Shipment,
    ShipmentLine,
    StatusMeaning,
    StatusUpdate,
)
from fulfillment.models.rules import Meaning
from fulfillment.record import apply_again
from fulfillment.units import Ledger
from orders.models import Order
from stores.models import AuditEntry
from stores.sandbox import SandboxStore
from tests.factories import later, make_store
from tests.fulfillment.goods import document, form, ids, item, kept, lines, only, order_of, report

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

UNKNOWN = "<Order><OrderNumber>9999999</OrderNumber><Status>Shipped</Status></Order>"


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3)


@pytest.fixture
def store():
    return make_store()


def rules(store, **choices):
    FulfillmentRules.objects.update_or_create(store=store, defaults=choices)


def owed(order) -> list[tuple[str, dict[int, int]]]:
    """Tracking number and units of each shipment that is to be pushed, in order of entry."""
    rows = Shipment.objects.filter(order=order, parked_at=None, kind="ship").order_by("pk")
    return [(row.tracking, {line.line_id: line.quantity for line in row.lines.all()}) for row in rows]


def waiting(order) -> list[str]:
    """Why shipments wait for the rest of the story."""
    return list(
        Shipment.objects.filter(order=order, problem_kind="incomplete").values_list("problem", flat=True)
    )


def effect(order) -> str:
    return StatusUpdate.objects.filter(order=order).first().effect


class TestWholeOrders:
    def test_one_package_takes_all_lines(self, store, sandbox):
        order = order_of(store, sandbox, 1, 5)
        first, second = ids(sandbox, order)
        assert report(store, form(order, "1Z1")).owed
        assert owed(order) == [("1Z1", {first: 1, second: 5})]
        assert effect(order) == "1 shipment for Miva."

    def test_several_packages_are_joined(self, store, sandbox):
        order = order_of(store, sandbox, 1, 5)
        report(store, form(order, "1Z1", "1Z2"))
        assert [number for number, _ in owed(order)] == ["1Z1, 1Z2"]

    def test_or_split_as_the_store_wants_it(self, store, sandbox):
        rules(store, packages="split")
        order = order_of(store, sandbox, 1, 5)
        first, second = ids(sandbox, order)
        report(store, form(order, "1Z1", "1Z2", "1Z3"))
        assert owed(order) == [("1Z1", {first: 1}), ("1Z2", {second: 4}), ("1Z3", {second: 1})]

    def test_more_packages_than_units_join_the_last(self, store, sandbox):
        rules(store, packages="split")
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1", "1Z2"))
        assert [number for number, _ in owed(order)] == ["1Z1, 1Z2"]

    def test_without_a_tracking_number_nothing_is_marked_shipped(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        assert not report(store, form(order)).owed
        assert owed(order) == []
        assert "gave no tracking number" in waiting(order)[0]

    def test_the_tracking_number_that_comes_later_completes_it(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        report(store, form(order))
        report(store, form(order, "1Z1"))
        assert waiting(order) == []
        assert [number for number, _ in owed(order)] == ["1Z1"]

    def test_partly_shipped_without_lines_waits_for_the_rest(self, store, sandbox):
        order = order_of(store, sandbox, 1, 2)
        assert not report(store, form(order, "1Z1", status="Partially Shipped")).owed
        assert "not which lines" in waiting(order)[0]
        report(store, form(order, "1Z1", "1Z2"))
        assert waiting(order) == []
        assert [number for number, _ in owed(order)] == ["1Z1, 1Z2"]

    def test_downloads_and_cancelled_lines_are_not_shipped(self, store, sandbox):
        items = lines(1, 1, 1)
        items[1] |= {"status": 220}
        items[2] |= {"status": 300}
        order = order_of(store, sandbox, items=items)
        report(store, form(order, "1Z1"))
        assert owed(order) == [("1Z1", {ids(sandbox, order)[0]: 1})]


class TestItems:
    def test_each_package_takes_the_units_that_the_items_put_into_it(self, store, sandbox):
        order = order_of(store, sandbox, 1, 5)
        first, second = ids(sandbox, order)
        items = {first: {"packages": {"1": 1}}, second: {"packages": {"1": 2, "2": 3}}}
        report(store, document(order, [("1", "1Z1"), ("2", "1Z2")], items))
        assert owed(order) == [("1Z1", {first: 1, second: 2}), ("1Z2", {second: 3})]

    def test_totals_count_from_the_last_message_on(self, store, sandbox):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 2}}))
        report(store, document(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 4}}))
        report(store, document(order, [("3", "1Z3")], {line: {"shipped": 5}}))
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {line: 2}), ("1Z3", {line: 1})]

    def test_a_desktop_that_reports_each_shipment_by_itself_is_understood(self, store, sandbox):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        for ref, number, units in (("1", "1Z1", 2), ("2", "1Z2", 2), ("3", "1Z3", 1)):
            report(
                store, document(order, [(ref, number)], {line: {"shipped": units, "packages": {ref: units}}})
            )
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {line: 2}), ("1Z3", {line: 1})]

    def test_without_units_in_packages_it_is_understood_by_the_packages_that_it_does_not_name(
        self, store, sandbox
    ):
        order = order_of(store, sandbox, 10)
        (line,) = ids(sandbox, order)
        for ref, number, units in (("1", "1Z1", 3), ("2", "1Z2", 4), ("3", "1Z3", 3)):
            report(store, document(order, [(ref, number)], {line: {"shipped": units}}))
        assert owed(order) == [("1Z1", {line: 3}), ("1Z2", {line: 4}), ("1Z3", {line: 3})]

    def test_figures_without_earlier_packages_of_a_desktop_that_named_them_before_are_for_a_person(
        self, store, sandbox
    ):
        order = order_of(store, sandbox, 20)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 2}}))
        report(store, document(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 4}}))
        report(store, document(order, [("3", "1Z3")], {line: {"shipped": 7}}))
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {line: 2})]
        row = Shipment.objects.get(problem_kind="unclear")
        assert "Either 7 units went" in row.problem
        assert "and 3 units went" in row.problem

    def test_items_about_one_line_are_added_up(self, store, sandbox):
        order = order_of(store, sandbox, 9)
        (line,) = ids(sandbox, order)
        told = document(order, [("1", "1Z1")], {line: {"shipped": 2}})
        both = item(line, {"shipped": 2}) + item(line, {"shipped": 3, "status": "Item Shipped"})
        report(store, {"update": told["update"].replace(item(line, {"shipped": 2}), both)})
        told = document(order, [("2", "1Z2")], {line: {"shipped": 2}})
        both = item(line, {"shipped": 1}) + item(line, {"shipped": 3})
        report(store, {"update": told["update"].replace(item(line, {"shipped": 2}), both)})
        assert owed(order) == [("1Z1", {line: 5}), ("1Z2", {line: 4})]

    def test_a_line_of_which_one_item_is_shipped_and_another_back_ordered_is_both(self, store, sandbox):
        rules(store, back_order=True)
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        told = document(order, [("1", "1Z1")], {line: {"shipped": 3}}, "Partially Shipped")
        both = item(line, {"shipped": 3}) + item(line, {"needed": 2, "status": "Backordered"})
        report(store, {"update": told["update"].replace(item(line, {"shipped": 3}), both)})
        assert owed(order) == [("1Z1", {line: 3})]
        row = Shipment.objects.get(kind="back_order")
        assert [(each.line_id, each.quantity) for each in row.lines.all()] == [(line, 2)]

    def test_more_units_than_were_ordered_are_never_owed(self, store, sandbox):
        order = order_of(store, sandbox, 2)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 7}}))
        assert owed(order) == [("1Z1", {line: 2})]

    def test_lines_that_miva_does_not_have_are_left_out(self, store, sandbox):
        order = order_of(store, sandbox, 2, 1)
        first, _ = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {first: {"shipped": 2}, 999_999: {"shipped": 1}}))
        assert owed(order) == [("1Z1", {first: 2})]

    def by_sku(self, order, line: int, *names: str, **given) -> dict[str, str]:
        """The message about one line, named by these instead of its number."""
        told = document(order, [("1", "1Z1")], {line: {"shipped": 2} | given}, "Partially Shipped")
        one = item(line, {"shipped": 2} | given)
        items = "".join(one.replace(f"<ItemNumber>{line}<", f"<ItemNumber>{name}<") for name in names)
        return {"update": told["update"].replace(one, items)}

    @pytest.mark.parametrize("name", ["MUG-2", "mug-2 ", "Becher&amp;Söhne", "88101"])
    def test_a_line_may_be_named_by_its_code_or_sku(self, store, sandbox, name):
        items = lines(1, 5)
        items[1] |= {"sku": name.strip().replace("&amp;", "&").upper()} if "ug" not in name else {}
        order = order_of(store, sandbox, items=items)
        _, second = ids(sandbox, order)
        assert report(store, self.by_sku(order, second, name)).owed
        assert owed(order) == [("1Z1", {second: 2})]
        assert StatusUpdate.objects.get().content["items"][0]["line_id"] == second

    @pytest.mark.parametrize("name", ["MUG-1", "NOT-HERE", "", "PEN"])
    def test_but_never_by_one_that_is_not_clear(self, store, sandbox, name):
        items = lines(1, 5, 1)
        items[1] |= {"code": "MUG-1"}
        order = order_of(store, sandbox, items=items)
        parts = [{"code": "PEN", "quantity": 1}, {"code": "CAP", "quantity": 1}]
        order.raw["items"][2] |= {"parts": parts, "sku": "KIT"}
        order.save()
        assert not report(store, self.by_sku(order, ids(sandbox, order)[0], name)).owed
        row = only(store)
        assert (owed(order), row.problem_kind) == ([], "unclear")
        assert f"{name} is not the SKU of just one line" in row.problem or not name

    def test_a_line_that_was_split_for_an_earlier_shipment_is_still_one(self, store, sandbox):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("0", "1Z0")], {line: {"shipped": 2}}, "Partially Shipped"))
        sandbox.split(order.miva_id, line, 2)
        ShipmentLine.objects.update(miva_line_id=ids(sandbox, order)[-1])
        kept(store, later(sandbox.orders[order.miva_id]))
        report(store, self.by_sku(order, line, "MUG-1", shipped=3))
        assert owed(order) == [("1Z0", {line: 2}), ("1Z1", {line: 3})]

    def test_a_line_that_only_says_that_it_is_shipped_goes_whole(self, store, sandbox):
        order = order_of(store, sandbox, 2, 1)
        first, _ = ids(sandbox, order)
        report(
            store, document(order, [("1", "1Z1")], {first: {"status": "Item Shipped"}}, "Partially Shipped")
        )
        assert owed(order) == [("1Z1", {first: 2})]


class TestSaidTwice:
    def test_word_for_word_it_is_counted_only(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1"))
        assert not report(store, form(order, "1Z1")).owed
        assert StatusUpdate.objects.get().repeated == 1
        assert len(owed(order)) == 1

    def test_in_other_words_it_has_no_effect(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1"))
        assert not report(store, document(order, [("1", "1z 1")], status="Item Shipped")).owed
        assert len(owed(order)) == 1
        assert "Nothing new" in effect(order)

    def test_another_status_with_the_same_package_is_no_second_shipment(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        for status in ("Order Shipped", "Shipped", "Order Shipped"):
            report(store, form(order, "1Z1", status=status))
        assert len(owed(order)) == 1


class TestCorrections:
    def test_another_number_for_the_same_package_updates_its_shipment(self, store, sandbox):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 2, "needed": 3}}))
        version = only(store).version
        assert report(store, document(order, [("1", "1Z9")], {line: {"shipped": 2, "needed": 3}})).owed
        assert owed(order) == [("1Z9", {line: 2})]
        assert Package.objects.get().earlier_numbers == ["1Z1"]
        assert only(store).version > version

    @pytest.mark.parametrize("units", [2, 4])
    def test_a_package_id_that_is_used_again_with_other_contents_is_for_a_person(self, store, sandbox, units):
        order = order_of(store, sandbox, 9)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 3, "packages": {"1": 3}}}))
        told = document(order, [("1", "1Z2")], {line: {"shipped": units, "packages": {"1": units}}})
        assert not report(store, told).owed
        assert owed(order) == [("1Z1", {line: 3})]
        row = Shipment.objects.get(problem_kind="unclear")
        assert "Either 1Z2 is a new label for 1Z1, or it is a further package." in row.problem
        assert f"it is pushed with {units} units" in row.remedy
        assert row.problem in effect(order)

    def test_what_may_mean_two_things_is_settled_by_a_message_that_names_both_packages(self, store, sandbox):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 3}}))
        report(store, document(order, [("1", "1Z2")], {line: {"shipped": 2}}))
        report(store, document(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 5}}))
        assert owed(order) == [("1Z1", {line: 3}), ("1Z2", {line: 2})]
        assert not Shipment.objects.filter(problem_kind="unclear").exists()

    def test_a_further_package_goes_when_a_person_says_so_and_a_new_label_keeps_no_units(
        self, store, sandbox
    ):
        order = order_of(store, sandbox, 5)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 3}}))
        report(store, document(order, [("1", "1Z2")], {line: {"shipped": 2}}))
        unclear = Shipment.objects.filter(problem_kind="unclear")
        assert Ledger(order).open == {}
        assert done_elsewhere(unclear, "support", "a new label") == 1
        assert Ledger(order).open == {line: 2}
        Shipment.objects.filter(step="elsewhere").delete()
        report(store, document(order, [("1", "1Z3")], {line: {"shipped": 2}}))
        assert try_again(unclear) == 1
        assert owed(order) == [("1Z1", {line: 3}), ("1Z3", {line: 2})]

    def test_figures_of_one_message_alone_are_not_taken_for_totals_where_another_line_has_more(
        self, store, sandbox
    ):
        order = order_of(store, sandbox, 5, 5)
        first, second = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {first: {"shipped": 3}, second: {"shipped": 1}}))
        report(store, document(order, [("2", "1Z2")], {first: {"shipped": 1}, second: {"shipped": 3}}))
        assert owed(order) == [("1Z1", {first: 3, second: 1}), ("1Z2", {first: 1, second: 3})]

    def test_fewer_units_when_all_have_left_are_a_correction(self, store, sandbox):
        order = order_of(store, sandbox, 3)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 3}}))
        report(store, document(order, [("1", "1Z9")], {line: {"shipped": 2}}))
        assert owed(order) == [("1Z9", {line: 3})]

    def test_in_form_mode_the_number_that_is_gone_is_replaced(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1"))
        assert report(store, form(order, "1Z9")).owed
        assert [number for number, _ in owed(order)] == ["1Z9"]

    @pytest.mark.parametrize("form_mode", [True, False])
    def test_a_number_that_was_corrected_by_mistake_comes_back(self, store, sandbox, form_mode):
        order = order_of(store, sandbox, 2)
        for number in ("1Z1", "1Z9", "1Z1"):
            told = form(order, number) if form_mode else document(order, [("1", number)])
            assert report(store, told).owed
        assert owed(order) == [("1Z1", {ids(sandbox, order)[0]: 2})]
        assert Package.objects.get().earlier_numbers == ["1Z1", "1Z9"]

    def test_it_comes_back_to_its_own_package_though_units_are_left(self, store, sandbox):
        order = order_of(store, sandbox, 9)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 2}}))
        for number in ("1Z2", "1Z9", "1Z2"):
            report(store, document(order, [("1", "1Z1"), ("2", number)], {line: {"shipped": 4}}))
        assert owed(order) == [("1Z1", {line: 2}), ("1Z2", {line: 2})]

    def test_a_message_that_comes_again_because_of_another_order_in_it_changes_nothing_back(
        self, store, sandbox
    ):
        order = order_of(store, sandbox, 1)
        told = {"update": document(order, [("1", "1Z1")])["update"].replace("<Orders>", f"<Orders>{UNKNOWN}")}
        report(store, told)
        report(store, document(order, [("1", "1Z9")]))
        for _ in range(2):
            assert not report(store, told).owed
        assert [number for number, _ in owed(order)] == ["1Z9"]

    def test_but_one_that_says_so_at_another_time_does(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        for number, at in (("1Z1", "9:00"), ("1Z9", "9:30"), ("1Z1", "9:40")):
            told = document(order, [("1", number)])["update"].replace("<Orders>", f"<Orders>{UNKNOWN}")
            report(
                store, {"update": told.replace("<Status>", f"<ChangeDateTime>{at}</ChangeDateTime><Status>")}
            )
        assert [number for number, _ in owed(order)] == ["1Z1"]

    def test_an_older_message_that_is_applied_again_changes_no_number_back(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        for number in ("1Z1", "1Z9"):
            report(store, form(order, number))
        apply_again(StatusUpdate.objects.earliest("pk"))
        assert [number for number, _ in owed(order)] == ["1Z9"]

    def test_an_older_message_that_is_understood_later_replaces_no_newer_number(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1", status="Gone"))
        report(store, form(order, "1Z9"))
        StatusMeaning.objects.create(store=store, label="Gone", meaning=Meaning.SHIPPED)
        apply_again(StatusUpdate.objects.earliest("pk"))
        assert [number for number, _ in owed(order)] == ["1Z9, 1Z1"]

    def test_a_number_that_is_named_beside_the_one_that_replaced_it_is_a_further_one(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        for numbers in (["1Z1"], ["1Z9"], ["1Z1", "1Z9"]):
            report(store, form(order, *numbers))
        assert [number for number, _ in owed(order)] == ["1Z9, 1Z1"]

    def test_of_two_packages_the_one_with_the_known_id_has_a_new_label_and_the_other_is_new(
        self, store, sandbox
    ):
        order = order_of(store, sandbox, 9)
        (line,) = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {line: {"shipped": 2}}))
        report(store, document(order, [("1", "1Z1"), ("2", "1Z2")], {line: {"shipped": 4}}))
        named = [("1", "1Z9"), ("2", "1Z2"), ("3", "1Z3")]
        report(store, document(order, named, {line: {"shipped": 7}}))
        assert owed(order) == [("1Z9", {line: 2}), ("1Z2", {line: 2}), ("1Z3", {line: 3})]

    def test_a_second_label_for_an_order_that_is_gone_joins_it(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1"))
        assert report(store, form(order, "1Z1", "1Z2")).owed
        assert [number for number, _ in owed(order)] == ["1Z1, 1Z2"]

    def test_another_carrier_updates_the_shipment(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1", carrier="UPS"))
        assert report(store, form(order, "1Z1", carrier="FX")).owed
        assert Package.objects.get().carrier == "FX"


class TestLabels:
    @pytest.mark.parametrize(
        ("label", "meaning"),
        [
            ("Order Shipped", Meaning.SHIPPED),
            ("ITEM SHIPPED", Meaning.SHIPPED),
            (" order  canceled ", Meaning.CANCELLED),
            ("Back-Ordered", Meaning.BACKORDERED),
            ("Item Backordered", Meaning.BACKORDERED),
            ("Partially Shipped", Meaning.PARTLY),
            ("Waiting for the moon", ""),
            ("", ""),
        ],
    )
    def test_what_everybody_means(self, store, label, meaning):
        assert Meanings(store).of(label) == meaning

    def test_the_store_may_mean_something_else(self, store, sandbox):
        StatusMeaning.objects.create(store=store, label="Handed Over", meaning=Meaning.SHIPPED)
        StatusMeaning.objects.create(store=store, label="shipped", meaning=Meaning.NOTE)
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1", status="SHIPPED"))
        assert owed(order) == []
        report(store, form(order, "1Z1", status="handed over"))
        assert len(owed(order)) == 1

    def test_an_unknown_label_is_kept_and_pushes_nothing(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        recorded = report(store, form(order, "1Z1", status="Waiting for the moon"))
        assert (recorded.done, recorded.owed) == ([str(order.miva_id)], False)
        kept = StatusUpdate.objects.get()
        assert (kept.label, kept.meaning) == ("Waiting for the moon", "")
        assert "no meaning" in kept.effect

    def test_once_it_is_explained_the_same_message_has_its_effect(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1", status="Gone"))
        StatusMeaning.objects.create(store=store, label="Gone", meaning=Meaning.SHIPPED)
        assert report(store, form(order, "1Z1", status="Gone")).owed

    @pytest.mark.parametrize(
        ("carrier", "type_"),
        [
            ("FX", "FedEx"),
            ("fedex", "FedEx"),
            ("UPS", "UPS"),
            ("U.S.P.S.", "USPS"),
            ("usps", "USPS"),
            ("Bob's Van", "Bob's Van"),
        ],
    )
    def test_carriers_everybody_knows(self, store, carrier, type_):
        assert tracking_type(store, carrier) == type_

    def test_carriers_only_the_store_knows(self, store):
        CarrierMapping.objects.create(store=store, carrier="FX", tracking_type="FedExFreight")
        assert tracking_type(store, "fx") == "FedExFreight"
        assert tracking_type(make_store(), "fx") == "FedEx"


class TestCancelledAndBackOrdered:
    def test_both_are_off_until_the_store_wants_them(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        for status in ("Order Cancelled", "Backordered"):
            assert not report(store, form(order, status=status)).owed
            assert "switched off" in effect(order)
        assert not Shipment.objects.exists()

    @pytest.mark.parametrize(
        ("choice", "status", "kind"),
        [("cancel", "Canceled", "cancel"), ("back_order", "Backordered", "back_order")],
    )
    def test_what_is_open_is_changed_once(self, store, sandbox, choice, status, kind):
        rules(store, **{choice: True})
        order = order_of(store, sandbox, 3, 1)
        first, second = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {first: {"shipped": 1}}, "Partially Shipped"))
        assert report(store, form(order, status=status)).owed
        row = Shipment.objects.get(kind=kind)
        assert {line.line_id: line.quantity for line in row.lines.all()} == {first: 2, second: 1}
        report(store, form(order, status=f"Order {status}"))
        assert Shipment.objects.filter(kind=kind).count() == 1

    @pytest.mark.parametrize(
        ("choice", "status", "kind"),
        [("cancel", "Order Cancelled", "cancel"), ("back_order", "Backordered", "back_order")],
    )
    def test_what_left_before_the_rest_of_the_order_was_cancelled_or_back_ordered_ships(
        self, store, sandbox, choice, status, kind
    ):
        rules(store, **{choice: True})
        order = order_of(store, sandbox, 5, 1, 1)
        first, second, third = ids(sandbox, order)
        items = {
            first: {"shipped": 2},
            second: {"status": "Item Shipped"},
            third: {"shipped": 0, "needed": 1},
        }
        for _ in range(2):
            report(store, document(order, [("1", "1Z1")], items, status))
            items[third] |= {"ordered": 1}
        assert owed(order) == [("1Z1", {first: 2, second: 1})]
        row = Shipment.objects.get(kind=kind)
        assert {line.line_id: line.quantity for line in row.lines.all()} == {first: 3, third: 1}

    @pytest.mark.parametrize(
        ("choice", "status"), [("cancel", "Order Cancelled"), ("back_order", "Backordered")]
    )
    def test_an_item_of_which_no_line_is_clear_is_not_taken_for_the_whole_order(
        self, store, sandbox, choice, status
    ):
        rules(store, **{choice: True})
        order = order_of(store, sandbox, 3, 1)
        told = document(order, [], {424242: {"needed": 1}}, status)
        for number in ("OTHER-SKU", "424242"):
            report(store, {"update": told["update"].replace("424242", number)})
            assert not Shipment.objects.exists()
        assert effect(order) == "Left out: line 424242 is not in the order."

    def test_an_order_that_waited_for_its_number_is_cancelled_all_the_same(self, store, sandbox):
        rules(store, cancel=True)
        order = order_of(store, sandbox, 3, 1)
        report(store, form(order))
        assert report(store, form(order, status="Cancelled")).owed
        assert waiting(order) == []
        row = Shipment.objects.get(kind="cancel")
        assert [line.quantity for line in row.lines.all()] == [3, 1]

    def test_and_what_waits_for_it_is_forgotten_where_cancelling_is_switched_off(self, store, sandbox):
        order = order_of(store, sandbox, 3)
        report(store, form(order))
        report(store, form(order, status="Cancelled"))
        assert (waiting(order), owed(order)) == ([], [])
        assert report(store, form(order, "1Z1")).owed
        assert owed(order) == [("1Z1", {ids(sandbox, order)[0]: 3})]

    @pytest.mark.parametrize("choice", ["cancel", "back_order"])
    def test_a_number_without_lines_waits_for_them_and_is_not_lost(self, store, sandbox, choice):
        rules(store, **{choice: True})
        order = order_of(store, sandbox, 1, 2)
        first, second = ids(sandbox, order)
        report(store, document(order, [("1", "1Z1")], {first: {"shipped": 1}}, "Partially Shipped"))
        for numbers in (("1Z1",), ("1Z1", "1Z2")):
            report(store, form(order, *numbers, status="Cancelled" if choice == "cancel" else "Backordered"))
        assert owed(order) == [("1Z1", {first: 1})]
        assert ["not which lines" in each for each in waiting(order)] == [True]
        if choice == "back_order":
            report(store, form(order, "1Z1", "1Z2"))
            assert owed(order) == [("1Z1", {first: 1}), ("1Z2", {second: 2})]
        assert Shipment.objects.filter(kind=choice).count() == 1

    def test_of_a_line_that_is_gone_nothing_is_cancelled_and_that_is_said(self, store, sandbox):
        rules(store, cancel=True)
        order = order_of(store, sandbox, 1)
        report(store, form(order, "1Z1"))
        told = document(order, [], {ids(sandbox, order)[0]: {"status": "Item Cancelled"}}, "Cancelled")
        assert not report(store, told).owed
        assert effect(order) == "Nothing new: everything in it was known."

    def test_one_line_of_a_shipped_order_may_be_cancelled(self, store, sandbox):
        rules(store, cancel=True)
        order = order_of(store, sandbox, 1, 1)
        first, second = ids(sandbox, order)
        items = {first: {"shipped": 1}, second: {"status": "Item Cancelled"}}
        report(store, document(order, [("1", "1Z1")], items))
        assert owed(order) == [("1Z1", {first: 1})]
        assert Shipment.objects.get(kind="cancel").lines.get().line_id == second


class TestSeveralOrders:
    def test_one_that_is_unknown_does_not_stop_the_others(self, store, sandbox):
        order = order_of(store, sandbox, 1)
        both = form(9_999_999)["ordernumber"], form(order, "1Z1")
        told = document(order, [("1", "1Z1")])["update"].replace("<Orders>", f"<Orders>{UNKNOWN}")
        recorded = report(store, {"update": told})
        assert (recorded.unknown, recorded.done) == ([both[0]], [str(order.miva_id)])
        assert len(owed(order)) == 1

    @pytest.mark.parametrize("number", ["abc", "-1", "1e5", "٣", "9" * 40, "1' OR 1=1"])
    def test_what_is_no_number_is_an_unknown_order(self, store, number):
        assert report(store, {"ordernumber": number, "orderstatus": "Shipped"}).unknown == [number]

    def test_an_order_of_another_store_is_unknown(self, store, sandbox):
        foreign = order_of(make_store(), sandbox, 1)
        assert report(store, form(foreign, "1Z1")).unknown == [str(foreign.miva_id)]
        assert Order.objects.count() == 1
        assert not StatusUpdate.objects.exists()


def test_a_shipment_of_mivas_belongs_to_one_row_of_the_store(store, sandbox):
    order = order_of(store, sandbox, 1)
    Shipment.objects.create(store=store, order=order, miva_id=77)
    with pytest.raises(IntegrityError), transaction.atomic():
        Shipment.objects.create(store=store, order=order, miva_id=77)
    other = make_store()
    Shipment.objects.create(store=other, order=order_of(other, sandbox, 1), miva_id=77)


def test_only_what_is_pushed_again_is_noted_as_that(store, sandbox):
    for _ in range(2):
        report(store, form(order_of(store, sandbox, 1), "1Z1"))
    held, free = Shipment.objects.order_by("pk")
    held.leased_until = timezone.now() + timedelta(minutes=1)
    held.save()
    assert try_again(Shipment.objects.all()) == 1
    assert [each.object_id for each in AuditEntry.objects.filter(verb="push again")] == [str(free.pk)]
