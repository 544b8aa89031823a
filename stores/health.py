"""What "healthy" means for the pull of a store: the one definition that admin, pages and metrics show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from stores.models import PullCursor, Store

MISSED_RUNS = 2  # a store is late when it has had no success for this many intervals


@dataclass(frozen=True)
class PullHealth:
    """State of a store's pull. `state` is one of off, paused, never, failing, late, warning, ok."""

    state: str
    sentence: str
    remedy: str
    last_tried_at: datetime | None
    last_good_at: datetime | None
    next_run_at: datetime | None

    @property
    def good(self) -> bool:
        """Whether nobody has to do anything."""
        return self.state == "ok"


def summary(store: Store, now: datetime | None = None) -> PullHealth:
    """Return the health of the store's pull."""
    now = now or timezone.now()
    cursor = getattr(store, "cursor", None) or PullCursor(store=store, due_at=store.created_at)
    state, sentence, remedy = judge(store, cursor, now)
    stopped = state in ("off", "paused")
    return PullHealth(
        state,
        sentence,
        remedy,
        cursor.last_tried_at,
        cursor.last_good_at,
        None if stopped else max(cursor.due_at, now),
    )


def judge(store: Store, cursor: PullCursor, now: datetime) -> tuple[str, str, str]:
    """Return state, sentence and remedy; the first thing that applies."""
    if not (store.active and store.merchant.active):
        return "off", "This store is switched off.", "Switch store and merchant on to pull again."
    if store.paused_reason:
        return "paused", f"Paused: {store.paused_reason}", "Empty the field 'paused reason' to pull again."
    if cursor.problem and cursor.problem_kind != "warning":
        return "failing", cursor.problem, cursor.remedy
    if cursor.last_good_at is None:
        return (
            "never",
            "No pull has succeeded yet.",
            "The first pull starts within a minute when the workers run.",
        )
    if now - cursor.last_good_at > MISSED_RUNS * timedelta(minutes=store.interval_minutes) + timedelta(
        minutes=2
    ):
        return (
            "late",
            "No pull has succeeded for more than two intervals.",
            "Look at the workers and the clock (celery beat).",
        )
    if cursor.problem:
        return "warning", cursor.problem, cursor.remedy
    return "ok", "Orders are coming in.", ""
