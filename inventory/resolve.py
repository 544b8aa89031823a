"""From what Stone Edge calls a product to the product that holds its stock (Miva reference §13.2)."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import OuterRef, Subquery

from inventory.models import Product, StockLevel, fold
from stores.miva.client import MivaClient
from stores.miva.inventory import Stock, find_stock
from stores.models import Store
from stores.statements import Statement

AT_ONCE = 500  # SKUs in one query


@dataclass(frozen=True, slots=True)
class Keeper:
    """The product that holds a SKU's stock. `sku` is what the store calls it, `figure` what is known of Miva's at `at`."""

    product_id: int
    sku: str
    tracked: bool
    figure: int
    at: datetime | None = None


class Known(NamedTuple):
    """What our copy has of a product, and the figure of its stock that was last confirmed, if there is one."""

    miva_id: int
    code: str
    code_key: str
    sku: str
    sku_key: str
    tracked: bool
    quantity: int
    read_at: datetime
    stock_product_id: int | None
    level: int | None
    confirmed_at: datetime | None


class Unresolved(Exception):
    """No product stands for the SKU; the reason and what to do about it, in two sentences."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        self.remedy = remedy


class UnknownSku(Unresolved):
    """Miva has no such product."""


def resolve(store: Store, skus: Iterable[str], *, masters: bool = False) -> dict[str, Keeper | Unresolved]:
    """Return for each SKU or code (by its key, see `fold`) the product that holds its stock, from our copy of the catalogue;
    with `masters` also products that hold none, being sold in variants or parts.

    The store's identifier counts first; the other one only where it finds nothing.
    """
    keys = list(dict.fromkeys(map(fold, skus)))
    found: dict[str, Keeper | Unresolved] = {}
    for start in range(0, len(keys), AT_ONCE):
        found |= _resolved(store, keys[start : start + AT_ONCE], masters)
    return found


def _resolved(store: Store, keys: Sequence[str], masters: bool) -> dict[str, Keeper | Unresolved]:
    first, second = _columns(store)
    matches = _matches(store, first, keys)
    matches |= _matches(store, second, [key for key in keys if key not in matches])
    return {key: _keeper(store, key, matches.get(key, []), masters) for key in keys}


def _columns(store: Store) -> tuple[str, str]:
    by_code = store.identifier == Store.Identifier.CODE
    return ("code", "sku") if by_code else ("sku", "code")


def _matches(store: Store, column: str, keys: Sequence[str]) -> dict[str, list[Known]]:
    wanted = [key for key in keys if key]
    found: dict[str, list[Known]] = {}
    if wanted:
        for row in _with_these(column, len(wanted)).rows(store.pk, *wanted):
            product = Known._make(row)
            found.setdefault(getattr(product, f"{column}_key"), []).append(product)
    return found


@functools.lru_cache(maxsize=64)
def _with_these(column: str, count: int) -> Statement:
    """Return the query of a store's products that have one of so many keys."""
    levels = StockLevel.objects.filter(store=OuterRef("store"), product_id=OuterRef("miva_id")).order_by()
    keys = [str(number) for number in range(count)]
    products = Product.objects.of(0).filter(gone_at=None, **{f"{column}_key__in": keys}).order_by()
    told = (Subquery(levels.values("figure")), Subquery(levels.values("confirmed_at")))
    return Statement(products.values_list(*Known._fields[: -len(told)], *told))


def _keeper(store: Store, key: str, products: list[Known], masters: bool) -> Keeper | Unresolved:
    if not products:
        return unknown(key)
    if len(products) > 1:
        return shared(key, [product.code for product in products])
    product = products[0]
    if product.stock_product_id is None and not masters:
        return in_parts(product.code)
    figure, at = product.quantity, product.read_at
    if product.confirmed_at is not None and product.confirmed_at >= at:
        figure, at = product.level or 0, product.confirmed_at
    name = getattr(product, _columns(store)[0]) or product.code
    return Keeper(product.miva_id, name, product.tracked, figure, at)


def unknown(sku: str) -> UnknownSku:
    """Return the reason for a SKU that no product has."""
    return UnknownSku(
        f"Miva has no product with the SKU or code {sku}.",
        "Create it in Miva, or correct the SKU in Stone Edge.",
    )


def in_parts(code: str) -> Unresolved:
    """Return the reason for a product that has no stock of its own."""
    return Unresolved(
        f"{code} is sold in variants or parts, and each of those has a stock of its own.",
        "Let Stone Edge send the SKU of the variant or of the part.",
    )


def shared(sku: str, codes: Sequence[str]) -> Unresolved:
    """Return the reason for a SKU that several products have."""
    named = ", ".join(sorted(codes)[:5])
    return Unresolved(
        f"{len(codes)} products in Miva share the SKU {sku} ({named}): it is not clear whose stock is meant.",
        "Give each product a SKU of its own in Miva, or let the store be identified by product code.",
    )


def look_up(store: Store, client: MivaClient, skus: Sequence[str]) -> dict[str, Stock | Unresolved]:
    """Return for each SKU or code (by its key) that our copy does not have the product in Miva. Raises MivaError."""
    found: dict[str, Stock | Unresolved] = {fold(sku): unknown(sku) for sku in skus}
    for column in _columns(store):
        missing = [sku for sku in skus if isinstance(found[fold(sku)], UnknownSku)]
        several: dict[str, list[Stock]] = {}
        for stock in find_stock(client, column, missing):
            several.setdefault(fold(getattr(stock, column)), []).append(stock)
        for key, stocks in several.items():
            alone = len(stocks) == 1
            found[key] = stocks[0] if alone else shared(key, [each.code for each in stocks])
    return found
