"""What a desktop is given: which orders, in which order, page by page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from lxml import etree

from orders import serve
from orders.admin.journey import changed_since
from orders.health import summary
from orders.keep import keep
from orders.models import Download, Order
from orders.release import rejudge, resend
from orders.seti import downloadorders
from stores.models import Store
from stores.seti import responses
from stores.seti.errors import SetiError
from stores.seti.requests import SetiRequest
from tests.factories import later, make_desktop, make_store, raw_orders, without_lines

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def keep_all(store, raws, seconds=0):
    return keep(store, raws, fetched_at=NOW + timedelta(seconds=seconds), road="queue_ack")


def given(store, last_order="", last_date=None, start=1, size=None) -> list[str]:
    selection = serve.select(store, last_order, last_date)
    rows, rendered = serve.batch(store, selection, start, size)
    numbers = [etree.fromstring(xml).findtext("OrderNumber") for xml in rendered]
    assert numbers == [str(row.miva_id) for row in rows]
    return numbers


@pytest.fixture
def store():
    return make_store()


def test_a_desktop_without_orders_gets_all_in_the_order_in_which_they_became_ready(store):
    first, second, third = raw_orders(3)
    keep_all(store, [third])
    keep_all(store, [second, first])
    assert given(store) == [str(raw["id"]) for raw in (third, first, second)]


def test_after_a_known_order_come_those_behind_it_in_the_sequence_whatever_their_numbers(store):
    first, second, third = raw_orders(3)
    keep_all(store, [third])
    keep_all(store, [first, second])
    assert given(store, str(third["id"])) == [str(first["id"]), str(second["id"])]
    assert serve.select(store, str(third["id"]), None).count() == 2


def test_a_late_order_with_a_lower_number_is_not_skipped(store):
    early, late = raw_orders(2)
    keep_all(store, [late])
    keep_all(store, [early])
    assert given(store, str(late["id"])) == [str(early["id"])]


def test_an_unknown_order_falls_back_to_the_date(store):
    first = raw_orders(1, seed=1, orderdate=int(datetime(2026, 11, 1, 15, tzinfo=UTC).timestamp()))[0]
    second = raw_orders(1, seed=2, orderdate=int(datetime(2026, 11, 3, 15, tzinfo=UTC).timestamp()))[0] | {
        "id": 77
    }
    keep_all(store, [first, second])
    assert given(store, "999999", date(2026, 11, 2)) == ["77"]
    assert given(store, "999999", date(2026, 11, 3)) == ["77"]
    assert given(store, "999999", date(2026, 11, 4)) == []


def test_the_day_begins_at_midnight_of_the_stores_own_zone(store):
    before = raw_orders(1, orderdate=int(datetime(2026, 11, 2, 4, 59, tzinfo=UTC).timestamp()))[0]
    after = raw_orders(1, orderdate=int(datetime(2026, 11, 2, 5, 1, tzinfo=UTC).timestamp()))[0] | {"id": 77}
    keep_all(store, [before, after])
    assert given(store, "", date(2026, 11, 2)) == ["77"]  # New York is five hours behind


def test_an_order_released_after_the_date_is_given_by_date_although_it_was_placed_before(store):
    [raw] = raw_orders(1, orderdate=int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()))
    keep_all(store, [without_lines(raw)])
    keep_all(store, [later(raw)], seconds=60)
    assert given(store, "999999", datetime.now(UTC).date() - timedelta(days=1)) == [str(raw["id"])]


def placed(day: int, number: int, hour: int = 15) -> dict:
    """An order of this day of November."""
    moment = datetime(2026, 11, day, hour, tzinfo=UTC)
    return raw_orders(1, orderdate=int(moment.timestamp()))[0] | {"id": number}


def connected(store, day: int) -> None:
    """The store was connected on this day of November."""
    Store.objects.filter(pk=store.pk).update(created_at=datetime(2026, 11, day, 15, tzinfo=UTC))
    store.refresh_from_db()


def test_an_order_that_arrives_late_is_given_to_a_desktop_that_asks_by_date_alone(store):
    connected(store, 2)
    keep_all(store, [placed(5, 100), placed(7, 101)])
    assert given(store, "", date(2026, 11, 5)) == ["100", "101"]
    keep_all(store, [placed(4, 90), placed(7, 102)])
    assert given(store, "", date(2026, 11, 7)) == ["101", "90", "102"]
    assert [given(store, "", date(2026, 11, 7), start, 2) for start in (1, 3)] == [["101", "90"], ["102"]]
    assert serve.select(store, "", date(2026, 11, 7)).count() == 3


def test_a_late_order_is_not_given_by_date_any_more_when_an_order_behind_it_is_the_last(store):
    connected(store, 2)
    for raw in (placed(7, 101), placed(4, 90), placed(8, 103)):
        keep_all(store, [raw])
    assert given(store, "", date(2026, 11, 8)) == ["103"]


def test_a_late_order_comes_also_when_the_first_one_of_the_day_was_sent_again(store):
    connected(store, 2)
    keep_all(store, [placed(7, 101)])
    keep_all(store, [placed(4, 90)])
    serve.acknowledge(store, 1, 1)
    resend(store, [101], reason="Lost in Stone Edge.", by=None)
    assert given(store, "", date(2026, 11, 7)) == ["90", "101"]


def test_the_history_from_before_the_store_was_connected_does_not_come_by_date_however_late_it_arrives(store):
    connected(store, 5)
    keep_all(store, [placed(6, 100)])
    keep_all(store, [placed(4, 90), placed(5, 91, hour=6)])
    assert given(store, "", date(2026, 11, 6)) == ["100", "91"]
    assert given(store) == ["100", "90", "91"]


@pytest.mark.parametrize("last_order", ["", "All", "0", "-5", "1e3", "'; drop", "9" * 40, "12 34"])
def test_a_last_order_that_is_none_means_all(store, last_order):
    keep_all(store, raw_orders(2))
    assert len(given(store, last_order)) == 2


def test_held_orders_are_neither_counted_nor_given(store):
    first, second = raw_orders(2)
    keep_all(store, [without_lines(first), second])
    assert given(store) == [str(second["id"])]
    assert serve.select(store, "", None).count() == 1


@pytest.mark.parametrize("size", [1, 2, 7, 50, 51])
def test_all_pages_together_are_the_count_each_order_once(store, size):
    keep_all(store, raw_orders(52))
    count = serve.select(store, "", None).count()
    pages = [given(store, start=start, size=size) for start in range(1, count + 1, size)]
    assert sum(map(len, pages)) == count == 52
    assert len({number for page in pages for number in page}) == 52
    assert given(store, start=count + 1, size=size) == []


def test_an_order_held_in_the_middle_of_a_session_moves_nobody_over_a_page_boundary(store):
    raws = raw_orders(6)
    keep_all(store, raws)
    first_page = given(store, size=3)
    keep_all(store, [without_lines(later(raws[0]))], seconds=60)
    assert first_page + given(store, start=4, size=3) == [str(raw["id"]) for raw in raws]


def test_a_whole_page_of_held_positions_does_not_end_the_session(store):
    raws = raw_orders(5)
    keep_all(store, raws)
    keep_all(store, [without_lines(later(raw)) for raw in raws[:2]], seconds=60)
    assert given(store, size=1) == [str(raws[2]["id"])]


def test_an_order_that_cannot_be_translated_any_more_is_held_and_the_others_go_on(store):
    first, second = raw_orders(2)
    keep_all(store, [first, second])
    Order.objects.filter(miva_id=first["id"]).update(raw=without_lines(first))
    assert given(store) == [str(second["id"])]
    assert Order.objects.get(miva_id=first["id"]).state == Order.State.HELD
    Order.objects.filter(miva_id=first["id"]).update(raw=first)  # the cause is gone
    rejudge(store)
    assert given(store, str(second["id"])) == [str(first["id"])]


def test_downloading_changes_nothing_of_what_is_given_next_time(store):
    keep_all(store, raw_orders(3))
    desktop, _ = make_desktop(store)
    selection = serve.select(store, "", None)
    rows, first = serve.batch(store, selection, 1, 50)
    serve.note_download(desktop, rows)
    assert serve.batch(store, serve.select(store, "", None), 1, 50)[1] == first


def test_what_waits_is_what_no_desktop_was_given(store):
    keep_all(store, raw_orders(3))
    desktop, _ = make_desktop(store)
    rows, _ = serve.batch(store, serve.select(store, "", None), 1, 2)
    assert summary(store).waiting == 3
    serve.note_download(desktop, rows)
    assert summary(store).waiting == 1
    assert Download.objects.get().last_number == 2


def test_a_download_by_date_notes_no_order_that_it_left_out(store):
    old = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    new = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
    raws = [
        raw | {"orderdate": moment} for raw, moment in zip(raw_orders(4), (new, old, new, new), strict=True)
    ]
    keep_all(store, raws)
    desktop, _ = make_desktop(store)
    rows, _ = serve.batch(store, serve.select(store, "999999", date(2026, 6, 1)), 1, 50)
    serve.note_download(desktop, rows)
    assert sorted(Download.objects.values_list("first_number", "last_number")) == [(1, 1), (3, 4)]


def test_another_stores_order_is_unknown_here(store):
    other = make_store()
    first, second = raw_orders(2)
    keep_all(other, [first])
    keep_all(store, [second])
    assert given(store, str(first["id"])) == [str(second["id"])]


def test_an_order_that_was_repaired_after_its_download_hides_no_other_order(store):
    """The desktop's last order takes a new place at the end: what lies between must still be given."""
    raws = raw_orders(6)
    keep_all(store, raws[:3])
    keep_all(store, raws[3:])
    keep_all(store, [without_lines(later(raws[2]))], seconds=60)
    keep_all(store, [later(raws[2], 120)], seconds=120)
    wanted = [str(raw["id"]) for raw in (*raws[3:], raws[2])]
    assert given(store, str(raws[2]["id"])) == wanted


