"""The catalogue of a store in a real browser: found, looked at, read anew; and who cannot see colours."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from inventory.models import CatalogueRefresh, Product
from stores.models import PullCursor
from stores.sandbox import SandboxStore
from stores.sandbox import serve as serve_sandbox
from tests.browser.looking import problems_of
from tests.factories import make_merchant, store_of
from tests.inventory.helpers import refresh

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(settings):
    """A store whose products were read and whose customers could not be."""
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore(seed=3)
    with serve_sandbox(sandbox) as server:
        store = store_of(sandbox, server, merchant=make_merchant(name="Acme Tools"), name="Acme", slug="acme")
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        refresh(store)
        CatalogueRefresh.objects.create(
            store=store, kind="customers", problem="The token may not use CustomerList_Load_Query.", failures=1,
            remedy="In Miva (Users, API Tokens) add this function to the token.",
            not_before=timezone.now() + timedelta(hours=1),
        )  # fmt: skip
        sandbox.remove_product("glaze")
        refresh(store)
        yield store


def test_support_finds_a_variant_sees_what_stone_edge_gets_and_has_the_copy_read_anew(
    shop, open_page, log_in, picture
):
    page = log_in(open_page())
    page.goto(f"/admin/stores/store/{shop.pk}/change/")
    page.get_by_role("link", name="Catalogue").last.click()
    page.get_by_text("The token may not use CustomerList_Load_Query.").wait_for()
    picture(page, "catalogue")
    page.get_by_role("search").get_by_role("textbox").fill("shirt-l")
    page.get_by_role("search").get_by_role("textbox").press("Enter")
    page.get_by_role("link", name=re.compile("^shirt-l$")).click()
    expect(page.locator("#product-xml")).to_contain_text("Logo Shirt, Large")
    picture(page, "catalogue-product")
    page.get_by_role("link", name="All products of this store").click()
    page.get_by_role("button", name="Refresh now").click()
    page.get_by_text("are being read").wait_for()
    open_rows = CatalogueRefresh.objects.of(shop).filter(state="waiting")
    assert sorted(open_rows.values_list("kind", flat=True)) == ["customers", "products"]


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_nothing_serious_stands_between_these_pages_and_who_cannot_see_them(
    shop, open_page, log_in, picture, scheme, screen
):
    master = Product.objects.get(code="shirt")
    pages = {
        "catalogue": f"/admin/inventory/product/?store={shop.pk}",
        "catalogue-all": "/admin/inventory/product/",
        "catalogue-master": f"/admin/inventory/product/{master.pk}/change/",
        "catalogue-part": f"/admin/inventory/product/{Product.objects.get(code='mug-11').pk}/change/",
    }
    page = log_in(open_page(scheme, screen))
    assert problems_of(page, pages, picture, f"{scheme}-{screen}") == []
