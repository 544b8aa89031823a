"""Stores, as the bearer of a token may know of them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stores.access import stores_of_token
from stores.models import Store
from stores.rest.authentication import token_of
from stores.rest.fields import Told
from stores.rest.views import ApiViewSet
from stores.scopes import Scope


class StoreSerializer(Told):
    """One store; `store` in addresses is its slug."""

    merchant = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    class Meta:
        """No secret, and nothing of how Miva is reached."""

        model = Store
        fields = (
            *("slug", "name", "merchant", "store_code", "identifier", "kits", "strategy", "interval_minutes"),
            *("paused_reason", "created_at"),
        )
        read_only_fields = fields


class StoresViewSet(ApiViewSet):
    """The stores that the token may know of."""

    reads = Scope.STORES_READ
    queryset = Store.objects.select_related("merchant")
    serializer_class = StoreSerializer
    orders = {"slug": "slug"}
    lookup_field = "slug"
    lookup_url_kwarg = "store"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the token's stores."""
        return super().get_queryset() & stores_of_token(token_of(self.request))

    def list(self, request: Request) -> Response:
        """List the stores that the token may know of."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, store: str) -> Response:
        """Describe one store."""
        return self.told(self.get_object())
