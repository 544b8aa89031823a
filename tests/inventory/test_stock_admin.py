"""The stock page: what waits, what is parked and why, how far Miva is off, and what support may decide."""

from __future__ import annotations

import csv

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import comparison, decide
from inventory.models import StockChange, StockLevel, StockPush
from inventory.push import push_due
from stores import outbox
from stores.draining import Drained
from stores.models import AuditEntry, Store
from tests.inventory.helpers import Asking, refresh
from tests.inventory.stocktaking import outcomes, push_all, row_of

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "admin:inventory_stockpush_changelist"
ADJUST = "ProductList_Adjust_Inventory"


@pytest.fixture
def support(client):
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def reader(client):
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


@pytest.fixture
def desktop(store):
    refresh(store)
    return Asking(store)


def page(push: StockPush, name: str = "change") -> str:
    return reverse(f"admin:inventory_stockpush_{name}", args=[push.pk])


def in_doubt(store, sandbox, desktop) -> StockPush:
    """A delta whose answer was lost, and a figure that somebody changed in the meantime."""
    sandbox.faults.add("reset_before", ADJUST)
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    sandbox.set_stock("mug-11", 98)
    push_all(store)
    return row_of(store, "mug-11")


def drift(store, sandbox, desktop) -> None:
    desktop.text("invupdate", update="mug-11~-3")
    desktop.text("invupdate", update="glaze~1")
    push_due(store)
    sandbox.set_stock("mug-11", 80)
    comparison.work(comparison.start(store))


def test_the_list_tells_figure_last_change_and_standing(support, store, sandbox, desktop):
    desktop.text("invupdate", update="mug-11~-3")
    push_due(store)
    desktop.text("qohreplace", update="glaze~7|")
    text = support.get(reverse(LIST)).content.decode()
    assert "mug-11" in text
    assert ">97<" in text
    assert "set to 7" in text
    assert "In Miva" in text


def test_a_list_costs_the_same_queries_for_many_rows(support, store, desktop, django_assert_max_num_queries):
    desktop.text("qohreplace", update="mug-11~1|glaze~2|clay-10~3|sticker~4|soap~5|")
    with django_assert_max_num_queries(12):
        support.get(reverse(LIST))


@pytest.mark.parametrize(
    ("standing", "shown"), [("doubt", "mug-11"), ("parked", "mug-11"), ("waiting", "glaze")]
)
def test_the_list_filters_by_standing(support, store, sandbox, desktop, standing, shown):
    in_doubt(store, sandbox, desktop)
    desktop.text("invupdate", update="glaze~1")
    result = support.get(reverse(LIST), {"standing": standing})
    assert [row.sku for row in result.context["cl"].result_list] == [shown]


def test_a_sku_is_found_by_its_beginning(support, store, desktop):
    desktop.text("qohreplace", update="mug-11~1|glaze~2|")
    result = support.get(reverse(LIST), {"q": "MUG"})
    assert [row.sku for row in result.context["cl"].result_list] == ["mug-11"]


def test_the_page_shows_the_question_with_both_figures_and_the_history(support, store, sandbox, desktop):
    push = in_doubt(store, sandbox, desktop)
    text = support.get(page(push)).content.decode()
    for words in ("Has it arrived?", "It has arrived", "Send it again", "from 100 to 97", desktop.username):
        assert words in text


def test_it_has_arrived(support, store, sandbox, desktop):
    push = in_doubt(store, sandbox, desktop)
    desktop.text("invupdate", update="mug-11~-1")
    support.post(page(push, "arrived"), {"sure": "yes"})
    push_all(store)
    assert sandbox.stock("mug-11") == 97
    assert outcomes(store, "mug-11") == ["applied", "applied"]
    assert "support says that it has arrived" in StockChange.objects.of(store).last().reason
    assert AuditEntry.objects.filter(object_id=str(push.pk), actor_name="support").exists()


def test_send_it_again(support, store, sandbox, desktop):
    push = in_doubt(store, sandbox, desktop)
    desktop.text("invupdate", update="mug-11~-1")
    support.post(page(push, "send_again"), {"sure": "yes"})
    push_all(store)
    assert sandbox.stock("mug-11") == 94


