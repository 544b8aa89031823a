"""Our copy of Miva's products and customers, read-only."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inventory.models import Customer, Product, fold
from stores.rest.fields import Told
from stores.rest.filters import Filters, YesNoFilter
from stores.rest.views import StoreViewSet
from stores.scopes import Scope

PAIRS = extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})


@PAIRS
class PairsField(serializers.JSONField):
    """Names and texts."""


@extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": {}}})
class AttributesField(serializers.JSONField):
    """Attributes with their options, as Miva told them."""


class ProductSerializer(Told):
    """One product; parts of variants are products of their own."""

    id = serializers.IntegerField(source="miva_id", read_only=True)
    attributes = AttributesField(read_only=True)
    custom_fields = PairsField(read_only=True)

    class Meta:
        """What our copy has."""

        model = Product
        fields: tuple[str, ...] = (
            *("id", "code", "sku", "name", "description", "price", "cost", "weight", "taxable", "active"),
            *("tracked", "quantity", "role", "attributes", "custom_fields", "read_at", "gone_at"),
        )
        read_only_fields: tuple[str, ...] = fields


class ProductFilter(Filters):
    """Which products."""

    code = django_filters.CharFilter(method="by_key")
    sku = django_filters.CharFilter(method="by_key")
    active = YesNoFilter(field_name="active")

    def by_key(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep by code or SKU, whatever its case."""
        return rows.filter(**{f"{name}_key": fold(value)})


class ProductsViewSet(StoreViewSet):
    """The store's products, by Miva's id."""

    reads = Scope.CATALOGUE_READ
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    lookup_field, lookup_url_kwarg, lookup_value_regex = "miva_id", "product_id", "[0-9]{1,18}"


class CustomerSerializer(Told):
    """One customer account."""

    id = serializers.IntegerField(source="miva_id", read_only=True)
    billing = PairsField(read_only=True)
    shipping = PairsField(read_only=True)
    custom_fields = PairsField(read_only=True)

    class Meta:
        """What our copy has."""

        model = Customer
        fields: tuple[str, ...] = (
            *("id", "login", "email", "business_title", "billing", "shipping", "custom_fields"),
            *("read_at", "gone_at"),
        )
        read_only_fields: tuple[str, ...] = fields


class CustomerFilter(Filters):
    """Which customers."""

    login = django_filters.CharFilter(field_name="login")
    email = django_filters.CharFilter(field_name="email")


class CustomersViewSet(StoreViewSet):
    """The store's customers, by Miva's id."""

    reads = Scope.CUSTOMERS_READ
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    lookup_field, lookup_url_kwarg, lookup_value_regex = "miva_id", "customer_id", "[0-9]{1,18}"
