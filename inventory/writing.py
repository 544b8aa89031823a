"""Writing what was read: a page at a time, and at the end what is gone, what is for what, and what desktops are given."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from inventory import bulk
from inventory.models import Copy, Customer, Product, Variant
from stores.models import Store

# What a refresh writes over; where a row stands in the list and what a product is for are decided at the end.
NOT_WRITTEN_OVER = frozenset(
    {"id", "store", "miva_id", "listed_at", "unlisted_at", "role", "stock_product_id"}
)

# A new list takes effect a moment after it is written: by then it is committed, whoever looks.
SETTLED = timedelta(minutes=1)

BATCH = 1000  # keys that one statement names


def upsert(rows: Sequence[Copy]) -> int:
    """Write a page of one store and one kind, inside the caller's transaction. Returns how many rows are new.

    A row that somebody else has read later keeps what it has.
    """
    if not rows:
        return 0
    model, first = type(rows[0]), rows[0]
    known = model.objects.of(first.store_id).filter(miva_id__in=[row.miva_id for row in rows])
    read_at: dict[int, datetime] = dict(known.values_list("miva_id", "read_at"))
    newer = {number for number, moment in read_at.items() if moment > first.read_at}
    changing = [field.name for field in model._meta.concrete_fields if field.name not in NOT_WRITTEN_OVER]
    if older := [row for row in rows if row.miva_id not in newer]:
        bulk.write(older, changing)
    if newer:
        known.filter(miva_id__in=newer).update(seen_by=first.seen_by, gone_at=None)
    return len(rows) - len(read_at)


def replace_variants(store: Store, variants_of: dict[int, list[Variant]]) -> None:
    """Write the variants of these products (Miva ids) instead of what they had, inside the caller's transaction."""
    had = Variant.objects.of(store).filter(
        product_id__range=(min(variants_of, default=0), max(variants_of, default=0))
    )
    known = set(had.values_list("product_id", flat=True).distinct()) & variants_of.keys()
    had.filter(product_id__in=known).delete()
    Variant.objects.bulk_create(variant for variants in variants_of.values() for variant in variants)


def settle_products(store: Store, refresh: int, now: datetime) -> int:
    """Close a complete reading, inside the caller's transaction. Returns how many products are gone."""
    products = Product.objects.of(store)
    gone = mark_gone(products, refresh, now)
    if gone:
        missing = list(products.filter(gone_at=now).values_list("miva_id", flat=True))
        for some in batches(missing):
            Variant.objects.of(store).filter(product_id__in=some).delete()
    assign_roles(store, products)
    own = Variant.objects.of(store).filter(
        product_id=OuterRef("miva_id"), part_id=None
    )  # kits: sold under its code
    sold_by_itself = ~Q(role=Product.Role.VARIANTS) | Q(Exists(own))
    listed(products, Q(gone_at=None) & sold_by_itself, now)
    return gone


def settle_customers(store: Store, refresh: int, now: datetime) -> int:
    """Close a complete reading, inside the caller's transaction. Returns how many customers are gone."""
    customers = Customer.objects.of(store)
    gone = mark_gone(customers, refresh, now)
    listed(customers, Q(gone_at=None), now)
    return gone


def mark_gone(copies: QuerySet[Any], refresh: int, now: datetime) -> int:
    """Mark the rows that the refresh did not see."""
    return copies.filter(gone_at=None).exclude(seen_by=refresh).update(gone_at=now)


def assign_roles(store: Store, products: QuerySet[Any]) -> None:
    """Say of each product what it is for: a master whose parts hold the stock, such a part, or neither.

    By sets, not by one statement: the planner joins a store that its statistics do not know yet row by row with itself.
    """
    variants = Variant.objects.of(store)
    masters = set(variants.order_by().values_list("product_id", flat=True).distinct())
    parts = set(variants.order_by().exclude(part_id=None).values_list("part_id", flat=True).distinct())
    changed: dict[str, list[int]] = {role: [] for role in Product.Role}
    for number, role in products.values_list("miva_id", "role"):
        is_for = _role(number, masters, parts)
        if is_for != role:
            changed[is_for].append(number)
    for is_for, numbers in changed.items():
        stock = None if is_for == Product.Role.VARIANTS else F("miva_id")
        for some in batches(numbers):
            products.filter(miva_id__in=some).update(role=is_for, stock_product_id=stock)


def _role(number: int, masters: set[int], parts: set[int | None]) -> str:
    if number in masters:
        return Product.Role.VARIANTS
    return Product.Role.PART if number in parts else Product.Role.SINGLE


def batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Return the numbers in parts that one statement can name."""
    return (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH))


def listed(copies: QuerySet[Any], wanted: Q, now: datetime) -> None:
    """Let the list that desktops page through be the `wanted` rows: at once when it is the first, else when it has settled."""
    first = not copies.filter(listed_at__isnull=False).exists()
    effect = now if first else now + SETTLED
    absent = Q(listed_at=None) | Q(unlisted_at__isnull=False)
    copies.filter(wanted).filter(absent).update(listed_at=effect, unlisted_at=None)
    copies.exclude(wanted).exclude(absent).update(unlisted_at=effect)
