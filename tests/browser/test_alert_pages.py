"""The page *Alerts* of the merchants' people in a real browser: for everybody, with what an owner does there."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from config.alerts import links
from config.alerts.sending import send_due
from stores.models import AlertHook, AlertRecipient, Incident, Membership, Notice, Problem
from tests.browser.handbook import handbook_picture
from tests.browser.looking import problems_of, too_wide
from tests.browser.test_status_pages import clean, signed_in
from tests.config.alerting import make_problem, make_recipient, receiving, write_notices
from tests.factories import make_merchant, make_store
from tests.status.conftest import make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS = "/status/alerts/acme-mugs/"
IN_THE_DARK = ("recipient", "notices", "incident")  # one form, one list, one with rows in it


@pytest.fixture
def merchant():
    """Two stores, an owner who is told at once, and who and what else is told."""
    merchant = make_merchant(name="Acme Mugs", slug="acme-mugs", time_zone="Europe/Berlin")
    for name in ("Acme Web", "Acme Outlet"):
        make_store(merchant=merchant, name=name)
    olga = make_member(merchant, "olga@acme.example")
    make_member(merchant, "vera@acme.example", "viewer")
    make_recipient(merchant, email="", member=Membership.objects.get(user=olga))
    make_recipient(merchant, email="stock@acme.example", often="daily")
    make_recipient(merchant, email="agency@web.example", confirmed_at=None)
    make_recipient(merchant, email="former@acme.example", active=False)
    hook = AlertHook.objects.create(
        merchant=merchant, name="Slack, #shop-alerts", url="https://hooks.example.com/a"
    )
    now = timezone.now()
    Notice.objects.create(
        purpose="test", hook=hook, subject="Test", text="{}", response_status=404, parked_at=now
    )
    return merchant


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_the_page_is_for_everybody(open_page, picture, merchant, settings, scheme, screen):
    settings.ALLOW_PRIVATE_STORE_HOSTS = False
    page = signed_in(open_page(scheme, screen), ADDRESS)
    picture(page, f"alerts-{scheme}-{screen}")
    clean(page)
    assert too_wide(page) == []
    page.locator("input[name=kinds]").first.uncheck()
    for box in page.locator("input[name=services]").all():
        box.uncheck()
    page.click("text=Keep")
    page.get_by_text("Tick one at least.").wait_for()
    page.fill("#id_hook-name", "Our own")
    page.fill("#id_hook-url", "https://127.0.0.1/alerts")
    page.click("main button:text-is('Add')")
    page.get_by_text("of the public internet, without").wait_for()
    picture(page, f"alerts-refused-{scheme}-{screen}")
    clean(page)


def test_by_the_link_in_a_mail_somebody_without_a_login_chooses(open_page, picture, merchant):
    recipient = AlertRecipient.objects.get(email="stock@acme.example")
    page = open_page("dark", "phone")
    page.goto(links.choose_url(recipient).removeprefix("http://127.0.0.1:8000"))
    clean(page)
    page.select_option("#id_often", "never")
    page.click("text=Keep")
    page.get_by_text("gets no alerts any more").wait_for()
    picture(page, "alerts-link-dark-phone")
    clean(page)
    assert too_wide(page) == []
    recipient.refresh_from_db()
    assert not recipient.active


def test_an_address_is_confirmed_by_the_button_behind_the_link(open_page, picture, merchant):
    recipient = AlertRecipient.objects.get(email="agency@web.example")
    page = open_page()
    page.goto(links.confirm_url(recipient).removeprefix("http://127.0.0.1:8000"))
    clean(page)
    page.click("text=Confirm this address")
    page.get_by_text("is confirmed").wait_for()
    picture(page, "alerts-confirmed")
    recipient.refresh_from_db()
    assert recipient.confirmed_at


def test_without_scripts_an_owner_adds_a_webhook_and_tries_it(open_page, picture, merchant, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = settings.ALLOW_HTTP_STORES = True
    page = signed_in(open_page(scripts=False), ADDRESS)
    with receiving() as receiver:
        page.fill("#id_hook-name", "Our own")
        page.fill("#id_hook-url", receiver.url)
        page.click("main button:text-is('Add')")
        secret = page.locator("code").inner_text()
        picture(page, "alerts-secret")
        page.get_by_label("Send a test: Our own").click()
        page.get_by_text("The test is on its way.").wait_for()
        send_due()
        ((headers, body),) = receiver.got
        assert headers["x-connect2cart-signature"].startswith("v1=")
        assert "Nothing is wrong" in json.loads(body)["text"]
    page.goto(ADDRESS)
    assert page.get_by_text("the receiver answered 200").is_visible()
    assert secret not in page.content()


def admin_pages(merchant) -> dict[str, str]:
    """Support's pages about alerts, by the name of the picture."""
    recipient = AlertRecipient.objects.get(email="agency@web.example")
    hook, notice = AlertHook.objects.get(), Notice.objects.get(purpose="alert")
    problem, incident = Problem.objects.first(), Incident.objects.get()
    stem = "/admin/stores/"
    return {
        "recipients": f"{stem}alertrecipient/",
        "recipient": f"{stem}alertrecipient/{recipient.pk}/change/",
        "hooks": f"{stem}alerthook/",
        "hook": f"{stem}alerthook/{hook.pk}/change/",
        "notices": f"{stem}notice/",
        "notice": f"{stem}notice/{notice.pk}/change/",
        "problems": f"{stem}problem/",
        "problem": f"{stem}problem/{problem.pk}/change/",
        "incidents": f"{stem}incident/",
        "incident": f"{stem}incident/{incident.pk}/change/",
    }


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_supports_pages_about_alerts_are_for_everybody(open_page, log_in, picture, merchant, scheme, screen):
    store = merchant.stores.get(name="Acme Web")
    began = timezone.now() - timedelta(minutes=40)
    make_recipient(email="support@example.com")
    make_problem(
        store,
        sentence="Miva refuses the access: the token has expired.",
        remedy="In Miva, open Users → API Tokens and renew the token.",
        fixer="merchant",
        opened_at=began,
    )
    Problem.objects.create(
        store=store,
        service="stock_to_miva",
        kind="parked",
        sentence="2 SKUs are parked.",
        opened_at=began - timedelta(days=1),
        recovered_at=began,
    )
    write_notices()
    send_due()
    Notice.objects.filter(purpose="alert").exclude(recipient__email="support@example.com").delete()
    incident = Incident.objects.create(title="Slow answers from Miva", component="pulls")
    incident.updates.create(text="We are asking Miva. No order is lost.")
    page = log_in(open_page(scheme, screen))
    pages = admin_pages(merchant)
    shown = pages if screen == "desktop" else {name: pages[name] for name in IN_THE_DARK}
    found = problems_of(page, shown, picture, f"admin-alerts-{scheme}-{screen}")
    assert "\n".join(found) == ""
    if screen == "desktop":
        for name in ("recipients", "notice"):
            page.goto(pages[name])
            handbook_picture(page, f"alert-{name}")
