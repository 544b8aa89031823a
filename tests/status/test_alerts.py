"""The page *Alerts*: a member says what he is told and how often, an owner who and what else is told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.alerts import links
from config.alerts.sending import send_due
from config.status.alert_acts import MOST_HOOKS
from config.status.urls import urlpatterns
from stores.fields import readable
from stores.members import invite
from stores.models import AlertEvent, AlertHook, AlertRecipient, AuditEntry, Membership, Notice, Problem
from tests.config.alerting import make_problem, make_recipient, write_notices
from tests.factories import make_merchant, make_store
from tests.status.conftest import make_member
from tests.together import at_once

pytestmark = pytest.mark.django_db
ROUTES = [route.name for route in urlpatterns if str(getattr(route, "name", "")).startswith("alerts-")]
CHOICES = {
    "often": "daily",
    "digest_hour": "18",
    "time_zone": "Europe/Madrid",
    "language": "es",
    "kinds": ["credentials", "stopped"],
    "services": ["orders_from_miva", "orders_to_stone_edge", "tracking_to_miva", "stock_to_miva"],
}
HOOK = {"hook-name": "Slack", "hook-url": "https://127.0.0.1:9/T0/B0", "hook-language": "en"}


@pytest.fixture
def merchant(store):
    return store.merchant


@pytest.fixture
def page(merchant) -> str:
    return f"/status/alerts/{merchant.slug}/"


@pytest.fixture
def _our_own_network_may_be_called(settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True


def text(answer) -> str:
    return answer.content.decode()


def test_a_member_who_is_told_nothing_sees_that_and_chooses(client, page, owner):
    assert "You get no alerts." in text(client.get(page))
    assert "Kept." in text(client.post(page, CHOICES, follow=True))
    row = AlertRecipient.objects.get()
    assert (row.address, row.often, row.digest_hour) == (owner.email, "daily", 18)
    assert (row.time_zone, row.language, row.kinds) == ("Europe/Madrid", "es", ["credentials", "stopped"])
    assert row.services == [], "all of them ticked: those that come later, too"
    entry = AuditEntry.objects.get(verb="alerts chosen")
    assert (entry.actor_name, entry.after["often"]) == (owner.username, "daily")


def test_what_was_chosen_is_what_is_told(client, page, store):
    client.post(page, CHOICES | {"often": "at_once"})
    make_problem(store, kind="held")
    write_notices()
    assert not Notice.objects.exists()
    make_problem(store, service="stock_to_miva", kind="stopped")
    assert write_notices() == 1


def test_of_several_stores_some_are_chosen(client, page, store, merchant):
    other = make_store(merchant=merchant, name="Acme Outlet", slug="acme-outlet")
    client.post(page, CHOICES | {"often": "at_once", "stores": [other.slug]})
    make_problem(store)
    assert write_notices() == 0
    make_problem(other)
    assert write_notices() == 1


def test_nothing_ticked_is_refused_with_the_way_out(client, page):
    answer = client.post(page, CHOICES | {"kinds": []})
    assert "To be told nothing, choose never." in text(answer)
    assert not AlertRecipient.objects.exists()


def test_never_ends_the_mails_and_forgets_what_was_to_be_told(client, page, store):
    client.post(page, CHOICES)
    make_problem(store)
    write_notices()
    assert AlertEvent.objects.count() == 1
    client.post(page, CHOICES | {"often": "never"})
    assert not AlertEvent.objects.exists()
    row = AlertRecipient.objects.get()
    assert (row.active, row.often) == (False, "daily")
    assert "You get no alerts." in text(client.get(page))


def test_a_viewer_chooses_for_himself_and_sees_nobody_else(merchant, page):
    make_recipient(merchant, email="agency@web.example")
    viewer = Client()
    viewer.force_login(make_member(merchant, "vera@acme.example", "viewer"))
    shown = text(viewer.get(page))
    assert "How often" in shown
    assert "agency@web.example" not in shown
    assert "Webhooks" not in shown
    assert viewer.post(page, CHOICES).status_code == 302


def test_an_owner_adds_an_address_which_is_asked_in_its_language(client, page, merchant):
    form = {"address-email": "Stock@Acme.example", "address-language": "de"}
    assert "is asked by mail" in text(client.post(f"{page}addresses/", form, follow=True))
    row = AlertRecipient.objects.get()
    assert (row.email, row.confirmed_at, row.time_zone) == ("stock@acme.example", None, merchant.time_zone)
    client.post(f"{page}addresses/", form)
    send_due()
    assert [sent.to for sent in mail.outbox] == [["stock@acme.example"]] * 2
    assert "bestätigen" in mail.outbox[0].subject.lower()
    row.confirmed_at = timezone.now()
    row.save()
    assert "is there already" in text(client.post(f"{page}addresses/", form))
    client.post(f"{page}addresses/{row.pk}/remove/")
    assert not AlertRecipient.objects.exists()
    verbs = set(AuditEntry.objects.filter(merchant=merchant).values_list("verb", flat=True))
    assert {"alert address added", "alert address removed"} <= verbs


def test_strangers_are_not_asked_without_end(client, page):
    for number in range(7):
        form = {"address-email": f"{number}@example.com", "address-language": "en"}
        answer = client.post(f"{page}addresses/", form)
    assert "Try again in" in text(answer)
    assert AlertRecipient.objects.count() == 5


@pytest.mark.usefixtures("_our_own_network_may_be_called")
def test_an_owner_adds_a_webhook_and_sees_its_secret_this_once(client, page, merchant):
    shown = text(client.post(f"{page}webhooks/", HOOK))
    secret = re.search(r"<code>(\S+)</code>", shown)[1]
    hook = AlertHook.objects.get()
    assert (readable(hook.secret), readable(hook.url), hook.merchant) == (secret, HOOK["hook-url"], merchant)
    later = text(client.get(page)) + str(list(AuditEntry.objects.values()))
    assert secret not in later
    assert HOOK["hook-url"] not in later
    client.post(f"{page}webhooks/{hook.pk}/test/")
    assert Notice.objects.get().purpose == Notice.Purpose.TEST
    client.post(f"{page}webhooks/{hook.pk}/remove/")
    assert not AlertHook.objects.exists()
    verbs = list(AuditEntry.objects.filter(merchant=merchant).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["alert webhook added", "alert webhook tested", "alert webhook removed"]


@pytest.mark.usefixtures("_our_own_network_may_be_called")
def test_a_webhook_that_is_sent_twice_is_added_once(client, page, merchant):
    client.post(f"{page}webhooks/", HOOK)
    again = text(client.post(f"{page}webhooks/", HOOK | {"hook-name": "SLACK"}))
    assert "There is a webhook SLACK already" in again
    assert merchant.alerthooks.count() == 1


@pytest.mark.usefixtures("_our_own_network_may_be_called")
def test_webhooks_have_an_end_and_so_have_tests(client, page, merchant):
    AlertHook.objects.bulk_create(AlertHook(merchant=merchant, name="Slack") for _ in range(MOST_HOOKS))
    assert "Remove one first." in text(client.post(f"{page}webhooks/", HOOK))
    hook = merchant.alerthooks.first()
    for _ in range(6):
        client.post(f"{page}webhooks/{hook.pk}/test/")
    assert "Try again in" in text(client.get(page))
    assert Notice.objects.count() == 5


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "https://localhost/x", "x"])
def test_a_webhook_into_our_own_network_is_refused_in_the_owners_language(client, page, settings, url):
    settings.ALLOW_PRIVATE_STORE_HOSTS = settings.ALLOW_HTTP_STORES = False
    shown = text(client.post(f"{page}webhooks/", HOOK | {"hook-url": url}, headers={"accept-language": "de"}))
    assert "öffentlichen Internets" in shown
    assert "127.0.0.1</p>" not in shown
    assert not AlertHook.objects.exists()


def address(name: str, merchant) -> str:
    rows = {"alerts-remove-address": merchant.alertrecipients, "alerts-of": None}
    of = rows.get(name, merchant.alerthooks)
    pk = [of.first().pk] if of is not None and not name.startswith("alerts-add") else []
    return reverse(f"status:{name}", args=[merchant.slug, *pk])


def untouched() -> bool:
    return (AlertRecipient.objects.count(), AlertHook.objects.count(), Notice.objects.count()) == (1, 1, 0)


@pytest.fixture
def filled(merchant):
    make_recipient(merchant, email="agency@web.example")
    AlertHook.objects.create(merchant=merchant, name="Acme Slack", url=HOOK["hook-url"])
    return merchant


@pytest.mark.parametrize("who", ["stranger", "nobody", "staff", "staff viewing another"])
@pytest.mark.parametrize("name", ROUTES)
def test_no_alerts_of_a_merchant_open_for_who_does_not_belong_to_him(filled, who, name):
    browser, other = Client(), make_merchant(name="Beta")
    if who == "stranger":
        browser.force_login(make_member(other, "ben@beta.example"))
    elif who.startswith("staff"):
        browser.force_login(User.objects.create_superuser("rosa", "rosa@example.com", "x"))
        if "viewing" in who:
            browser.post(f"/admin/stores/merchant/{other.pk}/view-as/", {"reason": "ticket"})
    for method in ("get", "post", "put", "patch", "delete", "head", "options"):
        sent = CHOICES | HOOK | {"address-email": "x@example.com", "address-language": "en"}
        answer = getattr(browser, method)(address(name, filled), sent)
        assert answer.status_code in (302, 403, 404, 405), (name, method)
        assert b"Acme" not in answer.content
        if answer.status_code == 302:
            assert answer["Location"].startswith("/status/sign-in/"), (name, method)
    assert untouched()


@pytest.mark.parametrize("name", sorted(set(ROUTES) - {"alerts-of"}))
def test_a_viewer_can_do_nothing_for_the_merchant(filled, name):
    viewer = Client()
    viewer.force_login(make_member(filled, "vera@acme.example", "viewer"))
    assert viewer.post(address(name, filled), HOOK).status_code == 404
    assert untouched()


def test_another_merchants_rows_cannot_be_reached_through_ones_own_page(client, page, filled):
    theirs = make_merchant(name="Beta")
    recipient = make_recipient(theirs, email="ben@beta.example")
    hook = AlertHook.objects.create(merchant=theirs, name="Beta", url="https://hooks.example.com/b")
    member = make_recipient(filled, email="", member=Membership.objects.get(merchant=filled))
    for path in (
        f"addresses/{recipient.pk}/remove/",
        f"webhooks/{hook.pk}/remove/",
        f"webhooks/{hook.pk}/test/",
        f"addresses/{member.pk}/remove/",
    ):
        assert client.post(f"{page}{path}").status_code == 404, path
    other = make_store(merchant=theirs, slug="beta-web")
    make_store(merchant=filled, slug="acme-outlet")
    assert "beta-web" in text(client.post(page, CHOICES | {"stores": [other.slug]})), "is refused by its name"


def test_who_views_as_the_merchant_sees_the_page_and_can_change_nothing(filled, page):
    browser = Client()
    browser.force_login(User.objects.create_superuser("rosa", "rosa@example.com", "x"))
    browser.post(f"/admin/stores/merchant/{filled.pk}/view-as/", {"reason": "ticket 12"})
    shown = text(browser.get("/status/alerts/", follow=True))
    assert "agency@web.example" in shown
    assert "Add a webhook" not in shown
    for name in ROUTES:
        assert browser.post(address(name, filled), HOOK).status_code == 403
    assert untouched()


def test_with_several_merchants_one_is_chosen_first(client, owner, merchant):
    assert client.get("/status/alerts/")["Location"] == f"/status/alerts/{merchant.slug}/"
    beta = make_merchant(name="Beta")
    Membership.objects.create(user=owner, merchant=beta)
    shown = text(client.get("/status/alerts/"))
    assert f"/status/alerts/{beta.slug}/" in shown


def test_a_new_owner_is_told_once_he_has_chosen_a_password(store):
    member = invite(store.merchant, "olga@acme.example", "owner")
    make_problem(store)
    assert write_notices() == 0
    member.user.set_password("a-long-and-new-password")
    member.user.save()
    Problem.objects.update(recovered_at=timezone.now() - timedelta(minutes=1))
    make_problem(store)
    assert write_notices() == 1
    invite(store.merchant, "vera@acme.example", "viewer")
    invite(store.merchant, "olga@acme.example", "owner")
    assert AlertRecipient.objects.count() == 1


def test_mails_lead_a_member_to_his_page_and_others_to_a_link_of_their_own(store, owner):
    make_recipient(store.merchant, email="", member=Membership.objects.get())
    make_recipient(store.merchant, email="agency@web.example")
    make_problem(store)
    write_notices()
    send_due()
    bodies = {sent.to[0]: sent.body for sent in mail.outbox}
    assert f"/status/alerts/{store.merchant.slug}/" in bodies[owner.email]
    path = re.search(r"http://\S+?(/alerts/choose/\S+)", bodies["agency@web.example"])[1]
    stranger = Client()
    assert "agency@web.example" in text(stranger.get(path))
    assert "Guardado." in text(stranger.post(path, CHOICES)), "in the language that was chosen"
    assert AlertRecipient.objects.get(email="agency@web.example").language == "es"


def test_a_link_for_another_purpose_chooses_nothing(merchant):
    recipient = make_recipient(merchant)
    wrong = links.token(recipient, links.UNSUBSCRIBE)
    assert Client().post(reverse("alerts-choose", args=[wrong]), CHOICES).status_code == 404


def test_support_can_not_write_again_to_who_has_unsubscribed_without_asking(merchant):
    lead = Client()
    lead.force_login(User.objects.create_superuser("lead", "lead@example.com", "x"))
    row = make_recipient(merchant, active=False, unsubscribed_at=timezone.now())
    form = {"merchant": merchant.pk, "email": row.email, "active": "on", "often": "at_once"}
    form |= {"digest_hour": 8, "time_zone": "Europe/Berlin", "language": "en"}
    lead.post(reverse("admin:stores_alertrecipient_change", args=[row.pk]), form)
    row.refresh_from_db()
    assert row.active
    assert row.confirmed_at is None
    assert Notice.objects.get().purpose == Notice.Purpose.CONFIRM


@pytest.mark.django_db(transaction=True)
def test_a_button_that_is_pressed_twice_at_once_chooses_once(page, owner):
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(owner)
    form = {"address-email": "stock@acme.example", "address-language": "en"}
    answers = at_once(2, lambda number: browsers[number].post(page, CHOICES).status_code)
    answers += at_once(2, lambda number: browsers[number].post(f"{page}addresses/", form).status_code)
    assert answers == [302] * 4
    assert AlertRecipient.objects.count() == 2
