"""The support team's pages about the catalogue: what they find, what they tell, whom they refuse."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from inventory.models import CatalogueRefresh, Customer, Product
from orders.models import Job
from stores.models import AuditEntry
from tests.factories import make_store
from tests.inventory.helpers import copy, settled

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

LIST = "/admin/inventory/product/"


@pytest.fixture
def support(client):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(User.objects.create_superuser("support", "support@example.com", "correct-horse"))
    return client


@pytest.fixture
def reader(client):
    """A client that may look at everything and do nothing."""
    user = User.objects.create_user("reader", password="correct-horse", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


def page(client, address: str, **query: object) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def of(product: Product) -> str:
    return reverse("admin:inventory_product_change", args=[product.pk])


def refresh_address(store) -> str:
    return reverse("admin:inventory_catalogue_refresh", args=[store.pk])


@pytest.mark.parametrize(
    ("term", "found"), [("SHIRT-L", True), (" sku-shirt-l ", True), ("shirt", False), ("nothing", False)]
)
def test_a_product_is_found_by_its_whole_code_or_sku_in_any_case(support, store, term, found):
    copy(store)
    assert (of(Product.objects.get(code="shirt-l")) in page(support, LIST, q=term)) is found


def test_in_one_stores_list_a_part_of_code_sku_or_name_is_enough(support, store):
    copy(store)
    kit = Product.objects.get(code="carekit")
    for term in ("arek", "kit-ca", "shoe care"):
        assert of(kit) in page(support, LIST, q=term, store=store.pk), term


def test_the_list_of_a_store_tells_how_old_the_copy_is_and_offers_to_refresh_it(support, store):
    copy(store)
    text = page(support, LIST, store=store.pk)
    assert "34, read" in text
    assert "Never read completely" in text  # the customers
    assert "Refresh now" in text
    assert "Refresh now" not in page(support, LIST)


def test_why_the_copy_is_not_newer_stands_above_the_list(support, store):
    CatalogueRefresh.objects.create(store=store, kind="products", problem="Miva is away.", remedy="Wait.")
    text = page(support, LIST, store=store.pk)
    assert "Miva is away." in text
    assert "Wait." in text


def test_refresh_now_asks_for_both_copies_once_however_often_it_is_pressed(support, store):
    for _ in range(2):
        response = support.post(refresh_address(store))
        assert response["Location"] == f"{LIST}?store={store.pk}"
    rows = CatalogueRefresh.objects.of(store)
    assert sorted(rows.values_list("kind", "state")) == [
        ("customers", Job.State.WAITING),
        ("products", Job.State.WAITING),
    ]
    assert {row.created_by.username for row in rows} == {"support"}
    assert (
        AuditEntry.objects.filter(verb="refresh catalogue", actor_name="support").count() == 4
    )  # both, each time


def test_who_may_only_look_is_offered_nothing_and_refused(reader, store):
    copy(store)
    assert "Refresh now" not in page(reader, LIST, store=store.pk)
    assert reader.post(refresh_address(store)).status_code == 403
    assert not CatalogueRefresh.objects.filter(state=Job.State.WAITING).exists()


def test_looking_at_the_address_of_the_button_starts_nothing(support, store):
    assert support.get(refresh_address(store)).status_code == 302
    assert not CatalogueRefresh.objects.exists()


def test_the_page_of_a_product_shows_what_stone_edge_gets(support, store):
    copy(store)
    text = page(support, of(Product.objects.get(code="shirt-l")))
    assert "&lt;Name&gt;Logo Shirt, Large&lt;/Name&gt;" in text
    assert "size: L" in text


def test_the_page_of_a_master_leads_to_its_variants(support, store):
    copy(store)
    text = page(support, of(Product.objects.get(code="shirt")))
    assert "each of its variants" in text
    assert of(Product.objects.get(code="shirt-xl")) in text


def test_a_product_that_is_gone_says_so(support, store, sandbox):
    copy(store)
    sandbox.remove_product("glaze")
    copy(store)
    settled(store)
    gone = Product.objects.get(code="glaze")
    assert "Nothing any more" in page(support, of(gone))
    assert of(gone) in page(support, LIST, present="no")
    assert of(gone) not in page(support, LIST, present="yes", q="glaze")


def test_the_stores_page_tells_the_age_of_both_copies(support, store):
    copy(store)
    text = page(support, reverse("admin:stores_store_change", args=[store.pk]))
    assert "34, read" in text
    assert f"{LIST}?store={store.pk}" in text


def test_no_page_lists_customers(support):
    store = make_store()
    Customer.objects.create(store=store, miva_id=1, login="ana-77", read_at=timezone.now(), seen_by=1)
    for address in (LIST, reverse("admin:index"), reverse("admin:stores_store_change", args=[store.pk])):
        assert "ana-77" not in page(support, address)
    assert support.get("/admin/inventory/customer/").status_code == 404


@pytest.mark.parametrize("store_id", ["x", "0", "9" * 30, "-1"])
def test_an_unknown_store_in_the_address_is_an_empty_list(support, store_id):
    assert "Refresh now" not in page(support, LIST, store=store_id)
