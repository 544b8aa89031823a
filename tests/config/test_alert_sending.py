"""Sending: nothing is lost, nothing goes out twice, and what is given up says why."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from config.alerts import subscribing
from config.alerts.composing import compose
from config.alerts.sending import GIVE_UP, claim, send_due
from config.alerts.telling import tell
from stores.models import AlertRecipient, Notice, Problem
from tests.config.alerting import make_hook, make_problem, make_recipient, receiving, write_notices
from tests.factories import make_store
from tests.mail_server import mail_server
from tests.together import at_once

pytestmark = pytest.mark.django_db


class Away(BaseEmailBackend):
    """A mail server that cannot be reached."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError("111")


class Refusing(BaseEmailBackend):
    """A mail server that does not know the address."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPRecipientsRefused({"shop@example.com": (550, b"No such user")})


def through(settings, backend):
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}" if isinstance(backend, type) else backend


def later(minutes: float):
    return timezone.now() + timedelta(minutes=minutes)


LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def notice(db):
    store = make_store()
    make_recipient(store.merchant)
    make_problem(store)
    write_notices()
    return Notice.objects.get()


def test_a_mail_names_how_to_end_the_mails_and_that_no_person_wrote_it(notice):
    send_due()
    (sent,) = mail.outbox
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.extra_headers["List-Unsubscribe"].startswith("<http")
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert sent.extra_headers["Message-ID"].startswith(f"<{notice.key}@")


def test_a_mail_server_that_is_away_delays_and_loses_nothing(notice, settings):
    through(settings, Away)
    send_due()
    row = Notice.objects.get()
    assert "could not be used" in row.problem
    assert row.due_at > timezone.now()
    through(settings, LOCMEM)
    assert send_due() == 0
    assert send_due(timezone.now() + timedelta(minutes=1)) == 1
    assert len(mail.outbox) == 1
    assert Notice.objects.get().problem == ""


def test_after_three_days_a_mail_is_given_up_with_the_reason_and_can_be_sent_again(client, notice, settings):
    Notice.objects.update(created_at=timezone.now() - GIVE_UP - timedelta(minutes=1))
    through(settings, Away)
    send_due()
    row = Notice.objects.get()
    assert row.parked_at
    assert row.problem.endswith("It was tried for three days.")
    through(settings, LOCMEM)
    client.force_login(User.objects.create_superuser("lead", "lead@example.com", "correct-horse-battery"))
    client.post(reverse("admin:stores_notice_again", args=[row.pk]), {"sure": "yes"})
    send_due()
    assert len(mail.outbox) == 1


def test_an_address_that_the_server_refuses_is_given_up_at_once(notice, settings):
    through(settings, Refusing)
    send_due()
    row = Notice.objects.get()
    assert row.parked_at
    assert "No such user" in row.problem


@pytest.fixture
def server(settings):
    """A real mail server, which is used."""
    with mail_server() as server:
        through(settings, "django.core.mail.backends.smtp.EmailBackend")
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_a_mail_server_that_dies_before_it_has_the_mail_gets_it_once_it_is_back(notice, server, step):
    server.at_step = lambda verb: "" if verb == step else None
    send_due()
    assert Notice.objects.get().done_at is None
    server.at_step = lambda verb: None
    send_due(later(1))
    (taken,) = server.taken
    assert taken["Message-ID"].startswith(f"<{notice.key}@")
    assert Notice.objects.get().done_at


def test_a_mail_server_that_dies_before_its_receipt_gets_the_mail_again_under_the_same_id(notice, server):
    server.at_step = lambda verb: "" if verb == "TAKEN" else None
    send_due()
    server.at_step = lambda verb: None
    send_due(later(1))
    send_due(later(120))
    assert len(server.taken) == 2
    assert len({mail["Message-ID"] for mail in server.taken}) == 1


def test_a_mail_server_that_dies_after_its_receipt_gets_the_mail_once(notice, server):
    server.at_step = lambda verb: "" if verb == "QUIT" else None
    send_due()
    send_due(later(120))
    assert len(server.taken) == 1


def test_an_address_that_is_refused_for_now_is_tried_again(notice, server):
    server.at_step = lambda verb: "451 greylisted, come back later" if verb == "RCPT" else None
    send_due()
    assert Notice.objects.get().parked_at is None
    server.at_step = lambda verb: None
    send_due(later(1))
    assert len(server.taken) == 1


def test_while_the_mail_server_is_away_webhooks_are_called(notice, settings):
    through(settings, Away)
    make_recipient(notice.recipient.merchant, email="second@example.com")
    settings.ALLOW_PRIVATE_STORE_HOSTS = settings.ALLOW_HTTP_STORES = True
    with receiving() as receiver:
        subscribing.test(make_hook(receiver))
        send_due()
    assert len(receiver.got) == 1


def test_a_mail_server_that_is_back_is_used_within_minutes(notice, settings):
    through(settings, Away)
    for hour in range(12):
        send_due(later(60 * hour))
    assert Notice.objects.get().attempts == 12
    assert Notice.objects.get().due_at < later(6)


def test_an_alert_that_could_not_go_out_before_its_end_tells_the_end_alone(notice, settings):
    through(settings, Away)
    send_due()
    Problem.objects.update(recovered_at=timezone.now(), told_at=timezone.now(), ripe=True)
    tell(timezone.now())
    through(settings, LOCMEM)
    send_due(later(1))
    compose(later(60))
    send_due(later(61))
    (sent,) = mail.outbox
    assert sent.subject.endswith("Works again")
    assert "over after" in sent.body
    assert Notice.objects.get().key != notice.key


def test_an_address_that_was_changed_is_not_sent_what_was_written_for_the_former_one(notice):
    AlertRecipient.objects.update(email="other@example.com", confirmed_at=None)
    send_due()
    assert mail.outbox == []
    assert "has not confirmed" in Notice.objects.get().problem


def test_whose_notice_cannot_be_written_keeps_it_from_nobody_else():
    store = make_store()
    make_recipient(store.merchant, email="first@example.com", time_zone="Mars/Olympus")
    make_recipient(store.merchant, email="second@example.com")
    make_problem(store)
    assert write_notices() == 1
    AlertRecipient.objects.update(time_zone="UTC")
    assert write_notices() == 1


def test_a_notice_that_somebody_else_has_taken_by_now_is_not_settled(notice):
    first = claim(timezone.now(), Q())
    second = claim(timezone.now() + Notice.LEASE + timedelta(seconds=1), Q())
    assert first
    assert second
    second.settle()
    with pytest.raises(Exception, match="somebody else"):
        first.park("No.", "")
    assert Notice.objects.get().parked_at is None


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_notice_once():
    store = make_store()
    for number in range(6):
        make_recipient(store.merchant, email=f"shop-{number}@example.com")
    make_problem(store)
    assert not [each for each in at_once(4, lambda _: write_notices()) if isinstance(each, Exception)]
    assert Notice.objects.count() == 6
    assert not [each for each in at_once(4, lambda _: send_due()) if isinstance(each, Exception)]
    send_due()
    assert sorted(each.to[0] for each in mail.outbox) == [f"shop-{number}@example.com" for number in range(6)]
