"""What stands in the way of deleting a merchant, a store or a login.

Django's own page lists every row that would go with it, and for a store that is a journal of many thousand conversations.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import PROTECT, Model
from django.http import HttpRequest

SHOWN = 10


def refusals(model_admin: Any, objs: Iterable[Model], request: HttpRequest) -> tuple[Any, Any, Any, Any]:
    """Return rows to delete, their number by kind, missing permissions, and what is protected: as `get_deleted_objects`."""
    rows = list(objs)
    names = [str(row) for row in rows]
    protected = [text for row in rows for text in protected_by(row)]
    allowed = all(model_admin.has_delete_permission(request, row) for row in rows)
    missing = set() if allowed else {str(model_admin.opts.verbose_name)}
    return names, {model_admin.opts.verbose_name_plural: len(rows)}, missing, protected


def protected_by(row: Model) -> list[str]:
    """Return what would have to go first, a few rows of each kind, without counting a table."""
    found: list[str] = []
    for relation in row._meta.related_objects:
        if getattr(relation, "on_delete", None) is not PROTECT:
            continue
        name = relation.related_model._meta.verbose_name
        others = relation.related_model._default_manager.filter(**{relation.field.name: row})
        few = [str(other) for other in others.only("pk", *shown_fields(relation.related_model))[: SHOWN + 1]]
        found += [f"{name} {text}" for text in few[:SHOWN]]
        found += [f"and more of the kind {name}"] if len(few) > SHOWN else []
    return found


def shown_fields(model: Any) -> list[str]:
    """Return the plain columns that a row's name may need: short ones, never a whole order."""
    return [
        field.attname
        for field in model._meta.concrete_fields
        if field.get_internal_type() in ("CharField", "BigIntegerField")
    ]
