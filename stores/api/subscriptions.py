"""Webhook subscriptions of a store, and the calls that were made for them."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from stores import subscriptions
from stores.events import CHOSEN
from stores.models import WebhookDelivery, WebhookSubscription
from stores.rest.fields import Edited, Nothing, Text, Told
from stores.rest.filters import Filters, MomentFilter, WholeFilter
from stores.rest.idempotency import idempotent
from stores.rest.problems import Refused
from stores.rest.views import EditableViewSet, StoreViewSet
from stores.scopes import Scope

LONGEST_ADDRESS = 2_000
NOT_AGAIN = "It is on its way, or its subscription is stopped: PATCH `active` to true first."


class WebhookSubscriptionSerializer(Edited):
    """Which address is called about what. `url` is written and never told: it may hold a credential."""

    url = Text(max_length=LONGEST_ADDRESS, write_only=True, help_text="https only.")
    host = serializers.CharField(read_only=True, help_text="Where `url` leads.")
    events: serializers.ListField = serializers.ListField(
        child=serializers.ChoiceField(choices=CHOSEN),
        required=False,
        max_length=len(CHOSEN),
        help_text="About what; empty or left out: about everything.",
    )

    class Meta:
        """All but the secret."""

        model = WebhookSubscription
        fields: tuple[str, ...] = (
            *("id", "name", "url", "host", "events", "active", "problem", "failing_since", "waits_until"),
            "created_at",
        )
        read_only_fields = ("problem", "failing_since", "waits_until", "created_at")


class NewWebhookSubscriptionSerializer(WebhookSubscriptionSerializer):
    """A new subscription with its secret, which is shown this once."""

    secret = serializers.CharField(read_only=True, help_text="Calls are signed with it. Shown this once.")

    class Meta(WebhookSubscriptionSerializer.Meta):
        """With the secret."""

        fields = (*WebhookSubscriptionSerializer.Meta.fields, "secret")


class WebhookDeliverySerializer(Told):
    """One call, and what came of it."""

    state = serializers.SerializerMethodField()
    body = serializers.JSONField(read_only=True, source="content")

    class Meta:
        """All of it."""

        model = WebhookDelivery
        fields: tuple[str, ...] = (
            *("id", "key", "subscription", "event", "state", "attempts", "created_at", "due_at", "done_at"),
            *("problem", "remedy", "response_status", "response", "body"),
        )
        read_only_fields: tuple[str, ...] = fields

    @extend_schema_field({"type": "string", "enum": list(subscriptions.STATES)})
    def get_state(self, delivery: WebhookDelivery) -> str:
        """Return where it stands."""
        return delivery.state


class WebhookSubscriptionsViewSet(EditableViewSet):
    """Addresses that are called when something happens in the store."""

    reads, writes = Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE
    queryset = WebhookSubscription.objects.all()
    serializer_class = WebhookSubscriptionSerializer
    orders = {"newest": "-id", "oldest": "id"}
    lookup_value_regex = "[0-9]{1,18}"
    unmarked = ("problem", "failing_since", "waits_until")

    @extend_schema(responses={201: NewWebhookSubscriptionSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Subscribe. The answer has the secret with which calls are signed, this once; a `ping` is sent at once."""
        row = self.made(request)
        subscriptions.ping(row)
        told = NewWebhookSubscriptionSerializer(row).data
        return Response(told, status=201, headers={"ETag": self.etag(row)})

    def changed(self, row: Any) -> None:
        """Give up what a subscription is owed that was stopped; let one start afresh that was changed."""
        if row.pk:
            subscriptions.after_change(row)

    @extend_schema(request=Nothing, responses={201: WebhookDeliverySerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def ping(self, request: Request, store: str, pk: str) -> Response:
        """Send a test; its row under `webhook-deliveries/` shows the answer."""
        Nothing(data=request.data or {}).is_valid(raise_exception=True)
        row = self.get_object()
        if not row.active:
            raise Refused("conflict", "The subscription is stopped: PATCH `active` to true first.")
        return Response(WebhookDeliverySerializer(subscriptions.ping(row)).data, status=201)


class WebhookDeliveryFilter(Filters):
    """Which calls."""

    subscription = WholeFilter(field_name="subscription_id")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    state = django_filters.ChoiceFilter(
        choices=[(state, state) for state in subscriptions.STATES], method="by_state"
    )

    class Meta:
        """And about what."""

        model = WebhookDelivery
        fields: tuple[str, ...] = ("event",)

    def by_state(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the calls that stand there."""
        return rows.filter(subscriptions.STATES[value])


class WebhookDeliveriesViewSet(StoreViewSet):
    """Calls to the store's subscribers, and what came of them."""

    reads, writes = Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE
    queryset = WebhookDelivery.objects.all()
    serializer_class = WebhookDeliverySerializer
    filterset_class = WebhookDeliveryFilter
    orders = {"newest": "-id", "oldest": "id"}
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(request=Nothing, responses=WebhookDeliverySerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def replay(self, request: Request, store: str, pk: str) -> Response:
        """Send one again that was delivered or given up, under the same key."""
        Nothing(data=request.data or {}).is_valid(raise_exception=True)
        row = self.get_object()
        if not subscriptions.replay(self.get_queryset().filter(pk=row.pk)):
            raise Refused("conflict", NOT_AGAIN)
        return self.told(self.get_object())
