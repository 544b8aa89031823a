"""Asking before anything is done: one row, several, all that a list's filters match."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import Shipment
from orders.admin.decisions import RETRY
from orders.models import Order, Rejudgement
from stores.admin.acting import MOST, Acting
from stores.admin.actions import MOST_CHECKS
from stores.admin.words import page_of
from stores.models import AuditEntry, PullCursor, Store
from tests.factories import make_store
from tests.stores.test_admin import populate

pytestmark = pytest.mark.django_db
ORDERS = "admin:orders_order_changelist"
STORES = "admin:stores_store_changelist"
ON_A_PAGE_OF_ITS_OWN = (
    "admin:stores_store_fetch"  # for one store the range is chosen, and its orders counted first
)


@pytest.fixture
def support(client):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


def text(response) -> str:
    return html.unescape(response.content.decode())


def said(response) -> list[str]:
    return [str(message) for message in response.wsgi_request._messages]


def held(store: Store, count: int) -> list[Order]:
    """Held orders, as many as wanted, made without translating them."""
    rows = Order.objects.bulk_create(
        Order(
            store=store,
            miva_id=number,
            placed_at="2026-01-01T00:00Z",
            total=1,
            miva_status=0,
            fetched_at="2026-01-01T00:00Z",
            raw={"id": number},
            fingerprint=f"{number:032}",
            state=Order.State.HELD,
            reason="No payment.",
        )
        for number in range(1, count + 1)
    )
    return list(rows)


def test_the_question_says_what_will_happen_to_how_many_and_how_long_it_takes(support):
    store = make_store()
    page = text(support.get(reverse("admin:stores_store_pull", args=[store.pk])))
    assert "Pull 1 store now?" in page
    assert "Miva is asked for new and changed orders at once" in page
    assert "in the background" in page
    assert f"{store.merchant} · {store}" in page


def test_nothing_is_done_before_the_person_is_sure(support):
    store = make_store()
    PullCursor.objects.update(due_at="2099-01-01T00:00Z")
    for ask in (support.get, support.post):
        ask(reverse("admin:stores_store_pull", args=[store.pk]))
    assert PullCursor.objects.get().due_at.year == 2099
    assert not AuditEntry.objects.filter(verb="pull now").exists()


def test_all_that_the_filters_match_is_asked_about_and_done_without_ticking_each(support):
    mine, other = make_store(), make_store()
    held(mine, 3)
    held(other, 2)
    address = f"{reverse(ORDERS)}?store={mine.pk}"
    ticked = {"action": "ignore", "_selected_action": [Order.objects.of(mine).first().pk]}
    assert "All that the list's filters match…" in text(support.post(address, ticked))
    across = ticked | {"select_across": "1"}
    assert "Ignore 3 orders?" in text(support.post(address, across))
    answer = support.post(address, across | {"reason": "Training", "sure": "yes"})
    assert said(answer) == ["3 orders are ignored."]
    assert set(Order.objects.of(other).values_list("state", flat=True)) == {"held"}


def test_no_table_is_counted_for_all_that_match(support, django_assert_max_num_queries, monkeypatch):
    held(make_store(), 5)
    across = {"action": "ignore", "_selected_action": [1], "select_across": "1"}
    with django_assert_max_num_queries(20) as queries:
        support.post(reverse(ORDERS), across)
    counted = [each["sql"] for each in queries.captured_queries if "COUNT(" in each["sql"].upper()]
    assert not [sql for sql in counted if "orders_order" in sql]


def test_more_than_a_request_can_do_is_left_to_the_job_that_judges_again(support):
    store = make_store()
    held(store, MOST + 1)
    across = {"action": "retry", "_selected_action": [1], "select_across": "1"}
    question = text(support.post(reverse(ORDERS), across))
    assert f"Try {MOST} orders again?" in question
    assert "All that match are done in the background" in question
    answer = support.post(reverse(ORDERS), across | {"sure": "yes"})
    assert "judged again in the background" in said(answer)[0]
    assert Rejudgement.objects.get().store == store
    assert AuditEntry.objects.filter(verb="try all waiting orders again", store=store).exists()


def test_more_than_a_request_can_do_is_done_part_by_part_where_there_is_no_job(support):
    store = make_store()
    held(store, MOST + 1)
    across = {"action": "ignore", "_selected_action": [1], "select_across": "1"}
    assert f"These are the first {MOST}." in text(support.post(reverse(ORDERS), across))
    for left in (1, 0):
        support.post(reverse(ORDERS), across | {"reason": "Training", "sure": "yes"})
        assert Order.objects.filter(state=Order.State.HELD).count() == left


def test_an_act_is_offered_only_to_who_may_and_where_it_is_possible(client):
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_order", "decide_order"]))
    client.force_login(user)
    (order,) = held(make_store(), 1)
    page = text(client.get(reverse("admin:orders_order_change", args=[order.pk])))
    assert "Try again…" in page
    assert "Release…" not in page  # nothing is ignored
    assert "Send again to Stone Edge…" not in page
    assert client.get(reverse("admin:orders_order_resend", args=[order.pk])).status_code == 403
    assert RETRY.permission == "orders.decide_order"


def test_new_secrets_are_stored_shown_to_nobody_and_masked_in_the_trail(support):
    store = make_store()
    given = {"token": "a-brand-new-token", "signing_key": "", "sure": "yes"}
    answer = support.post(reverse("admin:stores_store_rotate", args=[store.pk]), given, follow=True)
    store.refresh_from_db()
    assert (store.token, store.signing_key) == ("a-brand-new-token", "c2lnbmluZy1rZXk")
    assert timezone.now() - store.token_set_at < timedelta(minutes=1)
    assert "a-brand-new-token" not in text(answer)
    entry = AuditEntry.objects.get(verb="rotate secrets")
    assert (entry.before, entry.after) == ({"token": "set"}, {"token": "changed"})


def test_no_new_secret_is_a_form_to_be_mended(support):
    store = make_store()
    answer = support.post(reverse("admin:stores_store_rotate", args=[store.pk]), {"sure": "yes"})
    assert "Enter the new token, the new signing key or both." in text(answer)


def test_several_stores_fetch_the_same_days_once(support):
    stores = [make_store(), make_store()]
    chosen = {
        "action": "fetch",
        "_selected_action": [store.pk for store in stores],
        "since": "2026-11-01",
        "until": "",
        "sure": "yes",
    }
    assert said(support.post(reverse(STORES), chosen)) == [
        "2 backfills started: see Backfills for the progress."
    ]
    assert (
        said(support.post(reverse(STORES), chosen))[-1] == "2 of these stores fetch just these days already."
    )


def test_days_that_cannot_be_meant_are_explained(support):
    store = make_store()
    chosen = {"action": "fetch", "_selected_action": [store.pk], "since": "2026-13-01", "sure": "yes"}
    assert "2026-13-01" in text(support.post(reverse(STORES), chosen))


def test_ticked_rows_that_are_only_too_many_are_not_said_to_be_in_another_state(support):
    stores = [make_store() for _ in range(MOST_CHECKS + 3)]
    ticked = {"action": "check", "_selected_action": [store.pk for store in stores]}
    page = text(support.post(reverse(STORES), ticked))
    assert f"Check the connection of {MOST_CHECKS} stores?" in page
    assert f"These are the first {MOST_CHECKS}." in page
    assert "in another state" not in page


def test_ticked_rows_that_do_not_fit_are_counted_also_where_too_many_fit(support):
    served = [make_store() for _ in range(MOST + 2)]
    paused = [make_store(paused_reason="Holiday") for _ in range(3)]
    ticked = {"action": "pause", "_selected_action": [store.pk for store in (*served, *paused)]}
    assert "3 other stores that you chose are in another state" in text(support.post(reverse(STORES), ticked))


def test_whatever_can_be_done_with_a_row_has_a_button_on_its_page(support):
    """An act that only its address knows is done by nobody."""
    keys = populate()
    missing, found = [], 0
    for model, page in admin.site._registry.items():
        if not isinstance(page, Acting) or model not in keys:
            continue
        row = model._default_manager.get(pk=keys[model])
        shown = support.get(page_of(row)).content.decode()
        request = RequestFactory().get("/")
        request.user = User.objects.get(is_superuser=True)
        for name, _words in page.offered(request, row):
            found += 1
            if name != ON_A_PAGE_OF_ITS_OWN and reverse(name, args=[row.pk]) not in shown:
                missing.append(name)
    assert not missing
    assert found > 10


def test_the_question_names_what_a_row_is_once(support):
    keys = populate()
    page = text(support.get(reverse("admin:fulfillment_shipment_again", args=[keys[Shipment]])))
    assert f"shipment {keys[Shipment]}, " in page.lower()
    assert "shipment shipment" not in page.lower()
