"""Secrets at rest: encrypted, rotatable, write-only, never lost by a bulk write."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Value
from django.forms import modelform_factory

from stores.fields import EncryptedTextField, SecretUnreadable, Unreadable, readable
from stores.miva.errors import MivaLocked
from stores.models import Store
from stores.wires import credentials_of
from tests.factories import make_store

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
SECRET = "a very secret token \u00fc"


def stored_bytes(store) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM stores_store WHERE id = %s", [store.pk])
        return bytes(cursor.fetchone()[0])


def reread(store) -> str:
    return Store.objects.get(pk=store.pk).token


@pytest.fixture
def keys(settings):
    """Changes FERNET_KEYS for the fields that have cached theirs."""

    def forget() -> None:
        for field in Store._meta.get_fields():
            if isinstance(field, EncryptedTextField):
                for name in ("keys", "fernet_keys", "fernet"):
                    field.__dict__.pop(name, None)

    def change(*keys: str) -> None:
        settings.FERNET_KEYS = list(keys)
        forget()

    yield change
    forget()


def test_the_database_holds_no_plain_text():
    store = make_store(token=SECRET)
    assert b"secret" not in stored_bytes(store)
    assert reread(store) == SECRET


def test_bulk_update_stores_the_secret_and_not_the_sql():
    store, other = make_store(), make_store()
    store.token, other.token = SECRET, "another"
    Store.objects.bulk_update([store, other], ["token"])
    assert (reread(store), reread(other)) == (SECRET, "another")
    assert b"secret" not in stored_bytes(store)


def test_update_with_a_value_stores_the_secret_and_not_the_sql():
    store = make_store()
    Store.objects.filter(pk=store.pk).update(token=Value(SECRET))
    assert reread(store) == SECRET
    assert b"secret" not in stored_bytes(store)


def test_update_with_plain_text_and_with_another_column_keep_the_secret():
    store = make_store()
    Store.objects.filter(pk=store.pk).update(token=SECRET)
    assert reread(store) == SECRET
    Store.objects.filter(pk=store.pk).update(signing_key=F("token"))
    assert Store.objects.get(pk=store.pk).signing_key == SECRET


def test_an_upsert_stores_the_secret():
    store = make_store(token="before")
    store.token = SECRET
    Store.objects.bulk_create([store], update_conflicts=True, unique_fields=["id"], update_fields=["token"])
    assert reread(store) == SECRET


def test_a_new_key_in_front_reads_what_the_old_one_wrote(keys):
    keys("old")
    store = make_store(token=SECRET)
    keys("new", "old")
    assert reread(store) == SECRET
    fresh = Store.objects.get(pk=store.pk)
    fresh.save()
    keys("new")
    assert reread(store) == SECRET


def test_a_wrong_key_is_a_problem_of_the_store_with_a_remedy_and_no_error_page(keys):
    keys("old")
    store = make_store(token=SECRET)
    keys("wrong")
    unreadable = Store.objects.select_related("merchant").get(pk=store.pk)
    assert isinstance(unreadable.token, Unreadable)
    with pytest.raises(SecretUnreadable):
        readable(unreadable.token)
    with pytest.raises(MivaLocked) as caught:
        credentials_of(unreadable)
    assert "FERNET_KEYS" in caught.value.remedy


def test_saving_a_row_under_a_wrong_key_does_not_lose_the_secret(keys):
    keys("old")
    store = make_store(token=SECRET)
    keys("wrong")
    unreadable = Store.objects.get(pk=store.pk)
    unreadable.name = "Renamed"
    unreadable.save()
    keys("old")
    assert reread(store) == SECRET


def test_secrets_cannot_be_searched():
    with pytest.raises(FieldError):
        Store.objects.filter(token="x").first()


def test_a_form_never_holds_the_secret_and_a_blank_box_keeps_it():
    store = make_store(token=SECRET)
    form_class = modelform_factory(Store, fields=["name", "token"])
    assert SECRET not in str(form_class(instance=store))
    form = form_class({"name": "Renamed", "token": ""}, instance=store)
    form.save()
    assert reread(store) == SECRET
    form_class({"name": "Renamed", "token": "typed"}, instance=store).save()
    assert reread(store) == "typed"
    assert "typed" not in str(form_class({"name": "", "token": "typed"}, instance=store))


def test_after_encrypting_anew_the_former_key_can_go(keys):
    keys("former key")
    store = make_store(token=SECRET, signing_key="another secret")
    keys("new key", "former key")
    out = StringIO()
    call_command("reencrypt_secrets", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"secrets": 2, "unreadable": []}
    keys("new key")
    assert (reread(store), Store.objects.get(pk=store.pk).signing_key) == (SECRET, "another secret")


def test_what_no_key_opens_is_named_and_left_as_it_is(keys):
    keys("lost key")
    lost = make_store(token=SECRET, signing_key="")
    before = stored_bytes(lost)
    keys("new key")
    store = make_store(token=SECRET, signing_key="")
    with pytest.raises(
        CommandError, match=rf"4 could not be read .*stores.Store {lost.pk}, token.* Remove no key"
    ):
        call_command("reencrypt_secrets", stdout=StringIO())
    assert stored_bytes(lost) == before
    assert reread(store) == SECRET
