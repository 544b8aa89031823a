"""Alerts: what becomes a problem, when it is told, to whom, and what the mails say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from config.alerts.composing import compose, last_digest
from config.alerts.letters import MOST_ITEMS
from config.alerts.telling import tell
from config.tasks import send_notices, watch_services
from stores.models import AlertEvent, AlertRecipient, Notice, Problem, PullCursor
from tests.factories import make_merchant, make_store

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock():
    """The time, which the test moves."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def make_recipient(merchant=None, **fields):
    given = {"email": "shop@example.com", "confirmed_at": START, "time_zone": "Europe/Berlin"}
    return AlertRecipient.objects.create(**given | {"merchant": merchant} | fields)


def working(store, at=START):
    """The store's pull has worked at this time."""
    PullCursor.objects.filter(store=store).update(
        last_tried_at=at, last_good_at=at, problem="", remedy="", problem_kind="", failures=0
    )


def failing(store, kind="down", problem="Miva is down."):
    PullCursor.objects.filter(store=store).update(
        problem=problem, remedy="Wait.", problem_kind=kind, failures=1
    )


def pass_minutes(clock, minutes):
    """Let the clock ring after a minute, then each fifth one while time only passes, and at the end."""
    begun = datetime.now(UTC)
    for minute in sorted({1, *range(6, minutes, 5), minutes}):
        clock.move_to(begun + minute * MINUTE)
        watch_services()
        send_notices()


@pytest.fixture
def store(clock):
    store = make_store(name="Acme Web", merchant=make_merchant(name="Acme Mugs"))
    working(store)
    return store


def test_one_failed_run_is_not_told(clock, store):
    make_recipient(store.merchant)
    clock.shift(15 * MINUTE)
    failing(store)
    pass_minutes(clock, 10)
    working(store, at=datetime.now(UTC))
    pass_minutes(clock, 10)
    assert mail.outbox == []
    assert Problem.objects.get().told_at is None


def test_two_missed_runs_are_told_once_with_store_service_cause_and_remedy(clock, store):
    make_recipient(store.merchant)
    clock.shift(15 * MINUTE)
    failing(store)
    pass_minutes(clock, 16)
    assert mail.outbox == []
    pass_minutes(clock, 30)
    (sent,) = mail.outbox
    assert sent.subject == "Acme Mugs · Acme Web: Orders from Miva – Stands still"
    assert sent.to == ["shop@example.com"]
    assert "Miva is down." in sent.body
    assert "Wait." in sent.body
    assert "Since 2026-03-02 16:16 CET." in sent.body
    assert "Miva is down." in sent.alternatives[0].content


def test_a_recovery_is_told_with_the_time_that_it_lasted(clock, store):
    make_recipient(store.merchant)
    clock.shift(15 * MINUTE)
    failing(store)
    pass_minutes(clock, 40)
    working(store, at=datetime.now(UTC))
    pass_minutes(clock, 12)
    assert [each.subject.partition("– ")[2] for each in mail.outbox] == ["Stands still", "Works again"]
    assert "over after 40 minutes." in mail.outbox[1].body


def test_refused_credentials_are_told_before_the_second_run(clock, store):
    make_recipient(store.merchant)
    failing(store, "locked", "Miva refuses the token.")
    pass_minutes(clock, 7)
    (sent,) = mail.outbox
    assert "Credentials refused" in sent.subject
    assert "Yours to fix: Wait." in sent.body


def test_what_lasts_is_told_again_each_day_and_after_a_week_each_week(clock, store):
    make_recipient(store.merchant, services=["orders_from_miva"])
    failing(store, "locked", "Miva refuses the token.")
    pass_minutes(clock, 7)
    days = []
    for day in range(1, 31):
        clock.shift(timedelta(days=1))
        pass_minutes(clock, 2)
        days += [day] * (len(mail.outbox) - 1 - len(days))
    assert days == [1, 2, 3, 4, 5, 6, 13, 20, 27]
    subjects = [sent.subject.partition("– ")[2] for sent in mail.outbox[:3]]
    assert subjects == ["Credentials refused", "Still: Credentials refused", "Still: Credentials refused"]
    assert "Since 2026-03-02" in mail.outbox[-1].body


def test_a_reminder_says_how_it_stands_by_then(clock, store):
    make_recipient(store.merchant, language="de")
    failing(store, "locked", "Miva refuses the token.")
    pass_minutes(clock, 7)
    clock.shift(timedelta(days=1))
    failing(store, "locked", "Miva refuses the signature.")
    pass_minutes(clock, 2)
    assert "Weiterhin: " in mail.outbox[-1].subject
    assert "Miva refuses the signature." in mail.outbox[-1].body


def test_what_somebody_has_switched_off_is_told_once(clock, store):
    make_recipient(store.merchant)
    store.active = False
    store.save()
    pass_minutes(clock, 7)
    clock.shift(timedelta(days=2))
    pass_minutes(clock, 7)
    assert len(mail.outbox) == 1


def test_what_comes_and_goes_is_one_problem(clock, store):
    make_recipient(store.merchant)
    failing(store, "locked")
    pass_minutes(clock, 7)
    for _ in range(3):
        working(store, at=datetime.now(UTC))
        pass_minutes(clock, 2)
        failing(store, "locked")
        pass_minutes(clock, 2)
    assert Problem.objects.count() == 1
    assert len(mail.outbox) == 1


