"""The search over everything: each kind finds its thing, and nothing of what the user may not view; the palette says the same."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.search import KINDS
from fulfillment.models import Package, Shipment
from inventory.models import Product
from orders.keep import keep
from orders.models import Order
from stores.models import Store
from tests.factories import make_desktop, make_merchant, make_store, raw_orders

pytestmark = pytest.mark.django_db
PAGE = "/admin/search/"


@pytest.fixture
def support(client):
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def store():
    return make_store(merchant=make_merchant(name="Acme Tools"), name="Main shop", slug="acme-main")


@pytest.fixture
def order(store) -> Order:
    return made(store, 200143)


def made(store: Store, number: int, **columns) -> Order:
    keep(store, [raw_orders(1)[0] | {"id": number}], fetched_at=timezone.now(), road="queue_ack")
    given = {"customer": "Zoë D'Angelo", "email": "Zoe@example.com", "skus": " mug-11 tee red "} | columns
    Order.objects.filter(store=store, miva_id=number).update(**given)
    return Order.objects.get(store=store, miva_id=number)


@pytest.fixture
def package(order) -> Package:
    shipment = Shipment.objects.create(store=order.store, order=order)
    return Package.objects.create(
        store=order.store,
        order=order,
        shipment=shipment,
        number="1Z 999 AA1",
        key="1Z999AA1",
        carrier="UPS",
    )


@pytest.fixture
def product(store) -> Product:
    return Product.objects.create(
        store=store,
        miva_id=1,
        code="MUG-11",
        code_key="mug-11",
        sku="S-7",
        sku_key="s-7",
        read_at=timezone.now(),
        seen_by=1,
    )


def found(client, text: str) -> dict[str, list[str]]:
    """What the page shows: titles by kind."""
    groups = client.get(PAGE, {"q": text}).context["groups"]
    return {group.kind.title: [row.title for row in group.rows] for group in groups}


@pytest.mark.sqlite
@pytest.mark.parametrize("text", ["200143", "#200143", " 200143 "])
def test_an_order_by_its_number_in_every_store_that_has_it(support, order, text):
    made(make_store(), 200143)
    made(make_store(), 2001435)
    assert found(support, text) == {"Orders": ["200143", "200143"]}


@pytest.mark.sqlite
@pytest.mark.parametrize("text", ["zoe@example.com", "ZOE@", "zoe@exam"])
def test_an_order_by_the_beginning_of_its_email(support, order, text):
    made(order.store, 5, email="chloe@example.com")
    assert found(support, text) == {"Orders": ["200143"]}


@pytest.mark.sqlite
@pytest.mark.parametrize("text", ["d'angelo", "zoë", "angelo zoë", "ang", "Zoë D'Ang"])
def test_an_order_by_the_beginnings_of_the_customers_names_in_any_order(support, order, text):
    made(order.store, 5, customer="Jordan Lee")
    assert found(support, text) == {"Orders": ["200143"]}


@pytest.mark.parametrize("text", ["mug-11", "MUG-11", "tee red"])
def test_an_order_by_a_whole_sku(support, order, text):
    made(order.store, 5, skus=" mug-110 tee reddish ")
    assert found(support, text) == {"Orders": ["200143"]}


def test_the_latest_orders_come_first_and_the_list_has_the_others(support, store):
    for number in range(1, 13):
        made(store, number)
    group = support.get(PAGE, {"q": "zoë"}).context["groups"][0]
    assert [row.title for row in group.rows] == [str(number) for number in range(12, 2, -1)]
    assert len(support.get(group.more).context["cl"].result_list) == 12


@pytest.mark.sqlite
@pytest.mark.parametrize("text", ["1Z999AA1", "1z999", "1Z 999"])
def test_a_shipment_by_the_beginning_of_its_tracking_number(support, package, text):
    assert found(support, text) == {"Shipments": ["1Z 999 AA1"]}
    assert found(support, "1Z9") == {}


@pytest.mark.parametrize(("text", "kinds"), [("mug", ["Products"]), ("s-7", ["Products"])])
def test_a_product_by_the_beginning_of_its_code_or_sku(support, product, text, kinds):
    assert list(found(support, text)) == kinds


def test_a_sku_finds_the_product_and_the_orders_with_it(support, order, product):
    assert found(support, "mug-11") == {"Orders": ["200143"], "Products": ["MUG-11"]}


@pytest.mark.parametrize("text", ["cme", "ACME TOOLS"])
def test_a_merchant_and_his_stores_by_a_part_of_his_name(support, store, text):
    assert found(support, text) == {"Stores": ["Main shop"], "Merchants": ["Acme Tools"]}


@pytest.mark.parametrize("text", ["main sh", "acme-main"])
def test_a_store_by_a_part_of_its_name(support, store, text):
    assert found(support, text) == {"Stores": ["Main shop"]}


def test_a_stone_edge_login_by_a_part_of_its_user_name(support, store):
    make_desktop(store, username="till-17")
    assert found(support, "ILL-1") == {"Stone Edge logins": ["till-17"]}


def test_every_row_says_whose_it_is_how_it_stands_and_leads_to_its_page(support, order, package, product):
    make_desktop(order.store, username="1z999")
    for text in ("200143", "1Z999", "mug", "acme"):
        for group in support.get(PAGE, {"q": text}).context["groups"]:
            for row in group.rows:
                assert row.state
                assert "Acme Tools" in row.store + row.title
                assert support.get(row.address).status_code == 200


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_nothing_is_found_of_what_a_person_may_not_view(client, order, package, product, kind):
    make_desktop(order.store, username="acme-1z999-mug")
    user = User.objects.create_user("viewer", password="correct-horse-battery", is_staff=True)
    client.force_login(user)
    texts = ("200143", "zoë", "1Z999", "mug-11", "acme")
    assert not any(found(client, text) for text in texts)
    assert not any("Zo" in palette(client, text) or "Acme Tools" in palette(client, text) for text in texts)
    app, codename = kind.permission.split(".")
    user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    assert {title for text in texts for title in found(client, text)} == {kind.title}


def test_without_a_login_the_search_leads_to_the_login(client):
    assert client.get(PAGE, {"q": "acme"}).headers["Location"].startswith("/admin/login/")
    assert client.get(PAGE, {"s": "acme"}).headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    "text", ["200143", "zoë", "zoe@example.com", "1Z999", "mug-11", "acme", "nothing at all"]
)
def test_the_page_asks_as_many_questions_for_ten_rows_as_for_one(support, order, package, product, text):
    support.get(PAGE, {"q": text})
    with CaptureQueriesContext(connection) as few:
        support.get(PAGE, {"q": text})
    for number in range(9):
        more = make_store(merchant=make_merchant(name=f"Acme Tools {number}"))
        other = made(more, 200143)
        shipment = Shipment.objects.create(store=more, order=other)
        Package.objects.create(store=more, order=other, shipment=shipment, number="1Z999", key="1Z999")
        Product.objects.create(
            store=more, miva_id=1, code="MUG-11", code_key="mug-11", read_at=timezone.now(), seen_by=1
        )
    with CaptureQueriesContext(connection) as many:
        support.get(PAGE, {"q": text})
    assert len(many) == len(few)


@pytest.mark.parametrize(
    "text",
    ["%", "_", "' OR 1=1 --", "@", "&", "!", "q:*", "\\", "'", "<script>alert(1)</script>", "x" * 500],
)
def test_signs_that_mean_something_to_a_database_or_a_page_mean_nothing_here(support, order, package, text):
    for parameter in ("q", "s"):
        response = support.get(PAGE, {parameter: text})
        assert response.status_code == 200
        assert "<script>alert(1)" not in response.content.decode()
    assert found(support, text) == {}


def test_an_empty_box_says_what_can_be_found(support, order):
    response = support.get(PAGE)
    assert "What can be found" in response.content.decode()
    assert "Tracking number" in response.content.decode()


def test_a_number_leads_to_the_page_that_asks_miva_whether_it_was_found_or_not(support, order):
    for number in ("200143", "200144"):
        assert (
            f"/admin/orders/order/missing/?number={number}"
            in support.get(PAGE, {"q": number}).content.decode()
        )
        assert f"/admin/orders/order/missing/?number={number}" in palette(support, number)


def palette(client, text: str) -> str:
    return html.unescape(client.get(PAGE, {"s": text, "extended": "1"}).content.decode())


def test_the_palette_finds_the_same_and_pages_of_the_console(support, order):
    text = palette(support, "200143")
    assert f"/admin/orders/order/{order.pk}/change/" in text
    assert "Acme Tools · Main shop · ✓ Ready" in text
    assert "/admin/orders/backfill/" in palette(support, "backf")
    assert "No results" in palette(support, "nothing at all")


def test_what_came_a_moment_ago_is_found_at_once(support, store):
    assert "/change/" not in palette(support, "200143")
    order = made(store, 200143)
    assert f"/admin/orders/order/{order.pk}/change/" in palette(support, "200143")
