"""The limit of `invupdate_answer`: a view of Django REST framework that writes one row and answers."""

from typing import Any

from django.http import HttpRequest
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.health import live
from inventory.models import StockChange


class OneRow(APIView):
    """Writes one row."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        """Write the row and say so."""
        sku = request.data.get("update", "")
        change = StockChange.objects.create(
            store_id=int(request.data.get("store", 0)), sku=sku, sku_key=sku.lower(), kind="delta", amount=-1
        )
        return Response({"written": change.pk})


def alive(request: HttpRequest) -> Any:
    """Say that the process is there."""
    return live(request)


urlpatterns = [path("seti/", OneRow.as_view()), path("health/live/", alive)]