def test_an_order_released_after_its_download_is_given_again_to_who_has_it_and_to_who_passed_its_place(store):
    """Kept at its old place, it would be lost to whoever asked while it was held."""
    first, second, third = raw_orders(3)
    keep_all(store, [first, second, third])
    desktop, _ = make_desktop(store)
    rows, _ = serve.batch(store, serve.select(store, "All", None), 1, 50)
    serve.note_download(desktop, rows)
    keep_all(store, [without_lines(later(first))], seconds=60)
    assert given(store, "All") == [str(second["id"]), str(third["id"])]  # another desktop, without the first
    edited = later(first, 120, bill_city="Editedville")
    keep_all(store, [edited], seconds=120)
    assert given(store, str(third["id"])) == [str(first["id"])]
    _, [rendered] = serve.batch(store, serve.select(store, str(third["id"]), None), 1, 50)
    assert "Editedville" in rendered


def test_an_order_held_between_two_pages_by_date_moves_nobody_over_the_boundary(store):
    raws = raw_orders(6)
    keep_all(store, raws)
    day = datetime.fromtimestamp(min(raw["orderdate"] for raw in raws), UTC).date() - timedelta(days=1)
    first = given(store, "999999", day, size=3)
    keep_all(store, [without_lines(later(raws[0]))], seconds=60)
    assert first + given(store, "999999", day, start=4, size=3) == [str(raw["id"]) for raw in raws]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_orders_sent_again_between_two_pages_by_date_move_nobody_over_the_boundary(store, size):
    raws = raw_orders(8)
    keep_all(store, raws)
    wanted = [str(raw["id"]) for raw in raws]
    desktop, _ = make_desktop(store)
    rows, _ = serve.batch(store, serve.select(store, "All", None), 1, 50)
    serve.note_download(desktop, rows)
    day = datetime.fromtimestamp(min(raw["orderdate"] for raw in raws), UTC).date() - timedelta(days=1)
    got = given(store, "999999", day, size=size)
    resend(store, [raws[0]["id"], raws[4]["id"]], reason="lost there", by=None)
    count = serve.select(store, "999999", day).count()
    for start in range(1 + size, count + 1, size):
        got += given(store, "999999", day, start=start, size=size)
    assert set(got) == set(wanted)
    assert got[-2:] == [wanted[0], wanted[4]]


