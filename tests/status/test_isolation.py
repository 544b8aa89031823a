"""One merchant reaches no address of another: every route under /status/, with every method, as everybody who should not."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config.status.urls import urlpatterns
from stores import share_links
from stores.models import AuditEntry, PullCursor, ShareLink
from tests.factories import make_merchant, make_store
from tests.status.conftest import make_member

pytestmark = pytest.mark.django_db

ROUTES = [
    route.name for route in urlpatterns if getattr(route, "name", None) and "slug" in route.pattern.converters
]
METHODS = ["get", "post", "put", "patch", "delete", "head", "options"]
ACTS = {"pull", "ask", "links", "revoke"}


@pytest.fixture
def link(store) -> ShareLink:
    return share_links.make(store, "agency", 30)[0]


def address(name: str, store, link) -> str:
    kwargs = {"slug": store.slug} | ({"pk": link.pk} if name == "revoke" else {})
    return reverse(f"status:{name}", kwargs=kwargs)


def untouched(store, link) -> bool:
    """Whether nothing was made, ended or asked for."""
    link.refresh_from_db()
    verbs = {"pull now", "Miva asked about an order", "status link revoked"}
    return (
        link.revoked_at is None
        and ShareLink.objects.count() == 1
        and not AuditEntry.objects.filter(verb__in=verbs).exists()
        and PullCursor.objects.get(store=store).nudged_at is None
    )


def test_every_route_of_a_store_is_among_those_that_are_tried():
    assert {*ACTS, "store", "store-json"} == set(ROUTES)


@pytest.mark.parametrize("who", ["stranger", "nobody", "staff", "staff viewing another"])
@pytest.mark.parametrize("name", ROUTES)
def test_no_address_of_a_store_opens_for_who_does_not_belong_to_it(store, link, who, name):
    browser = Client()
    other = make_store(merchant=make_merchant(name="Beta"), name="Beta Web")
    if who == "stranger":
        browser.force_login(make_member(other.merchant, "ben@beta.example"))
    elif who.startswith("staff"):
        browser.force_login(User.objects.create_superuser("rosa", "rosa@example.com", "x"))
        if "viewing" in who:
            browser.post(f"/admin/stores/merchant/{other.merchant.pk}/view-as/", {"reason": "ticket"})
    for method in METHODS:
        answer = getattr(browser, method)(
            address(name, store, link), {"order": "1", "name": "x", "days": "7"}
        )
        assert answer.status_code in (302, 403, 404, 405), (name, method, answer.status_code)
        assert b"Acme" not in answer.content, (name, method)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/status/sign-in/"), (name, method)
    assert untouched(store, link)


@pytest.mark.parametrize("name", sorted(ACTS))
def test_a_viewer_can_do_nothing_of_what_an_owner_can(store, link, name):
    viewer = Client()
    viewer.force_login(make_member(store.merchant, "vera@acme.example", "viewer"))
    for method in METHODS:
        answer = getattr(viewer, method)(address(name, store, link), {"order": "1", "name": "x", "days": "7"})
        assert answer.status_code in (404, 405), (name, method)
    assert untouched(store, link)


def test_who_views_as_the_merchant_sees_a_banner_and_can_change_nothing(store, link):
    browser = Client()
    browser.force_login(User.objects.create_superuser("rosa", "rosa@example.com", "x"))
    browser.post(f"/admin/stores/merchant/{store.merchant.pk}/view-as/", {"reason": "ticket 12"})
    page = browser.get("/status/acme-web/").content.decode()
    assert "You see this as Acme Mugs" in page
    assert "ticket 12" in page
    assert "Pull orders now" not in page
    for name in ACTS:
        assert browser.post(address(name, store, link), {"name": "x", "days": "7"}).status_code == 403
    assert untouched(store, link)


def test_a_membership_gives_staff_nothing(store):
    rosa = make_member(store.merchant, "rosa@example.com")
    User.objects.filter(pk=rosa.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(rosa)
    assert browser.get("/status/acme-web/").status_code == 403
    assert browser.get("/status/").status_code == 403


def test_a_member_gets_nowhere_in_the_admin(client, store):
    for page in (
        "/admin/",
        "/admin/stores/store/",
        f"/admin/stores/store/{store.pk}/change/",
        "/admin/overview/",
    ):
        answer = client.get(page)
        assert answer.status_code == 302, page
        assert answer["Location"].startswith("/admin/login/")
    assert client.get("/")["Location"] == "/status/"


def test_who_is_a_member_no_longer_sees_nothing_at_once(client, store, owner):
    assert client.get("/status/acme-web/").status_code == 200
    owner.memberships.all().delete()
    assert client.get("/status/acme-web/").status_code == 404
    assert "Acme" not in client.get("/status/").content.decode()


def test_somebody_elses_link_cannot_be_revoked_through_ones_own_store(client, store):
    other = make_store(merchant=make_merchant(name="Beta"))
    theirs, _ = share_links.make(other, "agency", 30)
    assert client.post(f"/status/acme-web/links/{theirs.pk}/revoke/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None
