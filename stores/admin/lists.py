"""What all lists and pages have in common: no page counts a table, and facts cannot be changed.

Django's own list counts the whole table for "12,345 orders", twice. On a table with millions of rows that is the
slowest query of the page, and nobody reads the number. Here a page asks for one row more than it shows: enough to know
whether there is a next one.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import DateTimeField, Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.views import ChangeList

from stores.admin.exports import Exporting
from stores.admin.filters import whole
from stores.admin.noting import NotingAdmin
from stores.admin.words import NEVER, trail_of

DEEPEST_PAGE = 10_000
EDGE = re.compile(r"(before|after)-([0-9]{1,18})")


class UncountedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable when it runs
    """Knows the rows up to the present page only; shows "previous" and "next"."""

    template_name = "admin/uncounted_pagination.html"


class UncountedChangeList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """One page of a list, got by one query.

    A list in the order of its key, which all long tables have, is paged by the key of the row at the edge: the thousandth page
    costs as much as the first. One that is sorted by a column is paged by counting off.
    """

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page and one row more. Raises IncorrectLookupParameters for a page that cannot be."""
        if not 1 <= self.page_num <= DEEPEST_PAGE:
            raise IncorrectLookupParameters
        if self.page_num == 1 and set(self.queryset.query.order_by) == {"-pk"}:
            rows = self.by_key(EDGE.fullmatch(request.GET.get(PAGE_VAR, "")))
        else:
            rows = self.counted_off()
        self.result_list = rows
        self.result_count = self.full_result_count = len(rows)
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = bool(rows)
        self.multi_page = bool(self.next_page or self.previous_page)
        self.paginator = UncountedPaginator(self.result_list, self.list_per_page)

    def by_key(self, edge: re.Match[str] | None) -> list[Any]:
        """Return the rows before or after the key at the edge of another page; the first ones without."""
        size, key = self.list_per_page, int(edge[2]) if edge else 0
        if edge and edge[1] == "after":
            rows = list(self.queryset.filter(pk__gt=key).order_by("pk")[: size + 1])
            newer, older = len(rows) > size, True
            rows = rows[:size][::-1]
        else:
            rows = list((self.queryset.filter(pk__lt=key) if edge else self.queryset)[: size + 1])
            newer, older = edge is not None, len(rows) > size
            rows = rows[:size]
        first, last = (rows[0].pk, rows[-1].pk) if rows else (key, key)
        self.page_words = "Further rows" if edge else "First rows"
        self.next_page = self.get_query_string({PAGE_VAR: f"before-{last}"}) if older else ""
        self.previous_page = self.get_query_string({PAGE_VAR: f"after-{first}"}) if newer else ""
        return rows

    def counted_off(self) -> list[Any]:
        """Return the rows of the page with this number."""
        start = (self.page_num - 1) * self.list_per_page
        rows = list(self.queryset[start : start + self.list_per_page + 1])
        more = len(rows) > self.list_per_page
        self.page_words = f"Page {self.page_num}"
        self.next_page = self.get_query_string({PAGE_VAR: self.page_num + 1}) if more else ""
        self.previous_page = self.get_query_string({PAGE_VAR: self.page_num - 1}) if start else ""
        return rows[: self.list_per_page]


def is_list_of(request: HttpRequest, model: type[Model]) -> bool:
    """Whether the page that is asked for is this model's list, or the export of it."""
    stem = f"{model._meta.app_label}_{model._meta.model_name}"
    match = request.resolver_match
    return match is not None and match.url_name in (f"{stem}_changelist", f"{stem}_export")


class PortalAdmin(Exporting, NotingAdmin):
    """A list without a count; 50 rows a page; a file of it for those who may."""

    empty_words = ""  # what to do while there is no row
    linked_by: Sequence[
        str
    ] = ()  # columns by which links of other pages filter the list, beside its own filters
    empty_value_display = NEVER
    list_per_page = 50
    show_full_result_count = False
    list_disable_select_all = True
    paginator = UncountedPaginator
    show_facets = ShowFacets.NEVER  # "show counts" would count the table once for every choice
    compressed_fields = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[UncountedChangeList]:
        """Return the list that counts nothing."""
        return UncountedChangeList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Allow a column only where the list is meant to be filtered by it: by any other one, what no page shows could be guessed
        sign by sign, such as the key of somebody's session or a link in a mail.
        """
        column = lookup.partition(LOOKUP_SEP)[0]
        names = (str(getattr(each, "parameter_name", each)) for each in self.list_filter)
        meant = {name.partition(LOOKUP_SEP)[0] for name in (*names, *self.linked_by)}
        own = {name for field in self.opts.concrete_fields for name in (field.name, field.attname)}
        allowed: bool = super().lookup_allowed(lookup, value, request)
        return allowed and (column not in own or column in meant)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Do what was chosen for the ticked rows; a form that names a row by something else than its key does nothing."""
        if any(whole(key) < 0 for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            messages.error(
                request, "Nothing was done: the form names a row that cannot be. Tick the rows again."
            )
            return None
        response: HttpResponse | None = super().response_action(request, queryset)
        return response

    def may(self, request: HttpRequest, action: str) -> bool:
        """Return whether this person may do this with rows of the model; `action` is the beginning of the permission's codename."""
        return request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename(action, self.opts)}")

    def row_for(self, request: HttpRequest, object_id: str, action: str) -> Any:
        """Return the row of a button that was pressed. Raises Http404, and PermissionDenied for who may not do `action`."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        if not self.may(request, action):
            raise PermissionDenied
        return row

    def frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        """Return what the console needs around a page that is neither a list nor a form: a question, or an answer."""
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts}

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the audit trail of the row: there is one history."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return HttpResponseRedirect(trail_of(row))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the address proposes for the boxes; a key that is none, and any time, is left out, where Django would fail
        over it.
        """
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        fields = (*self.opts.fields, *self.opts.many_to_many)
        keys = {field.name for field in fields if field.is_relation}
        times = {field.name for field in fields if isinstance(field, DateTimeField)}
        return {
            name: value
            for name, value in given.items()
            if name not in times and (name not in keys or all(whole(key) > 0 for key in flat(value)))
        }

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Leave out "save and add another": nobody enters stores in a row."""
        return super().render_change_form(
            request, context | {"show_save_and_add_another": False}, *args, **kwargs
        )


def flat(value: Any) -> list[str]:
    """Return one or several proposed keys as a list."""
    return value if isinstance(value, list) else [value]


class FactAdmin(PortalAdmin):
    """Rows that tell what happened: they can be looked at, and that is all."""

    actions: Sequence[str] | None = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: what happened is written by the portal."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what happened stays as it happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: the clock prunes what is old."""
        return False
