"""The dead-man switch: a web process tells that the clock is silent, once, and the clock tells when it is back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache

from config.alerts import watching
from config.alerts.turns import process_turns
from config.tasks import heartbeat, send_notices, watch_services
from stores.models import Notice, Problem
from tests.config.alerting import make_recipient
from tests.factories import make_merchant
from tests.together import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 3, 2, 15, 0, tzinfo=UTC), tick=False) as traveller:
        process_turns.cache_clear()
        process_turns()
        heartbeat()
        yield traveller


def monitored(clock, client, minutes, each=1):
    """Let a monitor ask each so many minutes; returns what it was told last about the clock."""
    for _ in range(0, minutes, each):
        clock.shift(each * MINUTE)
        told = client.get("/health/ready/").json()["clock"]
    return told


def test_a_web_process_tells_support_once_that_the_clock_is_silent(clock, client):
    make_recipient(email="support@example.com")
    make_recipient(make_merchant(), email="shop@example.com")
    told = monitored(clock, client, 4)
    assert "no heartbeat for 240 seconds" in told
    assert mail.outbox == []
    monitored(clock, client, 20, each=5)
    (sent,) = mail.outbox
    assert sent.to == ["support@example.com"]
    assert sent.subject == "connect2cart: The portal's clock – Stands still"
    assert "celery beat" in sent.body
    assert "Since 2026-03-02 16:00 CET." in sent.body


def test_the_clock_that_is_back_tells_how_long_it_was_away(clock, client):
    make_recipient(email="support@example.com")
    monitored(clock, client, 30, each=5)
    for _ in range(6):
        clock.shift(MINUTE)
        heartbeat()
        watch_services()
        send_notices()
    assert len(mail.outbox) == 2
    assert "over after 31 minutes" in mail.outbox[1].body
    assert Problem.objects.get().recovered_at


def test_a_short_pause_such_as_a_restart_is_not_told(clock, client):
    make_recipient(email="support@example.com")
    monitored(clock, client, 4)
    heartbeat()
    watch_services()
    clock.shift(4 * MINUTE)
    heartbeat()
    watch_services()
    monitored(clock, client, 1)
    assert mail.outbox == []
    assert Problem.objects.get().recovered_at


def test_a_digest_does_not_keep_the_silence_for_the_next_morning(clock, client):
    make_recipient(email="support@example.com", often="daily")
    monitored(clock, client, 10)
    assert len(mail.outbox) == 1


def test_while_the_clock_lives_a_request_asks_the_database_nothing_about_it(
    clock, client, django_assert_num_queries
):
    clock.shift(3 * MINUTE)
    heartbeat()
    with django_assert_num_queries(0):
        client.get("/health/live/")


def test_a_request_looks_at_most_once_a_minute(clock):
    turns = process_turns()
    now = turns.next_at
    assert [turns.take(now), turns.take(now), turns.take(now + MINUTE)] == [True, False, True]


@pytest.mark.django_db(transaction=True)
def test_many_web_processes_send_one_mail():
    make_recipient(email="support@example.com")
    cache.set("heartbeat", (datetime.now(UTC) - 20 * MINUTE).timestamp(), None)
    for _ in range(2):
        now = datetime.now(UTC)
        raised = at_once(5, lambda _, now=now: watching.raise_alarm(watching.clock_seen(now), now))
        assert not [each for each in raised if each is not None]
    assert Problem.objects.count() == 1
    assert Notice.objects.count() == 1
    assert len(mail.outbox) == 1
