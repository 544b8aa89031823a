"""When something was last pushed for a store, when that last worked, and how much it was: only this writes OutboxClock."""

from django.db.models import F
from django.utils import timezone

from stores.models import OutboxClock, OutboxRow, Store


def note_attempt(model: type[OutboxRow], store: Store, *, arrived: int) -> None:
    """Move the store's clocks for this kind of row: the attempt in any case, the success only when rows arrived."""
    now, kind = timezone.now(), model._meta.label_lower
    moved: dict[str, object] = {"last_tried_at": now, "bad_runs": F("bad_runs") + 1}
    if arrived:
        moved = {
            "last_tried_at": now,
            "last_good_at": now,
            "good_runs": F("good_runs") + 1,
            "carried": F("carried") + arrived,
        }
    clock = OutboxClock.objects.filter(store=store, kind=kind)
    if not clock.update(**moved):
        OutboxClock.objects.bulk_create(
            [OutboxClock(store=store, kind=kind, last_tried_at=now)], ignore_conflicts=True
        )
        clock.update(**moved)
