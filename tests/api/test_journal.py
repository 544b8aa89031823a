"""Calls of the REST API stand in the journal, so that support sees what a program did, and no secret of it."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse

from stores.models import Exchange
from tests.api.conftest import held, kept, program
from tests.factories import make_store

pytestmark = pytest.mark.django_db


def calls(store):
    """What the journal has of the store's programs, oldest first."""
    return list(Exchange.objects.of(store).filter(direction="api").order_by("pk"))


def test_a_change_stands_there_with_who_asked_what_was_said_and_answered(warehouse, store):
    order = held(store)
    path = f"stores/{store.slug}/orders/{order.miva_id}/ignore/"
    warehouse.post(path, {"reason": "A test order."}, X_Request_ID="warehouse-4711")
    (call,) = calls(store)
    assert (call.function, call.outcome, call.http_status) == ("POST orders ignore", "ok", 200)
    assert (call.token, call.request_id) == (warehouse.token, "warehouse-4711")
    assert call.request == f'POST /api/v1/{path}\n{{"reason":"A test order."}}'
    assert '"state":"ignored"' in call.response


def test_a_refusal_says_why(warehouse, store):
    warehouse.get(f"stores/{store.slug}/orders/?state=lost")
    warehouse.post(f"stores/{store.slug}/shipments/", {"order": 7, "status": "Shipped"})
    read, written = calls(store)
    assert (read.outcome, read.http_status) == ("refused", 400)
    assert written.error == "#/order: Order 7 is unknown."


def test_of_what_is_read_one_a_minute_is_kept_and_no_order_in_it(warehouse, store):
    kept(store, 2)
    for _ in range(3):
        warehouse.get(f"stores/{store.slug}/orders/?page_size=1")
    (call,) = calls(store)
    assert (call.function, call.response) == ("GET orders list", "")
    cache.clear()  # the minute is over
    warehouse.get(f"stores/{store.slug}/orders/")
    assert len(calls(store)) == 2


def test_a_call_about_a_store_of_somebody_else_stands_with_the_tokens_own(store):
    theirs = make_store()
    program(store).get(f"stores/{theirs.slug}/orders/")
    (call,) = calls(store)
    assert (call.outcome, call.http_status) == ("refused", 404)
    assert calls(theirs) == []


def test_a_stranger_and_a_program_gone_wild_do_not_fill_it(client, store, settings):
    client.get(f"/api/v1/stores/{store.slug}/orders/", headers={"Authorization": "Bearer c2c_x"})
    settings.API_REQUESTS_PER_MINUTE = 1
    caller = program(store)
    assert [caller.get("stores/").status_code for _ in range(3)] == [200, 429, 429]
    assert Exchange.objects.filter(direction="api").count() == 1


def test_neither_secrets_nor_card_numbers_are_in_it(warehouse, store):
    wanted = {"name": "ERP", "url": "https://erp.example.com/a-secret-path"}
    made = warehouse.post(f"stores/{store.slug}/webhook-subscriptions/", wanted).json()
    card = "4111 1111 1111 1111"
    warehouse.post(f"stores/{store.slug}/shipments/", {"order": 1, "status": "Shipped", "notes": card})
    text = "".join(f"{call.request}{call.response}{call.error}" for call in calls(store))
    for secret in (made["secret"], "a-secret-path", card, warehouse.secret):
        assert secret not in text


def test_bytes_that_are_no_json_stand_there_as_that(warehouse, store):
    warehouse.client.post(
        f"/api/v1/stores/{store.slug}/shipments/",
        b"\xff{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {warehouse.secret}"},
    )
    (call,) = calls(store)
    assert call.http_status == 400


def test_support_sees_the_call_and_whose_it_was(admin_client, warehouse, store):
    warehouse.post(f"stores/{store.slug}/shipments/", {"order": 7, "status": "Shipped"})
    (call,) = calls(store)
    page = admin_client.get(reverse("admin:stores_exchange_change", args=[call.pk])).content.decode()
    assert str(warehouse.token) in page
    assert "Order 7 is unknown" in page
