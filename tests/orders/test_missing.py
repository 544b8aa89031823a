""" "Order 200143 is not here": the page that asks Miva, says why, and fetches it; in all its outcomes."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import Backfill, Enquiry, Order
from orders.tasks import answer_enquiry, run_backfill
from stores.models import AuditEntry, PullCursor, Store
from tests.factories import make_merchant, make_store

pytestmark = pytest.mark.django_db
PAGE = "/admin/orders/order/missing/"
NUMBER = 200143


@pytest.fixture
def support(client):
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def store():
    return make_store(
        merchant=make_merchant(name="Acme Tools", time_zone="America/New_York"), name="Main shop"
    )


def here(store: Store, number: int) -> Order:
    return Order.objects.create(
        store=store, miva_id=number, raw={}, fingerprint="x", state="exportable", placed_at=timezone.now(),
        miva_status=0, road="date", fetched_at=timezone.now(),
    )  # fmt: skip


def shown(client, store: Store, number: int = NUMBER, **headers: str):
    return client.get(PAGE, {"number": number, "store": store.pk}, headers=headers)


def text(response) -> str:
    return html.unescape(response.content.decode())


def press(client, store: Store, action: str):
    return client.post(PAGE, {"number": NUMBER, "store": store.pk, "action": action})


def answered(store: Store, **fields) -> Enquiry:
    return Enquiry.objects.create(
        store=store, number=NUMBER, state="done", finished_at=timezone.now(), **{"queue_code": "new_and_updated"} | fields
    )  # fmt: skip


def test_without_a_store_the_page_asks_for_it_and_names_the_likely_ones_first(support, store):
    near = make_store(merchant=make_merchant(name="Bolt & Nut"), name="Bolt")
    here(near, NUMBER - 400)
    here(store, NUMBER - 600)
    has = make_store(merchant=make_merchant(name="Cedar Garden"), name="Cedar")
    here(has, NUMBER)
    response = support.get(PAGE, {"number": NUMBER})
    assert [row for row, _ in response.context["likely"]] == [near]
    assert "Order 200143 is here for" in text(response)
    assert "Cedar Garden · Cedar" in text(response)


@pytest.mark.parametrize(
    "question", [{}, {"number": "x"}, {"number": "9" * 40, "store": "1"}, {"store": "x", "number": "7"}]
)
def test_what_cannot_be_a_number_or_a_store_is_no_error(support, store, question):
    assert "A missing order" in text(support.get(PAGE, question)) or "Order 7 is not here" in text(
        support.get(PAGE, question)
    )


def test_an_order_that_is_here_leads_to_its_page(support, store):
    order = here(store, NUMBER)
    assert shown(support, store).headers["Location"] == reverse("admin:orders_order_change", args=[order.pk])
    polled = shown(support, store, **{"HX-Request": "true"})
    assert polled.headers["HX-Redirect"] == reverse("admin:orders_order_change", args=[order.pk])


def test_a_missing_order_is_said_to_be_missing_and_nobody_has_asked_yet(support, store):
    page = text(shown(support, store))
    assert "The portal has no order 200143 of" in page
    assert "Ask Miva" in page
    assert "Fetch it" not in page
    assert not Enquiry.objects.exists()


def test_the_button_writes_the_question_down_and_asks_nobody_itself(support, store):
    response = press(support, store, "ask")
    assert response.status_code == 302
    enquiry = Enquiry.objects.get()
    assert (enquiry.number, enquiry.state, enquiry.created_by.username) == (NUMBER, "waiting", "support")
    assert 'data-answer="asking"' in text(shown(support, store))
    assert "hx-get" in text(shown(support, store))
    press(support, store, "ask")
    assert Enquiry.objects.count() == 1
    noted = AuditEntry.objects.get(verb="ask Miva about an order")
    assert (noted.store, noted.object_label, noted.actor_name) == (store, f"order {NUMBER}", "support")


def test_a_question_that_no_worker_takes_up_says_so(support, store):
    press(support, store, "ask")
    Enquiry.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    assert "No worker has taken the question up" in text(shown(support, store))


def test_exists_in_miva_and_is_not_in_the_queue(support, store):
    answered(store, answer="exists", placed_at="2026-11-21T15:42:00Z", in_queue=False, miva_status=100)
    support.cookies["zone"] = "America/Chicago"
    page = " ".join(text(shown(support, store)).split())
    assert "2026-11-21 09:42:00 CST" in page
    assert "and is not in the queue 'new_and_updated'" in page
    assert "only what is in there is pulled" in page
    assert "Processing" in page
    assert "Fetch it" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"answer": "passed", "next_number": 200150}, "the next number that it has is 200150"),
        ({"answer": "ahead"}, "Miva has given no number as high as 200143 yet"),
        (
            {"answer": "unreached", "problem": "Miva did not answer.", "remedy": "Try later."},
            "Miva did not answer.",
        ),
    ],
)
def test_the_other_answers(support, store, fields, words):
    answered(store, **fields)
    page = " ".join(text(shown(support, store)).split())
    assert words in page
    assert "Ask Miva again" in page
    assert "Fetch it" not in page


def test_fetching_is_a_backfill_of_this_number_and_the_page_waits_for_it(support, store):
    answered(store, answer="exists", placed_at=timezone.now(), in_queue=True)
    press(support, store, "fetch")
    press(support, store, "fetch")
    row = Backfill.objects.get()
    assert (row.first_number, row.last_number, row.created_by.username) == (NUMBER, NUMBER, "support")
    page = text(shown(support, store))
    assert "as soon as it is here" in page
    assert "hx-get" in page


def test_fetching_for_a_paused_store_says_what_it_waits_for(support, store):
    answered(store, answer="exists", placed_at=timezone.now(), in_queue=True)
    press(support, store, "fetch")
    Store.objects.update(paused_reason="Moving")
    assert "It waits, because the store is paused: Moving" in text(shown(support, store))


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"state": "done"}, "did not send it"),
        ({"state": "failed", "problem": "Miva refused the list."}, "Miva refused the list."),
        ({"state": "cancelled"}, "cancelled"),
    ],
)
def test_a_fetch_that_brought_nothing_says_so_and_can_be_repeated(support, store, ended, words):
    answered(store, answer="exists", placed_at=timezone.now(), in_queue=True)
    press(support, store, "fetch")
    Backfill.objects.update(**ended)
    assert words in text(shown(support, store))
    assert "Fetch it" in text(shown(support, store))


def test_who_may_only_look_asks_and_does_not_fetch(client, store):
    user = User.objects.create_user("viewer", password="correct-horse-battery", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(user)
    answered(store, answer="exists", placed_at=timezone.now(), in_queue=True)
    assert "Fetch it" not in text(shown(client, store))
    assert press(client, store, "fetch").status_code == 403
    assert press(client, store, "ask").status_code == 302
    assert not Backfill.objects.exists()


def test_who_may_not_view_orders_is_refused(client, store):
    client.force_login(User.objects.create_user("nobody", password="correct-horse-battery", is_staff=True))
    assert shown(client, store).status_code == 403
    assert press(client, store, "ask").status_code == 403


def test_the_page_asks_as_many_questions_for_many_stores_as_for_few(support, store):
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            support.get(PAGE, {"number": NUMBER})
        return len(captured)

    here(store, NUMBER - 1)
    questions()
    few = questions()
    for _ in range(5):
        here(make_store(), NUMBER - 1)
        here(make_store(), NUMBER)
    assert questions() == few


def test_from_the_question_to_the_order(support, settings, transactional_db):
    from stores.sandbox import SandboxStore, serve
    from tests.factories import store_of

    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore(seed=8, skipped_share=0.0)
    sandbox.place_order(id=NUMBER)
    with serve(sandbox) as server:
        store = store_of(sandbox, server)
        PullCursor.objects.update(due_at=timezone.now() + timedelta(hours=1))
        press(support, store, "ask")
        answer_enquiry(Enquiry.objects.get().pk)
        assert 'data-answer="exists"' in text(shown(support, store))
        press(support, store, "fetch")
        run_backfill(Backfill.objects.get().pk)
        order = Order.objects.get()
        assert shown(support, store).headers["Location"] == reverse(
            "admin:orders_order_change", args=[order.pk]
        )
