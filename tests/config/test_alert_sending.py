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

from config.alerts.sending import GIVE_UP, claim, send_due
from stores.models import Notice
from tests.config.alerting import make_problem, make_recipient, write_notices
from tests.factories import make_store
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


class Crashing(BaseEmailBackend):
    """A process that dies when the mail is out and nothing is written yet."""

    def send_messages(self, email_messages):
        mail.get_connection("django.core.mail.backends.locmem.EmailBackend").send_messages(email_messages)
        raise SystemExit


def through(settings, backend):
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}" if isinstance(backend, type) else backend


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


def test_a_process_that_dies_leaves_the_notice_to_the_next_one_under_the_same_id(notice, settings):
    through(settings, Crashing)
    with pytest.raises(SystemExit):
        send_due()
    through(settings, LOCMEM)
    assert send_due() == 0
    send_due(timezone.now() + Notice.LEASE + timedelta(seconds=1))
    assert Notice.objects.get().done_at
    assert len({each.extra_headers["Message-ID"] for each in mail.outbox}) == 1


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
