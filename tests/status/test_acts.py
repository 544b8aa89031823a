"""What owners may do: pull now, seldom; have Miva asked about an order."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import Enquiry
from stores.models import AuditEntry, PullCursor

pytestmark = pytest.mark.django_db


def wait_an_hour(store):
    later = timezone.now() + timedelta(hours=1)
    PullCursor.objects.filter(store=store).update(due_at=later)


def is_due(store) -> bool:
    return PullCursor.objects.get(store=store).due_at <= timezone.now()


def test_an_owner_pulls_now_and_that_is_noted(client, store):
    wait_an_hour(store)
    answer = client.post("/status/acme-web/pull/", follow=True)
    assert "Orders are being fetched" in answer.content.decode()
    assert is_due(store)
    entry = AuditEntry.objects.get(verb="pull now")
    assert (entry.actor_name, entry.store) == ("olga@acme.example", store)


def test_the_second_time_within_two_minutes_is_refused_with_the_time_to_wait(client, store):
    client.post("/status/acme-web/pull/")
    wait_an_hour(store)
    answer = client.post("/status/acme-web/pull/", follow=True)
    assert "Try again in 1" in answer.content.decode()
    assert not is_due(store)


def test_a_paused_store_is_not_pulled(client, store):
    store.paused_reason = "holiday"
    store.save()
    wait_an_hour(store)
    assert "Not pulled" in client.post("/status/acme-web/pull/", follow=True).content.decode()
    assert not is_due(store)


def test_an_owner_has_miva_asked_about_an_order_once(client, store):
    for _ in range(2):
        answer = client.post("/status/acme-web/ask/", {"order": "200143"}, follow=True)
    assert "Miva is being asked about order 200143." in answer.content.decode()
    assert Enquiry.objects.get().number == 200143


def test_what_miva_said_is_told_in_words(client, store):
    Enquiry.objects.create(
        store=store, number=200143, state="done", answer="passed", finished_at=timezone.now()
    )
    page = client.get("/status/acme-web/?order=200143").content.decode()
    assert "Miva has no order 200143, though it has later ones." in page


def test_an_order_that_miva_has_is_told_with_why_it_is_not_here(client, store):
    store.paused_reason = "stock-taking"
    store.save()
    Enquiry.objects.create(
        store=store, number=200143, state="done", answer="exists", finished_at=timezone.now()
    )
    page = client.get("/status/acme-web/?order=200143").content.decode()
    assert "Miva has order 200143, and it is not here yet." in page
    assert "stock-taking" in page


@pytest.mark.parametrize("typed", ["", "mug", "-1", "9" * 60])
def test_what_is_no_order_number_asks_nobody(client, store, typed):
    assert client.post("/status/acme-web/ask/", {"order": typed}).status_code == 302
    assert not Enquiry.objects.exists()
