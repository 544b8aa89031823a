"""Writing the audit trail. The verbs do it, in the transaction of what they change: so commands and the API are in it, too.

What the portal does by routine (each pull, each download) is in the journal, not here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from stores.context import actor, address, request_id
from stores.fields import EncryptedTextField
from stores.models import AuditEntry, Merchant, Store

Target = models.Model | type[models.Model] | str
Values = Mapping[str, Any]

NOT_SET, SET, CHANGED, REMOVED = "not set", "set", "changed", "removed"
SECRET_NAMES = frozenset({"password", "password1", "password2", "password_hash", "secret"})


def note(
    verb: str,
    target: Target,
    *,
    store: Store | None = None,
    before: Values | None = None,
    after: Values | None = None,
    reason: str = "",
    count: int | None = None,
) -> AuditEntry:
    """Write that the present actor (stores.context) has done `verb` to `target`.

    `target` is a row, a model where it is about many of its rows, or a name where there is no row. The store is the row's own
    unless one is given. Secrets among `before` and `after` are masked.
    """
    made = entry(verb, target, store=store, before=before, after=after, reason=reason, count=count)
    made.save()
    return made


def note_each(
    verb: str,
    targets: Iterable[models.Model],
    *,
    before: Values | None = None,
    after: Values | None = None,
    reason: str = "",
) -> None:
    """Write the same of many rows, an entry for each, by one INSERT."""
    made = [entry(verb, target, before=before, after=after, reason=reason) for target in targets]
    AuditEntry.objects.bulk_create(made)


def note_changed(verb: str, target: Target, before: Values, after: Values, reason: str = "") -> None:
    """Write what has changed between two states of the target; nothing when nothing has."""
    names = [name for name in after if before.get(name) != after[name]]
    if names:
        note(
            verb,
            target,
            before={name: before.get(name) for name in names},
            after={name: after[name] for name in names},
            reason=reason,
        )


def entry(
    verb: str,
    target: Target,
    *,
    store: Store | None = None,
    before: Values | None = None,
    after: Values | None = None,
    reason: str = "",
    count: int | None = None,
) -> AuditEntry:
    """Return the unsaved entry."""
    who = actor.get()
    kind, key, label = named(target)
    store_id, merchant_id = tenants(target, store)
    hidden, old, new = secrets_of(target), before or {}, after or {}
    return AuditEntry(
        actor_kind=who.kind,
        actor_name=who.name[:150],
        address=address.get() or None,
        request_id=request_id.get(),
        store_id=store_id,
        merchant_id=merchant_id,
        verb=verb,
        object_type=kind,
        object_id=key,
        object_label=label[:200],
        before={
            name: (NOT_SET, SET)[bool(value)] if name in hidden else plain(value)
            for name, value in old.items()
        },
        after={
            name: fate(bool(old.get(name)), bool(value)) if name in hidden else plain(value)
            for name, value in new.items()
        },
        reason=reason[:300],
        count=count,
    )


def named(target: Target) -> tuple[str, str, str]:
    """Return kind, key and label of what it is about."""
    if isinstance(target, str):
        return "", "", target
    if isinstance(target, models.Model):
        return target._meta.label_lower, str(target.pk), str(target)
    return target._meta.label_lower, "", str(target._meta.verbose_name_plural)


def tenants(target: Target, store: Store | None) -> tuple[int | None, int | None]:
    """Return the keys of store and merchant that it belongs to."""
    if isinstance(target, Merchant):
        return None, target.pk
    found = store or (target if isinstance(target, Store) else getattr(target, "store", None))
    if isinstance(found, Store):
        return found.pk, found.merchant_id
    return None, getattr(target, "merchant_id", None) if isinstance(target, models.Model) else None


def secrets_of(target: Target) -> frozenset[str]:
    """Return the names of the target's fields whose values never leave it."""
    if isinstance(target, str):
        return SECRET_NAMES
    fields = target._meta.get_fields()
    return SECRET_NAMES | {field.name for field in fields if isinstance(field, EncryptedTextField)}


def fate(before: bool, after: bool) -> str:
    """Return what became of a secret, by whether there was one and there is one."""
    if after:
        return CHANGED if before else SET
    return REMOVED if before else NOT_SET


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it; a row by its name."""
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset, models.QuerySet)):
        return [plain(each) for each in value]
    return value
