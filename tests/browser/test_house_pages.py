"""The second factor, the sessions, the audit trail and an export in a real browser."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from django_otp.oath import TOTP

from stores.audit import note
from stores.context import acting
from stores.fields import readable
from stores.models import AuditEntry, Authenticator
from tests.browser.looking import PASSWORD, serious
from tests.factories import make_merchant, make_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _somebody_who_must_have_a_second_factor(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    User.objects.create_superuser("rosa", "rosa@example.com", PASSWORD)


def code(ahead: int = 0) -> str:
    """What the app shows; `ahead` steps from now."""
    totp = TOTP(bytes.fromhex(readable(Authenticator.objects.get().key)))
    totp.time = time.time() + 30 * ahead
    return f"{totp.token():06d}"


def log_in(page) -> None:
    page.goto("/admin/login/?next=/admin/")
    page.fill("#id_username", "rosa")
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button[type=submit]")


def set_up(page) -> list[str]:
    """Set the second factor up; returns the recovery codes."""
    log_in(page)
    page.wait_for_selector("svg.segno")
    page.fill("#code", code(-1))
    page.click("text=Take it into use")
    return page.locator("#recovery-codes code").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_second_factor_is_set_up_and_asked_for_at_the_next_login(open_page, picture, scheme):
    page = open_page(scheme)
    log_in(page)
    page.wait_for_url("**/second-factor/set-up/**")
    picture(page, f"house-set-up-{scheme}")
    assert serious(page) == []
    page.fill("#code", code(-1))
    page.click("text=Take it into use")
    assert len(page.locator("#recovery-codes li").all()) == 10
    picture(page, f"house-codes-{scheme}")
    assert serious(page) == []
    page.click("text=I have kept them")
    page.wait_for_selector("#user-tools, #nav-sidebar")

    other = open_page(scheme, "phone")
    log_in(other)
    other.wait_for_url("**/second-factor/?next=**")
    other.fill("#code", "000000")
    other.keyboard.press("Enter")
    other.wait_for_selector("[role=alert]")
    picture(other, f"house-code-{scheme}-phone")
    assert serious(other) == []
    Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    other.fill("#code", code())
    other.keyboard.press("Enter")
    other.wait_for_url("**/admin/")


def test_a_recovery_code_lets_in_and_the_sessions_are_listed(open_page, picture):
    page = open_page()
    first, *_ = set_up(page)
    other = open_page()
    log_in(other)
    other.fill("#code", first)
    other.click("text=Go on")
    other.wait_for_url("**/admin/")
    page.goto("/sessions/")
    assert page.locator(".c2c-good").count() == 1
    assert page.locator("text=End this session").count() == 1
    picture(page, "house-sessions")
    assert serious(page) == []
    page.click("text=End all others")
    other.goto("/admin/")
    assert "/admin/login/" in other.url


def test_the_audit_trail_an_export_and_viewing_as_a_merchant(open_page, picture):
    page = open_page()
    set_up(page)
    store = make_store(merchant=make_merchant(name="Acme Tools"), name="Acme", slug="acme")
    with acting("user", "rosa"):
        note(
            "pause", store, before={"paused_reason": ""}, after={"paused_reason": "holiday"}, reason="holiday"
        )
        note("secrets rotated", store, before={"token": "a"}, after={"token": "b"})
    with acting("command", "pull_store"):
        note("pull now", store)
    page.goto("/admin/stores/auditentry/")
    picture(page, "house-trail")
    assert serious(page) == []
    page.goto(f"/admin/stores/auditentry/{AuditEntry.objects.get(verb='secrets rotated').pk}/change/")
    picture(page, "house-trail-entry")
    page.goto("/admin/stores/auditentry/export/?did=pause")
    picture(page, "house-export")
    assert serious(page) == []
    page.select_option("select[name=format]", "0")
    with page.expect_download() as download:
        page.click("main button[type=submit], #content button[type=submit]")
    assert "holiday" in download.value.path().read_text()
    page.goto(f"/admin/stores/merchant/{store.merchant.pk}/change/")
    picture(page, "house-merchant")
    page.click("text=View as this merchant")
    page.fill("#reason", "ticket 12")
    picture(page, "house-view-as")
    assert serious(page) == []
    page.click("button:has-text('View as Acme Tools')")
    page.wait_for_load_state()
    assert AuditEntry.objects.filter(verb="view as merchant", reason="ticket 12").exists()
    page.goto("/admin/auth/user/")
    picture(page, "house-users")