def test_a_page_by_date_of_held_orders_alone_does_not_end_the_session(store):
    raws = raw_orders(4)
    keep_all(store, raws)
    keep_all(store, [without_lines(later(raw)) for raw in raws[:2]], seconds=60)
    assert given(store, "999999", date(2000, 1, 1), size=2) == [str(raws[2]["id"])]


def test_a_batch_size_over_the_limit_is_refused_in_words_instead_of_cut(store):
    keep_all(store, raw_orders(1))
    with pytest.raises(SetiError, match="batch size 5000 is larger"):
        given(store, size=5000)


def test_an_order_that_cannot_be_rendered_is_held_and_stays_held(store, monkeypatch, caplog):
    first, second = raw_orders(2)
    keep_all(store, [first, second])
    render = responses.render_order

    def broken(order):
        if order.number == str(first["id"]):
            raise ZeroDivisionError
        return render(order)

    monkeypatch.setattr("stores.seti.responses.render_order", broken)
    assert given(store) == [str(second["id"])]
    assert rejudge(store).updated == []
    assert "fault in the portal" in Order.objects.get(miva_id=first["id"]).reason
    monkeypatch.undo()
    assert rejudge(store).updated == [first["id"]]


class TestWholeSessions:
    """A desktop asks how many there are, then for batch after batch up to there, as Stone Edge does."""

    SIZE = 3

    def session(self, desktop, last="", day=None) -> list[str]:
        count = serve.select(desktop.store, last, day, desktop).count()
        got: list[str] = []
        for start in range(1, count + 1, self.SIZE):
            selection = serve.select(desktop.store, last, day, desktop, start)
            rows, _ = serve.batch(desktop.store, selection, start, self.SIZE)
            if not rows:
                break
            serve.note_download(desktop, rows, selection.after)
            got += [str(row.miva_id) for row in rows]
        return got

    def broken_and_mended(self, raws) -> None:
        """These orders cannot be translated for a while, are held, and released again."""
        numbers = [raw["id"] for raw in raws]
        for raw in raws:
            Order.objects.filter(miva_id=raw["id"]).update(raw=without_lines(raw))
        rejudge(Order.objects.get(miva_id=numbers[0]).store, numbers, only_waiting=False)
        for raw in raws:
            Order.objects.filter(miva_id=raw["id"]).update(raw=raw)
        rejudge(Order.objects.get(miva_id=numbers[0]).store, numbers)

    @pytest.mark.parametrize("broken", [1, 2, 3, 4, 6, 9, 12])
    def test_after_orders_were_held_and_released_the_next_imports_bring_every_one(self, store, broken):
        raws = raw_orders(15)
        keep_all(store, raws)
        desktop, _ = make_desktop(store)
        self.broken_and_mended(raws[3 : 3 + broken])
        last, had = str(raws[2]["id"]), []
        for _ in range(2):
            got = self.session(desktop, last)
            had += got
            last = got[-1] if got else last
        assert set(had) == {str(raw["id"]) for raw in raws[3:]}

    def test_when_a_released_order_was_the_last_one_imported_nothing_comes_again(self, store):
        raws = raw_orders(9)
        keep_all(store, raws)
        desktop, _ = make_desktop(store)
        self.broken_and_mended(raws[3:4])
        got = self.session(desktop, str(raws[2]["id"]))
        assert got == [str(raw["id"]) for raw in (*raws[4:], raws[3])]
        assert self.session(desktop, got[-1]) == []

    def test_nothing_is_skipped_for_a_desktop_that_may_have_only_the_first_copy(self, store):
        raws = raw_orders(6)
        keep_all(store, raws[:4])
        desktop, _ = make_desktop(store)
        assert self.session(desktop)[-1] == str(raws[3]["id"])
        keep_all(store, raws[4:])
        self.broken_and_mended(raws[3:4])
        self.session(desktop, str(raws[3]["id"]))  # whether the answers arrived, nobody knows
        assert self.session(desktop, str(raws[3]["id"])) == [str(raw["id"]) for raw in (*raws[4:], raws[3])]

    def test_nothing_is_skipped_after_several_releases_and_a_lost_answer(self, store):
        raws = raw_orders(6)
        keep_all(store, raws[:3])
        desktop, _ = make_desktop(store)
        self.session(desktop)
        self.broken_and_mended(raws[:1])
        moved = str(raws[0]["id"])
        assert self.session(desktop, str(raws[2]["id"])) == [moved]
        keep_all(store, raws[3:])
        self.broken_and_mended(raws[:1])
        self.session(desktop, moved)  # whether the answer arrived, nobody knows
        assert self.session(desktop, moved) == [*(str(raw["id"]) for raw in raws[3:]), moved]

    def test_by_date_a_session_brings_the_orders_behind_those_that_are_held(self, store):
        raws = raw_orders(9)
        keep_all(store, raws)
        keep_all(store, [without_lines(later(raw)) for raw in raws[:3]], seconds=60)
        day = Order.objects.order_by("placed_at").first().placed_at.date() - timedelta(days=1)
        assert set(self.session(make_desktop(store)[0], "", day)) == {str(raw["id"]) for raw in raws[3:]}

    def test_a_session_after_many_releases_repeats_at_most_one_order_for_each_empty_batch(self, store):
        raws = raw_orders(12)
        keep_all(store, raws)
        self.broken_and_mended(raws[3:])
        got = self.session(make_desktop(store)[0], str(raws[2]["id"]))
        assert len(got) - len(set(got)) <= 3

    def test_a_desktop_that_was_set_back_gets_every_order_although_its_last_one_comes_again_on_the_way(
        self, store
    ):
        """Its data is restored from a backup; while it pages, it is given its last order at the later place, too."""
        raws = raw_orders(20)
        keep_all(store, raws[:6])
        desktop, _ = make_desktop(store)
        self.session(desktop, str(raws[0]["id"]))
        keep_all(store, raws[6:8])
        self.session(desktop, str(raws[5]["id"]))
        resend(store, [raws[2]["id"]], reason="lost there", by=None)
        keep_all(store, raws[8:])
        got = self.session(desktop, str(raws[2]["id"]))
        assert {str(raw["id"]) for raw in raws[3:]} <= set(got)


