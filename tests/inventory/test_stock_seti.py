"""What a desktop is answered about stock (SETI reference §2.7, §2.8, §2.10, §6 row 20)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from inventory.models import StockChange, StockPush
from stores.models import Store
from tests.inventory.helpers import Asking, refresh

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


@pytest.fixture
def desktop(store):
    refresh(store)
    return Asking(store)


def setting(store, **fields):
    Store.objects.filter(pk=store.pk).update(**fields)


def lines(answer: str) -> list[str]:
    return answer.split("\r\n")


def test_every_entry_is_answered_in_its_order_between_first_and_last_line(desktop):
    answer = desktop.text("qohreplace", count=3, update="shirt-l~17|mug-11~0|GHOST-1~4|")
    assert answer == "SETIResponse\r\nshirt-l=OK\r\nmug-11=OK\r\nGHOST-1=NF\r\nSETIEndOfData"


def test_xml_is_answered_like_text(desktop):
    products = "".join(
        f"<Product><SKU>{sku}</SKU><QOH>{count}</QOH></Product>"
        for sku, count in (("mug-11", "17.0000"), ("ebook", "1"))
    )
    xml = f"<SETIProducts>{products}</SETIProducts>"
    assert lines(desktop.text("qohreplace", update=xml))[1:3] == ["mug-11=OK", "ebook=NA"]


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("mug-11~many", "mug-11~many=Err"),
        ("mug-11~1.5", "mug-11~1.5=Err"),
        ("mug-11", "mug-11=Err"),
        ("~4", "~4=Err"),
        ("mug-11~99999999999", "mug-11~99999999999=Err"),
        ("mug-11~-4", "mug-11=OK"),
        (" mug-11 ~4", " mug-11 =OK"),
        ("we~ird~4", "we~ird=NF"),
        ("Grün~4", "Grün=NF"),
        pytest.param(f"{'ß' * 255}~4", f"{'ß' * 255}=NF", id="longer without case"),
        pytest.param(f"{'x' * 256}~4", f"{'x' * 256}~4=Err", id="too long"),
    ],
)
def test_one_odd_entry_stops_no_other(desktop, entry, line):
    assert lines(desktop.text("qohreplace", update=f"glaze~1|{entry}|clay-10~2"))[1:4] == [
        "glaze=OK",
        line,
        "clay-10=OK",
    ]


@pytest.mark.parametrize("sku", ["tee|red", "tee|red|xl", "mug-11|blue", "tee|mug-11"])
def test_a_sku_with_a_bar_that_the_copy_has_is_one_entry(store, sandbox, desktop, sku):
    sandbox.add_product(sku, product_inventory=1)
    refresh(store)
    answer = desktop.text("qohreplace", update=f"odd|glaze~1|{sku}~5|clay-10~2|")
    assert lines(answer)[1:-1] == ["odd=Err", "glaze=OK", f"{sku}=OK", "clay-10=OK"]
    counts = {row.sku: row.count for row in StockPush.objects.of(store)}
    assert counts == {"glaze": 1, sku: 5, "clay-10": 2}


def test_the_beginning_of_a_sku_with_a_bar_that_nobody_knows_is_an_error_and_stops_no_other(store, desktop):
    answer = desktop.text("qohreplace", update="glaze~1|tee|red~5|clay-10~2|")
    assert lines(answer)[1:-1] == ["glaze=OK", "tee=Err", "red=NF", "clay-10=OK"]


def test_of_a_repeated_sku_the_last_value_counts_and_each_entry_is_answered(store, desktop):
    answer = desktop.text("qohreplace", update="mug-11~5|MUG-11~6|mug-11~7|")
    assert lines(answer)[1:4] == ["mug-11=OK", "MUG-11=OK", "mug-11=OK"]
    assert StockPush.objects.of(store).get().count == 7
    assert list(StockChange.objects.of(store).order_by("pk").values_list("amount", "outcome")) == [
        (5, "superseded"),
        (6, "superseded"),
        (7, "waiting"),
    ]


def test_a_shared_sku_is_an_error_of_its_own(store, sandbox):
    for code in ("one", "two"):
        sandbox.add_product(code, sku="TWIN", product_inventory=3)
    refresh(store)
    desktop = Asking(store)
    assert lines(desktop.text("qohreplace", update="twin~4"))[1] == "twin=Err"
    answer = desktop.text("invupdate", update="twin~4")
    assert answer.startswith("SETIResponse=False;SKU=twin;QOH=NA;NOTE=2 products in Miva share the SKU twin")
    assert set(StockChange.objects.of(store).values_list("outcome", flat=True)) == {"refused"}


def test_a_product_that_is_sold_in_variants_has_no_stock_of_its_own(desktop):
    assert lines(desktop.text("qohreplace", update="shirt~4"))[1] == "shirt=Err"


def test_a_change_is_answered_with_the_quantity_to_come(desktop):
    assert desktop.text("invupdate", update="mug-11~-2") == "SETIResponse=OK;SKU=mug-11;QOH=98;NOTE="
    assert desktop.text("invupdate", update="MUG-11~5") == "SETIResponse=OK;SKU=MUG-11;QOH=103;NOTE="
    xml = "<SETIProducts><Product><SKU>mug-11</SKU><QOH>-3</QOH></Product></SETIProducts>"
    assert desktop.text("invupdate", update=xml) == "SETIResponse=OK;SKU=mug-11;QOH=100;NOTE="


def test_an_unknown_sku_is_not_found_and_stays_with_the_desktop(store, desktop):
    answer = desktop.text("invupdate", update="GHOST-1~1")
    assert answer == "SETIResponse=False;SKU=GHOST-1;QOH=NF;NOTE=NotFound"
    assert not StockPush.objects.of(store).exists()
    assert StockChange.objects.of(store).get().outcome == "unknown"


def test_an_unknown_sku_is_done_where_the_queue_would_jam(store, desktop):
    setting(store, unknown_sku=Store.UnknownSku.OK)
    answer = desktop.text("invupdate", update="GHOST-1~1")
    assert answer == "SETIResponse=OK;SKU=GHOST-1;QOH=NF;NOTE=NotFound"
    assert StockChange.objects.of(store).get().outcome == "waiting"


def test_an_untracked_product_is_answered_as_such(store, desktop):
    assert desktop.text("invupdate", update="ebook~1") == "SETIResponse=OK;SKU=ebook;QOH=NA;NOTE=NotTracking"
    setting(store, untracked=Store.Untracked.START)
    assert desktop.text("invupdate", update="giftcard~4") == "SETIResponse=OK;SKU=giftcard;QOH=4;NOTE="


def test_before_the_first_reading_of_the_catalogue_nothing_counts_as_missing(store):
    desktop = Asking(store)
    assert desktop.text("invupdate", update="mug-11~1") == "SETIResponse=OK;SKU=mug-11;QOH=NA;NOTE="
    assert lines(desktop.text("qohreplace", update="glaze~1"))[1] == "glaze=OK"


def test_a_missing_payload_is_answered_in_each_functions_way(desktop):
    assert desktop.text("invupdate") == "SETIResponse=False;SKU=NONETRANSMITTED;QOH=NF;NOTE=NotFound"
    assert desktop.text("qohreplace").startswith("SETIError: The parameter update is missing")
    assert desktop.text("updatestockstatus", update=" ").startswith("SETIError: ")


def test_a_bad_number_is_named(desktop):
    answer = desktop.text("invupdate", update="mug-11~lots")
    assert answer == "SETIResponse=False;SKU=mug-11;QOH=NA;NOTE=The quantity 'lots' is not a whole number."


def test_a_document_with_entities_of_its_own_is_refused(desktop):
    answer = desktop.text("qohreplace", update='<!DOCTYPE x [<!ENTITY a "b">]><x/>')
    assert answer.startswith("SETIError: The XML has a DOCTYPE")


def test_a_bare_ampersand_is_read(store, sandbox):
    sandbox.add_product("a&b", product_inventory=1)
    refresh(store)
    xml = "<SETIProducts><Product><SKU>a&b</SKU><QOH>17</QOH></Product></SETIProducts>"
    assert lines(Asking(store).text("qohreplace", update=xml))[1] == "a&b=OK"


def test_the_active_flag_is_answered_without_lines(store, desktop):
    assert desktop.text("updatestockstatus", update="mug-11~True|ghost~False|") == "SETIResponse: OK"
    assert StockPush.objects.of(store).get().active is True


def test_what_can_be_no_sku_is_ignored_where_unknown_ones_are(store, desktop):
    update = f"mug-11~True|{'x' * 256}~True|{'ß' * 255}~True|~True|glaze~False"
    assert desktop.text("updatestockstatus", update=update) == "SETIResponse: OK"
    rows = StockPush.objects.of(store).order_by("sku_key")
    assert list(rows.values_list("sku_key", "active")) == [("glaze", False), ("mug-11", True)]


def test_the_ledger_knows_who_when_and_in_which_request(store, desktop):
    desktop.text("invupdate", update="MUG-11~-2")
    change = StockChange.objects.of(store).get()
    assert (change.desktop.username, change.sku, change.amount) == (desktop.username, "MUG-11", -2)
    assert change.request_id


def test_another_merchants_desktop_changes_nothing_here(store, desktop):
    from tests.factories import make_store

    other = Asking(make_store())
    other.text("invupdate", update="mug-11~-2")
    assert not StockChange.objects.of(store).exists()


def test_a_message_that_cannot_be_written_whole_is_not_written_at_all(store, desktop):
    """Else the desktop, which repeats it whole, would have its first lines added twice."""
    if connection.vendor == "sqlite":
        pytest.skip("no number is too large for SQLite")
    desktop.text("invupdate", update="mug-11~1")
    StockPush.objects.update(delta=2**63 - 1)  # more than the column holds, with the next one
    answer = desktop.text("invupdate", update="glaze~-1|clay-10~-1|mug-11~1")
    assert answer.startswith("SETIError")
    assert set(StockPush.objects.of(store).values_list("sku_key", flat=True)) == {"mug-11"}
    assert StockChange.objects.of(store).count() == 1


def test_several_changes_are_answered_in_their_order_and_one_sku_adds_up(desktop):
    answer = desktop.text("invupdate", update="mug-11~-2|GHOST-1~1|glaze~lots|mug-11~-3")
    assert [line.split(";")[1:3] for line in lines(answer)] == [
        ["SKU=mug-11", "QOH=98"],
        ["SKU=GHOST-1", "QOH=NF"],
        ["SKU=glaze", "QOH=NA"],
        ["SKU=mug-11", "QOH=95"],
    ]


@pytest.mark.parametrize(
    ("function", "update"),
    [
        ("updatestockstatus", "mug-11~True|clay-10~False|glaze~True"),
        ("invupdate", "mug-11~1|clay-10~1|glaze~1"),
    ],
)
def test_rows_are_taken_in_the_order_of_their_keys(store, desktop, function, update):
    """So two desktops that name the same SKUs in another order wait for each other, and not both forever."""
    desktop.text(function, update=update)
    rows = StockPush.objects.of(store).order_by("pk")
    assert list(rows.values_list("sku_key", flat=True)) == ["clay-10", "glaze", "mug-11"]


def test_a_change_takes_few_statements_and_reads_no_secret_of_the_store(
    desktop, django_assert_max_num_queries
):
    """A store with a good day has Stone Edge send hundreds a second: login, product with level, push, ledger, journal."""
    desktop.text("invupdate", update="mug-11~-1")
    with django_assert_max_num_queries(7) as told:  # BEGIN and COMMIT among them
        desktop.text("invupdate", update="mug-11~-1")
    assert not [query for query in told.captured_queries if "signing_key" in query["sql"]]


def test_a_change_to_a_sku_that_has_arrived_is_due_again(store, desktop):
    desktop.text("invupdate", update="mug-11~-1")
    push = StockPush.objects.of(store).get()
    StockPush.objects.update(done_at=push.created_at, delta=0, due_at=push.created_at, attempts=1)
    desktop.text("invupdate", update="mug-11~-4")
    again = StockPush.objects.of(store).get()
    assert (again.done_at, again.delta, again.attempts) == (None, -4, 0)
    assert again.version > push.version
    assert again.due_at > push.due_at


def test_a_change_behind_a_failure_waits_with_it(store, desktop):
    """Miva may still be at work on what failed."""
    desktop.text("invupdate", update="mug-11~-1")
    later = timezone.now() + timedelta(minutes=5)
    StockPush.objects.update(due_at=later, problem="Miva was away.", problem_kind="down", attempts=2)
    desktop.text("invupdate", update="mug-11~-1|glaze~1")
    push = StockPush.objects.of(store).get(sku_key="mug-11")
    assert (push.due_at, push.problem_kind, push.attempts, push.delta) == (later, "down", 2, -2)