def test_stores_that_stop_within_ten_minutes_are_told_in_two_mails(clock, store):
    make_recipient()
    failing(store, "locked")
    pass_minutes(clock, 7)
    others = [make_store(merchant=store.merchant) for _ in range(4)]
    for other in others:
        working(other, at=datetime.now(UTC))
        failing(other, "locked")
    pass_minutes(clock, 1)
    pass_minutes(clock, 20)
    assert len(mail.outbox) == 2
    assert mail.outbox[1].subject.startswith("4 problems: Acme Mugs · ")
    assert mail.outbox[1].subject.endswith("(+1)")


def test_a_doubled_message_tells_nothing_twice(clock, store):
    make_recipient(store.merchant)
    failing(store, "locked")
    for minutes in (1, 5, 1):
        clock.shift(minutes * MINUTE)
        watch_services()
        watch_services()
        send_notices()
        send_notices()
    assert (Problem.objects.count(), AlertEvent.objects.count(), len(mail.outbox)) == (1, 1, 1)


def test_another_merchants_people_are_not_told_and_support_is(clock, store):
    make_recipient(make_merchant(), email="other@example.com")
    make_recipient(email="support@example.com")
    failing(store, "locked")
    pass_minutes(clock, 8)
    assert [each.to for each in mail.outbox] == [["support@example.com"]]
    assert f"/admin/stores/store/{store.pk}/change/" in mail.outbox[0].body
    assert "The merchant: Wait." in mail.outbox[0].body


@pytest.mark.parametrize(
    "fields",
    [
        {"confirmed_at": None},
        {"active": False},
        {"kinds": ["held"]},
        {"services": ["stock_to_miva"]},
    ],
)
def test_who_has_not_confirmed_or_does_not_want_it_is_not_told(clock, store, fields):
    make_recipient(store.merchant, **fields)
    failing(store, "locked")
    pass_minutes(clock, 8)
    assert mail.outbox == []


def test_a_digest_comes_once_a_day_at_the_persons_hour_where_he_is(clock, store):
    make_recipient(store.merchant, often="daily", digest_hour=8, time_zone="America/New_York")
    failing(store, "locked")
    pass_minutes(clock, 8)
    assert mail.outbox == []
    working(store, at=datetime.now(UTC))
    clock.move_to(datetime(2026, 3, 3, 12, 55, tzinfo=UTC))
    working(store, at=datetime.now(UTC))
    pass_minutes(clock, 4)
    assert mail.outbox == []
    working(store, at=datetime.now(UTC))
    pass_minutes(clock, 2)
    (sent,) = mail.outbox
    assert Notice.objects.get().created_at == datetime(2026, 3, 3, 13, 0, tzinfo=UTC)
    assert "EST" in sent.body
    assert "America/New_York" in sent.body


SPRING, AUTUMN = datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "now", "due"),
    [
        (8, SPRING.replace(hour=11, minute=59), datetime(2026, 3, 7, 13, tzinfo=UTC)),
        (8, SPRING.replace(hour=12), SPRING.replace(hour=12)),  # an hour earlier than the day before, by UTC
        (2, SPRING.replace(hour=7), SPRING.replace(hour=7)),  # 02:00 is left out: it comes at 03:00
        (2, SPRING.replace(hour=6, minute=59), datetime(2026, 3, 7, 7, tzinfo=UTC)),
        (1, AUTUMN.replace(hour=5), AUTUMN.replace(hour=5)),
        (1, AUTUMN.replace(hour=6, minute=30), AUTUMN.replace(hour=5)),  # 01:30 once more: no second digest
        (8, AUTUMN.replace(hour=13), AUTUMN.replace(hour=13)),
    ],
)
def test_a_digest_is_due_at_the_persons_hour_also_when_the_clocks_change(hour, now, due):
    recipient = AlertRecipient(digest_hour=hour, time_zone="America/New_York")
    assert last_digest(recipient, now) == due


def test_of_many_problems_some_are_told_and_the_rest_is_counted(clock, store):
    make_recipient(email="support@example.com")
    rows = [make_store(merchant=store.merchant) for _ in range(MOST_ITEMS + 1)]
    for row in rows:
        Problem.objects.create(
            store=row, service="orders_from_miva", kind="credentials", sentence="No.", ripe=True
        )
    tell(START)
    compose(START)
    notice = Notice.objects.get()
    assert notice.subject.startswith(f"{MOST_ITEMS + 1} problems: ")
    assert notice.text.count("Credentials refused") == MOST_ITEMS
    assert "And 1 more: the pages show it." in notice.text


def test_a_paused_store_is_told(clock, store):
    make_recipient(store.merchant)
    store.paused_reason = "Moves to another server"
    store.save()
    pass_minutes(clock, 5)
    (sent,) = mail.outbox
    assert "Paused" in sent.subject
    assert "Moves to another server" in sent.body


def test_switching_a_store_off_is_told_and_is_no_recovery(clock, store):
    make_recipient(store.merchant)
    failing(store, "locked")
    pass_minutes(clock, 8)
    store.active = False
    store.save()
    pass_minutes(clock, 15)
    told = [each.subject.partition("– ")[2] for each in mail.outbox]
    assert told == ["Credentials refused", "Switched off"]


def test_a_mail_is_in_the_language_of_who_gets_it(clock, store):
    make_recipient(store.merchant, language="de")
    store.interval_minutes = 5
    store.save()
    pass_minutes(clock, 20)
    (sent,) = mail.outbox
    assert sent.subject.endswith(": Bestellungen von Miva – Steht still")
    assert "Seit 2026-03-02" in sent.body
    assert "Abbestellen: http" in sent.body
    assert "No pull has succeeded" not in sent.body