def shipped_in_miva(raw: dict) -> dict:
    """The order after somebody shipped all of it in Miva."""
    items = [item | {"status": 200, "shpmnt_id": 7} for item in raw["items"]]
    return later(raw, status=200, items=items)


def statuses(store, last_order="") -> list[tuple[str | None, set[str | None]]]:
    """The status of each order that a desktop is given, and those of its lines."""
    selection = serve.select(store, last_order, None)
    _, rendered = serve.batch(store, selection, 1, None)
    orders = [etree.fromstring(xml) for xml in rendered]
    return [
        (order.findtext("OrderStatus"), {line.findtext("Status") for line in order.iter("Product")})
        for order in orders
    ]


def test_what_is_shipped_in_miva_before_its_download_is_given_as_shipped_with_a_warning(store):
    [raw] = raw_orders()
    keep_all(store, [raw])
    assert keep_all(store, [shipped_in_miva(raw)], seconds=60).updated == [raw["id"]]
    assert statuses(store) == [("Shipped", {"Shipped"})]
    assert "already shipped" in Order.objects.get().warnings[-1]


def test_what_is_shipped_in_miva_after_its_download_is_given_again_under_its_status(store):
    """Its lines stay those that Stone Edge has, and reports by; there is no edit that anybody would have to look at."""
    [raw] = raw_orders()
    keep_all(store, [raw])
    desktop, _ = make_desktop(store)
    serve.note_download(desktop, list(Order.objects.all()))
    assert keep_all(store, [shipped_in_miva(raw)], seconds=60).updated == []
    assert [status for status, _ in statuses(store)] == ["Shipped"]
    assert Order.objects.get().changed_at is None


def test_an_edit_that_comes_while_a_desktop_is_answered_has_changed_what_it_was_given(store):
    [raw] = raw_orders()
    keep_all(store, [raw])
    desktop, _ = make_desktop(store)
    waiting, read = [later(raw, ship_city="Elsewhere")], []

    def edited(execute, sql, params, many, context):
        if waiting and read:
            keep_all(store, [waiting.pop()], seconds=60)
        read.extend(["orders"] if "BETWEEN" in sql else [])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(edited):
        answer = downloadorders(desktop, SetiRequest("downloadorders"))
    assert b"Elsewhere" not in answer
    assert changed_since(Order.objects.get(), Download.objects.get())
