"""How a store stands, in SQL and in words. `stores.health.judge` decides; the SQL here follows it word by word.

A list can only be sorted and filtered by what the database knows, and asking `judge` for every row of the table would read the
whole table. The tests hold both to each other.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.safestring import SafeString

from stores.admin.words import label
from stores.health import GRACE, MISSED_RUNS, State
from stores.models import Store

# What the list of stores calls a problem: what is wrong, and what has not begun.
NEEDS_ATTENTION = tuple(state for state in State if state.wrong or state == State.NEVER)


def state_label(state: State) -> SafeString:
    """Return the state as a label."""
    return label(str(state.label), state.tone)


def with_standing(rows: QuerySet[Store], now: datetime | None = None) -> QuerySet[Store]:
    """Return the stores with `standing` (a `State`) and `urgency` (0 comes first)."""
    now = now or timezone.now()
    switched_off = Q(active=False) | Q(merchant__active=False)
    failing = Q(cursor__isnull=False) & ~Q(cursor__problem="") & ~Q(cursor__problem_kind="warning")
    standing = Case(
        When(switched_off, then=Value(State.OFF)),
        When(~Q(paused_reason=""), then=Value(State.PAUSED)),
        When(failing, then=Value(State.FAILING)),
        When(cursor__leased_until__lte=now, then=Value(State.CRASHED)),
        When(missed_at__lt=now - GRACE, then=Value(State.LATE)),
        When(cursor__last_good_at__isnull=True, then=Value(State.NEVER)),
        When(~Q(cursor__problem=""), then=Value(State.WARNING)),
        default=Value(State.OK),
        output_field=CharField(),
    )
    places = [When(standing=state, then=Value(place)) for place, state in enumerate(State)]
    urgency = Case(*places, output_field=IntegerField())
    return rows.alias(missed_at=missed_at()).annotate(standing=standing).annotate(urgency=urgency)


def missed_at() -> Any:
    """Return when the store has missed its runs: MISSED_RUNS intervals after the last success, or after it was connected."""
    product = Cast(F("interval_minutes"), IntegerField()) * Value(
        MISSED_RUNS * timedelta(minutes=1), DurationField()
    )
    allowed = ExpressionWrapper(product, output_field=DurationField())
    return ExpressionWrapper(
        Coalesce(F("cursor__last_good_at"), F("created_at")) + allowed, output_field=DateTimeField()
    )
