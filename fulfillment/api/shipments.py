"""Shipments: reported as by `updatestatus`, and how far each of them is on its way to Miva."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.models import Package, Shipment, ShipmentLine, StatusUpdate
from fulfillment.record import record
from fulfillment.tasks import nudge
from stores.rest.fields import Body, Text, Told, Whole
from stores.rest.filters import Filters, WholeFilter
from stores.rest.idempotency import idempotent
from stores.rest.problems import Unruly
from stores.rest.views import StoreViewSet
from stores.scopes import Scope
from stores.seti import status_updates
from stores.seti.status_updates import LONGEST_NUMBER, LONGEST_TEXT, MOST_ITEMS, MOST_PACKAGES
from stores.seti.values import clean

WORDS: dict[str, Any] = {"required": False, "allow_blank": True, "default": "", "max_length": 100}
STATES = ("waiting", "parked", "done")


class PackageSerializer(serializers.ModelSerializer[Package]):
    """One parcel."""

    class Meta:
        """What Stone Edge said of it."""

        model = Package
        fields: tuple[str, ...] = ("number", "carrier", "method", "picked_up", "ref")
        read_only_fields: tuple[str, ...] = fields


class LineSerializer(serializers.ModelSerializer[ShipmentLine]):
    """Units of a line that go."""

    class Meta:
        """All of it."""

        model = ShipmentLine
        fields: tuple[str, ...] = ("line_id", "quantity")
        read_only_fields: tuple[str, ...] = fields


class ShipmentSerializer(Told):
    """What Miva is owed for an order, and how far that is."""

    order = serializers.IntegerField(source="order.miva_id", read_only=True)
    state = serializers.SerializerMethodField()
    packages = PackageSerializer(many=True, read_only=True)
    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        """All of it."""

        model = Shipment
        fields: tuple[str, ...] = (
            *("id", "order", "kind", "step", "state", "everything", "miva_id", "problem", "remedy"),
            *("closed_by", "packages", "lines"),
        )
        read_only_fields: tuple[str, ...] = fields

    @extend_schema_field({"type": "string", "enum": STATES})
    def get_state(self, shipment: Shipment) -> str:
        """Return whether it waits, waits for a person, or is done."""
        if shipment.done_at:
            return "done"
        return "parked" if shipment.parked_at else "waiting"


class PackageBody(Body):
    """One parcel with its tracking number."""

    number = Text(max_length=LONGEST_NUMBER)
    carrier = Text(**WORDS)
    method = Text(**WORDS)
    picked_up = Text(**WORDS | {"max_length": 60})
    ref = Text(**WORDS | {"max_length": 60, "help_text": "By which `items` name the package."})


class InPackageBody(Body):
    """Units of a line in a package."""

    ref = Text(max_length=60)
    quantity = Whole(min_value=1, max_value=2**31 - 1)


class ItemBody(Body):
    """What is said about one line; `line_id` is Miva's."""

    line_id = Whole(min_value=1, max_value=10**18 - 1)
    status = Text(**WORDS | {"max_length": 200})
    ordered = Whole(required=False, min_value=0, max_value=2**31 - 1)
    shipped = Whole(required=False, min_value=0, max_value=2**31 - 1)
    needed = Whole(required=False, min_value=0, max_value=2**31 - 1)
    packages: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=InPackageBody(), required=False, default=list, max_length=MOST_PACKAGES
    )


class ReportBody(Body):
    """What has become of an order. Without items everything that is not shipped yet is meant."""

    order = Whole(min_value=1, max_value=10**18 - 1, help_text="Miva's order number.")
    status = Text(max_length=200, help_text="The label, as in Stone Edge: Shipped, Partially Shipped …")
    reference = Text(**WORDS | {"max_length": 60})
    notes = Text(**WORDS | {"max_length": LONGEST_TEXT})
    packages: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=PackageBody(), required=False, default=list, max_length=MOST_PACKAGES
    )
    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ItemBody(), required=False, default=list, max_length=MOST_ITEMS
    )


class ReportSerializer(Told):
    """A report as it was kept, how it was read, and what came of it."""

    order = serializers.IntegerField(source="order.miva_id", read_only=True)
    shipments = ShipmentSerializer(many=True, read_only=True)

    class Meta:
        """All of it."""

        model = StatusUpdate
        fields: tuple[str, ...] = (
            *("id", "order", "label", "meaning", "reference", "effect", "received_at", "repeated"),
            "shipments",
        )
        read_only_fields: tuple[str, ...] = fields


class ShipmentFilter(Filters):
    """Which shipments."""

    order = WholeFilter(field_name="order__miva_id")

    class Meta:
        """And by kind and step."""

        model = Shipment
        fields: tuple[str, ...] = ("kind", "step")


class ShipmentsViewSet(StoreViewSet):
    """Shipments, cancellations and back-orders of a store."""

    reads, writes = Scope.SHIPMENTS_READ, Scope.SHIPMENTS_WRITE
    queryset = Shipment.objects.select_related("order").prefetch_related("packages", "lines")
    serializer_class = ShipmentSerializer
    filterset_class = ShipmentFilter
    orders = {"newest": "-id", "oldest": "id"}
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(request=ReportBody, responses={201: ReportSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Report a shipment or another status of an order; Miva gets it within seconds. Said twice, it has no second effect."""
        body = ReportBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = update_of(body.validated_data)
        recorded = record(self.store, [said])
        if recorded.unknown:
            raise Unruly({"order": [f"Order {said.number} is unknown."]})
        if recorded.owed:
            transaction.on_commit(lambda: nudge(self.store.pk))
        kept = StatusUpdate.objects.of(self.store).select_related("order")
        row = kept.filter(order__miva_id=int(said.number)).first()
        return Response(ReportSerializer(row).data, status=201)


def update_of(given: dict[str, Any]) -> status_updates.StatusUpdate:
    """Return what was sent as the message that a desktop would send."""
    items = [
        status_updates.Item(
            **each
            | {
                "status": clean(each["status"]),
                "packages": tuple((one["ref"], one["quantity"]) for one in each["packages"]),
            }
        )
        for each in given["items"]
    ]
    packages = [
        status_updates.Package(**{name: clean(text) for name, text in each.items()})
        for each in given["packages"]
    ]
    texts = {name: clean(given[name]) for name in ("status", "reference", "notes")}
    return status_updates.StatusUpdate(
        number=str(given["order"]), packages=tuple(packages), items=tuple(items), **texts
    )
