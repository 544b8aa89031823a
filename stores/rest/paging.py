"""Lists in pages by key: a page costs the same at any depth, and what arrives meanwhile moves nothing."""

import base64
import binascii
import json
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Q, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.exceptions import ValidationError as Invalid
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from stores.rest.fields import as_json

LARGEST, USUAL = 500, 100
PARAMETERS = ("cursor", "page_size", "order_by")
STALE = "There is no such page: the cursor is not one of this list. Begin with the first page."


class KeysetPagination(BasePagination):
    """Pages behind a position, `next` being the address of the following one; the cursor says nothing to callers.

    A view names in `orders` what its rows can be ordered by: the name for callers, and the field, with a minus for newest first.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of one page. Raises ValidationError, and NotFound for a cursor of something else."""
        orders: dict[str, str] = view.orders_of(request)
        self.name = str(request.query_params.get("order_by") or next(iter(orders)))
        if self.name not in orders:
            raise Invalid(
                {"order_by": [f"'{self.name}' is no order of this list. Choose from {', '.join(orders)}."]}
            )
        self.request, self.field = request, orders[self.name]
        size = page_size(request)
        column = self.field.removeprefix("-")
        rows = queryset.filter(**{f"{column}__isnull": False}) if nullable(queryset, column) else queryset
        rows = behind(rows, self.field, request.query_params.get("cursor", ""), self.name)
        sign = "-" if self.field.startswith("-") else ""
        found = list(rows.order_by(self.field, f"{sign}pk")[: size + 1])
        self.last = found[size - 1] if len(found) > size else None
        return found[:size]

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page."""
        return Response({"next": self.next_url(), "results": data})

    def next_url(self) -> str | None:
        """Return the address of the next page, None on the last."""
        if self.last is None:
            return None
        value = getattr(self.last, self.field.removeprefix("-"))
        cursor = cursor_of(self.name, value, self.last.pk)
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return how a page looks."""
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "Address of the next page, null on the last.",
                },
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return the parameters of a list."""
        orders = list(view.orders)  # type: ignore[attr-defined]
        return [
            parameter("cursor", {"type": "string"}, "Position, from `next` of the page before."),
            parameter(
                "page_size",
                {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": USUAL},
                "Rows of a page.",
            ),
            parameter("order_by", {"type": "string", "enum": orders}, "What the rows are ordered by."),
        ]


def cursor_of(name: str, value: Any, pk: int) -> str:
    """Return the cursor of the page behind a row, in the order with this name."""
    return base64.urlsafe_b64encode(as_json([name, value, pk]).encode()).decode().rstrip("=")


def parameter(name: str, schema: dict[str, Any], description: str, place: str = "query") -> dict[str, Any]:
    """Return an optional parameter for the schema."""
    return {"name": name, "in": place, "required": False, "schema": schema, "description": description}


def page_size(request: Request) -> int:
    """Return how many rows a page is to have. Raises ValidationError."""
    text = request.query_params.get("page_size", str(USUAL))
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= LARGEST:
        return int(text)
    raise Invalid({"page_size": [f"'{text[:20]}' is no page size. Choose from 1 to {LARGEST}."]})


def behind(rows: QuerySet[Any], field: str, cursor: str, name: str) -> QuerySet[Any]:
    """Keep the rows behind a cursor; all without one. Raises NotFound."""
    if not cursor:
        return rows
    column, beyond = field.removeprefix("-"), "lt" if field.startswith("-") else "gt"
    try:
        found, value, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = rows.model._meta.get_field(column).to_python(value)
        position = Q(**{f"{column}__{beyond}": value}) | Q(**{column: value, f"pk__{beyond}": int(pk)})
        if found != name or value is None:
            raise NotFound(STALE)
    except (ValueError, TypeError, OverflowError, binascii.Error, ValidationError) as error:
        raise NotFound(STALE) from error
    # The first condition says nothing more; by it the index is entered at the position.
    return rows.filter(**{f"{column}__{beyond}e": value}).filter(position)


def nullable(rows: QuerySet[Any], column: str) -> bool:
    """Whether the column may be empty; rows without a value have no place in an order by it."""
    try:
        field = rows.model._meta.get_field(column)
    except FieldDoesNotExist:
        return False
    return isinstance(field, Field) and field.null
