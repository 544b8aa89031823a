"""Keeping: one row per order, whatever comes, how often and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orders.keep import Kept, keep, note_acknowledged
from orders.models import Acknowledgement, ExportSequence, Order
from orders.release import hold, rejudge, release
from stores.cursors import LeaseLost
from stores.miva import shapes
from stores.miva.undecoded import Rows
from tests.factories import as_sent, later, make_store, raw_orders, without_lines

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def kept(store, raws, seconds=0) -> Kept:
    return keep(store, raws, fetched_at=NOW + timedelta(seconds=seconds), road="queue_ack")


def numbers(store) -> list[tuple[int, int | None]]:
    return list(Order.objects.of(store).order_by("miva_id").values_list("miva_id", "export_number"))


@pytest.mark.sqlite
@pytest.mark.django_db
class TestKeeping:
    def test_a_new_order_becomes_one_row_with_the_columns_that_searches_need(self):
        store = make_store()
        [raw] = raw_orders()
        kept(store, [raw])
        order = Order.objects.get(store=store)
        assert order.miva_id == raw["id"]
        assert order.total == Decimal(str(raw["total"])).quantize(Decimal("0.01"))
        assert order.placed_at == datetime.fromtimestamp(raw["orderdate"], UTC)
        assert order.email == raw["bill_email"]
        assert order.state == Order.State.EXPORTABLE
        assert order.export_number == 1
        for item in raw["items"]:
            assert f" {item['code'].lower()} " in order.skus

    def test_the_raw_order_comes_back_exactly(self):
        store = make_store()
        [raw] = raw_orders()
        raw["items"][0]["price"] = Decimal("34.99999999")
        raw["total"] = Decimal(raw["total"])
        kept(store, [raw])
        stored = Order.objects.get(store=store).raw
        assert stored["items"][0]["price"] == Decimal("34.99999999")
        assert {name: stored[name] for name in stored if name != "payments"} == {
            name: raw[name] for name in raw if name != "payments"
        }

    def test_the_same_order_again_changes_nothing(self):
        store = make_store()
        [raw] = raw_orders()
        kept(store, [raw])
        before = Order.objects.values("fingerprint", "export_number", "changed_at", "kept_at").get(
            store=store
        )
        again = kept(store, [as_sent(raw)], seconds=60)
        assert (again.new, again.updated, again.unchanged) == ([], [], [raw["id"]])
        assert (
            Order.objects.values("fingerprint", "export_number", "changed_at", "kept_at").get(store=store)
            == before
        )

    def test_notes_that_workflows_write_on_delivery_are_no_change(self):
        store = make_store()
        [raw] = raw_orders()
        kept(store, [raw])
        delivered = later(raw)
        delivered["notes"].append(
            {"id": 1, "user_id": 0, "cust_id": 0, "notetext": "Automated Workflow: Order retrieved."}
        )
        delivered["note_count"] += 1
        delivered["CustomField_Values"]["orderworkflow"]["new_and_updated"] = ""
        assert kept(store, [delivered], seconds=60).unchanged == [raw["id"]]

    def test_a_note_of_a_person_is_a_change(self):
        store = make_store()
        [raw] = raw_orders()
        kept(store, [raw])
        noted = later(raw)
        noted["notes"].append({"id": 1, "user_id": 7, "cust_id": 0, "notetext": "Ring twice."})
        assert kept(store, [noted], seconds=60).updated == [raw["id"]]

    def test_a_later_version_replaces_the_earlier_and_keeps_its_place(self):
        store = make_store()
        first, second = raw_orders(2)
        kept(store, [first, second])
        kept(store, [later(first, ship_city="Elsewhere")], seconds=60)
        order = Order.objects.get(store=store, miva_id=first["id"])
        assert order.raw["ship_city"] == "Elsewhere"
        assert order.export_number == 1
        assert order.changed_at is not None

    def test_two_alike_lines_that_become_one_are_a_change_because_stone_edge_reports_by_line(self):
        store = make_store()
        [raw] = raw_orders()
        [line, *others] = raw["items"]
        half = line | {"quantity": line["quantity"] // 2, "total": line["total"] / 2, "tax": line["tax"] / 2}
        kept(store, [raw | {"items": [half, half | {"line_id": 9001}, *others]}])
        assert Order.objects.get().state == Order.State.EXPORTABLE
        assert kept(store, [later(raw)], seconds=60).updated == [raw["id"]]

    def test_numbers_spelled_otherwise_are_no_change(self):
        store = make_store()
        [raw] = raw_orders()
        raw["total_ship"] = Decimal("5.00")
        kept(store, [raw])
        assert kept(store, [later(raw, total_ship=5)], seconds=60).unchanged == [raw["id"]]
        assert kept(store, [later(raw, total_ship=6)], seconds=60).updated == [raw["id"]]

    def test_an_order_that_breaks_the_reading_itself_is_held_and_the_others_go_on(self, caplog):
        class Mine:
            """Nothing that JSON can hold: stands for whatever was not thought of."""

        store = make_store()
        first, second = raw_orders(2)
        result = kept(store, [first | {"items": Mine()}, second])
        assert (result.new, result.held) == ([first["id"], second["id"]], [first["id"]])
        assert str(first["id"]) in Order.objects.get(miva_id=first["id"]).reason
        assert any("could not be prepared" in record.message for record in caplog.records)
        assert result.unread == [first["id"]]
        assert rejudge(store).unchanged == []
        assert kept(store, [later(first)], seconds=60).updated == [first["id"]]

    def test_a_version_that_cannot_be_read_never_replaces_a_good_one(self):
        store = make_store()
        [raw] = raw_orders()
        raw.pop("dt_updated")
        kept(store, [raw])
        assert kept(store, [as_sent(raw) | {"items": object()}], seconds=60).unchanged == [raw["id"]]
        assert Order.objects.get().raw["items"]

    def test_an_edit_that_cannot_be_read_is_said_so_that_miva_goes_on_holding_it(self):
        store = make_store()
        [raw] = raw_orders()
        kept(store, [raw])
        result = kept(store, [later(raw, items=object())], seconds=60)
        assert (result.unchanged, result.unread) == ([raw["id"]], [raw["id"]])

    def test_a_number_without_an_order_is_held_as_unreadable(self):
        store = make_store()
        assert kept(store, [{"id": 77}]).unread == [77]
        assert "could not be read" in Order.objects.get().reason

    def test_a_number_without_an_order_replaces_no_order(self):
        store = make_store()
        [raw] = raw_orders()
        raw.pop("dt_updated")
        kept(store, [raw])
        assert kept(store, [{"id": raw["id"]}], seconds=60).updated == []
        assert Order.objects.get().raw["items"]

    @pytest.mark.parametrize("stop", [SoftTimeLimitExceeded, MemoryError])
    def test_a_time_limit_is_no_fault_of_the_order(self, stop, monkeypatch):
        def stopped(raw, rules):
            raise stop

        monkeypatch.setattr("orders.prepare.read_order", stopped)
        with pytest.raises(stop):
            kept(make_store(), raw_orders())
        assert not Order.objects.exists()

    def test_an_older_version_never_replaces_a_newer_one(self):
        store = make_store()
        [raw] = raw_orders()
        newer = later(raw, ship_city="Newer")
        kept(store, [newer])
        assert kept(store, [raw], seconds=60).unchanged == [raw["id"]]
        assert Order.objects.get(store=store).raw["ship_city"] == "Newer"

    def test_without_a_time_of_change_the_later_request_wins(self):
        store = make_store()
        [raw] = raw_orders()
        raw.pop("dt_updated")
        kept(store, [as_sent(raw) | {"ship_city": "Later"}], seconds=60)
        assert kept(store, [as_sent(raw) | {"ship_city": "Earlier"}], seconds=0).unchanged == [raw["id"]]
        assert Order.objects.get(store=store).raw["ship_city"] == "Later"

    def test_a_version_seen_again_later_is_not_replaced_by_an_answer_from_in_between(self):
        store = make_store()
        [raw] = raw_orders()
        raw.pop("dt_updated")
        kept(store, [raw], seconds=0)
        kept(store, [as_sent(raw)], seconds=60)
        assert kept(store, [as_sent(raw) | {"ship_city": "Stale"}], seconds=30).unchanged == [raw["id"]]

    def test_the_same_order_twice_on_a_page_is_one_row_in_its_newer_version(self):
        store = make_store()
        [raw] = raw_orders()
        result = kept(store, [later(raw, ship_city="Newer"), raw])
        assert result.new == [raw["id"]]
        assert Order.objects.get(store=store).raw["ship_city"] == "Newer"

    @pytest.mark.parametrize("numbers", [(500, 502, 503), (7, 502, 9_000_000)])
    def test_orders_that_are_here_are_met_whether_the_numbers_of_the_page_follow_each_other_or_not(
        self, numbers
    ):
        store, neighbour = make_store(), make_store()
        raws = [raw | {"id": number} for raw, number in zip(raw_orders(3), numbers, strict=True)]
        between = raw_orders(1, seed=9)[0] | {"id": 501}
        kept(store, [raws[1], between])
        kept(neighbour, raws)
        result = kept(store, raws, seconds=1)
        assert (result.new, result.unchanged) == ([numbers[0], numbers[2]], [502])
        assert [*result.updated, *result.held] == []

    def test_an_order_that_cannot_be_translated_is_held_and_the_others_go_on(self):
        store = make_store()
        first, second, third = raw_orders(3)
        result = kept(store, [first, without_lines(second), third])
        assert result.held == [second["id"]]
        held = Order.objects.get(store=store, miva_id=second["id"])
        assert held.state == Order.State.HELD
        assert str(second["id"]) in held.reason
        assert held.remedy
        assert numbers(store) == [(first["id"], 1), (second["id"], None), (third["id"], 2)]

    def test_a_held_order_takes_its_number_at_the_end_when_a_later_version_is_good(self):
        store = make_store()
        first, second = raw_orders(2)
        kept(store, [without_lines(first), second])
        kept(store, [later(first)], seconds=60)
        assert numbers(store) == [(first["id"], 2), (second["id"], 1)]
        assert Order.objects.get(store=store, miva_id=first["id"]).released_at is not None

    def test_what_is_shipped_in_miva_while_it_is_held_is_released_as_shipped_with_a_warning(self):
        """Stone Edge does not have it, and takes what comes without a status for what is still to be shipped."""
        store = make_store()
        [raw] = raw_orders()
        kept(store, [raw])
        hold(store, [raw["id"]], "The shopper is asked.")
        shipped = later(raw, status=200)
        shipped["items"] = [item | {"status": 200, "shpmnt_id": 7} for item in shipped["items"]]
        kept(store, [shipped], seconds=60)
        release(store, [raw["id"]])
        order = Order.objects.get()
        assert [item["status"] for item in order.raw["items"]] == [200] * len(raw["items"])
        assert "already shipped" in order.warnings[-1]

    def test_a_ready_order_that_an_edit_breaks_is_held_and_gets_a_new_place_on_release(self):
        store = make_store()
        first, second = raw_orders(2)
        kept(store, [first, second])
        kept(store, [without_lines(later(first))], seconds=60)
        assert Order.objects.get(store=store, miva_id=first["id"]).state == Order.State.HELD
        kept(store, [later(first, 120)], seconds=120)
        assert numbers(store) == [(first["id"], 3), (second["id"], 2)]

    def test_a_record_without_a_number_is_counted_and_the_others_go_on(self):
        store = make_store()
        [raw] = raw_orders()
        result = kept(store, [{"total": 1}, "nonsense", raw, {"id": True}, {"id": -4}])
        assert (result.numberless, result.new) == (4, [raw["id"]])

    def test_two_stores_may_have_the_same_order_number(self):
        one, other = make_store(), make_store()
        [raw] = raw_orders()
        kept(one, [raw])
        kept(other, [raw])
        assert Order.objects.filter(miva_id=raw["id"]).count() == 2
        assert numbers(one) == numbers(other) == [(raw["id"], 1)]

    def test_nul_characters_and_lone_surrogates_lose_no_order(self):
        store = make_store()
        first, second = raw_orders(2)
        kept(
            store, [first | {"bill_comp": "A\0B", "ship_comp": "\\u0000"}, second | {"bill_comp": "C\ud800D"}]
        )
        companies = Order.objects.of(store).order_by("miva_id").values_list("raw__bill_comp", flat=True)
        assert companies[0] == "AB"
        assert companies[1].startswith("C")
        assert Order.objects.get(miva_id=first["id"]).raw["ship_comp"] == "\\u0000"

    @pytest.mark.parametrize(
        "value",
        [Decimal("1E+400000"), 10**400, 10**5000, "x" * 100_000, [[[]]], {"a": None}, None, True],
        ids=["exponent", "400 digits", "5000 digits", "long", "nested", "object", "null", "true"],
    )
    def test_a_senseless_member_holds_the_order_at_worst(self, value):
        store = make_store()
        first, second = raw_orders(2)
        for name in ("total", "status", "dt_updated", "orderdate", "items", "bill_fname"):
            result = kept(store, [as_sent(first) | {"id": first["id"] + 1000, name: value}, second])
            assert second["id"] in result.numbers
            assert first["id"] + 1000 in result.numbers
            Order.objects.all().delete()

    @pytest.mark.parametrize("total", ["NaN", "sNaN", "Infinity", "twelve"])
    def test_a_total_that_is_no_number_holds_the_order_with_its_content(self, total):
        store = make_store()
        [raw] = raw_orders()
        kept(store, [raw | {"total": total}])
        order = Order.objects.get()
        assert "total" in order.reason
        assert order.raw["items"]

    @pytest.mark.parametrize("quantity", ["sNaN", "1e9999999"])
    def test_an_edit_to_what_is_no_quantity_is_a_change_and_the_others_go_on(self, quantity):
        store = make_store()
        first, second = raw_orders(2)
        kept(store, [first])
        odd = later(first)
        odd["items"] = [odd["items"][0] | {"quantity": quantity}, *odd["items"][1:]]
        result = kept(store, [odd, second], seconds=60)
        assert (result.updated, result.held, result.new) == ([first["id"]], [first["id"]], [second["id"]])

    @pytest.mark.parametrize("depth", [490, 900])
    def test_an_edit_that_is_nested_too_deeply_to_be_compared_stops_no_other_order(self, depth):
        store = make_store()
        first, second = raw_orders(2)
        kept(store, [first])
        nested: Any = "x"
        for _ in range(depth):
            nested = {"a": nested}
        result = kept(store, [later(first, source_id=nested), second], seconds=60)
        assert result.numbers == [first["id"], second["id"]]

    @pytest.mark.parametrize("number", ["1e99999999999999999999", "0e99999999999999999999", "9" * 5_000])
    def test_a_number_that_no_database_takes_costs_no_order(self, number):
        store = make_store()
        first, second = raw_orders(2)
        strange = shapes.encode(first).removesuffix(b"}") + b',"mark":%s}' % number.encode()
        result = kept(store, Rows([msgspec.Raw(strange), msgspec.Raw(shapes.encode(second))]))
        assert (result.new, result.held) == ([first["id"], second["id"]], [])

    def test_more_digits_than_a_database_holds_cost_no_order(self):
        store = make_store()
        [raw] = raw_orders()
        digits = shapes.decode(b"0." + b"1" * 20_000)
        assert kept(store, [raw | {"mark": digits}]).held == []
        assert Order.objects.get().raw["mark"] == digits

    def test_nothing_is_written_when_the_lease_is_lost(self):
        store = make_store()

        def lost() -> None:
            raise LeaseLost

        with pytest.raises(LeaseLost):
            keep(store, raw_orders(2), fetched_at=NOW, road="queue_ack", guard=lost)
        assert not Order.objects.exists()

    def test_the_database_itself_refuses_a_second_row_for_an_order(self):
        store = make_store()
        kept(store, raw_orders())
        order = Order.objects.get(store=store)
        order.pk, order.export_number = None, None
        with pytest.raises(IntegrityError):
            order.save(force_insert=True)

    def test_orders_acknowledged_before_count_as_redelivered(self):
        store = make_store()
        raws = raw_orders(2)
        kept(store, raws)
        note_acknowledged(store, [raws[0]["id"]])
        assert kept(store, raws, seconds=60).redelivered == [raws[0]["id"]]

    def test_an_order_that_is_acknowledged_again_is_noted_once_with_the_later_time(self):
        store, other = make_store(), make_store()
        note_acknowledged(store, [7, 8])
        note_acknowledged(other, [7])
        first = Acknowledgement.objects.of(store).get(miva_id=7).at
        note_acknowledged(store, [7])
        note_acknowledged(store, [])
        assert list(
            Acknowledgement.objects.of(store).order_by("miva_id").values_list("miva_id", flat=True)
        ) == [7, 8]
        assert Acknowledgement.objects.of(store).get(miva_id=7).at > first
        assert Acknowledgement.objects.of(other).count() == 1

    def test_card_numbers_and_codes_are_not_stored(self):
        store = make_store()
        [raw] = raw_orders()
        raw["payments"] = [
            {
                "id": 1,
                "type": 3,
                "amount": raw["total"],
                "data": {"cc_number": "4111111111111111", "cvv": "73719", "cc_exp": "12/2027"},
            }
        ]
        kept(store, [raw])
        stored = str(Order.objects.get(store=store).raw)
        assert "4111111111111111" not in stored
        assert "73719" not in stored
        assert "1111" in stored


@pytest.mark.sqlite
@pytest.mark.django_db
class TestJudgingAgain:
    def test_a_changed_setting_releases_what_it_makes_good(self):
        store = make_store()
        [raw] = raw_orders()
        kept(store, [without_lines(raw)])
        Order.objects.update(raw=raw)  # as if the cause was gone
        assert rejudge(store).updated == [raw["id"]]
        order = Order.objects.get(store=store)
        assert (order.state, order.export_number, order.reason) == (Order.State.EXPORTABLE, 1, "")

    def test_what_is_still_bad_stays_held_without_a_number(self):
        store = make_store()
        kept(store, [without_lines(raw) for raw in raw_orders(2)])
        assert len(rejudge(store).unchanged) == 2
        assert ExportSequence.objects.get(store=store).last_number == 0


class TestAnyOrderOfArrival(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        arrivals=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=14),
        cut=st.integers(1, 5),
    )
    def test_versions_in_any_order_and_any_pages_end_with_the_newest_of_each(self, arrivals, cut):
        store = make_store()
        bases = raw_orders(4)
        sent = [
            (later(bases[which], 60 * version, ship_city=f"City {version}"), which, version)
            for which, version in arrivals
        ]
        for start in range(0, len(sent), cut):
            kept(store, [raw for raw, _, _ in sent[start : start + cut]], seconds=start)
        newest = {}
        for _, which, version in sent:
            newest[bases[which]["id"]] = max(version, newest.get(bases[which]["id"], 0))
        rows = Order.objects.of(store)
        assert {order.miva_id: order.raw["ship_city"] for order in rows} == {
            n: f"City {v}" for n, v in newest.items()
        }
        assert sorted(rows.values_list("export_number", flat=True)) == list(range(1, len(newest) + 1))
