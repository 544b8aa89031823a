"""What this store sells: plain goods, variants, text attributes and kits (Miva reference §13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Choice:
    """One option of an attribute; `price` and `weight` are added per unit and may be negative."""

    id: int
    code: str
    prompt: str
    price: Decimal = Decimal("0.00")
    weight: Decimal = Decimal("0.00")


@dataclass(frozen=True)
class Attribute:
    """A question to the shopper; `inventory` attributes form variants.

    Without choices a text attribute or, with `checkbox`, one that holds "yes". `template_id`: of the attribute
    template it comes from, 0 if it is the product's own.
    """

    id: int
    code: str
    prompt: str
    choices: tuple[Choice, ...] = ()
    inventory: bool = False
    checkbox: bool = False
    template_id: int = 0


@dataclass(frozen=True)
class Component:
    """A part of a kit."""

    code: str
    sku: str
    name: str
    quantity: int
    price: Decimal
    cost: Decimal
    weight: Decimal


@dataclass(frozen=True)
class Product:
    """A product of the catalogue; `sku` may be blank, as in real stores."""

    id: int
    code: str
    sku: str
    name: str
    price: Decimal
    weight: Decimal
    cost: Decimal = Decimal("0.00")
    taxable: bool = True
    attributes: tuple[Attribute, ...] = ()
    components: tuple[Component, ...] = ()


def _choices(first_id: int, *rows: tuple[str, str, str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(first_id + at, code, prompt, Decimal(price)) for at, (code, prompt, price) in enumerate(rows)
    )


SIZES = _choices(
    31, ("S", "Small", "0.00"), ("M", "Medium", "0.00"), ("L", "Large", "2.00"), ("XL", "X-Large", "3.50")
)
COLORS = _choices(51, ("red", "Red", "0.00"), ("blue", "Blue", "0.00"), ("grn", "Forest Green", "-0.75"))
WRAPS = _choices(71, ("yes", "Yes, please", "4.95"))
SIZE = Attribute(11, "size", "Size", SIZES, inventory=True)
COLOR = Attribute(12, "color", "Color", COLORS, inventory=True)
MONOGRAM = Attribute(13, "monogram", "Monogram Text")
ENGRAVING = Attribute(14, "engraving", "Engraving")
WRAP = Attribute(15, "giftwrap", "Gift wrap?", WRAPS)
CARE = Attribute(16, "care", "Send care instructions", checkbox=True, template_id=3)


def _component(code: str, name: str, quantity: int, price: str, cost: str) -> Component:
    return Component(
        code, f"SKU-{code.upper()}", name, quantity, Decimal(price), Decimal(cost), Decimal("0.40")
    )


SOAP = _component("soap", "Saddle Soap", 2, "6.00", "2.50")
BRUSH = _component("brush", "Horsehair Brush", 1, "15.00", "6.00")
CLOTH = _component("cloth", "Polishing Cloth", 3, "2.25", "0.625")


def _product(
    number: int,
    code: str,
    sku: str,
    name: str,
    price: str,
    weight: str,
    *,
    taxable: bool = True,
    attributes: tuple[Attribute, ...] = (),
    components: tuple[Component, ...] = (),
) -> Product:
    return Product(
        id=900 + number,
        code=code,
        sku=sku,
        name=name,
        price=Decimal(price),
        weight=Decimal(weight),
        cost=(Decimal(price) * Decimal("0.4")).quantize(Decimal("0.001")),
        taxable=taxable,
        attributes=attributes,
        components=components,
    )


CATALOG = (
    _product(0, "shirt", "", "Logo Shirt", "20.00", "0.75", attributes=(SIZE, MONOGRAM)),
    _product(1, "hoodie", "HOODIE", "Trail Hoodie", "54.50", "1.60", attributes=(SIZE, COLOR)),
    _product(2, "mug-11", "MUG-11", "Mug 11 oz", "14.00", "0.90", attributes=(ENGRAVING, WRAP)),
    _product(3, "carekit", "KIT-CARE", "Shoe Care Kit", "25.00", "1.20", components=(SOAP, BRUSH)),
    _product(
        4,
        "shinekit",
        "KIT-SHINE",
        "Shine Kit &quot;Deluxe&quot;",
        "39.95",
        "2.10",
        components=(SOAP, BRUSH, CLOTH),
    ),
    _product(5, "clay-10", "CLAY-10", "Stoneware Clay 10kg", "34.999", "22.0462"),
    _product(6, "glaze", "GLZ-CEL", "Celadon Glaze", "18.50", "1.10"),
    _product(7, "ebook", "", "Glazing at Home (e-book)", "7.25", "0.00", taxable=False),
    _product(8, "sticker", "STK-1", "Sticker", "0.333", "0.01"),
    _product(9, "wheel", "WHEEL-PRO", "Potter's Wheel <Pro>", "1249.00", "96.50", attributes=(WRAP,)),
    _product(
        10, "apron", "APRON", "Canvas Apron – Größe frei", "32.00", "0.85", attributes=(COLOR, MONOGRAM, CARE)
    ),
    _product(11, "giftcard", "GIFT", "Gift Certificate", "25.00", "0.00", taxable=False),
)
CATALOG_WEIGHTS = (16, 12, 14, 8, 5, 10, 12, 4, 6, 1, 9, 2)