def test_giving_up_leaves_miva_as_it_is(support, store, sandbox, desktop):
    push = in_doubt(store, sandbox, desktop)
    support.post(page(push, "give_up"), {"sure": "yes"})
    push_all(store)
    assert sandbox.stock("mug-11") == 98
    assert outcomes(store, "mug-11") == ["dropped"]


def test_an_answer_to_a_question_that_is_settled_changes_nothing(support, store, sandbox, desktop):
    push = in_doubt(store, sandbox, desktop)
    support.post(page(push, "arrived"), {"sure": "yes"})
    answer = support.post(page(push, "send_again"), {"sure": "yes"}, follow=True).content.decode()
    assert "the row has moved on" in answer
    push_all(store)
    assert sandbox.stock("mug-11") == 98


def test_a_figure_is_set_exactly(support, store, sandbox, desktop):
    drift(store, sandbox, desktop)
    sandbox.place_order(items=[{"code": "mug-11", "quantity": 2}])
    support.post(page(row_of(store, "mug-11"), "set_to"), {"figure": "55", "sure": "yes"})
    push_all(store)
    assert sandbox.stock("mug-11") == 55
    change = StockChange.objects.of(store).first()
    assert (change.user.username, change.kind, change.amount) == ("support", "count", 55)


def test_a_figure_that_is_none_is_refused_in_words(support, store, desktop):
    desktop.text("invupdate", update="mug-11~-3")
    answer = support.post(page(row_of(store, "mug-11"), "set_to"), {"figure": "many", "sure": "yes"})
    assert "as a whole number" in answer.content.decode()


def test_what_is_parked_is_tried_again_from_the_list(support, store, sandbox, desktop):
    for code in ("one", "two"):
        sandbox.add_product(code, sku="TWIN", product_inventory=3)
    desktop.text("qohreplace", update="twin~9|")
    push_due(store)
    sandbox.remove_product("two")
    push = row_of(store, "twin")
    support.post(reverse(LIST), {"action": "try_again", "_selected_action": [push.pk], "sure": "yes"})
    push_due(store)
    assert sandbox.stock("one") == 9


def choose(client, action: str, *pushes: StockPush) -> None:
    """Choose an action of the list, and be sure."""
    rows = [push.pk for push in pushes]
    client.post(reverse(LIST), {"action": action, "_selected_action": rows, "sure": "yes"})


def test_drift_is_taken_back_from_the_list_and_what_was_sold_since_stays_sold(
    support, store, sandbox, desktop
):
    drift(store, sandbox, desktop)  # 97 expected, 80 found
    sandbox.place_order(items=[{"code": "mug-11", "quantity": 2}])
    for _ in range(2):
        choose(support, "set_to_expected", row_of(store, "mug-11"), row_of(store, "glaze"))
    push_all(store)
    assert (sandbox.stock("mug-11"), sandbox.stock("glaze")) == (95, 101)
    assert StockChange.objects.of(store).filter(sku="mug-11").first().user.username == "support"


def test_drift_that_a_count_has_ended_is_not_taken_back(support, store, sandbox, desktop):
    drift(store, sandbox, desktop)
    push = row_of(store, "mug-11")
    desktop.text("qohreplace", update="mug-11~60|")
    assert not decide.set_to_expected(push, None)  # it waits
    push_all(store)
    assert not decide.set_to_expected(push, None)  # it has arrived
    choose(support, "set_to_expected", push)
    push_all(store)
    assert (sandbox.stock("mug-11"), drift_of(store, "mug-11")) == (60, 0)


def test_drift_is_not_taken_back_while_a_count_is_under_way(support, store, sandbox, desktop):
    drift(store, sandbox, desktop)
    sandbox.faults.add("reset_before", "InventoryProductSettings_Update")
    desktop.text("qohreplace", update="mug-11~60|")
    push_due(store)
    assert not decide.set_to_expected(row_of(store, "mug-11"), None)
    push_all(store)
    assert sandbox.stock("mug-11") == 60


