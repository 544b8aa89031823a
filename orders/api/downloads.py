"""What was downloaded: by desktops, and what a program says that it has received."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders import serve
from orders.models import Download
from stores.rest.fields import Body, Told, Whole
from stores.rest.idempotency import idempotent
from stores.rest.problems import Refused, Unruly
from stores.rest.views import StoreViewSet
from stores.scopes import Scope

MOST = 10_000


class DownloadSerializer(Told):
    """A run of export numbers that somebody has received."""

    desktop = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        """All of it."""

        model = Download
        fields = ("id", "first_number", "last_number", "count", "desktop", "at")
        read_only_fields = fields


class AcknowledgedSerializer(serializers.Serializer[Any]):
    """What was written down: one row for each run of export numbers without a hole."""

    results = DownloadSerializer(many=True)


class DownloadBody(Body):
    """From which export number to which the orders have arrived."""

    first_number = Whole(min_value=1)
    last_number = Whole(min_value=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the members. Raises Unruly for a range that cannot be meant."""
        length = attrs["last_number"] - attrs["first_number"] + 1
        if not 1 <= length <= MOST:
            raise Unruly({"last_number": [f"The range has {length} numbers; it must have 1 to {MOST}."]})
        return attrs


class DownloadsViewSet(StoreViewSet):
    """Downloads of a store's orders. Reading orders changes nothing; who has kept them says so here."""

    reads, writes = Scope.ORDERS_READ, Scope.ORDERS_WRITE
    queryset = Download.objects.select_related("desktop")
    serializer_class = DownloadSerializer
    orders = {"newest": "-id", "oldest": "id"}
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(request=DownloadBody, responses={201: AcknowledgedSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Acknowledge orders: they count as downloaded, as if a desktop had fetched them."""
        body = DownloadBody(data=request.data)
        body.is_valid(raise_exception=True)
        first, last = body.validated_data["first_number"], body.validated_data["last_number"]
        made = serve.acknowledge(self.store, first, last)
        if not made:
            raise Refused("conflict", f"No order with an export number from {first} to {last} is ready.")
        return Response(AcknowledgedSerializer({"results": made}).data, status=201)
