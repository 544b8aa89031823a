"""Every form of the admin writes into the audit trail what it has changed, in the transaction of the change."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from stores.audit import note
from stores.fields import REMOVE, SecretFormField

Values = dict[str, Any]


class NotingAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Notes what forms save and buttons delete. What a verb does is noted by the verb."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save, then note the row and the rows below it: by now all of them are written."""
        super().save_related(request, form, formsets, change)
        changes = list(changes_of(form, formsets))
        before = {name: value for former, _ in changes for name, value in former.items()}
        after = {name: value for _, present in changes for name, value in present.items()}
        if after or before or not change:
            verb = f"{self.opts.verbose_name} {'changed' if change else 'added'}"
            note(verb, form.instance, before=before if change else None, after=after)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Note, then delete: afterwards the row has no key any more."""
        self.note_deleted(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Note each row, then delete."""
        for row in queryset:
            self.note_deleted(row)
        super().delete_queryset(request, queryset)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Leave Django's own history alone: the audit trail is the one history."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Leave Django's own history alone."""

    def note_deleted(self, row: Model) -> None:
        """Note that a row is deleted, with what it was."""
        fields = [field for field in row._meta.concrete_fields if field.editable and not field.primary_key]
        note(
            f"{self.opts.verbose_name} deleted",
            row,
            before={field.name: getattr(row, field.name) for field in fields},
        )


def changes_of(form: Any, formsets: Any) -> Iterator[tuple[Values, Values]]:
    """Return former and present values of the form and of each form below it, those under the name of their row."""
    yield changed(form)
    for formset in formsets:
        for row in formset.deleted_objects:
            yield {f"{row._meta.verbose_name} {row}": "there"}, {f"{row._meta.verbose_name} {row}": "deleted"}
        for each in formset.forms:
            if each.has_changed() and each not in formset.deleted_forms:
                title = f"{each.instance._meta.verbose_name} {each.instance}"
                former, present = changed(each)
                yield under(title, former), under(title, present)


def under(title: str, values: Values) -> Values:
    """Return values under the name of their row."""
    return {f"{title}: {name}": value for name, value in values.items()}


def changed(form: BaseForm) -> tuple[Values, Values]:
    """Return former and present values of the fields that were changed."""
    names = [name for name in form.changed_data if name in form.cleaned_data]
    return (
        {name: former_value(form, name) for name in names},
        {name: present_value(form, name) for name in names},
    )


def former_value(form: BaseForm, name: str) -> Any:
    """Return what a field was when the form was made; of a secret only whether there was one."""
    if isinstance(form.fields[name], SecretFormField):
        return bool(getattr(form.fields[name].widget, "stored", False))
    return form.initial.get(name, form.fields[name].initial)


def present_value(form: BaseForm, name: str) -> Any:
    """Return what a field is now; of a secret only whether there is one."""
    value = form.cleaned_data[name]
    if isinstance(form.fields[name], SecretFormField):
        return bool(value) and value is not REMOVE
    return value
