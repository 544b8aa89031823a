"""Orders as bytes: on-demand columns gate every member; rendered bytes are kept until the order changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stores.sandbox.columns import DT_UPDATED_SINCE
from stores.sandbox.envelope import encode
from stores.sandbox.members import Member
from stores.sandbox.payments import PAYMENT_DATA_MEMBERS, WRONGLY_UNLOCKED, lock, unlock
from stores.sandbox.state import StoreState
from stores.sandbox.totals import Order

NAMES = frozenset(
    {"ship_method", "cust_login", "cust_pw_email", "business_title", "payment_module", "customer"}
)
LISTS = frozenset({"items", "charges", "coupons", "discounts", "payments", "notes", "shipments", "returns"})
ONDEMAND = NAMES | LISTS | {"CustomField_Values"}
EVERY_COLUMN = NAMES | LISTS | {"payment_data", "parts"}
KNOWN_MODULES = frozenset({"customfields", "orderworkflow"})
EVERY_FIELD = frozenset(f"customfield_values:{module}:*" for module in KNOWN_MODULES)
SINCE_10_03 = frozenset({"shipments", "returns"})
LOCKED, WRONG, OPEN = "locked", "wrong", "open"


@dataclass(frozen=True)
class Projection:
    """Which members a request asked for; `vault` says what the passphrase does to encrypted payments."""

    columns: frozenset[str]
    custom_fields: frozenset[str]
    vault: str
    dt_updated: bool
    complete: bool


def projection(store: StoreState, ondemand: Iterable[str], passphrase: str) -> Projection:
    """The projection for on-demand column names as sent; names that Miva does not know are ignored."""
    names = frozenset(ondemand)
    modern = store.version_numbers() >= DT_UPDATED_SINCE
    columns = names & EVERY_COLUMN
    fields = frozenset(name.lower() for name in names if name.lower().startswith("customfield_values:"))
    vault = OPEN if passphrase == store.passphrase else WRONG if passphrase else LOCKED
    complete = modern and vault == LOCKED and columns >= EVERY_COLUMN and fields >= EVERY_FIELD
    return Projection(columns if modern else columns - SINCE_10_03, fields, vault, modern, complete)


def render(store: StoreState, order_ids: Iterable[int], wanted: Projection) -> list[bytes]:
    """The JSON of each order, from memory where nothing changed since."""
    return [_rendered(store, order_id, wanted) for order_id in order_ids]


def _rendered(store: StoreState, order_id: int, wanted: Projection) -> bytes:
    known = store.rendered.setdefault(order_id, {})
    row = known.get(wanted)
    if row is None:
        row = known[wanted] = encode(project(store.orders[order_id], wanted, store.secured))
    return row


def project(order: Order, wanted: Projection, secured: dict[int, dict[str, str]]) -> Order:
    """The members of `order` that `wanted` covers; conditional members are absent, never null."""
    if wanted.complete and order["CustomField_Values"].keys() == KNOWN_MODULES:
        return order
    shown = {name: value for name, value in order.items() if name not in ONDEMAND or name in wanted.columns}
    if not wanted.dt_updated:
        shown.pop("dt_updated", None)
    _gate_lines(shown, wanted)
    if "payments" in shown:
        shown["payments"] = [_payment(each, wanted, secured) for each in order["payments"]]
    values = _custom_values(order["CustomField_Values"], wanted.custom_fields)
    return shown | {"CustomField_Values": values} if values else shown


def _gate_lines(shown: Order, wanted: Projection) -> None:
    """`parts` need asking for; `items` also puts lines into shipments and returns (Miva reference §7.1)."""
    for name in ("shipments", "returns"):
        if name in shown:
            shown[name] = [_holder(each, wanted) for each in shown[name]]
    if "items" in shown and "parts" not in wanted.columns:
        shown["items"] = without_parts(shown["items"])


def _holder(holder: Member, wanted: Projection) -> Member:
    members = {name: value for name, value in holder.items() if name != "items"}
    if "items" not in wanted.columns:
        return members
    lines = holder["items"] if "parts" in wanted.columns else without_parts(holder["items"])
    return members | {"items": lines}


def without_parts(lines: list[Member]) -> list[Member]:
    """The lines as they read when `parts` were not asked for."""
    return [{name: value for name, value in line.items() if name != "parts"} for line in lines]


def _payment(payment: Member, wanted: Projection, secured: dict[int, dict[str, str]]) -> Member:
    if "payment_data" not in wanted.columns:
        return {name: value for name, value in payment.items() if name not in PAYMENT_DATA_MEMBERS}
    if payment["decrypt_status"] == "not_encrypted" or wanted.vault == LOCKED:
        return payment
    if wanted.vault == WRONG:
        return lock(payment, WRONGLY_UNLOCKED)
    return unlock(payment, secured.get(payment["id"], {}))


def _custom_values(values: dict[str, dict[str, Any]], wanted: frozenset[str]) -> dict[str, dict[str, Any]]:
    """The values asked for with `*`, `<module>:*` or `<module>:<code>` (Miva reference §11)."""
    if not wanted:
        return {}
    everything = "customfield_values:*" in wanted
    shown = {}
    for module, fields in values.items():
        path = f"customfield_values:{module.lower()}"
        whole = everything or f"{path}:*" in wanted
        kept = {code: value for code, value in fields.items() if whole or f"{path}:{code.lower()}" in wanted}
        if kept:
            shown[module] = kept
    return shown
