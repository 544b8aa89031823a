"""What support does with stores: check, pause, resume, issue a password."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from stores.access import matches
from stores.admin.actions import MOST_CHECKS
from stores.models import AuditEntry, Desktop, Exchange, Store
from stores.sandbox import SandboxStore, serve
from tests.factories import make_desktop, make_merchant, make_store, store_of

LIST = "admin:stores_store_changelist"


@pytest.fixture
def support(client, db):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


def act(client, action: str, *stores: Store, **more: str):
    data = {"action": action, "_selected_action": [str(store.pk) for store in stores]} | more
    return client.post(reverse(LIST), data)


def words(response) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in response.wsgi_request._messages]


@pytest.mark.django_db
def test_pausing_asks_for_the_reason_first(support):
    store = make_store()
    response = act(support, "pause", store)
    assert response.status_code == 200
    assert 'name="reason"' in response.content.decode()
    store.refresh_from_db()
    assert store.paused_reason == ""


@pytest.mark.django_db
def test_pausing_without_a_reason_pauses_nothing_and_says_what_is_missing(support):
    store = make_store()
    response = act(support, "pause", store, reason="  ", sure="yes")
    assert "Give a reason" in response.content.decode()
    store.refresh_from_db()
    assert store.paused_reason == ""


@pytest.mark.django_db
def test_several_stores_are_paused_with_their_reason_and_it_is_in_their_history(support):
    first, second, other = make_store(), make_store(), make_store()
    act(support, "pause", first, second, reason="Moving house", sure="yes")
    reasons = dict(Store.objects.values_list("pk", "paused_reason"))
    assert reasons == {first.pk: "Moving house", second.pk: "Moving house", other.pk: ""}
    assert (
        list(AuditEntry.objects.values_list("verb", "reason", "actor_name"))
        == [("pause", "Moving house", "support")] * 2
    )


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x", "", "1.5", "9" * 30, "1 OR 1=1"])
def test_a_form_that_names_a_row_by_something_else_than_its_key_does_nothing_and_says_so(support, key):
    store = make_store()
    data = {"action": "pause", "_selected_action": [str(store.pk), key], "reason": "Moving", "sure": "yes"}
    response = support.post(reverse(LIST), data)
    assert response.status_code == 302
    assert words(response) == ["Nothing was done: the form names a row that cannot be. Tick the rows again."]
    store.refresh_from_db()
    assert store.paused_reason == ""


@pytest.mark.django_db
def test_resuming_ends_the_pause_of_the_paused_ones(support):
    paused, running = make_store(paused_reason="Moving"), make_store()
    response = act(support, "resume", paused, running, sure="yes")
    paused.refresh_from_db()
    assert paused.paused_reason == ""
    assert words(response) == ["1 store is resumed; the clock pulls what is due."]


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["pause", "resume", "check", "pull"])
def test_who_may_only_look_gets_no_action(client, action):
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    store = make_store(paused_reason="Moving")
    act(client, action, store, reason="Because", sure="yes")
    store.refresh_from_db()
    assert store.paused_reason == "Moving"
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_check_shows_every_permission_of_a_store_and_is_journaled(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore()
    with serve(sandbox) as server:
        store = store_of(sandbox, server)
        body = support.post(
            reverse("admin:stores_store_check", args=[store.pk]), {"sure": "yes"}
        ).content.decode()
    assert re.search(r"All \d+ passed", body)
    assert "orderworkflow" in body
    assert Exchange.objects.filter(store=store, direction="miva").exists()
    assert sandbox.token not in body


@pytest.mark.django_db(transaction=True)
def test_the_check_says_what_is_missing_and_the_remedy(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore()
    with serve(sandbox) as server:
        store = store_of(sandbox, server)
        Store.objects.filter(pk=store.pk).update(token="not-the-token")
        body = support.post(
            reverse("admin:stores_store_check", args=[store.pk]), {"sure": "yes"}
        ).content.decode()
    assert re.search(r"\d+ of \d+ failed", body)
    assert "not-the-token" not in body


@pytest.mark.django_db(transaction=True)
def test_several_stores_are_checked_at_once(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore()
    with serve(sandbox) as server:
        first, second = store_of(sandbox, server), store_of(sandbox, server)
        results = act(support, "check", first, second, sure="yes").context["results"]
    assert {store.pk for store, _ in results} == {first.pk, second.pk}
    assert all(each["lines"] and not each["failed"] and not each["unseen"] for _, each in results)


@pytest.mark.django_db(transaction=True)
def test_of_too_many_stores_the_first_are_offered_for_a_check(support):
    stores = [make_store() for _ in range(MOST_CHECKS + 1)]
    body = act(support, "check", *stores).content.decode()
    assert f"Check the connection of {MOST_CHECKS} stores?" in body
    assert f"These are the first {MOST_CHECKS}." in body
    assert not Exchange.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("button", ["check", "pull"])
def test_a_button_does_nothing_on_get(support, button):
    store = make_store()
    response = support.get(reverse(f"admin:stores_store_{button}", args=[store.pk]))
    assert response.status_code == 200
    assert not Exchange.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("button", ["check", "pull", "password"])
@pytest.mark.parametrize("key", ["999999", "x"])
def test_a_button_of_a_store_that_is_not_there_is_not_found(support, button, key):
    assert support.post(reverse(f"admin:stores_store_{button}", args=[key])).status_code == 404


def password_page(store: Store) -> str:
    return reverse("admin:stores_store_password", args=[store.pk])


def stamp_of(response) -> str:
    return str(response.context["stamp"])


def issued(client, store: Store, desktop: str = "new"):
    return client.post(
        password_page(store), {"desktop": desktop, "stamp": stamp_of(client.get(password_page(store)))}
    )


def shown_password(response) -> str:
    found = re.search(r'id="issued-password"[^>]*>([^<]+)<', response.content.decode())
    assert found
    return found[1]


@pytest.mark.django_db
def test_asking_for_a_password_changes_nothing(support):
    store = make_store()
    desktop, password = make_desktop(store)
    support.get(password_page(store))
    desktop.refresh_from_db()
    assert matches(password, desktop.password_hash)
    assert Desktop.objects.count() == 1


@pytest.mark.django_db
def test_a_new_password_replaces_the_old_one_of_the_chosen_login(support):
    store = make_store()
    chosen, old = make_desktop(store)
    other, others = make_desktop(store)
    new = shown_password(issued(support, store, str(chosen.pk)))
    chosen.refresh_from_db()
    other.refresh_from_db()
    assert matches(new, chosen.password_hash)
    assert not matches(old, chosen.password_hash)
    assert matches(others, other.password_hash)


@pytest.mark.django_db
def test_a_store_without_a_login_gets_one(support):
    store = make_store(slug="acme")
    password = shown_password(issued(support, store))
    desktop = Desktop.objects.get(store=store)
    assert desktop.username == "acme"
    assert matches(password, desktop.password_hash)


@pytest.mark.django_db
def test_sending_the_form_twice_issues_one_password_and_does_not_show_it_again(support):
    store = make_store()
    form = {"desktop": "new", "stamp": stamp_of(support.get(password_page(store)))}
    password = shown_password(support.post(password_page(store), form))
    again = support.post(password_page(store), form)
    assert again.status_code == 409
    assert password not in again.content.decode()
    assert "Nothing was issued" in again.content.decode()
    assert matches(password, Desktop.objects.get(store=store).password_hash)


@pytest.mark.django_db
@pytest.mark.parametrize("desktop", ["999999", "x", "", "-1"])
def test_a_login_that_is_not_the_stores_gets_no_password(support, desktop):
    store = make_store()
    foreign, password = make_desktop(make_store())
    response = issued(support, store, desktop)
    assert response.status_code == 404
    assert issued(support, store, str(foreign.pk)).status_code == 404
    foreign.refresh_from_db()
    assert matches(password, foreign.password_hash)
    assert not Desktop.objects.filter(store=store).exists()


@pytest.mark.django_db
def test_the_password_is_in_no_history_no_session_no_message_and_no_cache(support):
    store = make_store()
    response = issued(support, store)
    password = shown_password(response)
    assert "no-store" in response["Cache-Control"]
    assert words(response) == []
    assert all(password not in str(session.get_decoded()) for session in Session.objects.all())
    trail = AuditEntry.objects.get(verb="new desktop password")
    assert (trail.store, trail.actor_name) == (store, "support")
    assert password not in f"{trail.before} {trail.after} {trail.object_label}"
    assert password not in support.get(password_page(store)).content.decode()


@pytest.mark.django_db
def test_the_page_says_what_to_enter_on_which_screen(support, settings):
    settings.PUBLIC_URL = "https://portal.example.com"
    settings.SETI_VERSION = "1.001"
    store = make_store(store_code="ACME")
    body = issued(support, store).content.decode()
    wanted = (
        "Cart Type",
        "Generic",
        "Cart ID/User Name",
        "Cart Password",
        "Store Code",
        "ACME",
        "Script URL",
        "<code>portal.example.com/seti/</code>",
        "https://portal.example.com/seti/",
        "Order Download Batch",
        "GenericImportMethod",
        "GenericUseAdvancedFunctions",
        "1.001",
    )
    assert [word for word in wanted if word not in body] == []
    assert "Not https" not in body


@pytest.mark.django_db
def test_a_login_that_is_switched_off_is_named_as_such(support):
    store = make_store()
    desktop, _ = make_desktop(store, active=False)
    assert "This login is switched off" in issued(support, store, str(desktop.pk)).content.decode()


@pytest.mark.django_db
def test_a_login_added_by_hand_has_no_usable_password_and_leads_to_the_page_that_issues_one(support):
    store = make_store()
    data = {"store": str(store.pk), "username": "till-2", "store_code": "", "active": "on"}
    response = support.post(reverse("admin:stores_desktop_add"), data)
    assert response["Location"] == password_page(store)
    assert Desktop.objects.get(username="till-2").password_hash.startswith("sha256$")


@pytest.mark.django_db
def test_the_strip_shows_both_clocks_the_reason_and_the_remedy(support):
    from datetime import timedelta

    from stores.models import PullCursor

    store = make_store(merchant=make_merchant(name="Acme Tools"))
    make_desktop(store, last_seen_at=timezone.now() - timedelta(days=2), client_version="7.732")
    PullCursor.objects.filter(store=store).update(
        problem="Miva is not there.",
        remedy="Ask the host.",
        problem_kind="down",
        failures=4,
        clock_offset=-42.4,
        last_tried_at=timezone.now() - timedelta(minutes=3),
        last_good_at=timezone.now() - timedelta(hours=7),
    )
    body = support.get(reverse("admin:stores_store_change", args=[store.pk])).content.decode()
    wanted = (
        "Miva is not there.",
        "Ask the host.",
        "3 minutes ago",
        "7 hours ago",
        "42 seconds behind ours",
        "1 active",
        "2 days ago",
        "7.732",
    )
    assert [word for word in wanted if word not in body] == []
