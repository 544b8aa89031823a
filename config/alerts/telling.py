"""Deciding who is told what: a ripe problem becomes one event for each destination that wants it, and one more with each reminder.

One conditional UPDATE decides who tells, in the transaction that writes the events: told once, or not at all.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from stores.models import AlertEvent, AlertHook, AlertRecipient, Destination, Problem


def tell(now: datetime) -> int:
    """Write for all ripe problems what people are to be told. Returns how many events."""
    rows = Problem.objects.filter(ripe=True).select_related("store__merchant")
    return sum(tell_of(row, now) for row in rows.order_by("pk"))


def tell_of(problem: Problem, now: datetime) -> int:
    """Write the events of one problem: that it is there, still there, or over. Returns how many; 0 when another process did."""
    over = problem.recovered_at is not None
    same = Problem.objects.filter(
        pk=problem.pk,
        ripe=True,
        kind=problem.kind,
        reminders=problem.reminders,
        recovered_at__isnull=not over,
    )
    event, told = (AlertEvent.RECOVERED, {}) if over else (problem.kind, as_told(now))
    if not over and problem.told_kind == problem.kind:
        number = problem.reminders + 1
        event, told = f"{AlertEvent.REMINDER} {number}", told | {"reminders": number}
    with transaction.atomic():
        if not same.update(ripe=False, **told):
            return 0
        to = told_before(problem) if over else wanting(problem)
        events = [AlertEvent(problem=problem, event=event, at=now, **key_of(each)) for each in to]
        AlertEvent.objects.bulk_create(events, ignore_conflicts=True)
    return len(events)


def as_told(now: datetime) -> dict[str, Any]:
    """Return what is written about a problem of which people are told."""
    return {"told_kind": F("kind"), "told_at": Coalesce("told_at", now), "reminded_at": now}


def wanting(problem: Problem) -> list[Destination]:
    """Return who is to be told of a problem."""
    merchant = Q(merchant=None)
    if problem.store is not None:
        merchant |= Q(merchant=problem.store.merchant_id)
    people = AlertRecipient.objects.tellable().filter(merchant).prefetch_related("stores")
    hooks = AlertHook.objects.filter(merchant, active=True).prefetch_related("stores")
    return [each for each in (*people, *hooks) if each.wants(problem)]


def told_before(problem: Problem) -> list[Destination]:
    """Return who was told that a problem began: they are told of its end, whatever they have chosen since."""
    people = AlertRecipient.objects.tellable().filter(alertevent__problem=problem).distinct()
    hooks = AlertHook.objects.filter(active=True, alertevent__problem=problem).distinct()
    return [*people, *hooks]


def key_of(destination: Destination) -> dict[str, Destination]:
    """Return the field that names a destination in events and notices."""
    return {"recipient" if isinstance(destination, AlertRecipient) else "hook": destination}
