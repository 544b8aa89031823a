"""What every view of the REST API stands on: the token decides which stores there are, and everything else is below one of them."""

import hashlib
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.http import http_date
from django.views.decorators.gzip import gzip_page
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from stores.access import stores_of_token
from stores.audit import note, note_changed
from stores.context import Actor, actor
from stores.models import Store
from stores.rest import journal, problems
from stores.rest.authentication import BearerAuthentication, HasScope, Rate, TokenThrottle, token_of
from stores.rest.fields import as_json
from stores.rest.filters import check_known
from stores.rest.idempotency import idempotent
from stores.rest.paging import PARAMETERS, KeysetPagination
from stores.rest.problems import Refused
from stores.rest.schema import PortalSchema
from stores.scopes import Scope

NO_STORE = (
    "There is no store '{slug}' that this token may know of. /api/v1/stores/ lists those that there are."
)


@method_decorator(gzip_page, name="dispatch")
class ApiViewSet(GenericViewSet[Any]):
    """A resource. `reads` and `writes` are the scopes of its methods, `orders` what its list can be ordered by, `filtered` names
    the actions that its filters hold for.

    A resource that will go away says since when, and until when, in `deprecated_at` and `sunset_at` (RFC 9745, RFC 8594).
    """

    authentication_classes = (BearerAuthentication,)
    permission_classes = (HasScope,)
    throttle_classes = (TokenThrottle,)
    renderer_classes = (JSONRenderer,)
    parser_classes = (JSONParser,)
    filter_backends = (DjangoFilterBackend,)
    pagination_class = KeysetPagination
    metadata_class = None
    schema = PortalSchema()
    http_method_names = ["get", "head", "post", "patch", "delete"]
    reads: Scope
    writes: Scope | None = None
    orders: Mapping[str, str] = {"id": "id"}
    filtered: tuple[str, ...] = ("list",)
    rate: Rate | None = None
    deprecated_at: datetime | None = None
    sunset_at: datetime | None = None

    def get_exception_handler(self) -> Any:
        """Return what makes problems of errors."""
        return problems.handle

    def scope_needed(self) -> Scope | None:
        """Return the scope for what is asked; None for a method that the resource does not have."""
        if getattr(self, "action", None) is None:
            return None
        return self.reads if self.request.method in ("GET", "HEAD") else self.writes

    def orders_of(self, request: Request) -> Mapping[str, str]:
        """Return what the list can be ordered by, the usual order first."""
        return self.orders

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let nothing begin that is asked for with parameters that mean nothing."""
        super().initial(request, *args, **kwargs)
        if getattr(self, "action", None) is not None:
            check_known(request.query_params, self.parameters())

    def parameters(self) -> list[str]:
        """Return the names of the query parameters that the action understands."""
        filters = getattr(self, "filterset_class", None)
        return [
            *(filters.base_filters if filters and self.action in self.filtered else ()),
            *(PARAMETERS if self.action == "list" else ()),
            *(["fields"] if self.action in ("list", "retrieve") else ()),
        ]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer, and write the call into the journal; whatever is done is noted as done by the token."""
        mark, began = actor.set(actor.get()), time.perf_counter()
        try:
            response = super().dispatch(request, *args, **kwargs)
        finally:
            actor.reset(mark)
        self.journal(response, int((time.perf_counter() - began) * 1000))
        return response

    def journal(self, response: Any, milliseconds: int) -> None:
        """Write the call into the journal."""
        function = f"{self.request.method} {self.basename} {getattr(self, 'action', None) or ''}".strip()
        store = self.__dict__.get("store")  # unless the token may not know of it
        journal.write(self.request, response, function=function, store=store, milliseconds=milliseconds)

    def perform_authentication(self, request: Request) -> None:
        """Find out who calls."""
        super().perform_authentication(request)
        actor.set(Actor("token", str(token_of(request))))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what belongs to every answer."""
        found = super().finalize_response(request, response, *args, **kwargs)
        found["Cache-Control"] = "no-store, private"
        patch_vary_headers(found, ["Authorization"])
        if self.rate:
            found["X-RateLimit-Limit"] = str(self.rate.limit)
            found["X-RateLimit-Remaining"] = str(self.rate.remaining)
            found["X-RateLimit-Reset"] = str(self.rate.reset)
        if self.deprecated_at:
            found["Deprecation"] = f"@{int(self.deprecated_at.timestamp())}"
        if self.sunset_at:
            found["Sunset"] = http_date(self.sunset_at.timestamp())
        return found

    def get_serializer_context(self) -> dict[str, Any]:
        """Add which members are asked for. Raises ValidationError for one that is not there."""
        context = dict(super().get_serializer_context())
        texts = self.request.query_params.getlist("fields") if self.request.method in ("GET", "HEAD") else []
        if not texts:
            return context
        told: Any = self.get_serializer_class()()
        known = list(told.fields)
        chosen = [name.strip() for text in texts for name in text.split(",")]
        if unknown := [name for name in chosen if name not in known]:
            sentence = f"'{unknown[0][:60]}' is no member. Choose from {', '.join(known)}."
            raise ValidationError({"fields": [sentence]})
        return context | {"fields": chosen}

    def told(self, row: Any, status: int = 200) -> Response:
        """Return a row as an answer."""
        return Response(self.get_serializer(row).data, status=status)


class StoreViewSet(ApiViewSet):
    """A resource of one store: another merchant's store is not there, and so is nothing below it."""

    @cached_property
    def store(self) -> Store:
        """The store that the address names. Raises NotFound unless the token may know of it."""
        slug = self.kwargs["store"]
        found = stores_of_token(token_of(self.request)).select_related("merchant").filter(slug=slug).first()
        if found is None:
            raise NotFound(NO_STORE.format(slug=slug))
        return found

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let nothing begin without the store."""
        super().initial(request, *args, **kwargs)
        self.store  # noqa: B018  # raises NotFound

    def get_queryset(self) -> QuerySet[Any]:
        """Return the store's rows."""
        return super().get_queryset().filter(store=self.store)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer one page."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer one row."""
        return self.told(self.get_object())


