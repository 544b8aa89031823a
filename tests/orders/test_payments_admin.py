"""The pages about payment mappings and about payment methods that nobody has mapped."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from orders import payment_preview
from orders.keep import keep
from orders.models import Download, PaymentMapping, UnmappedPayment
from orders.payment_preview import preview
from orders.translate.methods import STANDARD_METHODS
from stores.models import AuditEntry
from tests.factories import make_store
from tests.orders.test_payment_mappings import paid_by

pytestmark = pytest.mark.django_db
MAPPINGS = "admin:orders_paymentmapping_changelist"
ADD = "admin:orders_paymentmapping_add"
UNMAPPED = "admin:orders_unmappedpayment_changelist"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def support(client):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def reader(client):
    """A client that may look at everything and change nothing."""
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


@pytest.fixture
def store():
    return make_store()


def keep_all(store, *raws):
    return keep(store, raws, fetched_at=NOW, road="queue_ack")


def fields(**given) -> dict:
    blank = dict.fromkeys(("store", "module", "description", "name"), "")
    return blank | {"position": "100", "enabled": "on", "element": "Generic1"} | given


def body(response) -> str:
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_the_standard_mappings_stand_below_the_list_each_with_a_form_that_overrides_it(support):
    text = body(support.get(reverse(MAPPINGS)))
    for method in STANDARD_METHODS:
        assert method.title in text
    assert text.count(">Override</a>") == len(STANDARD_METHODS)


def test_an_override_is_filled_in_with_the_standard(support):
    rows = support.get(reverse(MAPPINGS)).context["standards"]
    [row] = [row for row in rows if row["title"] == "Amazon Pay"]
    initial = support.get(row["override"]).context["adminform"].form.initial
    assert {name: initial[name] for name in ("module", "element", "name")} == {
        "module": "*amazon*",
        "element": "Generic1",
        "name": "Amazon Pay",
    }


def test_an_unmapped_method_becomes_a_mapping_with_one_click_and_goes_away(support, store):
    keep_all(store, paid_by("acme", 7, cardbrand="Visa", refnum="r1", data={"last4": "4242"}))
    make = [word for word in body(support.get(reverse(UNMAPPED))).split('"') if "unmapped=" in word]
    page = support.get(make[0])
    text = body(page)
    assert "1 of 1 orders that wait for Stone Edge would change." in text
    assert text.index("<Generic1>") < text.index("With this mapping") < text.index("<Issuer>Visa</Issuer>")
    given = {name: values[0] for name, values in parse_qs(urlsplit(make[0]).query).items()}
    assert given.pop("unmapped") == str(UnmappedPayment.objects.get().pk)
    response = support.post(make[0], fields(**given), follow=True)
    assert "1 unmapped entry is mapped now." in body(response)
    assert not UnmappedPayment.objects.exists()
    assert PaymentMapping.objects.get().store == store


def test_a_preview_saves_nothing_and_keeps_what_was_typed(support, store):
    keep_all(store, paid_by("acme", 7), paid_by("odd", 8))
    response = support.post(reverse(ADD), fields(module="acm?", name="Acme Pay", _preview="1"))
    text = body(response)
    assert "1 of 2 orders that wait for Stone Edge would change." in text
    assert "<Name>Acme Pay</Name>" in text
    assert 'value="acm?"' in text
    assert not PaymentMapping.objects.exists()


def test_a_preview_of_a_bad_pattern_names_it(support):
    text = body(support.post(reverse(ADD), fields(module="^acme", _preview="1")))
    assert "'^acme' holds '^', which no module code has." in text


def test_a_preview_of_a_row_that_is_switched_off_shows_the_standard_again(support, store):
    keep_all(store, paid_by("paypal", 7))
    row = PaymentMapping.objects.create(store=store, module="paypal", element="Generic1", name="Mine")
    address = reverse("admin:orders_paymentmapping_change", args=[row.pk])
    text = body(support.post(address, fields(store=store.pk, module="paypal", enabled="", _preview="1")))
    assert text.index("<Generic1>") < text.index("With this mapping") < text.index("<PayPal>")


def test_only_orders_that_no_desktop_was_given_are_counted(store):
    keep_all(store, *(paid_by("acme", number) for number in (1, 2, 3)))
    Download.objects.create(store=store, first_number=1, last_number=2, count=2)
    result = preview(PaymentMapping(module="acme", element="Generic1", name="Acme Pay"))
    assert (result.changed, result.looked, result.example.miva_id) == (1, 1, 3)


def test_of_all_stores_together_the_newest_orders_are_looked_at(store, monkeypatch):
    monkeypatch.setattr(payment_preview, "MOST", 2)
    monkeypatch.setattr(payment_preview, "STORES_AT_ONCE", 1)
    keep_all(store, paid_by("acme", 1), paid_by("acme", 2), paid_by("acme", 3))
    keep_all(make_store(), paid_by("acme", 4))
    result = preview(PaymentMapping(module="acme", element="Generic1", name="Acme Pay"))
    assert (result.changed, result.looked, result.example.miva_id) == (2, 2, 4)
    assert result.is_part


def test_a_mapping_of_one_store_changes_nothing_in_another(store):
    other = make_store()
    keep_all(other, paid_by("acme", 1))
    result = preview(PaymentMapping(store=store, module="acme", element="Generic1", name="Acme Pay"))
    assert (result.changed, result.looked, result.example) == (0, 0, None)


def test_an_override_of_a_method_that_is_known_by_its_name_holds_without_a_module_only(support):
    rows = support.get(reverse(MAPPINGS)).context["standards"]
    [row] = [row for row in rows if row["title"] == "COD, by its name"]
    assert support.get(row["override"]).context["adminform"].form.initial["without_module"] == "True"
    given = {name: values[0] for name, values in parse_qs(urlsplit(row["override"]).query).items()}
    support.post(reverse(ADD), fields(**given))
    assert PaymentMapping.objects.get().without_module


def entry_of(store, number=7):
    keep_all(store, paid_by("acme", number))
    return UnmappedPayment.objects.get(store=store)


def dismissal(entry):
    return reverse("admin:orders_unmappedpayment_dismiss", args=[entry.pk])


def test_a_method_with_nothing_to_map_is_dismissed_with_a_reason_which_is_in_its_history(support, store):
    entry = entry_of(store)
    assert "Nothing to map…" in body(support.get(reverse(UNMAPPED)))
    assert 'name="reason"' in body(support.get(dismissal(entry)))
    assert "Give a reason" in body(support.post(dismissal(entry), {"reason": " ", "sure": "yes"}))
    assert body(
        support.post(dismissal(entry), {"reason": "A generic payment is right", "sure": "yes"}, follow=True)
    )
    entry.refresh_from_db()
    assert (entry.dismissed_because, entry.dismissed_by.username) == ("A generic payment is right", "support")
    noted = AuditEntry.objects.get()
    assert (noted.verb, noted.reason) == ("nothing to map", "A generic payment is right")


def test_what_is_dismissed_is_out_of_the_list_although_it_comes_again_and_can_be_taken_back(support, store):
    entry = entry_of(store)
    support.post(dismissal(entry), {"reason": "Right", "sure": "yes"})
    keep_all(store, paid_by("acme", 8))
    assert list(support.get(reverse(UNMAPPED)).context["cl"].result_list) == []
    page = support.get(reverse(UNMAPPED), {"standing": "dismissed"})
    assert [row.count for row in page.context["cl"].result_list] == [2]
    assert "Right (support)" in body(page)
    support.post(reverse("admin:orders_unmappedpayment_restore", args=[entry.pk]), {"sure": "yes"})
    assert [row.pk for row in support.get(reverse(UNMAPPED)).context["cl"].result_list] == [entry.pk]
    assert AuditEntry.objects.latest("pk").verb == "to be mapped after all"


def test_who_may_only_look_cannot_dismiss(reader, store):
    entry = entry_of(store)
    assert "Nothing to map…" not in body(reader.get(reverse(UNMAPPED)))
    for name in ("dismiss", "restore"):
        address = reverse(f"admin:orders_unmappedpayment_{name}", args=[entry.pk])
        assert reader.post(address, {"reason": "Right", "sure": "yes"}).status_code == 403
    entry.refresh_from_db()
    assert entry.dismissed_at is None


def test_a_preview_for_all_stores_takes_the_same_queries_for_one_store_and_for_many(
    store, django_assert_max_num_queries
):
    def fill(count):
        for _ in range(count):
            another = make_store()
            keep_all(another, paid_by("acme", 1), paid_by("acme", 2))
            Download.objects.create(store=another, first_number=1, last_number=1, count=1)

    mapping = PaymentMapping(module="acme", element="Generic1", name="Acme Pay")
    fill(1)
    with django_assert_max_num_queries(10) as few:
        assert preview(mapping).changed == 1
    fill(4)
    PaymentMapping.objects.create(store=store, module="other", element="Check")
    with django_assert_max_num_queries(len(few)):
        assert preview(mapping).changed == 5


def test_who_may_only_look_sees_no_way_to_change(reader, store):
    keep_all(store, paid_by("acme", 7))
    assert "Override" not in body(reader.get(reverse(MAPPINGS)))
    assert "Make a mapping" not in body(reader.get(reverse(UNMAPPED)))
    assert reader.post(reverse(ADD), fields(module="acme")).status_code == 403


@pytest.mark.parametrize("page", [MAPPINGS, UNMAPPED])
def test_a_list_takes_the_same_queries_for_one_row_and_for_many(support, django_assert_max_num_queries, page):
    def fill(count: int) -> None:
        for number in range(count):
            store = make_store()
            PaymentMapping.objects.create(store=store, module=f"m{number}", element="Check")
            UnmappedPayment.objects.create(store=store, module=f"m{number}", order_number=1)

    fill(1)
    with django_assert_max_num_queries(30) as few:
        support.get(reverse(page))
    fill(5)
    with django_assert_max_num_queries(len(few)):
        support.get(reverse(page))
