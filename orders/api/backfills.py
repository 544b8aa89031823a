"""Backfills: a range of orders is fetched once more, and how far that is."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from orders import backfill
from orders.models import Backfill
from orders.spans import Span
from stores.rest.fields import Body, Moment, Nothing, Told, Whole
from stores.rest.idempotency import idempotent
from stores.rest.problems import Refused, Unruly
from stores.rest.views import StoreViewSet
from stores.scopes import Scope

LARGEST_NUMBER = 10**18 - 1
TWO_WAYS = "Name a range of dates (`since`, `until`) or of order numbers (`first_number`, `last_number`)."


class BackfillSerializer(Told):
    """A backfill and its progress."""

    class Meta:
        """All that pages show."""

        model = Backfill
        fields = (
            *("id", "kind", "state", "since", "until", "first_number", "last_number", "position"),
            *("estimated", "fetched", "new", "updated", "unchanged", "held", "problem", "remedy"),
            *("created_at", "started_at", "finished_at"),
        )
        read_only_fields = fields


class BackfillBody(Body):
    """Which range: dates, either may be left out, or order numbers."""

    since = Moment(required=False)
    until = Moment(required=False)
    first_number = Whole(required=False, min_value=1, max_value=LARGEST_NUMBER)
    last_number = Whole(required=False, min_value=1, max_value=LARGEST_NUMBER)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the members. Raises Unruly for a range that cannot be meant."""
        dates, numbers = {"since", "until"} & set(attrs), {"first_number", "last_number"} & set(attrs)
        if bool(dates) == bool(numbers) or len(numbers) == 1:
            raise Unruly([TWO_WAYS])
        first, last = ("first_number", "last_number") if numbers else ("since", "until")
        if first in attrs and last in attrs and attrs[last] < attrs[first]:
            raise Unruly({last: ["The range ends before it begins."]})
        return attrs


class BackfillsViewSet(StoreViewSet):
    """Backfills of a store."""

    reads, writes = Scope.BACKFILLS_READ, Scope.BACKFILLS_WRITE
    queryset = Backfill.objects.all()
    serializer_class = BackfillSerializer
    orders = {"newest": "-id", "oldest": "id"}
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(request=BackfillBody, responses={201: BackfillSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Start a backfill; workers take it up within a minute."""
        body = BackfillBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        span = Span(
            given.get("since"), given.get("until"), given.get("first_number"), given.get("last_number")
        )
        if (same := backfill.under_way(self.store, span).first()) is not None:
            raise Refused("conflict", f"Backfill {same.pk} has exactly this range and has not ended.")
        return self.told(backfill.start(self.store, span, estimated=0), 201)

    def decide(self, request: Request, verb: Callable[[Backfill], bool]) -> Response:
        """Do something with one backfill and answer how it stands then. Raises Refused when that is not possible."""
        Nothing(data=request.data or {}).is_valid(raise_exception=True)
        row = self.get_object()
        if not verb(row):
            raise Refused(
                "conflict", f"This is not possible with a backfill that is {row.get_state_display()}."
            )
        return self.told(self.get_object())

    @extend_schema(request=Nothing, responses=BackfillSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def pause(self, request: Request, store: str, pk: str) -> Response:
        """Stop a backfill before its next page, until it is let go on."""
        return self.decide(request, backfill.pause)

    @extend_schema(request=Nothing, responses=BackfillSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, store: str, pk: str) -> Response:
        """Take up a paused or failed backfill where it stopped."""
        return self.decide(request, backfill.go_on)

    @extend_schema(request=Nothing, responses=BackfillSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, store: str, pk: str) -> Response:
        """Stop a backfill for good; what was fetched stays."""
        return self.decide(request, backfill.cancel)
