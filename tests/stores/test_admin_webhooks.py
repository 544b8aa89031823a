"""The page with a store's webhook addresses: what it shows, what its buttons do, whom it refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from stores.models import AuditEntry, WebhookSecret
from stores.webhooks import find, issue, live, retire, webhook_url
from tests.factories import make_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def store():
    return make_store()


def page(store) -> str:
    return reverse("admin:stores_store_webhook", args=[store.pk])


def press(client, store, action: str, **more: str):
    """Press a button of the page as it stands now."""
    seen = client.get(page(store)).context["seen"]
    return client.post(page(store), {"action": action, "seen": seen} | more)


def test_the_page_shows_when_an_address_was_issued_and_used_and_not_the_address(support, store):
    secret = issue(store)
    WebhookSecret.objects.update(last_used_at=timezone.now() - timedelta(minutes=7))
    body = support.get(page(store)).content.decode()
    assert "7 minutes ago" in body
    assert secret.secret not in body
    assert secret.digest not in body


def test_the_address_is_shown_again_when_it_is_asked_for(support, store):
    secret = issue(store)
    assert webhook_url(secret) in press(support, store, "show").content.decode()
    assert webhook_url(secret) in press(support, store, "show").content.decode()


def test_the_page_says_what_to_enter_in_miva(support, store):
    body = support.get(page(store)).content.decode()
    for words in (
        "webhook_post_order",
        "Order Created",
        "Total Changed",
        "Number of payments",
        "Wait Until True",
    ):
        assert words in body


def test_an_address_is_kept_by_no_cache_history_session_or_message(support, store):
    secret = issue(store).secret
    response = press(support, store, "show")
    assert "no-store" in response["Cache-Control"]
    assert "no-store" in support.get(page(store))["Cache-Control"]
    assert [str(message) for message in response.wsgi_request._messages] == []
    assert all(secret not in str(session.get_decoded()) for session in Session.objects.all())
    shown = AuditEntry.objects.get(verb="webhook address shown")
    assert (shown.store, shown.actor_name) == (store, "support")
    assert not [
        entry for entry in AuditEntry.objects.all() if secret in f"{entry.after} {entry.object_label}"
    ]


def test_a_store_without_an_address_gets_one(support, store):
    response = press(support, store, "issue")
    assert webhook_url(live(store).get()) in response.content.decode()


def test_another_address_leaves_the_first_one_good(support, store):
    first = issue(store)
    press(support, store, "issue")
    assert [find(row.secret) for row in live(store)] == [store.pk, store.pk]
    assert live(store).first() == first
    assert AuditEntry.objects.filter(verb="webhook address made", actor_name="support").count() == 1


def test_the_button_that_issues_does_so_once_however_often_it_is_pressed(support, store):
    seen = support.get(page(store)).context["seen"]
    for status in (200, 409):
        assert support.post(page(store), {"action": "issue", "seen": seen}).status_code == status
    assert live(store).count() == 1


def test_a_third_address_is_not_offered_and_not_issued(support, store):
    issue(store), issue(store)
    assert "Issue another" not in support.get(page(store)).content.decode()
    response = press(support, store, "issue")
    assert (response.status_code, live(store).count()) == (409, 2)
    assert "Retire the one that Miva no longer calls" in response.content.decode()


def test_retiring_is_asked_about_first_and_says_when_miva_called_last(support, store):
    older = issue(store)
    issue(store)
    WebhookSecret.objects.filter(pk=older.pk).update(last_used_at=timezone.now() - timedelta(hours=3))
    body = press(support, store, "retire").content.decode()
    assert "3 hours ago" in body
    assert live(store).count() == 2


def test_the_older_address_is_retired_and_the_newer_stays(support, store):
    older, newer = issue(store), issue(store)
    press(support, store, "retire", sure="yes")
    assert list(live(store)) == [newer]
    assert (find(older.secret), find(newer.secret)) == (None, store.pk)
    retired = AuditEntry.objects.get(verb="webhook address retired")
    assert (retired.store, retired.actor_name) == (store, "support")


def test_confirming_twice_does_not_retire_the_newer_one_as_well(support, store):
    issue(store), issue(store)
    form = {"action": "retire", "sure": "yes", "seen": support.get(page(store)).context["seen"]}
    for status in (200, 409):
        assert support.post(page(store), form).status_code == status
    assert live(store).count() == 1


def test_the_only_address_is_not_retired(support, store):
    issue(store)
    assert press(support, store, "retire", sure="yes").status_code == 409
    assert live(store).count() == 1


def test_a_retired_address_is_not_shown(support, store):
    old = issue(store)
    retire(old)
    issue(store)
    assert old.secret not in press(support, store, "show").content.decode()


def test_an_address_that_no_key_decrypts_says_so_and_another_can_be_issued(support, store):
    issue(store)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE stores_webhooksecret SET secret = %s", [b"encrypted with a key of former days"]
        )
    body = press(support, store, "show").content.decode()
    assert "cannot be decrypted" in body
    assert "Issue another" in body


def test_another_stores_address_is_not_on_the_page(support, store):
    foreign = issue(make_store())
    issue(store)
    assert foreign.secret not in press(support, store, "show").content.decode()


@pytest.mark.parametrize("action", ["show", "issue", "retire"])
@pytest.mark.parametrize("permissions", ["none", "view"])
def test_who_may_not_change_stores_sees_and_does_nothing(client, store, permissions, action):
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    if permissions == "view":
        user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    issue(store)
    assert client.get(page(store)).status_code == 403
    assert client.post(page(store), {"action": action}).status_code == 403
    assert not AuditEntry.objects.filter(actor_name="reader").exists()


def test_a_button_that_is_not_there_and_a_store_that_is_not_there_are_not_found(support, store):
    assert press(support, store, "nonsense").status_code == 404
    assert support.get(reverse("admin:stores_store_webhook", args=[999_999])).status_code == 404


def test_the_stores_page_leads_to_it(support, store):
    body = support.get(reverse("admin:stores_store_change", args=[store.pk])).content.decode()
    assert page(store) in body
