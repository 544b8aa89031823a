"""Every address and method of the REST API with another merchant's token: it is not there, and nothing changes."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.utils import timezone

from config.api import routes
from fulfillment.models import CarrierMapping, StatusMeaning
from fulfillment.record import record
from inventory.models import Customer, Product, StockLevel
from inventory.record import Asker, Wanted, add
from orders import backfill
from orders.models import CustomFieldMapping, PaymentMapping
from orders.serve import acknowledge
from orders.spans import between_numbers
from stores import subscriptions
from stores.models import AuditEntry, Exchange, WebhookSubscription
from stores.seti.status_updates import Package, StatusUpdate
from tests.api.conftest import kept, program
from tests.factories import make_store

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def filled(store) -> dict[str, object]:
    """A store with a row of everything; the key in the address of each."""
    order, *_ = kept(store)
    now = timezone.now()
    record(store, [StatusUpdate(str(order.miva_id), "Shipped", packages=(Package("1Z1"),))])
    acknowledge(store, 1, 2)
    Product.objects.create(store=store, miva_id=7, code="mug", code_key="mug", read_at=now, seen_by=1)
    Customer.objects.create(store=store, miva_id=8, read_at=now, seen_by=1)
    StockLevel.objects.create(store=store, product_id=7, sku="mug", figure=3, at=now)
    add(store, [Wanted("mug", 1)], Asker(), look_up=lambda: True)
    exchange = Exchange.objects.create(
        store=store, direction="miva", function="x", milliseconds=1, outcome="ok"
    )
    subscription = WebhookSubscription.objects.create(
        store=store, name="ERP", url="https://erp.example.com/x"
    )
    return {
        "webhook-subscriptions": subscription.pk,
        "webhook-deliveries": subscriptions.ping(subscription).pk,
        "orders": order.miva_id,
        "downloads": store.downloads.first().pk,
        "backfills": backfill.start(store, between_numbers("1-9"), estimated=9).pk,
        "payment-mappings": PaymentMapping.objects.create(store=store, module="a", element="COD").pk,
        "custom-field-mappings": CustomFieldMapping.objects.create(store=store, code="a", action="drop").pk,
        "shipments": store.shipments.first().pk,
        "status-meanings": StatusMeaning.objects.create(store=store, label="Gone", meaning="shipped").pk,
        "carriers": CarrierMapping.objects.create(store=store, carrier="FX", tracking_type="FedEx").pk,
        "stock/changes": store.stockchanges.first().pk,
        "stock/levels": 7,
        "products": 7,
        "customers": 8,
        "exchanges": exchange.pk,
        "audit-entries": AuditEntry.objects.filter(store=store).first().pk,
    }


def addresses(store, keys) -> list[str]:
    """Every address of the router, about this store and these rows."""
    found = []
    for route in routes():
        text = str(route.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        text = text.replace("(?P<store>[-a-zA-Z0-9_]+)", store.slug)
        for name, key in sorted(keys.items(), key=lambda pair: -len(pair[0])):
            if f"/{name}/(?P<" in text:
                head, _, rest = text.partition("(?P<")
                text = head + str(key) + rest.partition(")")[2]
                break
        assert "(" not in text, text
        found.append(text.replace("\\", ""))
    return sorted(set(found))


def state() -> dict[str, int]:
    """All rows that there are, but for what is written by calling: when a token was last used."""
    found = {}
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy and model._meta.app_label != "sessions":
            rows = model._default_manager.values_list().order_by("pk")
            if model is Exchange:  # the calls themselves
                rows = rows.exclude(direction="api")
            found[model._meta.label] = (
                hash(str(list(rows))) if model._meta.label != "stores.ApiToken" else rows.count()
            )
    return found


def test_every_address_and_method_is_not_there_for_another_merchants_token():
    mine, theirs = make_store(), make_store()
    keys, stranger = filled(mine), program(theirs, whole_merchant=True)
    owner = program(mine)
    checked, before = 0, None
    for address in addresses(mine, keys):
        if address == "stores/":
            continue
        assert owner.get(address).status_code == 200 or address.rstrip("/").rsplit("/", 1)[-1] in DONE, (
            address
        )
        before = before or state()
        for method in METHODS:
            answer = stranger.call(method, address, {} if method in ("POST", "PUT", "PATCH") else None)
            assert answer.status_code in (404, 405), (method, address, answer.status_code)
            if answer.status_code == 405:
                allowed = owner.call(method, address)["Allow"]
                assert method not in allowed, (method, address)
            checked += 1
    assert checked > 200
    assert state() == before


def test_no_address_is_answered_without_a_token(client):
    mine = make_store()
    for address in addresses(mine, filled(mine)):
        for method in ("get", "post"):
            answer = getattr(client, method)(f"/api/v1/{address}")
            assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="connect2cart"')


DONE = ("resend", "ignore", "release", "retry", "pause", "resume", "cancel", "ping", "replay", "hold")


def test_a_row_of_another_store_of_the_same_merchant_is_not_below_this_one():
    mine = make_store()
    keys, other = filled(mine), make_store(merchant=mine.merchant)
    caller = program(mine, whole_merchant=True)
    for name, key in keys.items():
        assert caller.get(f"stores/{mine.slug}/{name}/{key}/").status_code == 200, name
        assert caller.get(f"stores/{other.slug}/{name}/{key}/").status_code == 404, name
        query = "?direction=miva" if name == "exchanges" else ""
        assert caller.get(f"stores/{other.slug}/{name}/{query}").json()["results"] == [], name


def test_the_list_of_stores_names_no_store_of_anybody_else():
    mine, _ = make_store(), make_store()
    assert [each["slug"] for each in program(mine).get("stores/").json()["results"]] == [mine.slug]