class EditableViewSet(StoreViewSet):
    """Rows that can be made, changed and deleted; `If-Match` keeps anybody from overwriting what he has not seen."""

    editable = True
    unmarked: tuple[str, ...] = ()  # members that change by themselves: the ETag is not about them

    def changing(self) -> None:
        """Do what has to be done before a row is changed, in the same transaction."""

    def changed(self, row: Any) -> None:
        """Do what follows from a change, in the same transaction; a deleted row has no key any more."""

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a row."""
        return self.tagged(self.made(request), 201)

    def made(self, request: Request) -> Any:
        """Return a new row. Raises ValidationError."""
        self.changing()
        given = self.read(request)
        row = given.save(store=self.store)
        note(f"{row._meta.verbose_name} added", row, after=given.validated_data)
        self.changed(row)
        return row

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer one row and its ETag."""
        return self.tagged(self.get_object())

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change some of a row's members."""
        with transaction.atomic():
            self.changing()
            row = self.locked(request)
            given = self.read(request, row)
            before = {name: getattr(row, name) for name in given.validated_data}
            row = given.save()
            note_changed(f"{row._meta.verbose_name} changed", row, before, given.validated_data)
            self.changed(row)
        return self.tagged(row)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a row."""
        with transaction.atomic():
            self.changing()
            row = self.locked(request)
            note(f"{row._meta.verbose_name} deleted", row, before=self.get_serializer(row).data)
            row.delete()
            self.changed(row)
        return Response(status=204)

    def read(self, request: Request, row: Any = None) -> Any:
        """Return what was sent. Raises ValidationError."""
        given = self.get_serializer(row, data=request.data, partial=row is not None)
        given.is_valid(raise_exception=True)
        return given

    def locked(self, request: Request) -> Any:
        """Return the row, locked. Raises Refused when it is not the version that `If-Match` names."""
        row = (
            self.filter_queryset(self.get_queryset()).select_for_update().filter(pk=self.kwargs["pk"]).first()
        )
        if row is None:
            raise NotFound("There is no such row in this store.")
        wanted = request.headers.get("If-Match", "*")
        present = self.etag(row)
        if wanted.strip() != "*" and present not in (
            each.strip().removeprefix("W/") for each in wanted.split(",")
        ):
            raise Refused("changed", f"It was changed since it was read: its ETag is {present} now.")
        return row

    def tagged(self, row: Any, status: int = 200) -> Response:
        """Return the row with its ETag."""
        return Response(self.get_serializer(row).data, status=status, headers={"ETag": self.etag(row)})

    def etag(self, row: Any) -> str:
        """Return the mark of what is told of a row."""
        told = self.get_serializer_class()(row).data
        marked = {name: value for name, value in told.items() if name not in self.unmarked}
        return f'"{hashlib.sha256(as_json(marked).encode()).hexdigest()[:32]}"'
