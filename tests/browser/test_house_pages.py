"""The second factor, the sessions, the audit trail and an export in a real browser."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_otp.oath import TOTP
from playwright.sync_api import expect

from stores.audit import note
from stores.context import acting
from stores.fields import readable
from stores.models import AuditEntry, Authenticator
from stores.viewing import KEY
from tests.browser.handbook import handbook_picture
from tests.browser.looking import PASSWORD, serious, too_wide
from tests.factories import make_merchant, make_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


STEP, ON_ITS_WAY = 30, 10  # seconds


@pytest.fixture(autouse=True)
def _somebody_who_must_have_a_second_factor(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    User.objects.create_superuser("rosa", "rosa@example.com", PASSWORD)


def code(ahead: int = 0) -> str:
    """What the app shows; `ahead` steps from now. The one before now is good no longer when the present one ends on its way."""
    if ahead < 0 and (left := STEP - time.time() % STEP) < ON_ITS_WAY:
        time.sleep(left)
    totp = TOTP(bytes.fromhex(readable(Authenticator.objects.get().key)))
    totp.time = time.time() + STEP * ahead
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
    expect(page.locator("#recovery-codes code")).to_have_count(
        10
    )  # until then the second factor is not there
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
    expect(page.locator("#recovery-codes li")).to_have_count(10)
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
    handbook_picture(page, "sessions")
    assert serious(page) == []
    page.click("text=End all others")
    other.goto("/admin/")
    assert "/admin/login/" in other.url


def test_the_audit_trail_an_export_and_the_accounts(open_page, picture):
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
    handbook_picture(page, "audit-trail")
    assert serious(page) == []
    page.goto(f"/admin/stores/auditentry/{AuditEntry.objects.get(verb='secrets rotated').pk}/change/")
    picture(page, "house-trail-entry")
    page.goto("/admin/stores/auditentry/export/?did=pause")
    picture(page, "house-export")
    handbook_picture(page, "export")
    assert serious(page) == []
    page.select_option("select[name=format]", "0")
    with page.expect_download() as download:
        page.click("main button[type=submit], #content button[type=submit]")
    assert "holiday" in download.value.path().read_text()
    page.goto("/admin/auth/user/")
    picture(page, "house-users")
    assert serious(page) == []


def as_merchant(page, picture) -> None:
    """From the merchant's page in the console to his own pages, with a reason."""
    page.get_by_role("link", name="View as this merchant").click()
    page.get_by_role("heading", name="View as Acme Tools?").wait_for()
    page.get_by_label("Reason").fill("ticket 12")
    picture(page, "view-as-question")
    assert serious(page) == []
    page.get_by_role("button", name="View as Acme Tools").click()
    page.wait_for_url("**/status/**")


def test_support_sees_a_merchants_pages_under_a_bar_with_the_reason_changes_nothing_and_stops(
    open_page, picture
):
    store = make_store(merchant=make_merchant(name="Acme Tools"), name="Acme", slug="acme")
    make_store(merchant=make_merchant(name="Bolt & Nut"), name="Bolt", slug="bolt")
    page = open_page()
    set_up(page)
    page.goto(f"/admin/stores/merchant/{store.merchant.pk}/change/")
    picture(page, "house-merchant")
    as_merchant(page, picture)
    bar = page.get_by_role("status").filter(has_text="You see this as Acme Tools")
    for words in ("Nothing can be changed", "ticket 12", "until"):
        assert words in bar.inner_text()
    page.goto("/status/acme/")
    page.get_by_role("heading", name="Acme").first.wait_for()
    picture(page, "view-as")
    handbook_picture(page, "view-as")
    assert serious(page) + too_wide(page) == []
    assert page.goto("/status/bolt/").status == 404
    session = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    pressed = page.request.post(
        "/status/acme/pull/",
        form={"csrfmiddlewaretoken": session["csrftoken"]},
        headers={"Referer": page.url},
    )
    assert pressed.status == 403
    page.goto("/status/acme/")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_url("**/admin/")
    page.goto("/status/acme/")
    assert page.get_by_text("You see this as").count() == 0
    noted = AuditEntry.objects.filter(object_type="stores.merchant", object_id=str(store.merchant.pk))
    assert list(noted.order_by("pk").values_list("verb", "actor_name", "reason")) == [
        ("view as merchant", "rosa", "ticket 12"),
        ("view as merchant ended", "rosa", ""),
    ]


def test_the_time_is_over_by_itself(open_page, picture):
    store = make_store(merchant=make_merchant(name="Acme Tools"), name="Acme", slug="acme")
    page = open_page("dark", "phone")
    set_up(page)
    page.goto(f"/admin/stores/merchant/{store.merchant.pk}/change/")
    as_merchant(page, picture)
    page.goto("/status/acme/")
    picture(page, "view-as-dark-phone")
    assert serious(page) + too_wide(page) == []
    session = Session.objects.get(session_key=page_session(page))
    data = session.get_decoded()
    data[KEY]["until"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    session.session_data = Session.objects.encode(data)
    session.save()
    page.goto("/status/acme/")
    assert page.get_by_text("You see this as").count() == 0


def page_session(page) -> str:
    """The key of the page's session."""
    (key,) = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
    return key
