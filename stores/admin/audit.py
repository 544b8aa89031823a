"""The audit trail: who did what, when, to which object, and why."""

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from stores.admin.filters import ChoiceFilter, MerchantFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, link, page_of, short, when
from stores.models import AuditEntry

RECENT = 2_000  # entries that are looked at for the names of actors and verbs


class LatelyFilter(ChoiceFilter):
    """Entries with one value of a column; the choices are those of the latest entries, so that the trail is not read for them."""

    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the values of the latest entries."""
        latest = AuditEntry.objects.values_list(self.column, flat=True)[:RECENT]
        return [(value, value) for value in sorted(set(latest)) if value]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those with the value."""
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ActorFilter(LatelyFilter):
    """What one actor did."""

    title, parameter_name, column = "actor", "actor", "actor_name"


class VerbFilter(LatelyFilter):
    """One thing that is done."""

    title, parameter_name, column = "what was done", "did", "verb"


@admin.register(AuditEntry)
class AuditAdmin(FactAdmin):
    """The trail. Nobody changes or deletes an entry."""

    empty_words = "Nobody has changed anything yet. What people, commands and programs do stands here."
    export_columns = {
        "at": "at",
        "actor_kind": "get_actor_kind_display",
        "actor": "actor_name",
        "address": "address",
        "what": "verb",
        "object_type": "object_type",
        "object_id": "object_id",
        "object": "object_label",
        "merchant": "merchant__name",
        "store": "store__name",
        "before": "before",
        "after": "after",
        "reason": "reason",
        "count": "count",
        "request_id": "request_id",
    }
    list_display = (
        "at_shown",
        "actor_shown",
        "verb",
        "object_link",
        "store_link",
        "changes_short",
        "reason_short",
        "count",
    )
    list_display_links = ("at_shown",)
    list_filter = (by_age("at", "when"), ActorFilter, VerbFilter, "actor_kind", MerchantFilter, StoreFilter)
    linked_by = ("object_type", "object_id")
    list_select_related = ("store__merchant", "merchant")
    search_fields = ("object_label", "actor_name", "reason", "request_id")
    search_help_text = "Object, actor, reason or request id"
    ordering = ("-pk",)
    sortable_by = ()
    fields = (
        *("at", "actor_shown", "address", "verb", "object_link", "store_link", "merchant"),
        *("changes", "reason", "count", "request_id"),
    )
    readonly_fields = fields

    @admin.display(description="when")
    def at_shown(self, entry: AuditEntry) -> Any:
        """Return when it was done."""
        return when(entry.at)

    @admin.display(description="actor")
    def actor_shown(self, entry: AuditEntry) -> str:
        """Return who did it; what is no person with its kind."""
        if entry.actor_kind == AuditEntry.Kind.USER:
            return entry.actor_name
        return f"{entry.get_actor_kind_display()} {entry.actor_name}".strip()

    @admin.display(description="object")
    def object_link(self, entry: AuditEntry) -> SafeString | str:
        """Return a link to the object, where it has a page."""
        words = short(f"{kind_of(entry)} {entry.object_label}".strip(), 60)
        address = address_of(entry)
        return link(address, words) if address else words or NEVER

    @admin.display(description="store")
    def store_link(self, entry: AuditEntry) -> SafeString | str:
        """Return a link to the store; one that was deleted by its former key."""
        if entry.store is None:
            return f"deleted store {entry.store_id}" if entry.store_id else str(entry.merchant or NEVER)
        return link(page_of(entry.store), f"{entry.store.merchant} · {entry.store.name}")

    @admin.display(description="what changed")
    def changes_short(self, entry: AuditEntry) -> SafeString | str:
        """Return former and present values on one line."""
        return short("; ".join(f"{name}: {old} → {new}" for name, old, new in rows_of(entry)), 90) or NEVER

    @admin.display(description="reason")
    def reason_short(self, entry: AuditEntry) -> SafeString | str:
        """Return the reason on one line."""
        return short(entry.reason, 60) or NEVER

    @admin.display(description="what changed")
    def changes(self, entry: AuditEntry) -> SafeString | str:
        """Return former and present values as a table."""
        rows = rows_of(entry)
        if not rows:
            return NEVER
        columns = ((words,) for words in ("Field", "Before", "After"))
        head = format_html_join("", '<th scope="col">{}</th>', columns)
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html(
            '<table class="c2c-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', head, body
        )


def rows_of(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Return name, former and present value of each field that the entry is about."""
    names = dict.fromkeys([*entry.before, *entry.after])
    return [(name, shown(entry.before.get(name)), shown(entry.after.get(name))) for name in names]


def shown(value: Any) -> str:
    """Return a value as it is read."""
    if value is None or value == "":
        return NEVER
    if value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def kind_of(entry: AuditEntry) -> str:
    """Return what sort of object it is about, as pages call it; also where the model is no more."""
    try:
        return str(apps.get_model(entry.object_type)._meta.verbose_name)
    except (LookupError, ValueError):
        return entry.object_type.rpartition(".")[2]


def address_of(entry: AuditEntry) -> str:
    """Return the address of the object's page; empty when there is none."""
    name = f"admin:{entry.object_type.replace('.', '_')}_change"
    try:
        return reverse(name, args=[entry.object_id]) if entry.object_id else ""
    except NoReverseMatch:
        return ""
