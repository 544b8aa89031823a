"""Confirming an address, and ending the mails."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse

from config.alerts import links
from config.alerts.sending import send_due
from stores.models import AlertEvent, AlertRecipient, AuditEntry, Membership, Notice
from tests.config.alerting import make_problem, make_recipient, write_notices
from tests.factories import make_merchant, make_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    client.force_login(User.objects.create_superuser("lead", "lead@example.com", "correct-horse-battery"))
    return client


def path_in(text: str, name: str) -> str:
    return re.search(rf"http://\S+(/alerts/{name}/\S+)", text)[1]


def test_an_address_is_asked_first_and_told_after_it_agreed(support):
    store = make_store()
    form = {"merchant": store.merchant.pk, "email": "shop@example.com", "active": "on", "often": "at_once"}
    form |= {"digest_hour": 8, "time_zone": "Europe/Berlin", "language": "en"}
    assert support.post(reverse("admin:stores_alertrecipient_add"), form).status_code == 302
    make_problem(store)
    write_notices()
    send_due()
    (question,) = mail.outbox
    assert question.subject.startswith("Confirm")
    page = path_in(question.body, "confirm")
    stranger = Client()
    assert stranger.get(page).status_code == 200
    assert AlertRecipient.objects.get().confirmed_at is None
    assert "is confirmed" in stranger.post(page).content.decode()
    assert AlertRecipient.objects.get().confirmed_at
    assert AuditEntry.objects.filter(verb="alerts confirmed").exists()


def test_the_form_wants_a_member_or_an_address(support):
    form = {"active": "on", "often": "at_once", "digest_hour": 8, "time_zone": "UTC", "language": "en"}
    answer = support.post(reverse("admin:stores_alertrecipient_add"), form)
    assert "one of the two" in answer.content.decode()


def test_a_member_is_told_until_he_ceases_to_be_one():
    store = make_store()
    user = User.objects.create_user("shop@example.com", "shop@example.com", "correct-horse-battery")
    member = Membership.objects.create(user=user, merchant=store.merchant)
    make_recipient(store.merchant, email="", member=member)
    make_problem(store)
    write_notices()
    send_due()
    assert mail.outbox[0].to == ["shop@example.com"]
    member.delete()
    assert not AlertRecipient.objects.exists()


def test_looking_at_the_link_ends_nothing_and_one_post_of_a_mail_program_does():
    recipient = make_recipient(make_merchant())
    page = reverse("alerts-unsubscribe", args=[links.token(recipient, links.UNSUBSCRIBE)])
    client = Client(enforce_csrf_checks=True)
    assert client.get(page).status_code == 200
    assert AlertRecipient.objects.get().active
    assert client.post(page, {"List-Unsubscribe": "One-Click"}).status_code == 200
    row = AlertRecipient.objects.get()
    assert not row.active
    assert row.unsubscribed_at
    client.post(page, {"again": "1"})
    assert AlertRecipient.objects.get().active


def test_who_has_unsubscribed_is_owed_nothing_more():
    store = make_store()
    recipient = make_recipient(store.merchant, often="daily")
    make_problem(store)
    write_notices()
    assert AlertEvent.objects.count() == 1
    Client().post(reverse("alerts-unsubscribe", args=[links.token(recipient, links.UNSUBSCRIBE)]))
    assert not AlertEvent.objects.exists()
    assert not Notice.objects.exists()


@pytest.mark.parametrize("bend", ["other purpose", "changed", "other address"])
def test_a_link_that_is_not_ours_or_about_another_address_is_refused(bend):
    recipient = make_recipient(make_merchant())
    token = links.token(recipient, links.UNSUBSCRIBE if bend != "other purpose" else links.CONFIRM)
    if bend == "changed":
        token = token[:-1] + ("A" if token[-1] != "A" else "B")
    if bend == "other address":
        AlertRecipient.objects.update(email="other@example.com")
    answer = Client().post(reverse("alerts-unsubscribe", args=[token]))
    assert answer.status_code == 404
    assert "not good" in answer.content.decode()
    assert AlertRecipient.objects.get().active
