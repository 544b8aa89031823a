"""Stopping and starting the clock for one store."""

from django.db import transaction

from stores.audit import note_changed
from stores.models import Store


def set_pause(store: Store, reason: str) -> None:
    """Keep the clock from pulling the store because of `reason`; an empty one lets it go on."""
    with transaction.atomic():
        former = (
            Store.objects.select_for_update(no_key=True)
            .values_list("paused_reason", flat=True)
            .get(pk=store.pk)
        )
        if former == reason:
            return
        Store.objects.filter(pk=store.pk).update(paused_reason=reason)
        verb = "pause" if reason else "resume"
        note_changed(verb, store, {"paused_reason": former}, {"paused_reason": reason}, reason)
