"""/api/v1/: all resources of the REST API, its own description, and what its problems mean."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from config.standing import services
from fulfillment.api.meanings import CarriersViewSet, StatusMeaningsViewSet
from fulfillment.api.shipments import ShipmentsViewSet
from inventory.api.catalogue import CustomersViewSet, ProductsViewSet
from inventory.api.stock import StockChangesViewSet, StockLevelsViewSet
from orders.api.backfills import BackfillsViewSet
from orders.api.downloads import DownloadsViewSet
from orders.api.mappings import CustomFieldMappingsViewSet, PaymentMappingsViewSet
from orders.api.orders import OrdersViewSet
from stores.api.exchanges import AuditEntriesViewSet, ExchangesViewSet
from stores.api.stores import StoresViewSet
from stores.api.subscriptions import WebhookDeliveriesViewSet, WebhookSubscriptionsViewSet
from stores.health import Service, State
from stores.rest.problems import KINDS, MEDIA_TYPE

# Of the page with the description: it loads nothing from anywhere else, and Swagger writes styles into it.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
STORE = r"stores/(?P<store>[-a-zA-Z0-9_]+)"


class HealthSerializer(serializers.Serializer[Any]):
    """How one service of a store stands."""

    service = serializers.ChoiceField(choices=Service.choices)
    state = serializers.ChoiceField(choices=State.choices)
    wrong = serializers.BooleanField(source="state.wrong")
    sentence = serializers.CharField()


class StoresWithHealthViewSet(StoresViewSet):
    """The stores that the token may know of, and how they stand."""

    @extend_schema(responses=HealthSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def health(self, request: Request, store: str) -> Response:
        """Describe how the four services of a store stand, as the support team sees it."""
        return Response(HealthSerializer(services(self.get_object()), many=True).data)


def routes() -> list[URLPattern | URLResolver]:
    """Return the addresses of all resources."""
    router = SimpleRouter()
    router.register("stores", StoresWithHealthViewSet, "store")
    for name, view in (
        ("orders", OrdersViewSet),
        ("downloads", DownloadsViewSet),
        ("backfills", BackfillsViewSet),
        ("payment-mappings", PaymentMappingsViewSet),
        ("custom-field-mappings", CustomFieldMappingsViewSet),
        ("shipments", ShipmentsViewSet),
        ("status-meanings", StatusMeaningsViewSet),
        ("carriers", CarriersViewSet),
        ("stock/changes", StockChangesViewSet),
        ("stock/levels", StockLevelsViewSet),
        ("products", ProductsViewSet),
        ("customers", CustomersViewSet),
        ("exchanges", ExchangesViewSet),
        ("audit-entries", AuditEntriesViewSet),
        ("webhook-subscriptions", WebhookSubscriptionsViewSet),
        ("webhook-deliveries", WebhookDeliveriesViewSet),
    ):
        router.register(f"{STORE}/{name}", view, name.replace("/", "-"))
    return router.urls


def problem(request: HttpRequest, name: str = "") -> HttpResponse:
    """Say what a type of problem means; without a name, all of them."""
    if name and name not in KINDS:
        return nowhere(request)
    told = [
        {"type": kind.type, "status": kind.status, "title": kind.title, "remedy": kind.remedy}
        for kind in KINDS.values()
        if name in ("", kind.name)
    ]
    return JsonResponse(told[0] if name else {"problems": told})


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponse:
    """Answer an address that is not there in the form of all problems."""
    kind = KINDS["not-found"]
    told = {
        "type": kind.type,
        "title": kind.title,
        "status": 404,
        "detail": "There is no such address; see /api/v1/docs/.",
    }
    return JsonResponse(told, status=404, content_type=MEDIA_TYPE)


def docs(request: HttpRequest) -> HttpResponse:
    """Show the description to people."""
    page: HttpResponse = SpectacularSwaggerSplitView.as_view(url_name="api-schema")(request)
    page["Content-Security-Policy"] = DOCS_POLICY
    return page


urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    path("problems/", problem, name="api-problems"),
    path("problems/<slug:name>/", problem, name="api-problem"),
    path("", include(routes())),
    re_path("", nowhere),
]
