"""A large catalogue by the yard: half of its SKUs are plain products, half are variants by size and colour."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from stores.sandbox.catalog import COLOR, COLORS, MONOGRAM, SIZE, SIZES, Product

FIRST_ID = 100_001
VARIANTS = len(SIZES) * len(COLORS)


def assortment(skus: int) -> Iterator[Product]:
    """Products that are sold under `skus` SKUs together; the same ones each time."""
    number = 0
    while skus > 0:
        varied = number % (VARIANTS + 1) == VARIANTS and skus >= VARIANTS
        yield product(number, varied=varied)
        skus -= VARIANTS if varied else 1
        number += 1


def product(number: int, *, varied: bool) -> Product:
    """The product with this number, counted from 0."""
    price = Decimal(499 + number * 37 % 9500) / 100
    return Product(
        id=FIRST_ID + number,
        code=f"item-{number}",
        sku=f"ITEM-{number:06d}",
        name=f"Item No. {number} – of steel & oak",
        price=price,
        weight=Decimal(number % 400) / 100,
        cost=price * Decimal("0.4"),
        attributes=(SIZE, COLOR) if varied else (MONOGRAM,),
    )
