"""Changing a store's translation settings and mappings: all of it or nothing, and never over what somebody has not seen."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from orders import rejudging
from orders.models import CustomFieldMapping, TranslationSettings
from orders.models.translation import RULES
from stores.audit import note_changed
from stores.models import Store


class ChangedMeanwhile(Exception):
    """Somebody else saved the settings since they were read."""


def change(
    store: Store,
    settings: TranslationSettings,
    mappings: Sequence[CustomFieldMapping],
    on_store: Mapping[str, str],
    *,
    seen: int,
    by: Any,
) -> None:
    """Save settings, mappings and `on_store` (identifier, kits), and have the waiting orders judged again.

    `seen` is the version of the settings that the person had before him. Raises ChangedMeanwhile when it is not the present one.
    """
    with transaction.atomic():
        saved_once(store)
        chosen = {name: getattr(settings, name) for name in RULES}
        # This UPDATE is the lock, too: whoever saves at the same time waits for it, and then finds another version.
        saved = TranslationSettings.objects.of(store).filter(version=seen)
        former = facts(store)
        if not saved.update(version=F("version") + 1, changed_at=timezone.now(), changed_by=by, **chosen):
            raise ChangedMeanwhile
        if on_store:
            Store.objects.filter(pk=store.pk).update(**on_store)
        CustomFieldMapping.objects.of(store).delete()
        CustomFieldMapping.objects.bulk_create(mappings)
        present = {**facts(store), **on_store}
        note_changed("translation settings saved", store, former, present)
        rejudging.ask([store])


def outdate(store: Store) -> None:
    """Make a translation page that somebody has open too old to be saved: what stands on the store is changed elsewhere.

    To be called in the transaction of that change and before it: `change` locks in this order, too.
    """
    saved_once(store)
    TranslationSettings.objects.of(store).update(version=F("version") + 1)


def saved_once(store: Store) -> None:
    """Save the defaults of a store that has no settings yet."""
    TranslationSettings.objects.bulk_create([TranslationSettings(store=store)], ignore_conflicts=True)


def facts(store: Store) -> dict[str, Any]:
    """Return what can be changed here as it is saved, by name."""
    row = TranslationSettings.objects.of(store).values(*RULES).get()
    mappings = CustomFieldMapping.objects.of(store).values_list("module", "code", "action", "name")
    on_store = {name: getattr(store, name) for name in ("identifier", "kits")}
    return {**row, **on_store, "mappings": [" ".join(map(str, each)) for each in mappings]}
