"""The audit trail: written by the verbs in the transaction of the change, and never changed again."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from stores.access import issue_password
from stores.audit import note
from stores.context import acting
from stores.models import AppendOnly, AuditEntry
from stores.pausing import set_pause
from tests.factories import make_desktop, make_store

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