def test_a_figure_that_is_set_by_hand_and_drift_that_is_taken_back_do_not_add_up(
    support, store, sandbox, desktop
):
    drift(store, sandbox, desktop)
    support.post(page(row_of(store, "mug-11"), "set_to"), {"figure": "55", "sure": "yes"})
    choose(support, "set_to_expected", row_of(store, "mug-11"))
    push_all(store)
    assert sandbox.stock("mug-11") == 55


def test_a_lost_count_that_has_arrived_ends_the_drift(support, store, sandbox, desktop):
    drift(store, sandbox, desktop)
    sandbox.faults.add("reset_after", "InventoryProductSettings_Update")
    desktop.text("qohreplace", update="mug-11~60|")
    push_all(store)
    assert (sandbox.stock("mug-11"), drift_of(store, "mug-11")) == (60, 0)


def test_a_delta_leaves_the_drift_to_be_decided(store, sandbox, desktop):
    drift(store, sandbox, desktop)
    desktop.text("invupdate", update="mug-11~-1")
    push_all(store)
    assert drift_of(store, "mug-11") == -17


def shared_by_two(store, sandbox) -> StockPush:
    """A SKU that one product had when its stock was pushed, off by some units, and that two have now."""
    Store.objects.filter(pk=store.pk).update(identifier="sku")
    store.refresh_from_db()
    sandbox.add_product("one", sku="TWIN", product_inventory=3)
    refresh(store)
    Asking(store).text("qohreplace", update="twin~9|")
    push_due(store)
    sandbox.set_stock("one", 4)
    comparison.work(comparison.start(store))
    sandbox.add_product("two", sku="TWIN", product_inventory=3)
    refresh(store)
    return row_of(store, "twin")


@pytest.mark.parametrize("name", ["set_to", "set_to_expected"])
def test_a_figure_of_nobody_knows_which_product_is_not_said_to_be_set(support, store, sandbox, name):
    push = shared_by_two(store, sandbox)
    before = AuditEntry.objects.count()
    answer = support.post(page(push, name), {"figure": "5", "sure": "yes"}, follow=True).content.decode()
    assert "2 products in Miva share the SKU twin (one, two)" in answer
    assert "set to 5" not in answer
    assert drift_of(store, "TWIN") == -5
    assert AuditEntry.objects.count() == before
    push_all(store)
    assert (sandbox.stock("one"), sandbox.stock("two")) == (4, 3)


def test_a_drift_is_not_corrected_on_the_product_that_has_the_sku_now(support, store, sandbox, desktop):
    drift(store, sandbox, desktop)
    sandbox.inventory.keep(sandbox.inventory.by_code("mug-11") | {"code": "mug-old", "sku": "OLD"})
    sandbox.add_product("mug-11", product_inventory=10)
    refresh(store)
    push = row_of(store, "mug-11")
    answer = support.post(page(push, "set_to_expected"), {"sure": "yes"}, follow=True).content.decode()
    assert "is another product in Miva by now" in answer
    push_all(store)
    assert (sandbox.stock("mug-old"), sandbox.stock("mug-11")) == (80, 10)


def test_what_is_left_out_of_trying_again_is_not_in_the_audit(support, store, sandbox, desktop):
    doubtful = in_doubt(store, sandbox, desktop)
    desktop.text("qohreplace", update="glaze~7|")
    rows = StockPush.objects.of(store)
    assert [row.sku for row in decide.try_again(rows)] == ["glaze"]
    noted = AuditEntry.objects.filter(verb="push stock again")
    assert [entry.object_label for entry in noted] == ["glaze"]
    assert row_of(store, "mug-11").version == doubtful.version


def test_push_now_of_a_store_costs_the_same_queries_for_many_rows(store, desktop):
    counted = []
    for update in ("mug-11~1|", "glaze~2|clay-10~3|sticker~4|soap~5|"):
        desktop.text("qohreplace", update=update)
        with CaptureQueriesContext(connection) as captured:
            decide.push_now(StockPush.objects.of(store).filter(outbox.OPEN))
        counted.append((len(captured), max(len(each["sql"]) for each in captured)))
    assert counted[0] == counted[1]


