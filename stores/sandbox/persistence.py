"""Keeping a sandbox store in a JSON file, so that it finds its orders, queues and credentials again."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from stores.sandbox.columns import Row
from stores.sandbox.customers import Accounts, customer_row
from stores.sandbox.envelope import encode
from stores.sandbox.inventory import Dimension, Inventory, Part, Variant
from stores.sandbox.money import decimal
from stores.sandbox.settings import Settings
from stores.sandbox.store import SandboxStore
from stores.sandbox.totals import Order, refresh
from stores.sandbox.workflows import Waiting

_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
NOT_KEPT = frozenset({"clock"})
FRACTIONS = frozenset({"failed_login_delay", "operation_seconds", "skipped_share"})


def save(store: SandboxStore, path: Path) -> None:
    """Write all but journals and planned faults to `path`; an interrupted write leaves the old file."""
    with store.lock:
        body = encode(_document(store))
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_bytes(body)
    unfinished.replace(path)


def load(path: Path, **settings: Any) -> SandboxStore:
    """The store that `save` wrote to `path`; `settings` override what it was set to (and give it a clock)."""
    document = _DECODER.decode(path.read_bytes())
    kept = {name: _setting(name, value) for name, value in document["settings"].items()}
    store = SandboxStore(document["seed"], **kept | settings)
    store.counters.following |= document["counters"]
    store.skipped_numbers = document["skipped_numbers"]
    store.secured = {int(payment_id): data for payment_id, data in document["secured"].items()}
    store.workflows = set(document["workflows"])
    for name, action in document["workflow_actions"].items():
        store.workflow_definitions[name] = replace(store.workflow_definitions[name], action=action)
    store.waiting = [Waiting(**entry) for entry in document["waiting"]]
    store.queue_names = document["queue_names"]
    for order in document["orders"]:
        store.keep(_order(order))
    store.queues = {code: dict.fromkeys(members) for code, members in document["queues"].items()}
    store.archived = {order["id"]: _order(order) for order in document["archived"]}
    store.inventory = _inventory(document["products"], document["variants"])
    store.accounts = _accounts(document["customers"])
    return store


def _document(store: SandboxStore) -> dict[str, Any]:
    names = (field.name for field in fields(Settings) if field.name not in NOT_KEPT)
    return {
        "seed": store.seed,
        "settings": {name: getattr(store, name) for name in names},
        "counters": store.counters.following,
        "skipped_numbers": store.skipped_numbers,
        "secured": store.secured,
        "workflows": sorted(store.workflows),
        "workflow_actions": {each.name: each.action for each in store.workflow_definitions.values()},
        "waiting": [asdict(entry) for entry in store.waiting],
        "queue_names": store.queue_names,
        "queues": {code: list(members) for code, members in store.queues.items()},
        "orders": list(store.orders.values()),
        "archived": list(store.archived.values()),
        "customers": list(store.accounts.rows.values()),
        "products": list(store.inventory.rows.values()),
        "variants": {
            str(product_id): [asdict(each) for each in variants]
            for product_id, variants in store.inventory.variants.items()
        },
    }


def _inventory(products: list[Row], variants: dict[str, list[Row]]) -> Inventory:
    inventory = Inventory()
    for row in products:
        inventory.keep(row | {name: decimal(row[name]) for name in ("price", "cost", "weight")})
    for product_id, rows in variants.items():
        inventory.variants[int(product_id)] = [_variant(each) for each in rows]
    return inventory


def _accounts(customers: list[Row]) -> Accounts:
    accounts = Accounts()
    for row in customers:
        accounts.keep(customer_row(row["id"], row["dt_created"], **row))
    return accounts


def _variant(row: Row) -> Variant:
    parts = tuple(Part(**each) for each in row["parts"])
    return Variant(row["id"], parts, tuple(Dimension(**each) for each in row["dimensions"]))


def _setting(name: str, value: Any) -> Any:
    """JSON knows neither sets nor tuples, and the decoder reads every fraction as money."""
    if name in ("granted_functions", "empty_when_denied"):
        return None if value is None else set(value)
    if name in FRACTIONS:
        return float(value)
    return tuple(value) if name == "allowed_addresses" else value


def _order(order: Order) -> Order:
    """Lines appear in shipments too; recomputing makes them one object again."""
    stated = {name: order[name] for name in ("total", "status")}
    refresh(order)
    return order | stated
