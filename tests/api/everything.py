"""A store that has one of everything that can be asked for, under the same number."""

from __future__ import annotations

from django.db import connection, models
from django.utils import timezone

from fulfillment.models import CarrierMapping, Shipment, StatusMeaning
from fulfillment.record import record
from inventory.models import Customer, Product, StockChange, StockLevel
from inventory.record import Asker, Wanted, add
from orders import backfill
from orders.models import Backfill, CustomFieldMapping, Download, Order, PaymentMapping
from orders.serve import acknowledge
from orders.spans import between_numbers
from stores import subscriptions
from stores.audit import note
from stores.models import AuditEntry, Exchange, Store, WebhookDelivery, WebhookSubscription
from stores.seti.status_updates import Package, StatusUpdate
from tests.api.conftest import kept

NUMBER = 100_001
SLUG = "acme-web"
IN_ADDRESSES = {
    "store": SLUG,
    **dict.fromkeys(("number", "id", "product_id", "customer_id"), str(NUMBER)),
}
COUNTED: tuple[type[models.Model], ...] = (
    *(AuditEntry, Backfill, CarrierMapping, CustomFieldMapping, Download, Exchange, PaymentMapping),
    *(Shipment, StatusMeaning, StockChange, WebhookDelivery, WebhookSubscription),
)
LISTS = (
    *("webhook-subscriptions", "webhook-deliveries", "orders", "downloads", "backfills", "payment-mappings"),
    *("custom-field-mappings", "shipments", "status-meanings", "carriers", "stock/changes", "stock/levels"),
    *("products", "customers", "exchanges", "audit-entries"),
)


def fill(store: Store) -> None:
    """Give the store one of everything, and a second order that nobody has downloaded yet."""
    for model in COUNTED:
        count_from(NUMBER, model)
    for number, order in enumerate(kept(store, 2), NUMBER):
        Order.objects.filter(pk=order.pk).update(miva_id=number, export_number=number - NUMBER + 1)
    acknowledge(store, 1, 1)
    record(store, [StatusUpdate(str(NUMBER), "Shipped", packages=(Package("1Z1"),))])
    backfill.start(store, between_numbers("1-9"), estimated=9)
    now = timezone.now()
    read = {"store": store, "read_at": now, "seen_by": 1}
    add_products(store, "mug", first=NUMBER)
    Customer.objects.create(miva_id=NUMBER, **read)
    StockLevel.objects.create(store=store, product_id=NUMBER, sku="mug", figure=3, at=now)
    add(store, [Wanted("mug", 1)], Asker(), look_up=lambda: True)
    PaymentMapping.objects.create(store=store, module="zip", element="COD")
    CustomFieldMapping.objects.create(store=store, code="gift", action="drop")
    StatusMeaning.objects.create(store=store, label="Gone", meaning="shipped")
    note("carrier added", CarrierMapping.objects.create(store=store, carrier="FX", tracking_type="FedEx"))
    Exchange.objects.create(store=store, direction="miva", function="x", milliseconds=1, outcome="ok")
    erp = {"name": "ERP", "url": "https://erp.example.com/events"}
    subscriptions.ping(WebhookSubscription.objects.create(store=store, **erp))


def add_products(store: Store, *codes: str, first: int = 1) -> None:
    """Give the store products of which Miva has ten each, in our copy of its catalogue."""
    now = timezone.now()
    for number, code in enumerate(codes, first):
        Product.objects.create(
            store=store,
            miva_id=number,
            code=code,
            code_key=code.lower(),
            tracked=True,
            quantity=10,
            stock_product_id=number,
            read_at=now,
            listed_at=now,
            seen_by=1,
        )


def count_from(number: int, model: type[models.Model]) -> None:
    """Let the model's next row have this number as its key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [model._meta.db_table, number]
        )
