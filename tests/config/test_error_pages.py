"""What people see at an address that leads nowhere, or when something goes wrong."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from config.urls import handler403, handler404
from config.urls import urlpatterns as portal

__all__ = ["handler403", "handler404", "urlpatterns"]  # as Django finds them in a table of addresses

pytestmark = pytest.mark.django_db


def refuse(request):
    """Refuse, or fail."""
    raise {"may-not": PermissionDenied, "odd": SuspiciousOperation, "fault": RuntimeError}[request.path[1:]]


def post(request):
    """Take a form."""
    return HttpResponse()


urlpatterns = [*portal, *(path(name, refuse) for name in ("may-not", "odd", "fault")), path("form", post)]


def seen(client, address, method="get", **headers):
    answer = getattr(client, method)(address, **headers)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nothing/here/", 404, "There is no such page"),
        ("/may-not", 403, "You may not open this page"),
        ("/odd", 400, "This request cannot be read"),
        ("/fault", 500, "Something went wrong on our side"),
    ],
)
@pytest.mark.urls(__name__)
def test_each_refusal_is_a_page_with_a_way_on(address, status, words):
    client = Client(raise_request_exception=False)
    told, page = seen(client, address)
    assert told == status
    assert page.count(words) == 2
    assert '<a href="/">' in page
    assert "RuntimeError" not in page


def test_it_is_in_the_language_of_who_looks():
    _, page = seen(Client(), "/nothing/here/", headers={"Accept-Language": "de"})
    assert "Diese Seite gibt es nicht" in page


@pytest.mark.urls(__name__)
def test_a_form_that_was_open_for_too_long_says_what_to_do():
    client = Client(enforce_csrf_checks=True)
    told, page = seen(client, "/form", "post")
    assert (told, "load the page anew" in page) == (403, True)


def test_support_sees_the_same_in_the_console(client):
    client.force_login(User.objects.create_superuser("support", "support@example.com", "x"))
    told, page = seen(client, "/admin/stores/nothing/")
    assert (told, "There is no such page" in page) == (404, True)
