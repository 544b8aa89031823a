"""Changes to stock arrive in Miva, once, and what goes wrong with one SKU stops no other (Miva reference §13.3)."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.decide import try_again
from inventory.health import summary
from inventory.models import StockChange, StockLevel, StockPush
from inventory.push import push_due
from stores.draining import Drained
from stores.health import State
from stores.models import Store
from stores.sandbox.catalog import CATALOG
from tests.inventory.helpers import Asking, refresh
from tests.inventory.stocktaking import let_time_pass, outcomes, push_all, row_of
from tests.together import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]

# More than a worker takes at once; STOCK_SKUS=10000 takes a while: for who changes the road of stock.
THOUSANDS = int(os.environ.get("STOCK_SKUS", "1100"))

ADJUST, SETTINGS, LOAD = (
    "ProductList_Adjust_Inventory",
    "InventoryProductSettings_Update",
    "ProductList_Load_Query",
)


@pytest.fixture
def desktop(store):
    refresh(store)
    return Asking(store)


def calls(sandbox, function: str) -> int:
    return len([call for call in sandbox.calls if call.function == function])


def test_a_delta_arrives_as_a_delta(store, sandbox, desktop):
    sandbox.place_order(items=[{"code": "mug-11", "quantity": 2}])
    desktop.text("invupdate", update="mug-11~-3")
    assert push_due(store) == Drained(done=1)
    assert sandbox.stock("mug-11") == 95
    assert outcomes(store, "mug-11") == ["applied"]
    assert StockLevel.objects.of(store).get(sku="mug-11").figure == 95


def test_a_page_of_the_catalogue_that_was_read_meanwhile_does_not_hide_a_delta(store, sandbox, desktop):
    desktop.text("invupdate", update="mug-11~-3")
    asked = []

    def read_the_catalogue(call):
        if call.function == LOAD and not asked:
            asked.append(call)
            at_once(1, lambda _: refresh(store))

    sandbox.before_reply.append(read_the_catalogue)
    push_due(store)
    assert sandbox.stock("mug-11") == 97
    assert desktop.product("mug-11", "downloadqoh").findtext("QOH") == "97"
    assert desktop.text("invupdate", update="mug-11~-1") == "SETIResponse=OK;SKU=mug-11;QOH=96;NOTE="


def test_changes_that_wait_are_merged_into_one_call(store, sandbox, desktop):
    for _ in range(5):
        desktop.text("invupdate", update="mug-11~-1|" * 10)
    desktop.text("invupdate", update="glaze~50")
    assert push_due(store) == Drained(done=2)
    assert (sandbox.stock("mug-11"), sandbox.stock("glaze")) == (50, 150)
    assert calls(sandbox, ADJUST) == 1
    assert outcomes(store, "mug-11") == ["applied"] * 50


def test_a_count_replaces_the_deltas_before_it_and_not_those_after_it(store, sandbox, desktop):
    desktop.text("invupdate", update="mug-11~-1")
    desktop.text("qohreplace", update="mug-11~20|")
    answer = desktop.text("invupdate", update="mug-11~-2")
    assert answer == "SETIResponse=OK;SKU=mug-11;QOH=18;NOTE="
    push_due(store)
    assert sandbox.stock("mug-11") == 18
    assert outcomes(store, "mug-11") == ["superseded", "applied", "applied"]
    assert (calls(sandbox, ADJUST), calls(sandbox, SETTINGS)) == (0, 1)


def test_stock_of_a_variant_is_pushed_to_its_part(store, sandbox, desktop):
    desktop.text("invupdate", update="SHIRT-L~-4")
    push_due(store)
    assert (sandbox.stock("shirt-l"), sandbox.stock("shirt")) == (96, None)


def test_the_sku_is_found_where_the_code_finds_nothing(store, sandbox, desktop):
    desktop.text("invupdate", update="GLZ-CEL~-4")
    push_due(store)
    assert sandbox.stock("glaze") == 96


def test_two_names_of_one_product_are_one_row(store, sandbox, desktop):
    desktop.text("invupdate", update="GLZ-CEL~-4")
    desktop.text("invupdate", update="GLAZE~-1")
    assert StockPush.objects.of(store).count() == 1
    push_due(store)
    assert sandbox.stock("glaze") == 95


def test_an_untracked_product_is_left_alone_and_named(store, sandbox, desktop):
    desktop.text("invupdate", update="ebook~-1")
    desktop.text("qohreplace", update="giftcard~5|")
    push_due(store)
    assert (sandbox.stock("ebook"), sandbox.stock("giftcard")) == (None, None)
    assert outcomes(store, "ebook") == outcomes(store, "giftcard") == ["untracked"]


def test_tracking_starts_where_the_store_wants_it(store, sandbox, desktop):
    Store.objects.filter(pk=store.pk).update(untracked=Store.Untracked.START)
    store.refresh_from_db()
    desktop.text("invupdate", update="ebook~-1")
    desktop.text("qohreplace", update="giftcard~5|")
    push_due(store)
    assert (sandbox.stock("ebook"), sandbox.stock("giftcard")) == (-1, 5)


@pytest.mark.parametrize("known", [False, True], ids=["new", "known before it had variants"])
@pytest.mark.parametrize("function", ["qohreplace", "invupdate"])
def test_tracking_of_what_is_sold_in_variants_does_not_start(store, sandbox, desktop, function, known):
    Store.objects.filter(pk=store.pk).update(untracked=Store.Untracked.START, unknown_sku=Store.UnknownSku.OK)
    store.refresh_from_db()
    hoodie = next(product for product in CATALOG if product.code == "hoodie")
    if known:
        sandbox.add_product("cap")
        refresh(store)
        sandbox.remove_product("cap")
    sandbox.add_product("plain")
    sandbox.fill_shelves([replace(hoodie, id=7000, code="cap", sku="CAP")])
    desktop.text(function, update="cap~5|plain~4|mug-11~3")
    push_due(store)
    assert (sandbox.stock("cap"), sandbox.stock("plain")) == (None, 4)
    row = row_of(store, "cap")
    assert row.parked_at
    assert row.problem == "cap is sold in variants or parts, and each of those has a stock of its own."
    assert (row.count, row.delta) == ((5, 0) if function == "qohreplace" else (None, 5))


def test_tracking_of_a_kit_does_not_start(store, sandbox, desktop):
    Store.objects.filter(pk=store.pk).update(untracked=Store.Untracked.START)
    store.refresh_from_db()
    desktop.text("qohreplace", update="carekit~5|")
    push_due(store)
    assert sandbox.stock("carekit") is None
    assert "parts" in row_of(store, "carekit").problem


@pytest.mark.parametrize("others", ["", "ebook~4|"], ids=["alone", "among others"])
def test_tracking_does_not_start_where_miva_refuses_to_tell_the_variants(store, sandbox, desktop, others):
    Store.objects.filter(pk=store.pk).update(untracked=Store.Untracked.START)
    store.refresh_from_db()
    sandbox.add_product("odd")
    refresh(store)
    desktop.text("qohreplace", update=f"odd~5|mug-11~3|{others}")
    sandbox.before_reply.append(
        lambda call: (
            sandbox.inventory.by_code("odd") and call.function == LOAD and sandbox.remove_product("odd")
        )
    )
    push_due(store)
    assert "refuses to tell whether it is sold in variants" in row_of(store, "odd").problem
    assert (sandbox.stock("mug-11"), sandbox.stock("ebook")) == (3, 4 if others else None)


def test_miva_is_believed_about_tracking_not_the_copy(store, sandbox, desktop):
    sandbox.set_stock("mug-11", None)
    sandbox.set_stock("ebook", 3)
    desktop.text("invupdate", update="mug-11~-1")
    desktop.text("invupdate", update="ebook~-1")
    push_due(store)
    assert (sandbox.stock("mug-11"), sandbox.stock("ebook")) == (None, 2)


def test_after_a_product_was_left_out_stone_edge_is_told_that_it_is_not_tracked(store, sandbox, desktop):
    desktop.text("invupdate", update="mug-11~-1")
    push_due(store)
    sandbox.set_stock("mug-11", None)
    desktop.text("invupdate", update="mug-11~-1")
    push_due(store)
    assert outcomes(store, "mug-11") == ["applied", "untracked"]
    answer = desktop.text("invupdate", update="mug-11~-1")
    assert answer == "SETIResponse=OK;SKU=mug-11;QOH=NA;NOTE=NotTracking"
    assert "mug-11" not in desktop.codes(function="downloadqoh")
    sandbox.set_stock("mug-11", 5)
    push_due(store)
    assert sandbox.stock("mug-11") == 4


def test_a_count_of_a_product_that_the_copy_does_not_have_is_looked_up(store, sandbox, desktop):
    sandbox.add_product("new", sku="NEW-1", product_inventory=3)
    answer = desktop.text("qohreplace", update="NEW-1~9|ghost~4|")
    assert answer.splitlines()[1:3] == ["NEW-1=NF", "ghost=NF"]
    push_due(store)
    assert sandbox.stock("new") == 9
    assert (outcomes(store, "new-1"), outcomes(store, "ghost")) == (["applied"], ["unknown"])


def test_a_sku_that_becomes_ambiguous_is_parked_with_the_reason(store, sandbox, desktop):
    for code in ("one", "two"):
        sandbox.add_product(code, sku="TWIN", product_inventory=3)
    desktop.text("qohreplace", update="twin~9|mug-11~7|")
    assert push_due(store) == Drained(done=1, parked=1)
    row = row_of(store, "twin")
    assert "2 products in Miva share the SKU twin (one, two)" in row.problem
    assert (sandbox.stock("one"), sandbox.stock("mug-11")) == (3, 7)


def test_a_product_that_is_gone_does_not_stop_the_others(store, sandbox, desktop):
    desktop.text("invupdate", update="mug-11~-1")
    desktop.text("invupdate", update="glaze~-1")
    sandbox.remove_product("mug-11")
    assert push_due(store) == Drained(done=2)
    assert (outcomes(store, "mug-11"), sandbox.stock("glaze")) == (["unknown"], 99)


@pytest.mark.parametrize("known", [True, False], ids=["copied", "not yet copied"])
def test_a_sku_that_was_given_to_another_product_changes_that_one(store, sandbox, desktop, known):
    desktop.text("invupdate", update="mug-11~-1")
    push_due(store)
    sandbox.inventory.keep(sandbox.inventory.by_code("mug-11") | {"code": "mug-old", "sku": "OLD"})
    sandbox.add_product("mug-11", product_inventory=10)
    if known:
        refresh(store)
    desktop.text("invupdate", update="mug-11~-2")
    push_due(store)
    assert (sandbox.stock("mug-old"), sandbox.stock("mug-11")) == (99, 8)


def test_a_product_that_was_renamed_since_it_was_read_keeps_its_changes(store, sandbox, desktop):
    sandbox.inventory.keep(sandbox.inventory.by_code("mug-11") | {"code": "mug-new", "sku": "NEW"})
    desktop.text("invupdate", update="mug-11~-2")
    push_due(store)
    assert sandbox.stock("mug-new") == 98


def test_a_refusal_to_tell_figures_parks_nothing(store, sandbox, desktop):
    desktop.text("invupdate", update="mug-11~-1|glaze~-1")
    sandbox.faults.add("error_code", LOAD, code="MER-XXX-00001", message="Odd.")
    assert push_due(store) == Drained(deferred=2)
    row = StockPush.objects.of(store).get(store_waits_until__isnull=False)
    assert ("Odd." in row.problem, row.problem_kind) == (True, "down")
    push_all(store)
    assert (sandbox.stock("mug-11"), sandbox.stock("glaze")) == (99, 99)


def test_a_refusal_to_look_for_a_sku_stops_no_other(store, sandbox, desktop):
    desktop.text("qohreplace", update="mug-11~7|ghost~4|")
    asked = []

    def refuse_the_second(call):
        if call.function == LOAD and not asked:
            asked.append(sandbox.faults.add("error_code", LOAD, code="MER-XXX-00001", message="Odd."))

    sandbox.before_reply.append(refuse_the_second)
    push_due(store)
    assert sandbox.stock("mug-11") == 7
    push_all(store)
    assert outcomes(store, "ghost") == ["unknown"]


def test_a_row_that_miva_refuses_is_isolated_and_the_rest_sent_again(store, sandbox, desktop):
    for code in ("mug-11", "glaze", "clay-10"):
        desktop.text("invupdate", update=f"{code}~-1")

    def vanish(call):
        if call.function == LOAD and "glaze" in str(sandbox.inventory.by_code("glaze")):
            sandbox.remove_product("glaze")

    sandbox.before_reply.append(lambda call: sandbox.inventory.by_code("glaze") and vanish(call))
    push_due(store)
    row = row_of(store, "glaze")
    assert "Product not found" in row.problem
    assert (sandbox.stock("mug-11"), sandbox.stock("clay-10")) == (99, 99)
    assert row.delta == -1


def test_hundreds_of_counts_travel_in_few_requests_also_when_miva_stops_in_the_middle(store, sandbox):
    for number in range(130):
        sandbox.add_product(f"p{number}", product_inventory=1)
    refresh(store)
    sandbox.operation_seconds = 1.0  # sixty operations in each request
    entries = "".join(f"p{number}~{number}|" for number in range(130))
    Asking(store).text("qohreplace", update=entries)
    assert push_due(store) == Drained(done=130)
    assert [sandbox.stock(f"p{number}") for number in range(130)] == list(range(130))
    assert calls(sandbox, SETTINGS) == 130


@pytest.mark.parametrize("fault", ["error_code", "reset_after"])
def test_counts_that_miva_refuses_to_go_on_with_are_sent_again_and_none_is_parked(
    store, sandbox, desktop, fault
):
    sandbox.faults.add("partial_206", SETTINGS, after=2)
    sandbox.faults.add(fault, SETTINGS, code="MER-JSN-00028")
    for number in range(4):
        sandbox.add_product(f"p{number}", product_inventory=9)
    desktop.text("qohreplace", update="p0~1|p1~2|p2~3|p3~4|")
    assert push_due(store).done == 2
    assert [taken.kind for taken in sandbox.faults.taken] == ["partial_206", fault]
    assert push_all(store) == (2, 0)
    assert [sandbox.stock(f"p{number}") for number in range(4)] == [1, 2, 3, 4]


def test_a_store_that_is_down_loses_nothing_and_gets_one_merged_change(store, sandbox, desktop):
    sandbox.faults.add("refuse", times=None)
    for _ in range(3):
        desktop.text("invupdate", update="mug-11~-1")
        push_due(store)
        let_time_pass(store)
    desktop.text("invupdate", update="glaze~4")
    push_due(store)
    assert sandbox.stock("mug-11") == 100
    sandbox.faults.clear()
    push_all(store)
    assert (sandbox.stock("mug-11"), sandbox.stock("glaze")) == (97, 104)
    assert calls(sandbox, ADJUST) <= 2
    assert set(StockChange.objects.of(store).values_list("outcome", flat=True)) == {"applied"}


def test_a_failure_of_the_store_is_waited_out_by_all_of_its_rows(store, sandbox, desktop):
    desktop.text("qohreplace", update="mug-11~1|glaze~1|clay-10~1|")
    sandbox.faults.add("status", code=503)
    push_due(store)
    before = len(sandbox.calls)
    assert push_due(store) == Drained()
    assert len(sandbox.calls) == before
    waiting = StockPush.objects.of(store).filter(store_waits_until__isnull=False)
    assert waiting.count() == 1
    let_time_pass(store)
    assert push_due(store) == Drained(done=3)


def test_the_active_flag_is_pushed(store, sandbox, desktop):
    desktop.text("updatestockstatus", update="mug-11~False|ghost~True|glaze~true|")
    push_due(store)
    assert not sandbox.inventory.by_code("mug-11")["active"]
    assert sandbox.inventory.by_code("glaze")["active"]
    assert sandbox.stock("mug-11") == 100


def test_what_is_hidden_is_not_called_untracked_beside_stock_that_is(store, sandbox, desktop):
    desktop.text("updatestockstatus", update="ebook~False|mug-11~False")
    desktop.text("invupdate", update="ebook~-1|mug-11~-1")
    push_due(store)
    assert not sandbox.inventory.by_code("ebook")["active"]
    assert outcomes(store, "ebook") == ["applied", "untracked"]
    assert outcomes(store, "mug-11") == ["applied", "applied"]
    hidden, _ = StockChange.objects.of(store).filter(sku_key="ebook").order_by("pk")
    assert (hidden.reason, hidden.figure) == ("", None)


def test_what_is_hidden_stays_so_in_the_ledger_when_the_answer_about_its_stock_is_lost(
    store, sandbox, desktop
):
    desktop.text("updatestockstatus", update="mug-11~False")
    desktop.text("invupdate", update="mug-11~-1")
    sandbox.faults.add("reset_before", ADJUST)
    push_due(store)
    assert outcomes(store, "mug-11") == ["applied", "sent"]
    push_all(store)
    assert (outcomes(store, "mug-11"), sandbox.stock("mug-11")) == (["applied", "applied"], 99)
    assert calls(sandbox, "Product_Update") == 1


def test_of_what_is_hidden_and_shown_again_before_it_is_pushed_the_last_word_counts(store, sandbox, desktop):
    desktop.text("updatestockstatus", update="mug-11~False|mug-11~True|mug-11~False")
    desktop.text("updatestockstatus", update="mug-11~True")
    push_due(store)
    assert outcomes(store, "mug-11") == ["superseded", "superseded", "superseded", "applied"]
    assert sandbox.inventory.by_code("mug-11")["active"]


def test_a_product_that_is_sold_in_variants_can_be_hidden_as_a_whole(store, sandbox, desktop):
    desktop.text("updatestockstatus", update="shirt~False")
    push_due(store)
    assert not sandbox.inventory.by_code("shirt")["active"]
    assert outcomes(store, "shirt") == ["applied"]


def test_before_the_first_reading_of_the_catalogue_what_is_hidden_is_not_forgotten(store, sandbox):
    Asking(store).text("updatestockstatus", update="mug-11~False|ghost~False")
    push_due(store)
    assert not sandbox.inventory.by_code("mug-11")["active"]
    assert (outcomes(store, "mug-11"), outcomes(store, "ghost")) == (["applied"], ["unknown"])


def test_products_that_cannot_be_shown_stop_no_stock(store, sandbox, desktop):
    sandbox.faults.add("error_code", "Product_Update", times=None, code="MER-XXX-00001", message="Locked.")
    desktop.text("updatestockstatus", update="mug-11~False|clay-10~False")
    desktop.text("invupdate", update="glaze~-1")
    push_due(store)
    assert sandbox.stock("glaze") == 99
    for _ in range(3):
        let_time_pass(store)
        desktop.text("invupdate", update="glaze~-1")
        push_due(store)
    assert sandbox.stock("glaze") == 96
    assert "Locked." in row_of(store, "mug-11").problem
    health = summary(store)
    assert (health.state, health.held) == (State.FAILING, 0)
    sandbox.faults.clear()
    push_all(store)
    assert outcomes(store, "mug-11") == outcomes(store, "clay-10") == ["applied"]


@pytest.mark.parametrize("each", [True, False])
def test_a_token_that_may_not_show_products_stops_no_stock(store, sandbox, desktop, each):
    if each:
        sandbox.granted_functions = {LOAD, ADJUST, SETTINGS}
    else:
        sandbox.faults.add("empty", "Product_Update", times=None)
    desktop.text("updatestockstatus", update="mug-11~False|clay-10~False")
    desktop.text("invupdate", update="glaze~-1")
    assert push_due(store) == Drained(done=1, parked=2)
    assert sandbox.stock("glaze") == 99
    assert "Product_Update" in row_of(store, "mug-11").remedy
    sandbox.granted_functions = None
    sandbox.faults.clear()
    try_again(StockPush.objects.of(store))
    assert push_due(store).done == 2
    assert not sandbox.inventory.by_code("mug-11")["active"]


def test_a_paused_store_keeps_its_changes(store, sandbox, desktop):
    from inventory.tasks import push_stock

    desktop.text("invupdate", update="mug-11~-1")
    Store.objects.filter(pk=store.pk).update(paused_reason="Moving house")
    push_stock(store.pk)
    assert sandbox.stock("mug-11") == 100
    Store.objects.filter(pk=store.pk).update(paused_reason="")
    push_stock(store.pk)
    assert sandbox.stock("mug-11") == 99


def test_thousands_of_counts_with_unknown_and_untracked_ones_among_them(store, sandbox):
    """One in a hundred is unknown, one in a hundred untracked: every line is answered, the rest arrives."""
    skus = [f"p{number}" for number in range(THOUSANDS)]
    for number, sku in enumerate(skus):
        if number % 100 == 1:
            sandbox.add_product(sku)
        elif number % 100:
            sandbox.add_product(sku, product_inventory=1)
    store.page_size = 500
    store.save()
    refresh(store)
    counts = "".join(f"{sku}~{number}|" for number, sku in enumerate(skus))
    answer = Asking(store).text("qohreplace", count=len(skus), update=counts).split("\r\n")
    expected = {0: "NF", 1: "NA"}
    assert answer[1:-1] == [f"{sku}={expected.get(number % 100, 'OK')}" for number, sku in enumerate(skus)]
    assert push_due(store, budget=120) == Drained(done=THOUSANDS)
    wrong = [n for n, sku in enumerate(skus) if n % 100 > 1 and sandbox.stock(sku) != n]
    assert wrong == []
    assert {sandbox.stock(sku) for n, sku in enumerate(skus) if n % 100 == 1} == {None}
    ends = StockChange.objects.of(store)
    assert [ends.filter(outcome=each).count() for each in ("applied", "untracked", "unknown")] == [
        THOUSANDS * 98 // 100,
        THOUSANDS // 100,
        THOUSANDS // 100,
    ]


def test_nothing_more_is_sent_by_a_worker_whose_rows_were_taken_over_in_between(store, sandbox):
    """Products that our copy does not have are looked up in several calls, each of which may be slow."""
    Asking(store).text("invupdate", update="mug-11~1|GHOST-1~1|GHOST-2~1")
    taken_over = StockPush.objects.filter(sku_key="ghost-1")
    sandbox.before_reply.append(lambda _: at_once(1, lambda _: taken_over.update(lease=uuid.uuid4())))
    assert push_due(store, budget=0) == Drained(finished=False)
    assert [call.function for call in sandbox.calls] == [LOAD]
    assert not StockChange.objects.of(store).filter(outcome="unknown").exists()


def test_what_ended_is_settled_and_the_history_is_not_read_for_it(store, desktop):
    desktop.text("invupdate", update="mug-11~-3|ebook~1")
    with CaptureQueriesContext(connection) as captured:
        assert push_due(store) == Drained(done=2)
    assert not StockChange.objects.of(store).filter(settled_at=None).exists()
    ledger = [
        each["sql"] for each in captured if each["sql"].startswith("UPDATE") and "stockchange" in each["sql"]
    ]
    assert ledger
    assert not [sql for sql in ledger if '"settled_at" IS NULL' in sql]


@pytest.mark.parametrize(
    ("function", "update"), [(ADJUST, "invupdate"), (SETTINGS, "qohreplace")], ids=["deltas", "counts"]
)
def test_a_refusal_of_everything_is_the_stores_and_parks_no_sku(store, sandbox, function, update):
    for number in range(120):
        sandbox.add_product(f"p{number}", product_inventory=100)
    refresh(store)
    Asking(store).text(update, update="|".join(f"p{number}~7" for number in range(120)))
    sandbox.faults.add("error_code", function, times=None, code="MER-INV-JSN-00099", message="Licence.")
    assert push_due(store) == Drained(deferred=120)
    assert len(sandbox.faults.taken) == 12 + 3  # three other products are tried, too
    row = StockPush.objects.of(store).get(store_waits_until__isnull=False)
    assert "Licence." in row.problem
    assert "no product is to blame" in row.remedy
    assert push_due(store) == Drained()  # it waits
    sandbox.faults.clear()
    push_all(store)
    assert {sandbox.stock(f"p{number}") for number in range(120)} == {107 if function == ADJUST else 7}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("function", "update"), [(ADJUST, "invupdate"), (SETTINGS, "qohreplace")], ids=["deltas", "counts"]
)
def test_a_refusal_of_everything_parks_no_sku_however_few_wait_and_however_long_it_lasts(
    store, sandbox, desktop, function, update, count
):
    codes = ["mug-11", "glaze", "clay-10"][:count]
    desktop.text(update, update="|".join(f"{code}~7" for code in codes))
    sandbox.faults.add("error_code", function, times=None, code="MER-INV-JSN-00099", message="Licence.")
    for _ in range(3):
        assert push_due(store) == Drained(deferred=count)
        let_time_pass(store)
    sandbox.faults.clear()
    push_all(store)
    assert {sandbox.stock(code) for code in codes} == {107 if function == ADJUST else 7}


@pytest.mark.parametrize("count", [1, 3, 30, 120])
@pytest.mark.parametrize(
    ("function", "update"),
    [("invupdate", "7"), ("qohreplace", "7"), ("updatestockstatus", "False")],
    ids=["deltas", "counts", "shown"],
)
def test_bad_skus_that_are_all_that_waits_are_parked_where_miva_changes_another_product(
    store, sandbox, desktop, function, update, count
):
    for number in range(count):
        sandbox.add_product(f"p{number}", product_inventory=100)
        sandbox.refuse_changes(f"p{number}", "Locked.")
    refresh(store)
    others = {code: sandbox.stock(code) for code in ("mug-11", "glaze", "clay-10", "ebook", "shirt")}
    desktop.text(function, update="|".join(f"p{number}~{update}" for number in range(count)))
    assert push_due(store).parked == count
    assert {"Locked." in row.problem for row in StockPush.objects.of(store)} == {True}
    assert {sandbox.stock(f"p{number}") for number in range(count)} == {100}
    assert {code: sandbox.stock(code) for code in others} == others


def test_a_function_that_the_store_does_not_have_is_not_asked_for_row_by_row(store, sandbox, desktop):
    for code in ("mug-11", "glaze", "clay-10", "shirt-l"):
        desktop.text("invupdate", update=f"{code}~-1")
    sandbox.faults.add("error_code", function=ADJUST, times=None, code="invalid_function", message="?")
    assert push_due(store).parked == 4
    assert len([taken for taken in sandbox.faults.taken if taken.functions == (ADJUST,)]) == 1


@pytest.mark.parametrize(
    ("fault", "update"),
    [("api_offline", "~-1"), ("reset_after", "~-1"), ("api_offline", "~5"), ("reset_after", "~5")],
)
def test_after_a_failure_of_the_store_nothing_more_is_sent_to_it(store, sandbox, fault, update):
    """A store that hangs would hold the worker for the time of each call."""
    for number in range(120):
        sandbox.add_product(f"p{number}", product_inventory=100)
    refresh(store)
    function = ("invupdate", ADJUST) if update == "~-1" else ("qohreplace", SETTINGS)
    Asking(store).text(function[0], update="|".join(f"p{number}{update}" for number in range(120)))
    sandbox.faults.add(fault, function=function[1], times=None)
    assert push_due(store).deferred == 120
    assert len(sandbox.faults.taken) == 1
    under_way = StockPush.objects.of(store).filter(sent_delta__isnull=False)
    assert under_way.count() == (100 if fault == "reset_after" else 0)
    sandbox.faults.clear()
    push_all(store)
    assert {sandbox.stock(f"p{number}") for number in range(120)} == {99 if update == "~-1" else 5}
