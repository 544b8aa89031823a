"""View as merchant: for a reason, for half an hour, noted, and never for who may not."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.utils import timezone

from config.middleware import ViewingMiddleware
from stores import viewing
from stores.models import AuditEntry
from tests.factories import make_merchant

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa() -> User:
    return User.objects.create_superuser("rosa", "rosa@example.com", "correct-horse-battery")


def request_of(user: User, method: str = "get", path: str = "/status/", session=None):
    request = getattr(RequestFactory(), method)(path)
    request.user, request.session = user, session if session is not None else SessionStore()
    return request


def test_it_begins_with_a_reason_and_is_noted(client, rosa):
    merchant = make_merchant()
    client.force_login(rosa)
    address = f"/admin/stores/merchant/{merchant.pk}/view-as/"
    assert "Reason" in client.get(address).content.decode()
    client.post(address, {"reason": ""})
    assert not AuditEntry.objects.filter(verb="view as merchant").exists()
    assert client.post(address, {"reason": "ticket 12"}).status_code == 302
    entry = AuditEntry.objects.get(verb="view as merchant")
    assert (entry.actor_name, entry.merchant, entry.reason) == ("rosa", merchant, "ticket 12")
    assert client.session[viewing.KEY]["merchant"] == merchant.pk


def test_the_merchants_pages_learn_whose_they_are(rosa):
    request, merchant = request_of(rosa), make_merchant()
    assert viewing.viewing(request) is None
    viewing.start(request, merchant, "ticket 12")
    seen = viewing.viewing(request)
    assert seen is not None
    assert (seen.merchant, seen.reason) == (merchant, "ticket 12")


def test_it_ends_by_itself_after_half_an_hour(rosa):
    request = request_of(rosa)
    viewing.start(request, make_merchant(), "ticket 12")
    kept = request.session[viewing.KEY]
    kept["until"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    assert viewing.viewing(request) is None


def test_it_ends_with_the_button_and_that_is_noted(client, rosa):
    merchant = make_merchant()
    client.force_login(rosa)
    client.post(f"/admin/stores/merchant/{merchant.pk}/view-as/", {"reason": "ticket 12"})
    client.post("/viewing/stop/")
    assert viewing.KEY not in client.session
    assert AuditEntry.objects.filter(verb="view as merchant ended", merchant=merchant).exists()


def test_it_ends_when_the_permission_is_taken_or_somebody_else_has_the_session(rosa):
    request = request_of(rosa)
    viewing.start(request, make_merchant(), "ticket 12")
    other = User.objects.create_superuser("tom", "tom@example.com", "correct-horse-battery")
    assert viewing.viewing(request_of(other, session=request.session)) is None
    rosa.is_superuser = False
    assert viewing.viewing(request_of(rosa, session=request.session)) is None


@pytest.mark.parametrize(("method", "status"), [("get", 200), ("post", 403), ("delete", 403)])
def test_nothing_is_changed_on_the_merchants_pages_meanwhile(rosa, method, status):
    from django.http import HttpResponse

    request = request_of(rosa, method)
    viewing.start(request, make_merchant(), "ticket 12")
    answer = ViewingMiddleware(lambda _: HttpResponse("page"))(request)
    assert answer.status_code == status


def test_who_may_not_view_as_a_merchant_is_refused(client):
    merchant = make_merchant()
    client.force_login(User.objects.create_user("tim", password="correct-horse-battery", is_staff=True))
    assert client.post(f"/admin/stores/merchant/{merchant.pk}/view-as/", {"reason": "x"}).status_code == 403
