"""Lists as files: with the filters of the list, without secrets, bodies and formulas, bounded, and noted."""

import csv
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from orders.models import PaymentMapping
from stores.admin import exports
from stores.models import AuditEntry, Exchange, Store
from tests.factories import make_store
from tests.stores.test_admin import SECRETS, populate

pytestmark = pytest.mark.django_db
LISTS = sorted(f"{m._meta.app_label}_{m._meta.model_name}" for m in admin.site._registry)


@pytest.fixture
def support(client):
    client.force_login(User.objects.create_superuser("rosa", "rosa@example.com", "correct-horse-battery"))
    return client


def export(client, name: str, file_format: str = "0", **filters: object):
    address = reverse(f"admin:{name}_export", query=filters)
    return client.post(address, {"format": file_format, "resource": "0"})


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(answer.content.decode().splitlines()))


def test_every_list_is_exported_as_csv_and_noted_with_its_count(support):
    populate()
    for name in LISTS:
        found = rows(export(support, name))
        assert found, name
        entry = AuditEntry.objects.filter(verb="export").latest("pk")
        noted = (entry.object_type, entry.count, entry.after["format"], entry.actor_name)
        assert noted == (name.replace("_", "."), len(found), "csv", "rosa")


def test_an_export_asks_as_many_questions_for_many_rows_as_for_one(support):
    def questions(name: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert export(support, name).status_code == 200
        return len(captured)

    populate(1)
    questions("stores_store")  # what is asked once in a process
    before = {name: questions(name) for name in LISTS}
    for number in range(2, 5):
        populate(number)
    assert {name: questions(name) for name in LISTS} == before


def test_the_list_has_the_button_with_its_filters(support):
    populate()
    page = support.get(reverse("admin:orders_order_changelist"), {"state__exact": "held"}).content.decode()
    assert f"{reverse('admin:orders_order_export')}?state__exact=held" in page


def test_filters_and_search_hold_for_the_file(support):
    populate()
    both, held = (
        rows(export(support, "orders_order")),
        rows(export(support, "orders_order", state__exact="held")),
    )
    assert (len(both), [row["state"] for row in held]) == (2, ["held"])
    (row,) = rows(export(support, "orders_order", q=held[0]["order"]))
    assert row == held[0]


@pytest.mark.usefixtures("support")
def test_every_choice_of_every_filter_is_understood_by_the_database(rf):
    populate()
    for page in admin.site._registry.values():
        address = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
        request = rf.get(address)
        request.user, request.resolver_match = User.objects.get(username="rosa"), resolve(address)
        rows = page.get_queryset(request)
        for kind in page.list_filter:
            if isinstance(kind, str):
                continue  # Django's own, of a column
            for value, _ in kind(request, {}, page.model, page).lookup_choices:
                chosen = kind(request, {kind.parameter_name: [str(value)]}, page.model, page)
                assert chosen.value() == str(value)
                assert len(chosen.queryset(request, rows)[:1]) <= 1


def test_every_list_of_what_belongs_to_a_store_is_filtered_by_merchant_store_and_age():
    for page in admin.site._registry.values():
        if "store" not in {field.name for field in page.opts.concrete_fields}:
            continue
        offered = {getattr(each, "parameter_name", "") for each in page.list_filter}
        wanted = {"merchant", "store", "age"}
        if page.model is PaymentMapping:  # a setting has no age
            wanted -= {"age"}
        assert wanted <= offered, page.opts.label


def test_a_workbook_has_the_same_rows_and_no_formula(support):
    store = make_store(name="=HYPERLINK(1)")
    Exchange.objects.create(
        store=store, direction="miva", function="+1", milliseconds=1, outcome="ok", error="@x"
    )
    book = load_workbook(BytesIO(export(support, "stores_exchange", "1").content))
    head, row = ([cell.value for cell in line] for line in book.active.iter_rows())
    found = dict(zip(head, row, strict=True))
    assert (found["store"], found["function"], found["error"]) == ("'=HYPERLINK(1)", "'+1", "'@x")
    assert all(cell.data_type != "f" for line in book.active.iter_rows() for cell in line)


SIGNS = "=+-@＝＋－＠"


@given(
    st.lists(st.text(f"{SIGNS};,\"' \t\r\n1a"), min_size=2, max_size=2),
    st.sampled_from([",", ";", "\t"]),
)
@example(["Mug;=1+1", "a"], ";")
@example(['x";"=1', "a"], ";")
@example(["x\n=1", "a"], ";")
@example(["\uff1d1", "a"], ",")
def test_no_cell_of_a_file_begins_a_formula_whatever_a_spreadsheet_takes_for_the_separator(texts, separator):
    file = StringIO(newline="")
    csv.writer(file).writerow([exports.cell(text) for text in texts])
    file.seek(0)
    for row in csv.reader(file, delimiter=separator):
        assert not [each for each in row if each.lstrip().startswith(tuple(SIGNS))]


def test_what_is_no_formula_stays_as_it_is():
    for text in ("a-b", "1 + 1", "olga@acme.example", "Smith; Jones", "x = 1", "two\nlines"):
        assert exports.cell(text) == text
    assert (exports.cell(-5), exports.cell(Decimal("-5.00"))) == (-5, Decimal("-5.00"))


def test_no_file_holds_a_secret_or_a_body(support):
    populate()
    for name in LISTS:
        text = export(support, name).content.decode()
        assert not [key for key, secret in SECRETS.items() if secret in text], name
        assert "<SETIOrders>" not in text


def test_too_many_rows_are_refused_in_a_sentence_and_nothing_is_noted(support, monkeypatch):
    for _ in range(3):
        make_store()
    monkeypatch.setattr(exports, "MOST", 2)
    refused = support.post(
        reverse("admin:stores_store_export"), {"format": "0", "resource": "0"}, follow=True
    )
    assert "nothing was exported" in refused.content.decode()
    assert Store.objects.count() == 3
    assert not AuditEntry.objects.filter(verb="export").exists()


def test_who_may_export_but_not_look_gets_no_file(client):
    user = User.objects.create_user("eve", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="export_"))
    client.force_login(user)
    assert {export(client, name).status_code for name in LISTS} == {403}


def test_who_may_look_may_not_export(client):
    user = User.objects.create_user("vera", password="correct-horse-battery", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    for name in LISTS:
        assert export(client, name).status_code == 403
        assert (
            reverse(f"admin:{name}_export")
            not in client.get(reverse(f"admin:{name}_changelist")).content.decode()
        )


def test_a_sign_that_no_workbook_takes_does_not_cost_the_whole_file(support):
    make_store(paused_reason="Holiday\x0buntil May")  # a line break as word processors make it
    answer = export(support, "stores_store", "1")
    book = load_workbook(BytesIO(answer.content))
    assert "Holiday\ufffduntil May" in [cell.value for line in book.active.iter_rows() for cell in line]
