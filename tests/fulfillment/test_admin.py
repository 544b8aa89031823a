"""Shipments in the support team's pages: found, explained, tried again, closed; and what they add to stores and orders."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfillment.meanings import Meanings, rules_of, tracking_type
from fulfillment.models import CarrierMapping, Shipment, StatusMeaning, StatusUpdate, StoreShipping
from stores.admin.words import list_of, page_of
from stores.models import AuditEntry
from stores.sandbox import SandboxStore
from tests.factories import make_store
from tests.fulfillment.goods import document, form, ids, only, order_of, report

pytestmark = pytest.mark.django_db
LIST = "fulfillment_shipment"


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
def sandbox():
    return SandboxStore(seed=3)


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def parked(store, sandbox):
    report(store, form(order_of(store, sandbox, 2), "1Z1"))
    Shipment.objects.update(
        parked_at=timezone.now(), problem="line 5 (MUG) is cancelled in Miva.", remedy="Compare both."
    )
    return only(store)


def text(client, address) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_the_list_says_what_is_wrong_and_keeps_its_number_of_queries(support, store, sandbox, parked):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert "line 5 (MUG) is cancelled" in text(support, list_of(LIST))
        return len(counted)

    queries()
    before = queries()
    for number in range(5):
        report(store, form(order_of(store, sandbox, 1), f"1ZX{number}"))
    assert queries() == before


@pytest.mark.parametrize("words", ["1Z1", "1z 1", "1Z"])
def test_it_is_found_by_its_tracking_number(support, parked, words):
    assert page_of(parked) in text(support, list_of(LIST, q=words))


def test_it_is_found_by_its_order_and_by_its_state(support, parked):
    assert page_of(parked) in text(support, list_of(LIST, q=parked.order.miva_id))
    assert page_of(parked) in text(support, list_of(LIST, state="parked"))
    assert page_of(parked) not in text(support, list_of(LIST, state="done"))
    assert page_of(parked) not in text(support, list_of(LIST, q="nothing like it"))


def test_its_page_shows_reason_remedy_packages_and_lines(support, parked):
    page = text(support, page_of(parked))
    for words in ("is cancelled in Miva", "Compare both.", "1Z1", "Try again", "Done elsewhere"):
        assert words in page


def test_try_again_makes_it_due(support, parked):
    support.post(reverse("admin:fulfillment_shipment_again", args=[parked.pk]), {"sure": "yes"})
    parked.refresh_from_db()
    assert (parked.parked_at, parked.problem) == (None, "")
    assert AuditEntry.objects.filter(object_id=str(parked.pk), actor_name="support").exists()


def test_a_number_is_taken_for_a_new_label_and_that_is_only_offered_where_it_may_be_one(
    support, store, sandbox, parked
):
    assert "new label" not in text(support, page_of(parked))
    order = order_of(store, sandbox, 5)
    (line,) = ids(sandbox, order)
    for number in ("1Z8", "1Z9"):
        report(store, document(order, [("1", number)], {line: {"shipped": 2}}, "Partially Shipped"))
    unclear = Shipment.objects.get(problem_kind="unclear")
    assert "It is a new label" in text(support, page_of(unclear))
    support.post(reverse("admin:fulfillment_shipment_relabel", args=[unclear.pk]), {"sure": "yes"})
    assert [each.number for each in order.packages.all()] == ["1Z9"]
    assert AuditEntry.objects.get(verb="new label").actor_name == "support"


def test_done_elsewhere_asks_for_a_reason_and_keeps_it(support, parked):
    address = reverse("admin:fulfillment_shipment_close", args=[parked.pk])
    assert "Reason" in text(support, address)
    support.post(address, {"reason": "", "sure": "yes"})
    assert only(parked.store).done_at is None
    support.post(address, {"reason": "made by hand", "sure": "yes"})
    row = only(parked.store)
    assert row.done_at
    assert (row.step, row.closed_by) == (Shipment.Step.ELSEWHERE, "support: made by hand")
    assert "made by hand" in text(support, page_of(parked))


def test_what_is_done_elsewhere_stays_closed_until_stone_edge_says_more_than_before(support, parked, store):
    address = reverse("admin:fulfillment_shipment_close", args=[parked.pk])
    support.post(address, {"reason": "by hand", "sure": "yes"})
    report(store, form(parked.order, "1Z1", status="Shipped"))
    assert only(store).done_at
    report(store, form(parked.order, "1Z9"))
    page = text(support, page_of(parked))
    assert "Stone Edge has other packages for this shipment now: 1Z9." in page
    assert "support: by hand" in page
    support.post(address, {"reason": "entered it", "sure": "yes"})
    assert "Marked as done elsewhere by support: entered it" in text(support, page_of(parked))


def test_whoever_may_only_look_decides_nothing(reader, parked):
    page = text(reader, page_of(parked))
    assert "Try again" not in page
    for name in ("again", "close"):
        address = reverse(f"admin:fulfillment_shipment_{name}", args=[parked.pk])
        assert reader.post(address, {"reason": "x"}).status_code == 403
    assert only(parked.store).parked_at


def test_the_orders_page_shows_its_shipments_and_messages(support, parked):
    page = text(support, page_of(parked.order))
    for words in ("1Z1", "is cancelled in Miva", "Order Shipped", "1 shipment for Miva."):
        assert words in page


def test_an_unknown_label_is_explained_on_the_stores_page_and_its_message_applied_again(
    support, store, sandbox
):
    order = order_of(store, sandbox, 1)
    report(store, form(order, "1Z1", status="Out of the door"))
    kept = StatusUpdate.objects.get()
    assert "Out of the door" in text(support, list_of("fulfillment_statusupdate", meaning="unknown"))
    assert "Unknown status labels" in text(support, page_of(store))
    StatusMeaning.objects.create(store=store, label="out of the DOOR", meaning="shipped")
    support.post(
        list_of("fulfillment_statusupdate"), {"action": "apply", "_selected_action": [kept.pk], "sure": "yes"}
    )
    assert only(store).tracking == "1Z1"
    assert StatusUpdate.objects.get().meaning == "shipped"


def test_every_message_has_a_page(support, store, sandbox):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    assert "1Z1" in text(support, page_of(StatusUpdate.objects.get()))


def test_the_stores_page_has_counts_and_leads_to_labels_and_carriers(support, store, parked):
    StatusMeaning.objects.create(store=store, label="Handed over", meaning="shipped")
    CarrierMapping.objects.create(store=store, carrier="Bob", tracking_type="BobsVan")
    page = text(support, page_of(store))
    assert page_of(StoreShipping(pk=store.pk)) in page
    for words in ("Parked shipments", "Push now"):
        assert words in page
    page = text(support, page_of(StoreShipping(pk=store.pk)))
    for words in ("Handed over", "BobsVan"):
        assert words in page


def test_labels_carriers_and_choices_are_saved(support, store):
    def rows(name, count, *values):
        head = {f"{name}-TOTAL_FORMS": count, f"{name}-INITIAL_FORMS": 0}
        return head | {f"{name}-0-{field}": value for field, value in values}

    data = (
        rows("fulfillment_rules", 1, ("packages", "split"), ("unknown_orders", "ignore"), ("cancel", "on"))
        | rows("status_meanings", 1, ("label", "Handed over"), ("meaning", "shipped"))
        | rows("carriers", 1, ("carrier", "Bob"), ("tracking_type", "BobsVan"))
    )
    response = support.post(page_of(StoreShipping(pk=store.pk)), data)
    assert response.status_code == 302
    assert (rules_of(store).packages, rules_of(store).cancel) == ("split", True)
    assert Meanings(store).of("HANDED over") == "shipped"
    assert tracking_type(store, "bob") == "BobsVan"


def test_push_now_lets_what_waits_after_a_failure_go_on(support, store, sandbox):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    later = timezone.now() + timedelta(hours=1)
    Shipment.objects.update(due_at=later, problem="Down.", problem_kind="down", store_waits_until=later)
    support.post(reverse("admin:stores_store_push", args=[store.pk]), {"sure": "yes"})
    row = only(store)
    assert row.due_at <= timezone.now()
    assert row.store_waits_until is None
