"""Copying settings from another store: which store, which groups, what would change, do it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.copying import GROUPS, copy_settings, differences
from stores.admin.acting import Act, ActForm, Asked, Result
from stores.models import Store

MOST_TARGETS = 20  # stores whose differences fit on a page


class SourceField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A store, named with its merchant."""

    def label_from_instance(self, obj: Any) -> str:
        """Return merchant and store."""
        return f"{obj.merchant} · {obj}"


class CopyForm(ActForm):
    """From where, and what."""

    source = SourceField(
        Store.objects.select_related("merchant").order_by("merchant__name", "name"),
        label="Copy from",
        help_text="The store whose settings are right.",
    )
    groups = forms.MultipleChoiceField(
        choices=[(name, group.title) for name, group in GROUPS.items()],
        widget=forms.CheckboxSelectMultiple,
        label="What is copied",
        help_text="Credentials, passwords and webhook addresses are never copied.",
    )

    def clean_source(self) -> Store:
        """Refuse a store that would be copied to itself."""
        source: Store = self.cleaned_data["source"]
        if any(row.pk == source.pk for row in self.rows):
            raise ValidationError(f"{source} is among the stores that are changed: choose another one.")
        return source


def preview(asked: Asked) -> tuple[str, Mapping[str, Any]]:
    """Return what would change in each store."""
    source = asked.given["source"]
    found = [
        (
            store,
            [
                (GROUPS[name].title, differences(GROUPS[name], source, store))
                for name in asked.given["groups"]
            ],
        )
        for store in asked.rows
    ]
    return "admin/stores/store/copy_preview.html", {"found": found}


def copy(asked: Asked) -> Result:
    """Copy the groups to each store."""
    source = asked.given["source"]
    copied = [copy_settings(source, store, asked.given["groups"]) for store in asked.rows]
    changed = [groups for groups in copied if groups]
    same = len(asked.rows) - len(changed)
    stores = "1 store" if len(changed) == 1 else f"{len(changed)} stores"
    judged = any(group.judges for groups in changed for group in groups)
    sentence = (
        f"Settings of {source} copied to {stores}.{' Waiting orders are judged again.' if judged else ''}"
    )
    return Result(
        done=[sentence] if changed else [],
        left=[f"{same} had just these settings already."] if same else [],
    )


COPY = Act(
    "copy",
    "Copy settings",
    "Copy settings of another store to {}?",
    "What is chosen below is replaced by that of another store; first you see what would change. Orders that Stone Edge has stay "
    "as they are there.",
    "stores.change_store",
    copy,
    form=CopyForm,
    preview=preview,
    most=MOST_TARGETS,
)
