"""When something was last pushed for a store, and when that last worked: the only place that writes OutboxClock."""

from django.utils import timezone

from stores.models import OutboxClock, OutboxRow, Store


def note_attempt(model: type[OutboxRow], store: Store, *, worked: bool) -> None:
    """Set the store's two clocks for this kind of row: the attempt in any case, the success only when something arrived."""
    now = timezone.now()
    clock = OutboxClock(store=store, kind=model._meta.label_lower, last_tried_at=now)
    moved = ["last_tried_at"]
    if worked:
        clock.last_good_at = now
        moved.append("last_good_at")
    OutboxClock.objects.bulk_create(
        [clock], update_conflicts=True, unique_fields=["store", "kind"], update_fields=moved
    )
