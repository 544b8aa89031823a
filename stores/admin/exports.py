"""Lists as files for spreadsheets: with their present filters and search, for whom the permission allows it, and noted."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ORDER_VAR, SEARCH_VAR
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm
from import_export.resources import ModelResource

from stores.audit import note

MOST = 50_000  # rows of one file: it is made in memory
# A spreadsheet would calculate a text that begins so, full-width signs among them (OWASP, CSV Injection). One that takes the
# semicolon for the separator, as Excel does in half of Europe, begins a cell at each of them, and a row at each end of a line.
FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\"]*[=+\-@＝＋－＠])|^(?=[\t\r\n])")
TOO_MANY = f"More than {MOST:,} rows: nothing was exported. Narrow the list by store, state or age, and export in parts."


class Rows(ModelResource):  # type: ignore[misc]  # import-export has no types
    """Rows of a list as cells."""

    def export_field(self, field: Field, instance: Model, **kwargs: Any) -> Any:
        """Return a cell."""
        return cell(field.get_value(instance))


def cell(value: Any) -> Any:
    """Return a value as a spreadsheet takes it: times in UTC, and no text that would be calculated."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float, Decimal)):
        return value
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    words = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    return FORMULA.sub(r"\1'", words)


@cache
def resource_of(model: type[Model], columns: tuple[tuple[str, str], ...]) -> type[Rows]:
    """Return what import-export wants: the model's columns by name, each with the way to its value."""
    fields = {name: Field(attribute=way, column_name=name) for name, way in columns}
    names = tuple(fields)
    meta = type("Meta", (), {"model": model, "fields": names, "export_order": names, "name": "List"})
    return type(f"{model.__name__}Rows", (Rows,), {**fields, "Meta": meta})


class FileForm(ExportForm):  # type: ignore[misc]  # import-export has no types
    """Which kind of file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Propose the kind that every program reads."""
        super().__init__(*args, **kwargs)
        box = self.fields["format"]
        box.choices = [choice for choice in box.choices if choice[0]]
        box.label, box.help_text = "Kind of file", "CSV is read by every program, XLSX by Excel and its like."


class Exporting(ExportMixin):  # type: ignore[misc]  # import-export has no types
    """The button "Export" of a list. `export_columns` names the columns and the ways to their values."""

    export_columns: ClassVar[Mapping[str, str]] = {}
    export_permission: ClassVar[str] = ""  # the model's own, unless one is named
    export_form_class = FileForm
    formats = (CSV, XLSX)

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[Rows]]:
        """Return the list's columns."""
        return [resource_of(self.model, tuple(self.export_columns.items()))]

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Ask, then return the file; an address with filters that are none leads to the whole list."""
        try:
            response: HttpResponse = super().export_action(request)
        except IncorrectLookupParameters:
            listed = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            return HttpResponseRedirect(f"{listed}?{ERROR_FLAG}=1")
        return response

    def get_export_formats(self) -> list[Any]:
        """Return CSV and XLSX."""
        return list(self.formats)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may have the list as a file: only who may see it."""
        name = (
            self.export_permission or f"{self.opts.app_label}.{get_permission_codename('export', self.opts)}"
        )
        return bool(self.has_view_permission(request)) and request.user.has_perm(name)

    def init_request_context_data(self, request: HttpRequest, form: ExportForm) -> dict[str, Any]:
        """Return what the page that asks shows: the columns, the filters, the way back."""
        listed = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return {
            **super().init_request_context_data(request, form),
            "columns": [name.replace("_", " ") for name in self.export_columns],
            "chosen": [self.filter_title(name) for name, value in request.GET.items() if value],
            "most": f"{MOST:,}",
            "back": f"{listed}?{request.GET.urlencode()}",
        }

    def filter_title(self, parameter: str) -> str:
        """Return what the list calls the filter with this name in the address."""
        own = {
            each.parameter_name: each.title for each in self.list_filter if hasattr(each, "parameter_name")
        }
        titles = {SEARCH_VAR: "search", ORDER_VAR: "order of a column"} | own
        return str(titles.get(parameter) or parameter.removesuffix("__exact").replace("_", " "))

    def get_valid_export_item_pks(self, request: HttpRequest) -> list[int]:
        """Return none: a file is of all that the filters match, and the table is not read for its keys."""
        return []

    def _do_file_export(
        self, file_format: Any, request: HttpRequest, queryset: QuerySet[Any], export_form: Any = None
    ) -> HttpResponse:
        """Return the file, and note who has it; more rows than MOST are refused in a sentence."""
        count = queryset[: MOST + 1].count()
        if count > MOST:
            messages.error(request, TOO_MANY)
            return HttpResponseRedirect(request.get_full_path())
        response: HttpResponse = super()._do_file_export(file_format, request, queryset, export_form)
        what = {"format": file_format.get_title(), "filters": request.GET.dict()}
        note("export", self.model, count=count, after=what)
        return response
