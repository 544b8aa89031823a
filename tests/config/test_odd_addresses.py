"""Whatever somebody writes into the address of a page of the admin, it is answered in words: never with a fault of ours."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from fulfillment.models import StoreShipping
from stores.admin.lists import FactAdmin
from stores.models import StoreSetup
from tests.factories import make_store
from tests.stores.test_admin import MODELS

pytestmark = pytest.mark.django_db
# StoreShipping is a store, and stores are connected by a form of their own.
ADDABLE = [
    model
    for model in MODELS
    if not isinstance(admin.site.get_model_admin(model), FactAdmin) and model is not StoreShipping
]


@pytest.fixture
def team(client):
    client.force_login(User.objects.create_superuser("root", password="correct-horse-battery"))
    return client


def address(model, page: str = "changelist") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


def parameters(model) -> set[str]:
    """The names of what a list's address may hold."""
    filters = admin.site.get_model_admin(model).list_filter
    return {"q", "p", "o", *(getattr(each, "parameter_name", f"{each}__exact") for each in filters)}


@pytest.mark.parametrize("odd", ["9" * 30, "abc"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_answers_parameters_that_mean_nothing(team, model, odd):
    for name in parameters(model):
        assert team.get(address(model), {name: odd}, follow=True).status_code == 200, name


def test_a_nul_byte_in_an_address_is_refused_in_a_sentence(team):
    for page in (
        "/admin/orders/order/?state__exact=%00",
        "/admin/stores/auditentry/?did=a%00",
        "/status/%00",
    ):
        answer = team.get(page)
        assert answer.status_code == 400, page
        assert b"Open the page anew" in answer.content


@pytest.mark.parametrize("page", ["/admin/stores/desktop/add/", "/admin/orders/paymentmapping/add/"])
def test_a_proposed_store_that_is_none_is_left_out(team, page):
    for odd in ("abc", "9" * 30, "-1"):
        assert team.get(page, {"store": odd}).status_code == 200
    store = make_store()
    assert str(store) in team.get(page, {"store": store.pk}).content.decode()


@pytest.mark.parametrize("model", ADDABLE, ids=lambda model: model.__name__)
def test_a_proposal_that_its_box_cannot_hold_is_left_out(team, model):
    names = [field.name for field in (*model._meta.concrete_fields, *model._meta.many_to_many)]
    for odd in ("abc", "9" * 30):
        proposed = dict.fromkeys(names, odd)
        assert team.get(address(model, "add"), proposed, follow=True).status_code == 200


@pytest.mark.sqlite
@pytest.mark.parametrize("odd", ["9" * 18, "9" * 19, "9" * 30])
def test_a_key_that_no_row_has_is_not_found_whatever_the_database(team, odd):
    """SQLite cannot look for a number of more than 64 bits."""
    merchant = make_store().merchant
    for page in (
        f"/admin/stores/store/connect/{odd}/1/",
        f"/admin/orders/backfill/new/{odd}/",
        f"/admin/orders/backfill/{odd}/progress/",
        f"/admin/orders/reconciliation/compare/{odd}/",
        f"/admin/inventory/product/refresh/{odd}/",
        f"/status/alerts/{merchant.slug}/webhooks/{odd}/test/",
    ):
        assert team.get(page).status_code in (302, 404, 405), page
        assert team.post(page).status_code in (302, 404), page
    assert b"Internal" not in team.post("/sessions/", {"session": odd}).content


@pytest.mark.sqlite
def test_an_export_with_a_filter_that_is_none_leads_to_the_list(team):
    answer = team.get("/admin/stores/desktop/export/", {"flavour": "1"})
    assert answer["Location"] == "/admin/stores/desktop/?e=1"


def test_a_step_that_has_no_part_of_its_own_is_shown_whole(team):
    begun = StoreSetup.objects.create(store=make_store())
    stem = "/admin/stores/store/connect"
    assert team.get(f"{stem}/{begun.pk}/1/", {"part": "progress"}).status_code == 200
