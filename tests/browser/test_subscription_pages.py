"""Support's pages about webhook subscriptions, and holding an order, in a real browser: for everybody, with what is done there."""

from __future__ import annotations

import pytest
from django.utils import timezone

from orders.models import Order
from stores.models import WebhookDelivery, WebhookSubscription
from tests.api.conftest import kept
from tests.browser.looking import problems_of, serious, too_wide
from tests.factories import make_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/stores/webhooksubscription/"


@pytest.fixture
def delivery() -> WebhookDelivery:
    """What a program has not taken."""
    store = make_store(name="Acme Web")
    called = WebhookSubscription.objects.create(
        store=store,
        name="ERP",
        host="erp.example.com",
        url="https://erp.example.com/in",
        events=["order.kept"],
    )
    return WebhookDelivery.objects.create(
        store=store,
        subscription=called,
        event="order.kept",
        body='{"event":"order.kept","data":{"order":200143}}',
        problem="The receiver answered 500. It was tried for three days.",
        remedy="It is tried again by itself.",
        response_status=500,
        parked_at=timezone.now(),
    )


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_nothing_serious_stands_between_these_pages_and_who_cannot_see_them(
    delivery, open_page, log_in, picture, scheme, screen
):
    pages = {
        "subscriptions": LIST,
        "subscription": f"{LIST}{delivery.subscription_id}/change/",
        "deliveries": "/admin/stores/webhookdelivery/",
        "delivery": f"/admin/stores/webhookdelivery/{delivery.pk}/change/",
    }
    page = log_in(open_page(scheme, screen))
    assert problems_of(page, pages, picture, f"{scheme}-{screen}") == []


def test_support_sends_again_and_stops(delivery, open_page, log_in, picture):
    page = log_in(open_page())
    page.goto(f"/admin/stores/webhookdelivery/{delivery.pk}/change/")
    page.get_by_role("link", name="Send again…").click()
    page.get_by_role("button", name="Send again").click()
    page.get_by_text("1 will be sent within a minute.").wait_for()
    page.goto(f"{LIST}{delivery.subscription_id}/change/")
    page.get_by_role("link", name="Stop…").click()
    page.get_by_label("Reason").fill("Merchant called")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped: 1.").wait_for()
    picture(page, "subscription-stopped")
    assert not WebhookSubscription.objects.get().active


def test_support_holds_an_order(open_page, log_in, picture):
    [order] = kept(make_store(name="Acme Web"), 1)
    page = log_in(open_page())
    page.goto(f"/admin/orders/order/{order.pk}/change/")
    picture(page, "order-before-hold")
    page.get_by_role("link", name="Hold…").click()
    page.get_by_label("Reason").fill("The customer called")
    picture(page, "order-hold-question")
    assert serious(page) + too_wide(page) == []
    page.get_by_role("button", name="Hold").click()
    page.get_by_text("1 order is held.").wait_for()
    picture(page, "order-held")
    assert Order.objects.get().state == Order.State.HELD
