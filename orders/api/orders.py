"""Orders: found, read, exported, and what a program may decide about them: the verbs of the support team's pages."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from orders import release
from orders.models import Order
from orders.rules import rules_for
from orders.translate import CannotTranslate, translate
from stores.miva import shapes
from stores.models import Store
from stores.rest.fields import Body, Nothing, Text, Told, as_json
from stores.rest.filters import Filters, MomentFilter, WholeFilter
from stores.rest.idempotency import idempotent
from stores.rest.problems import Refused
from stores.rest.views import StoreViewSet
from stores.scopes import Scope

CHUNK = 500  # orders that an export holds at a time
BY_DATE = ("placed_after", "placed_before")
NDJSON = "application/x-ndjson"


class OrderSerializer(Told):
    """What lists need of an order; money as text, in the store's currency."""

    number = serializers.IntegerField(source="miva_id", read_only=True)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)
    former_numbers = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        """All but the raw order."""

        model = Order
        fields: tuple[str, ...] = (
            *(
                "number",
                "state",
                "reason",
                "remedy",
                "warnings",
                "cancelled",
                "held_by_hand",
                "export_number",
                "first_number",
            ),
            *("former_numbers", "placed_at", "miva_status", "total", "customer", "email", "kept_at"),
            *("changed_at", "released_at"),
        )
        read_only_fields: tuple[str, ...] = fields


class OrderDetailSerializer(OrderSerializer):
    """An order as Stone Edge gets it, and as Miva sent it without card data."""

    acknowledged_at = serializers.DateTimeField(read_only=True, allow_null=True)
    translated = serializers.SerializerMethodField()
    raw = serializers.SerializerMethodField()

    class Meta(OrderSerializer.Meta):
        """With both forms."""

        fields = (*OrderSerializer.Meta.fields, "acknowledged_at", "translated", "raw")
        read_only_fields: tuple[str, ...] = fields

    @extend_schema_field({"type": ["object", "null"], "description": "Null when it cannot be translated."})
    def get_translated(self, order: Order) -> dict[str, Any] | None:
        """Return the order as Stone Edge is sent it."""
        try:
            found = translate(order.current, rules_for(order.store)).order
        except CannotTranslate:
            return None
        return dict(msgspec.to_builtins(found, builtin_types=(), enc_hook=str))

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_raw(self, order: Order) -> dict[str, Any]:
        """Return the order as Miva sent it."""
        return dict(order.raw)


class OrderFilter(Filters):
    """Which orders."""

    number = WholeFilter(field_name="miva_id")
    number_from = WholeFilter(field_name="miva_id", lookup_expr="gte")
    number_to = WholeFilter(field_name="miva_id", lookup_expr="lte")
    export_number_after = WholeFilter(field_name="export_number", lookup_expr="gt")
    placed_after = MomentFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = MomentFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        """And by state."""

        model = Order
        fields: tuple[str, ...] = ("state",)


class ReasonBody(Body):
    """Why."""

    reason = Text(max_length=200)


class NdjsonRenderer(JSONRenderer):
    """One JSON object a line; what goes wrong before the first is a problem like everywhere."""

    media_type = NDJSON
    format = "ndjson"


class OrdersViewSet(StoreViewSet):
    """A store's orders, by Miva's order number."""

    reads, writes = Scope.ORDERS_READ, Scope.ORDERS_WRITE
    queryset = Order.objects.defer("raw", "skus")
    filterset_class = OrderFilter
    filtered = ("list", "export")
    orders = {"number": "miva_id", "export_number": "export_number", "placed_at": "placed_at"}
    lookup_field, lookup_url_kwarg, lookup_value_regex = "miva_id", "number", "[0-9]{1,18}"

    def orders_of(self, request: Request) -> Mapping[str, str]:
        """Return the orders of the list; one by date is asked for in the order of the dates."""
        if any(name in request.query_params for name in BY_DATE):
            return {"placed_at": "placed_at"} | self.orders
        if "export_number_after" in request.query_params:
            return {"export_number": "export_number"} | self.orders
        return self.orders

    def get_queryset(self) -> QuerySet[Any]:
        """Return the store's orders; one of them whole."""
        rows = super().get_queryset()
        return rows.defer(None).select_related("store__merchant") if self.action == "retrieve" else rows

    def get_serializer_class(self) -> type[serializers.Serializer[Any]]:
        """Return how it is told: one whole."""
        return OrderDetailSerializer if self.action == "retrieve" else OrderSerializer

    def decide(self, number: str, verb: Callable[[Store, list[int]], Any]) -> Response:
        """Do something with one order and answer how it stands then."""
        order = self.get_object()
        verb(self.store, [order.miva_id])
        return self.told(self.get_object())

    def reason(self, request: Request) -> str:
        """Return the reason that was sent. Raises ValidationError."""
        body = ReasonBody(data=request.data)
        body.is_valid(raise_exception=True)
        return str(body.validated_data["reason"])

    @extend_schema(request=ReasonBody, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def resend(self, request: Request, store: str, number: str) -> Response:
        """Put an order that was downloaded at the end of the sequence once more. One that was not comes anyway."""
        reason = self.reason(request)
        return self.decide(number, lambda store, rows: release.resend(store, rows, reason=reason, by=None))

    @extend_schema(request=ReasonBody, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def ignore(self, request: Request, store: str, number: str) -> Response:
        """Set a held or incomplete order aside for good."""
        reason = self.reason(request)
        return self.decide(number, lambda store, rows: release.ignore(store, rows, reason))

    @extend_schema(request=ReasonBody, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def hold(self, request: Request, store: str, number: str) -> Response:
        """Keep an order back until it is released, whatever changes. One that Stone Edge was given cannot be held any more."""
        reason = self.reason(request)
        order = self.get_object()
        if not release.hold(self.store, [order.miva_id], reason) and not order.held_by_hand:
            raise Refused("conflict", "The order is ignored, or Stone Edge was given it already.")
        return self.told(self.get_object())

    @extend_schema(request=Nothing, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: Request, store: str, number: str) -> Response:
        """Take back that an order is ignored or held by hand, and judge it again."""
        self.nothing(request)
        return self.decide(number, release.release)

    @extend_schema(request=Nothing, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def retry(self, request: Request, store: str, number: str) -> Response:
        """Judge a held or incomplete order again."""
        self.nothing(request)
        return self.decide(number, release.retry)

    def nothing(self, request: Request) -> None:
        """Refuse members that mean nothing. Raises ValidationError."""
        Nothing(data=request.data or {}).is_valid(raise_exception=True)

    @extend_schema(
        responses={(200, NDJSON): OpenApiTypes.STR},
        description="All orders that the filters match, one JSON object a line, each with `raw`, in the order of their numbers.",
    )
    @action(detail=False, pagination_class=None, renderer_classes=[NdjsonRenderer])
    def export(self, request: Request, store: str) -> StreamingHttpResponse:
        """Stream orders; a million costs no more memory than five hundred."""
        rows = self.filter_queryset(self.get_queryset()).defer("skus")
        return StreamingHttpResponse(lines(rows), content_type=NDJSON)


def lines(rows: QuerySet[Order]) -> Iterator[bytes]:
    """Yield a line for each order, in chunks behind the number that was reached: no cursor is left open in between."""
    after, serializer = -1, OrderSerializer()
    while page := list(rows.defer(None).filter(miva_id__gt=after).order_by("miva_id")[:CHUNK]):
        for order in page:
            told = as_json(serializer.to_representation(order))
            yield b"".join((told[:-1].encode(), b',"raw":', shapes.encode(order.raw), b"}\n"))
        after = page[-1].miva_id
