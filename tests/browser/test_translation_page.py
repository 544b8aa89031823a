"""The translation page in a real browser: a mapping is tried on an order, seen in the XML, and saved from there."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from orders.fields import record
from orders.keep import keep
from orders.models import CustomFieldMapping, Order, TranslationSettings
from tests.browser.looking import PASSWORD, serious, too_wide
from tests.factories import as_sent, make_merchant, make_store, raw_orders, without_lines

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MODULE = {"code": "customfields", "name": "Custom Fields"}
LISTED = [
    {"code": "po_number", "name": "PO Number", "type": "text", "module": MODULE},
    {"code": "deposit", "name": "Deposit", "type": "price", "module": MODULE},
    {"code": "high_priority", "name": "High Priority", "type": "checkbox", "module": MODULE},
]


@pytest.fixture
def store():
    store = make_store(merchant=make_merchant(name="Acme Tools"), name="Acme", slug="acme")
    record(store, LISTED, timezone.now())
    raws = [as_sent(raw) for raw in raw_orders(4, seed=5)]
    for raw in raws:
        raw["CustomField_Values"] = {"customfields": {"po_number": f"PO-{raw['id']}", "high_priority": "1"}}
    keep(store, [*raws[:3], without_lines(raws[3])], fetched_at=timezone.now(), road="queue_ack")
    return store


def address(store) -> str:
    return f"/admin/stores/store/{store.pk}/translation/"


def tried(page, store, order):
    """The page after a mapping was entered and tried on the order."""
    page.goto(address(store))
    offered = page.locator("#known-fields option")
    assert "customfields:po_number" in [option.get_attribute("value") for option in offered.all()]
    known = page.locator("#known-orders option").all()
    assert str(order.miva_id) in [option.get_attribute("value") for option in known]
    page.get_by_label("Order number").fill(str(order.miva_id))
    row = page.get_by_role("group", name="Mapping 1")
    assert row.get_by_label("Miva's field").get_attribute("list") == "known-fields"
    row.get_by_label("Miva's field").fill("customfields:po_number")
    row.get_by_label("What happens to it").select_option(label="Send under another name")
    row.get_by_label("Name in Stone Edge").fill("Purchase order")
    page.get_by_label("Custom fields are sent as").select_option(label="Custom fields")
    page.get_by_role("button", name="Try", exact=True).click()
    page.get_by_role("heading", name="What the form would change").wait_for()
    return page


def test_a_mapping_is_tried_on_an_order_and_saved_from_the_same_page(store, open_page, log_in, picture):
    order = Order.objects.filter(store=store, state="exportable").first()
    page = tried(log_in(open_page()), store, order)
    for place in ("#order-changes", "#order-xml"):
        expect(page.locator(f"{place} del")).to_have_text(["−         <FieldName>po_number</FieldName>"])
        expect(page.locator(f"{place} ins")).to_have_text(["+         <FieldName>Purchase order</FieldName>"])
    page.wait_for_load_state("load")
    assert json.loads(page.locator("#raw-order").inner_text())["id"] == order.miva_id
    assert (
        "Of the 4 orders that are held or wait for Stone Edge, 3 would be sent differently." in page.content()
    )
    picture(page, "translation-tried")
    assert not CustomFieldMapping.objects.exists()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The next download is made with it").wait_for()
    assert CustomFieldMapping.objects.get().name == "Purchase order"
    expect(page.locator("#order-xml")).to_contain_text("Purchase order")
    page.wait_for_load_state("load")
    assert page.locator("del").count() == 0
    picture(page, "translation-saved")
    page.get_by_role("link", name=f"Order {order.miva_id}").click()
    page.get_by_role("link", name="Try other settings on this order").click()
    expect(page.locator("#order-xml")).to_contain_text("Purchase order")


def test_the_page_works_without_javascript(store, open_page, live_server, client):
    client.force_login(User.objects.create_superuser("other", "other@example.com", PASSWORD))
    page = open_page(scripts=False)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    tried(page, store, Order.objects.filter(store=store, state="exportable").first())
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The next download is made with it").wait_for()
    assert TranslationSettings.objects.get(store=store).version == 1


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_nothing_serious_stands_between_the_page_and_who_cannot_see_it(
    store, open_page, log_in, picture, scheme, screen
):
    page = log_in(open_page(scheme, screen))
    order = Order.objects.filter(store=store, state="exportable").first()
    tried(page, store, order)
    picture(page, f"translation-tried-{scheme}-{screen}")
    found = serious(page)
    found += too_wide(page)
    page.get_by_label("Order number").fill("77")
    page.get_by_label("Rounding tolerance").fill("much")
    page.get_by_role("button", name="Try", exact=True).click()
    page.get_by_text("This store has no order 77 here").wait_for()
    picture(page, f"translation-wrong-{scheme}-{screen}")
    assert found + serious(page) == []
