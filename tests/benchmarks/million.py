"""A million orders of five hundred stores, made by the database itself; what the benchmarks of the console look through."""

import time

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from fulfillment.models import Package, Shipment
from inventory.models import Product
from orders.models import Download, Order
from stores.models import Desktop, Merchant, PullCursor, Store
from tests.benchmarks.report import note

ORDERS, STORES, PACKAGES, PRODUCTS = 1_000_000, 500, 300_000, 100_000
SYLLABLES = [
    "ba",
    "ber",
    "co",
    "dal",
    "den",
    "fer",
    "gar",
    "har",
    "ing",
    "jor",
    "kel",
    "lan",
    "mar",
    "nor",
    "pet",
    "ric",
    "son",
    "tur",
    "vin",
    "wel",
]
FIRST = [
    "Ann",
    "Ben",
    "Carla",
    "David",
    "Emma",
    "Frank",
    "Grace",
    "Henry",
    "Iris",
    "Jordan",
    "Karen",
    "Liam",
    "Mia",
    "Noah",
    "Olga",
    "Paul",
    "Quinn",
    "Rosa",
    "Sam",
    "Tina",
]

ORDERS_SQL = """
INSERT INTO orders_order (store_id, miva_id, raw, fingerprint, state, reason, remedy, warnings, export_number, first_number,
  former_numbers, placed_at, miva_status, miva_updated, total, customer, email, skus, road, fetched_at, kept_at, numbered_at)
SELECT %(first)s + n %% %(stores)s, 100000 + n / %(stores)s,
  jsonb_build_object('id', 100000 + n / %(stores)s, 'bill_fname', f, 'bill_lname', l, 'notes', md5(n::text) || md5((n + 1)::text),
    'items', jsonb_build_array(jsonb_build_object('line_id', n, 'code', 'sku-' || a, 'quantity', 1, 'price', 19.99))),
  md5(n::text),
  CASE WHEN n %% 997 = 0 THEN 'held' WHEN n %% 499 = 0 THEN 'incomplete' WHEN n %% 9973 = 0 THEN 'ignored' ELSE 'exportable' END,
  CASE WHEN n %% 997 = 0 THEN 'The order has no lines.' ELSE '' END, '',
  CASE WHEN n %% 1009 = 0 THEN '["The total was rounded."]'::jsonb ELSE '[]'::jsonb END,
  n / %(stores)s + 1, n / %(stores)s + 1, '[]'::jsonb,
  now() - (%(orders)s - n) * interval '60 seconds', 0, 0, 10 + n %% 500, f || ' ' || l,
  lower(f || '.' || l || n %% 7919 || '@example' || n %% 50 || '.com'), ' sku-' || a || ' sku-' || b || ' ',
  'queue_ack', now(), now() - (%(orders)s - n) * interval '60 seconds', now()
FROM (SELECT n, (%(first_names)s::text[])[1 + n %% 20] f,
        initcap((%(syllables)s::text[])[1 + n * 7 %% 20] || (%(syllables)s::text[])[1 + n / 20 %% 20]
          || (%(syllables)s::text[])[1 + n / 400 %% 20]) l,
        (power((n * 31 %% 1000) / 1000.0, 3) * 5000)::int a, n * 17 %% 20000 b
      FROM generate_series(0, %(orders)s - 1) n) made
"""
DOWNLOADS_SQL = """
INSERT INTO orders_download (store_id, desktop_id, first_number, last_number, count, after, at)
SELECT %(first)s + s, NULL, r * 100 + 1, r * 100 + 100, 100, r * 100, now() - (49 - r) * interval '1 day'
FROM generate_series(0, %(stores)s - 1) s, generate_series(0, %(orders)s / %(stores)s / 100 - 2) r
"""
SHIPMENTS_SQL = """
INSERT INTO fulfillment_shipment (store_id, order_id, created_at, due_at, version, attempts, lease, problem, remedy, problem_kind,
  done_at, kind, step, everything, miva_id, reason, closed_by)
SELECT store_id, id, now(), now(), 1, 1, gen_random_uuid(), '', '', '', now(), 'ship', 'verified', true, id, '', ''
FROM orders_order ORDER BY id LIMIT %(packages)s
"""
PACKAGES_SQL = """
INSERT INTO fulfillment_package (store_id, order_id, shipment_id, number, key, ref, carrier, method, picked_up, earlier_numbers)
SELECT store_id, order_id, id, '1Z' || upper(substr(md5(id::text), 1, 16)), '1Z' || upper(substr(md5(id::text), 1, 16)),
  '', 'UPS', '', '', '[]' FROM fulfillment_shipment
"""
PRODUCTS_SQL = """
INSERT INTO inventory_product (store_id, miva_id, custom_fields, read_at, seen_by, code, code_key, sku, sku_key, name, description,
  price, cost, weight, taxable, active, tracked, quantity, attributes, role)
SELECT %(first)s + n %% %(stores)s, n, '{}', now(), 1, 'SKU-' || n / 20, 'sku-' || n / 20, '', '', 'Product ' || n, '',
  9.99, 1, 1, true, true, true, 5, '[]', 'single' FROM generate_series(0, %(products)s - 1) n
"""