def drift_of(store, sku: str) -> int:
    return StockLevel.objects.of(store).get(sku=sku).drift


@pytest.mark.parametrize(
    ("action", "figure", "ends"),
    [("arrived", 98, ["applied"]), ("send_again", 95, ["applied"]), ("give_up", 98, ["dropped"])],
)
def test_what_is_parked_is_decided_from_the_list(support, store, sandbox, desktop, action, figure, ends):
    choose(support, action, in_doubt(store, sandbox, desktop))
    push_all(store)
    assert (sandbox.stock("mug-11"), outcomes(store, "mug-11")) == (figure, ends)


def test_trying_a_row_again_ends_the_wait_of_its_store(support, store, sandbox, desktop):
    desktop.text("qohreplace", update="mug-11~9|")
    sandbox.faults.add("status", "ProductList_Load_Query", code=503)
    push_due(store)
    desktop.text("qohreplace", update="glaze~7|")
    support.post(page(row_of(store, "glaze"), "try_again"), {"sure": "yes"})
    assert push_due(store) == Drained(done=2)


def test_push_now_tries_stock_that_waits_after_a_failure(support, store, sandbox, desktop):
    desktop.text("qohreplace", update="mug-11~9|")
    sandbox.faults.add("status", "ProductList_Load_Query", code=503)
    push_due(store)
    answer = support.post(reverse("admin:stores_store_push", args=[store.pk]), {"sure": "yes"}, follow=True)
    assert "Pushing now: 1." in answer.content.decode()
    assert push_due(store) == Drained(done=1)


def test_a_mended_token_lets_stock_go_on(support, store, sandbox, desktop):
    desktop.text("qohreplace", update="mug-11~9|")
    sandbox.granted_functions = {"Module"}
    push_due(store)
    sandbox.granted_functions = None
    address = reverse("admin:stores_store_change", args=[store.pk])
    form = support.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in values.items() if value not in (None, False)}
    for inline in support.get(address).context["inline_admin_formsets"]:
        data |= {f"{inline.formset.prefix}-{count}_FORMS": 0 for count in ("TOTAL", "INITIAL")}
    saved = support.post(address, data | {"token": sandbox.token})
    assert saved.status_code == 302, saved.context["errors"]
    assert push_due(store) == Drained(done=1)


def test_the_export_has_the_rows_of_the_filter_and_no_formulas(support, store, sandbox, desktop):
    sandbox.add_product("=1+1", product_inventory=3)
    refresh(store)
    drift(store, sandbox, desktop)
    desktop.text("qohreplace", update="=1+1~9|")
    rows = list(csv.DictReader(read(support, {}).splitlines()))
    assert {row["sku"]: row["in_miva"] for row in rows} == {"'=1+1": "", "glaze": "101", "mug-11": "80"}
    drifted = list(csv.DictReader(read(support, {"standing": "drift"}).splitlines()))
    assert [(row["sku"], row["drift"]) for row in drifted] == [("mug-11", "-17")]


def read(client, query: dict) -> str:
    address = reverse("admin:inventory_stockpush_export", query=query)
    return client.post(address, {"format": "0", "resource": "0"}).content.decode()


def test_a_reader_sees_and_decides_nothing(reader, store, sandbox, desktop):
    push = in_doubt(store, sandbox, desktop)
    assert "It has arrived" not in reader.get(page(push)).content.decode()
    for name in ("arrived", "send_again", "try_again", "give_up", "set_to"):
        assert reader.post(page(push, name), {"figure": "1"}).status_code == 403
    assert row_of(store, "mug-11").in_doubt


def test_a_look_at_a_buttons_address_does_nothing(support, store, sandbox, desktop):
    push = in_doubt(store, sandbox, desktop)
    for name in ("arrived", "send_again", "try_again", "give_up", "set_to"):
        assert support.get(page(push, name)).status_code in (200, 302)
    assert row_of(store, "mug-11").in_doubt
