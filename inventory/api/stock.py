"""Stock: changes in bulk as by `invupdate`, `qohreplace` and `updatestockstatus`, the ledger, and Miva's figures."""

from typing import Any

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory import record, tasks
from inventory.catalog import copy_is_filled
from inventory.models import StockChange, StockLevel, fold
from inventory.record import Asker, Recorded, Wanted, untracked
from inventory.resolve import UnknownSku
from stores.context import request_id
from stores.models import Store
from stores.rest.authentication import token_of
from stores.rest.fields import Body, Text, Told, Whole
from stores.rest.filters import Filters, MomentFilter
from stores.rest.idempotency import idempotent
from stores.rest.problems import Unruly
from stores.rest.views import StoreViewSet
from stores.scopes import Scope

MOST = 10_000
MOST_UNITS = 10**9
Kind = StockChange.Kind


class ChangeSerializer(Told):
    """A row of the ledger, and what became of it."""

    class Meta:
        """All that pages show."""

        model = StockChange
        fields: tuple[str, ...] = (
            "id",
            "at",
            "sku",
            "kind",
            "amount",
            "outcome",
            "reason",
            "figure",
            "settled_at",
            "request_id",
        )
        read_only_fields: tuple[str, ...] = fields


class OneBody(Body):
    """One SKU. `amount`: units to add, the figure to set, or 1 and 0 for shown in the store or not."""

    sku = Text(max_length=record.LONGEST_SKU)
    amount = Whole(min_value=-MOST_UNITS, max_value=MOST_UNITS)


class ChangesBody(Body):
    """Changes of one kind; all are written down, or none."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    changes: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=OneBody(), min_length=1, max_length=MOST
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the members. Raises Unruly for a product that is to be shown neither 1 nor 0."""
        wrong = [each["amount"] not in (0, 1) for each in attrs["changes"]]
        if attrs["kind"] == Kind.ACTIVE and any(wrong):
            raise Unruly({"changes": {str(wrong.index(True)): {"amount": ["Shown is 1, hidden is 0."]}}})
        return attrs


class ResultSerializer(serializers.Serializer[Any]):
    """What is known of a change when it has been written down."""

    sku = serializers.CharField()
    result = serializers.ChoiceField(
        choices=["accepted", "untracked", "unknown", "refused", "superseded"],
        help_text="Only what is accepted goes to Miva. Unknown is what neither our copy of the catalogue nor Miva has.",
    )
    figure = serializers.IntegerField(
        allow_null=True, help_text="The stock that Miva will have; null: not known yet."
    )
    detail = serializers.CharField(allow_blank=True)


class ResultsSerializer(serializers.Serializer[Any]):
    """One result for each change, in their order."""

    results = ResultSerializer(many=True)


class ChangeFilter(Filters):
    """Which changes."""

    at_after = MomentFilter(field_name="at", lookup_expr="gte")
    at_before = MomentFilter(field_name="at", lookup_expr="lt")
    sku = django_filters.CharFilter(method="by_sku")

    class Meta:
        """And by kind and outcome."""

        model = StockChange
        fields: tuple[str, ...] = ("kind", "outcome")

    def by_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the changes of a SKU, whatever its case."""
        return rows.filter(sku_key=fold(value))


class StockChangesViewSet(StoreViewSet):
    """The ledger of a store's stock."""

    reads, writes = Scope.STOCK_READ, Scope.STOCK_WRITE
    queryset = StockChange.objects.all()
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    orders = {"newest": "-id", "oldest": "id"}
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(request=ChangesBody, responses={201: ResultsSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the stock of up to 10,000 SKUs; Miva gets it within seconds. Use an Idempotency-Key to add units only once."""
        body = ChangesBody(data=request.data)
        body.is_valid(raise_exception=True)
        kind = body.validated_data["kind"]
        wanted = [Wanted(each["sku"], each["amount"]) for each in body.validated_data["changes"]]
        asker = Asker(token=token_of(request), request_id=request_id.get())
        recorded = written(self.store, kind, wanted, asker)
        transaction.on_commit(lambda: tasks.nudge_stock(self.store.pk))
        return Response({"results": [told(self.store, kind, each) for each in recorded]}, status=201)


def written(store: Store, kind: str, wanted: list[Wanted], asker: Asker) -> list[Recorded]:
    """Write the changes down, as the desktop's are."""
    if kind == Kind.COUNT:
        return record.replace(store, wanted, asker, look_up=True)
    if kind == Kind.ACTIVE:
        return record.show(store, wanted, asker, look_up=not copy_is_filled(store))
    forgiving = store.unknown_sku == Store.UnknownSku.OK
    return record.add(store, wanted, asker, look_up=lambda: forgiving or not copy_is_filled(store))


def told(store: Store, kind: str, recorded: Recorded) -> dict[str, Any]:
    """Return what is known of one change."""
    figure = None if kind == Kind.ACTIVE else recorded.figure
    result, detail = "accepted", ""
    if recorded.superseded:
        result, figure = "superseded", None
    elif not recorded.pending:
        result = "unknown" if isinstance(recorded.unresolved, UnknownSku) else "refused"
        figure, detail = None, str(recorded.unresolved)
    elif kind != Kind.ACTIVE and untracked(store, recorded):
        result, figure = "untracked", None
    return {"sku": recorded.wanted.sku, "result": result, "figure": figure, "detail": detail}


class LevelSerializer(Told):
    """Miva's figure as it was last known."""

    class Meta:
        """All of it."""

        model = StockLevel
        fields: tuple[str, ...] = ("product_id", "sku", "figure", "at", "expected", "drift", "compared_at")
        read_only_fields: tuple[str, ...] = fields


class LevelFilter(Filters):
    """Which products."""

    sku = django_filters.CharFilter(field_name="sku")


class StockLevelsViewSet(StoreViewSet):
    """Miva's figures as they were last known, by the Miva id of the product that holds the stock."""

    reads = Scope.STOCK_READ
    queryset = StockLevel.objects.all()
    serializer_class = LevelSerializer
    filterset_class = LevelFilter
    orders = {"product": "product_id"}
    lookup_field, lookup_url_kwarg, lookup_value_regex = "product_id", "product_id", "[0-9]{1,18}"
