"""Links for others: good until they end or are revoked, and good for looking only."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from stores import share_links
from stores.models import AuditEntry, ShareLink
from tests.factories import make_store

pytestmark = pytest.mark.django_db


def make_link(client) -> str:
    """Make a link on the page; returns its path, as the page shows it once."""
    page = client.post("/status/acme-web/links/", {"name": "agency", "days": "30"}).content.decode()
    whole = page.split("<code>")[1].split("</code>")[0]
    return whole.removeprefix("http://127.0.0.1:8000")


def test_a_link_shows_the_stores_page_without_signing_in_and_offers_nothing_to_press(client, store):
    path = make_link(client)
    answer = Client().get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Acme Web" in page
    assert "Pull orders now" not in page
    assert answer["Referrer-Policy"] == "same-origin", "its address is told to nobody else"
    assert ShareLink.objects.get().last_used_at is not None


def test_a_link_has_the_twin_for_monitors(client, store):
    assert Client().get(f"{make_link(client)}status.json").json()["store"] == "acme-web"


def test_the_secret_is_shown_once_and_kept_nowhere(client, store):
    secret = make_link(client).strip("/").rsplit("/", 1)[1]
    assert secret not in client.get("/status/acme-web/links/").content.decode()
    assert secret not in str(list(ShareLink.objects.values())) + str(list(AuditEntry.objects.values()))


def test_a_form_that_is_sent_twice_makes_one_link_and_says_what_to_do(client, store):
    path = make_link(client)
    again = client.post("/status/acme-web/links/", {"name": "Agency", "days": "30"}).content.decode()
    assert "There is a link for Agency already" in again
    assert "<code>" not in again
    ShareLink.objects.get().delete()
    assert make_link(client) != path


def test_a_link_of_the_same_name_can_be_made_when_the_former_is_over_and_in_another_store(store):
    row, _secret = share_links.make(store, "agency", 30)
    share_links.revoke(row)
    share_links.make(store, "agency", 30)
    ShareLink.objects.update(expires_at=timezone.now())
    share_links.make(store, "agency", 30)
    share_links.make(make_store(), "agency", 30)


def test_a_link_ends_by_itself(client, store):
    path = make_link(client)
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(path).status_code == 404
    assert Client().get(f"{path}status.json").status_code == 404


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "It was revoked"), ("de", "Er wurde widerrufen"), ("es", "Fue revocado")],
)
def test_whoever_opens_a_link_that_is_over_is_told_so_and_whom_to_ask(language, sentence, db):
    page = Client().get("/status/shared/over/", headers={"Accept-Language": language})
    assert page.status_code == 404
    assert sentence in page.content.decode()


def test_an_owner_revokes_a_link_and_that_is_noted(client, store):
    path = make_link(client)
    client.post(f"/status/acme-web/links/{ShareLink.objects.get().pk}/revoke/")
    assert Client().get(path).status_code == 404
    verbs = AuditEntry.objects.filter(store=store).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["status link made", "status link revoked"]


def test_support_revokes_links_in_the_admin(store):
    row, secret = share_links.make(store, "agency", 30)
    admin = Client()
    admin.force_login(User.objects.create_superuser("rosa", "rosa@example.com", "x"))
    admin.post("/admin/stores/sharelink/", {"action": "revoke", "_selected_action": [str(row.pk)]})
    assert share_links.found(secret) is not None  # it was only asked
    admin.post(f"/admin/stores/sharelink/{row.pk}/revoke/", {"sure": "yes"})
    assert share_links.found(secret) is None


@pytest.mark.parametrize("secret", ["x", "' or 1=1", "ä", "a" * 400])
def test_what_is_no_secret_opens_nothing(db, secret):
    assert Client().get(f"/status/shared/{secret}/").status_code == 404


def test_a_link_opens_no_other_store_and_nothing_can_be_sent_to_it(client, store):
    path = make_link(client)
    for method in ("post", "put", "delete"):
        assert getattr(Client(), method)(path).status_code == 405
    assert Client().get(path.replace("shared/", "")).status_code in (302, 404)


def test_no_link_is_good_for_longer_than_a_year(store):
    row, _secret = share_links.make(store, "agency", 10_000)
    assert row.expires_at < timezone.now() + timedelta(days=366)