def load(stores: int = STORES) -> None:
    """Fill the tables, unless they are; the indexes of the orders are built when the rows are there.

    The orders belong to the first `stores` of the stores.
    """
    having = Order.objects.values("store").distinct().count()
    if having == stores:
        return
    if having:  # another benchmark wanted them spread differently
        call_command("flush", interactive=False, verbosity=0)
    began = time.monotonic()
    values = {
        "first": made_stores(),
        "stores": stores,
        "orders": ORDERS,
        "packages": PACKAGES,
        "products": PRODUCTS,
        "syllables": SYLLABLES,
        "first_names": FIRST,
    }
    meta = Order._meta
    for model in (Order, Download, Shipment, Package, Product):
        defaulted(model)
    with connection.schema_editor() as editor:
        for index in meta.indexes:
            editor.remove_index(Order, index)
        for constraint in meta.constraints:
            editor.remove_constraint(Order, constraint)
    execute(ORDERS_SQL, values)
    note(f"{ORDERS:,} orders after {time.monotonic() - began:.0f} s")
    with connection.schema_editor() as editor:
        for constraint in meta.constraints:
            editor.add_constraint(Order, constraint)
        for index in meta.indexes:
            editor.add_index(Order, index)
    for statement in (DOWNLOADS_SQL, SHIPMENTS_SQL, PACKAGES_SQL, PRODUCTS_SQL):
        execute(statement, values)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what autovacuum does within minutes
    note(f"loaded and indexed after {time.monotonic() - began:.0f} s")


def defaulted(model: type[Model]) -> None:
    """Let the database know the plain defaults of the model's fields, so that a statement need only name what matters."""
    with connection.schema_editor() as editor:
        for field in model._meta.concrete_fields:
            value = field.get_default()
            if not field.null and not field.primary_key and isinstance(value, bool | int | str):
                table, column = editor.quote_name(model._meta.db_table), editor.quote_name(field.column)
                default = editor.quote_value(value)
                editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default}")


def execute(statement: str, values: dict[str, object]) -> None:
    """Run one statement with the values."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def made_stores() -> int:
    """Merchants, stores, cursors and logins; returns the key of the first store."""
    merchants = Merchant.objects.bulk_create(
        Merchant(name=f"Merchant {number} Trading", slug=f"million-{number}") for number in range(STORES // 4)
    )
    stores = Store.objects.bulk_create(
        Store(
            merchant=merchants[number // 4],
            name=f"Shop {number}",
            slug=f"million-{number}",
            endpoint=f"https://shop{number}.example.com/mm5/json.mvc",
            store_code=f"S{number}",
        )
        for number in range(STORES)
    )
    now = timezone.now()
    PullCursor.objects.bulk_create(PullCursor(store=store, last_good_at=now) for store in stores)
    Desktop.objects.bulk_create(Desktop(store=store, username=f"desk-{store.pk}") for store in stores)
    User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    assert [store.pk for store in stores] == list(range(stores[0].pk, stores[0].pk + STORES))
    return int(stores[0].pk)
