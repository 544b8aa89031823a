"""The audit trail: written by the verbs in the transaction of the change, and never changed again."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction

from orders.models import PaymentMapping
from stores.access import issue_password
from stores.audit import note
from stores.check import check_store
from stores.context import acting
from stores.models import AppendOnly, AuditEntry
from stores.pausing import set_pause
from tests.factories import make_desktop, make_store
from tests.stores.test_admin import store_form

pytestmark = pytest.mark.django_db


def latest() -> AuditEntry:
    entry = AuditEntry.objects.first()
    assert entry is not None
    return entry


def test_an_entry_says_who_did_what_to_which_object_of_which_store():
    store = make_store(name="Boots")
    with acting("user", "rosa"):
        note("pull now", store, reason="merchant called")
    entry = latest()
    assert (entry.actor_kind, entry.actor_name, entry.verb) == ("user", "rosa", "pull now")
    assert (entry.store, entry.merchant, entry.reason) == (store, store.merchant, "merchant called")
    assert (entry.object_type, entry.object_id) == ("stores.store", str(store.pk))


def test_what_nobody_stands_behind_is_the_portals_own():
    note("pull now", make_store())
    assert latest().actor_kind == AuditEntry.Kind.PORTAL


def test_a_secret_is_noted_as_set_and_changed_only():
    store = make_store()
    note(
        "rotate secrets",
        store,
        before={"token": "old-token"},
        after={"token": "new-token", "signing_key": "key"},
    )
    entry = latest()
    assert entry.before == {"token": "set"}
    assert entry.after == {"token": "changed", "signing_key": "set"}


def test_an_entry_is_neither_changed_nor_deleted():
    entry = note("pull now", make_store())
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.all().delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.filter(pk=entry.pk).update(verb="nothing")


def test_an_entry_outlives_its_store():
    store = make_store()
    note("pull now", store)
    store.delete()
    entry = AuditEntry.objects.select_related("store", "merchant").get(verb="pull now")
    assert (entry.store, entry.store_id is not None) == (None, True)


def test_what_is_rolled_back_is_not_noted():
    store = make_store()
    with transaction.atomic():
        set_pause(store, "holiday")
        transaction.set_rollback(True)
    assert not AuditEntry.objects.filter(verb="pause").exists()


def test_a_pause_is_noted_once_with_before_and_after():
    store = make_store()
    set_pause(store, "holiday")
    set_pause(store, "holiday")
    entry = AuditEntry.objects.get(verb="pause")
    assert (entry.before, entry.after) == ({"paused_reason": ""}, {"paused_reason": "holiday"})


def test_a_new_desktop_password_is_noted_without_the_password():
    desktop, _ = make_desktop(make_store())
    with acting("user", "rosa"):
        password = issue_password(desktop)
    entry = latest()
    assert (entry.verb, entry.object_label) == ("new desktop password", desktop.username)
    assert password not in repr(AuditEntry.objects.values())


def test_a_command_is_noted_by_its_name():
    call_command(
        "connect_store", merchant="Boots", name="Boots", endpoint="https://127.0.0.1:9/json.mvc",
        store_code="B", token="secret-token", digest="none", no_check=True, stdout=StringIO(),
    )  # fmt: skip
    entry = AuditEntry.objects.get(verb="store connected")
    assert (entry.actor_kind, entry.actor_name) == ("command", "connect_store")
    assert entry.after["token"] == "set"
    assert "secret-token" not in repr(AuditEntry.objects.values())


@pytest.fixture
def rosa(client):
    client.force_login(User.objects.create_superuser("rosa", "rosa@example.com", "correct-horse-battery"))
    return client


def test_a_form_is_noted_with_what_it_has_changed_and_secrets_masked(rosa, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    store = make_store(name="Boots", token="former-token", passphrase="")
    sent = store_form(store, name="Boots & more", token="typed-token", passphrase="typed-phrase")
    sent["leave_out_undownloaded"] = "on"
    assert rosa.post(f"/admin/stores/store/{store.pk}/change/", sent).status_code == 302
    entry = AuditEntry.objects.get(verb="store changed")
    assert (entry.actor_name, entry.store) == ("rosa", store)
    assert entry.before == {"name": "Boots", "token": "set", "passphrase": "not set"}
    assert entry.after == {"name": "Boots & more", "token": "changed", "passphrase": "set"}


def test_a_desktop_that_is_switched_off_is_noted(rosa):
    desktop, _ = make_desktop(make_store())
    sent = {"store": desktop.store_id, "username": desktop.username, "store_code": desktop.store_code}
    assert rosa.post(f"/admin/stores/desktop/{desktop.pk}/change/", sent).status_code == 302
    entry = AuditEntry.objects.get(verb="desktop changed")
    assert (entry.before, entry.after) == ({"active": True}, {"active": False})


def test_a_role_that_is_given_is_noted(rosa):
    tom = User.objects.create_user("tom", password="correct-horse-battery", is_staff=True)
    sent = {"username": "tom", "is_active": "on", "is_staff": "on", "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00", "groups": Group.objects.get(name="lead").pk}  # fmt: skip
    assert rosa.post(f"/admin/auth/user/{tom.pk}/change/", sent).status_code == 302
    entry = AuditEntry.objects.get(verb="user changed")
    assert (entry.before["groups"], entry.after["groups"]) == ([], ["lead"])


def test_what_is_deleted_is_noted_with_what_it_was(rosa):
    mapping = PaymentMapping.objects.create(store=make_store(), module="gate", element="CreditCard")
    assert rosa.post(f"/admin/orders/paymentmapping/{mapping.pk}/delete/", {"post": "yes"}).status_code == 302
    entry = AuditEntry.objects.get(verb="payment mapping deleted")
    assert (entry.object_id, entry.before["module"]) == (str(mapping.pk), "gate")


def test_a_form_that_changes_nothing_notes_nothing(rosa):
    desktop, _ = make_desktop(make_store())
    sent = {
        "store": desktop.store_id,
        "username": desktop.username,
        "store_code": desktop.store_code,
        "active": "on",
    }
    assert rosa.post(f"/admin/stores/desktop/{desktop.pk}/change/", sent).status_code == 302
    assert not AuditEntry.objects.filter(verb="desktop changed").exists()


def test_the_trail_of_one_object_is_one_link_away(rosa):
    store = make_store()
    note("pull now", store)
    note("pull now", make_store())
    assert (
        f"/admin/stores/auditentry/?store={store.pk}"
        in rosa.get(f"/admin/stores/store/{store.pk}/change/").content.decode()
    )
    page = rosa.get("/admin/stores/auditentry/", {"object_type": "stores.store", "object_id": store.pk})
    assert [entry.object_id for entry in page.context["cl"].result_list] == [str(store.pk)]


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({"actor": "rosa"}, 1),
        ({"did": "pause"}, 1),
        ({"actor_kind__exact": "command"}, 1),
        ({"q": "holiday"}, 1),
        ({"age": "1"}, 2),
    ],
)
def test_the_trail_is_filtered_and_searched(rosa, chosen, count):
    store = make_store()
    with acting("user", "rosa"):
        note("pause", store, reason="holiday")
    with acting("command", "pull_store"):
        note("pull now", store)
    page = rosa.get("/admin/stores/auditentry/", chosen)
    assert len(page.context["cl"].result_list) == count


@pytest.mark.django_db(transaction=True)
def test_a_check_is_noted_with_what_failed():
    store = make_store()
    failed = [check.name for check in check_store(store) if check.ok is False]
    entry = AuditEntry.objects.get(verb="check connection")
    assert failed
    assert (entry.store, entry.after) == (store, {"failed": failed})
