"""Stone Edge logins."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from stores import access
from stores.access import LoginRefused, issue_password, log_in, matches
from stores.models import Desktop
from tests.factories import make_desktop, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def _no_counts_from_other_tests():
    cache.clear()


def test_the_database_holds_a_hash_and_never_the_password():
    desktop, password = make_desktop(make_store())
    stored = Desktop.objects.get(pk=desktop.pk)
    assert password not in str(vars(stored))
    assert matches(password, stored.password_hash)
    assert not matches(password + "x", stored.password_hash)


def test_a_password_has_no_signs_that_look_alike_and_is_long_enough_for_a_fast_hash():
    _, password = make_desktop(make_store())
    assert len(password) == access.PASSWORD_LENGTH
    assert not set(password) & set("0O1lI")
    assert access.PASSWORD_LENGTH * 5.8 > 110  # bits


def test_a_new_password_ends_the_old_one():
    desktop, old = make_desktop(make_store())
    new = issue_password(desktop)
    assert log_in(desktop.username, new, "", "192.0.2.1") == desktop
    with pytest.raises(LoginRefused):
        log_in(desktop.username, old, "", "192.0.2.1")


def test_two_logins_of_one_store_have_names_of_their_own():
    store = make_store()
    names = {make_desktop(store)[0].username for _ in range(3)}
    assert len(names) == 3


@pytest.mark.parametrize(
    "username", ["", "nobody", "'; DROP TABLE stores_store; --", "x" * 10_000, "\ud800", "a\0b"]
)
def test_an_unknown_name_is_refused_with_the_same_sentence(username):
    with pytest.raises(LoginRefused, match="Invalid user name, password or store code"):
        log_in(username, "password", "", "192.0.2.1")


def test_an_address_that_tries_many_names_is_refused():
    for number in range(access.ATTEMPTS_PER_ADDRESS):
        with pytest.raises(LoginRefused, match="Invalid"):
            log_in(f"name-{number}", "x", "", "192.0.2.9")
    with pytest.raises(LoginRefused, match="Too many"):
        log_in("another", "x", "", "192.0.2.9")


def test_without_the_cache_a_right_login_still_works(settings):
    desktop, password = make_desktop(make_store())
    settings.CACHES = {
        "default": {
            "BACKEND": "stores.shared_cache.PromptRedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    assert log_in(desktop.username, password, "", "192.0.2.1") == desktop
    with pytest.raises(LoginRefused, match="Invalid"):
        log_in(desktop.username, "wrong", "", "192.0.2.1")


def test_nobody_can_lock_out_a_desktop_from_other_addresses():
    desktop, password = make_desktop(make_store())
    for number in range(150):
        with pytest.raises(LoginRefused):
            log_in(desktop.username, "guess", "", f"198.51.100.{number}")
    assert log_in(desktop.username, password, "", "192.0.2.77") == desktop


def test_other_names_tried_beside_a_desktop_do_not_lock_it_out():
    desktop, password = make_desktop(make_store())
    for number in range(access.ATTEMPTS_PER_ADDRESS + 5):
        with pytest.raises(LoginRefused):
            log_in(f"name-{number}", "x", "", "192.0.2.9")
    assert log_in(desktop.username, password, "", "192.0.2.9") == desktop


def test_a_refusal_names_the_login_for_the_journal():
    desktop, _ = make_desktop(make_store())
    with pytest.raises(LoginRefused) as caught:
        log_in(desktop.username, "wrong", "", "192.0.2.1")
    assert (caught.value.desktop, caught.value.throttled) == (desktop, False)
