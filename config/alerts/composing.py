"""Putting what somebody is owed into one notice: so that nobody gets ten mails when ten stores stop together.

A person is written to at most once in ten minutes, or once a day at his hour; a webhook is called at most once a minute. What
happens in between waits and is told together. Taking the turn is one conditional UPDATE in the transaction that writes the notice.
"""

import logging
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from config.alerts import letters, payloads
from config.alerts.telling import key_of
from stores.models import AlertEvent, AlertHook, AlertRecipient, Destination, Notice

log = logging.getLogger(__name__)

QUIET = timedelta(minutes=10)  # between two mails to the same person
HOOK_QUIET = timedelta(minutes=1)
Often = AlertRecipient.Often


def compose(now: datetime) -> int:
    """Write the notices that are due for everybody. Returns how many."""
    untold = AlertEvent.objects.filter(notice=None)
    tellable = AlertRecipient.objects.tellable().select_related("member__user")
    people = tellable.filter(pk__in=untold.values("recipient"))
    hooks = AlertHook.objects.filter(active=True, pk__in=untold.values("hook"))
    return sum(composed(each, now) for each in (*people, *hooks))


def composed(destination: Destination, now: datetime) -> bool:
    """Compose for one of many: whose notice cannot be written waits for the next look, and keeps it from nobody else."""
    try:
        return compose_for(destination, now)
    except Exception:
        log.exception("the notice for alert destination %s could not be written", destination.pk)
        return False


def compose_for(destination: Destination, now: datetime) -> bool:
    """Write one notice with all that a destination is owed. Returns whether there was something and its turn had come."""
    if destination.quiet_until and destination.quiet_until > now:
        return False
    owed = events_for(destination, now)
    if not owed.exists():
        return False
    rows = type(destination)._default_manager.filter(pk=destination.pk, quiet_until=destination.quiet_until)
    with transaction.atomic():
        if not rows.update(quiet_until=now + (HOOK_QUIET if isinstance(destination, AlertHook) else QUIET)):
            return False
        events = list(owed.select_related("problem__store__merchant"))
        notice = notice_of(destination, events, now)
        notice.save()
        AlertEvent.objects.filter(pk__in=[event.pk for event in events]).update(notice=notice)
    return True


def events_for(destination: Destination, now: datetime) -> QuerySet[AlertEvent]:
    """Return what a destination is to be told now."""
    owed = AlertEvent.objects.filter(notice=None, **key_of(destination))
    if isinstance(destination, AlertRecipient) and destination.often == Often.DAILY:
        # Of the portal's own clock nobody hears a day late.
        return owed.filter(Q(at__lte=last_digest(destination, now)) | Q(problem__store=None))
    return owed


def last_digest(recipient: AlertRecipient, now: datetime) -> datetime:
    """Return when (UTC) a person's digest was last due: his hour, today or yesterday, where he is.

    An hour that a change-over night leaves out is taken as it would have been before the change.
    """
    zone = ZoneInfo(recipient.time_zone)
    today, hour = now.astimezone(zone).date(), time(recipient.digest_hour)
    due = datetime.combine(today, hour, tzinfo=zone).astimezone(UTC)
    if due <= now:
        return due
    return datetime.combine(today - timedelta(days=1), hour, tzinfo=zone).astimezone(UTC)


def notice_of(destination: Destination, events: Sequence[AlertEvent], now: datetime) -> Notice:
    """Return the unsaved notice that tells all of these."""
    if isinstance(destination, AlertHook):
        letter = payloads.of_events(destination, events, now)
        return Notice(purpose=Notice.Purpose.ALERT, created_at=now, due_at=now, hook=destination, **letter)
    assert isinstance(destination, AlertRecipient)  # noqa: S101 - there are two kinds
    daily = destination.often == Often.DAILY
    letter = letters.of_events(destination, events, now)
    purpose = Notice.Purpose.DIGEST if daily else Notice.Purpose.ALERT
    return Notice(purpose=purpose, created_at=now, due_at=now, recipient=destination, **letter)


def bring_up_to_date(notice: Notice, now: datetime) -> None:
    """Take in the ends of what a waiting notice tells. Never raises: then it goes out as it was written."""
    try:
        take_in_ends(notice, now)
    except Exception:
        log.exception("notice %s could not be written anew", notice.pk)


def take_in_ends(notice: Notice, now: datetime) -> None:
    """Write a notice that has not gone out yet anew when what it tells is over by now: instead of old news, and then their end.

    It gets another id: should the former text have gone out after all, the receiver must not take this one for a double.
    """
    told = notice.events.values("problem")
    ends = AlertEvent.objects.filter(notice=None, event=AlertEvent.RECOVERED, problem__in=told)
    with transaction.atomic():
        if not ends.filter(**key_of(notice.destination)).update(notice=notice):
            return
        events = list(notice.events.select_related("problem__store__merchant"))
        fresh = notice_of(notice.destination, events, now)
        notice.subject, notice.text, notice.html = fresh.subject, fresh.text, fresh.html
        notice.key = uuid.uuid4()
        notice.save(update_fields=["subject", "text", "html", "key"])
