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
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.safestring import SafeString

from stores.admin.words import label
from stores.health import MISSED_RUNS
from stores.models import Store

GRACE = timedelta(minutes=2)

# State of `PullHealth`: words, tone (see `words.label`). What needs a person comes first.
STATES: dict[str, tuple[str, str]] = {
    "failing": ("Failing", "bad"),
    "late": ("Late", "warn"),
    "warning": ("Working, with a warning", "warn"),
    "never": ("Not pulled yet", "warn"),
    "paused": ("Paused", "quiet"),
    "ok": ("Working", "good"),
    "off": ("Switched off", "quiet"),
}
NEEDS_ATTENTION = ("failing", "late", "warning", "never")


def state_label(state: str) -> SafeString:
    """Return the state as a label."""
    words, tone = STATES[state]
    return label(words, tone)


def with_standing(rows: QuerySet[Store], now: datetime | None = None) -> QuerySet[Store]:
    """Return the stores with `standing` (a state of PullHealth) and `urgency` (0 comes first)."""
    now = now or timezone.now()
    switched_off = Q(active=False) | Q(merchant__active=False)
    failing = Q(cursor__isnull=False) & ~Q(cursor__problem="") & ~Q(cursor__problem_kind="warning")
    standing = Case(
        When(switched_off, then=Value("off")),
        When(~Q(paused_reason=""), then=Value("paused")),
        When(failing, then=Value("failing")),
        When(cursor__last_good_at__isnull=True, then=Value("never")),
        When(missed_at__lt=now - GRACE, then=Value("late")),
        When(~Q(cursor__problem=""), then=Value("warning")),
        default=Value("ok"),
        output_field=CharField(),
    )
    places = [When(standing=state, then=Value(place)) for place, state in enumerate(STATES)]
    urgency = Case(*places, output_field=IntegerField())
    return rows.alias(missed_at=missed_at()).annotate(standing=standing).annotate(urgency=urgency)


def missed_at() -> Any:
    """Return when the store has missed its runs: the last success and MISSED_RUNS intervals."""
    product = Cast(F("interval_minutes"), IntegerField()) * Value(
        MISSED_RUNS * timedelta(minutes=1), DurationField()
    )
    allowed = ExpressionWrapper(product, output_field=DurationField())
    return ExpressionWrapper(F("cursor__last_good_at") + allowed, output_field=DateTimeField())
