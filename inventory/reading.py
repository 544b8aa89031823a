"""From Miva's products, variants and customers to our rows. Pure, and lenient: one odd member never stops a refresh."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from inventory.models import Customer, Product, Variant, fold
from orders.content import storable
from orders.translate.custom_fields import field_text
from stores.miva.shapes import rows, whole
from stores.models import Store
from stores.seti.values import plain

Row = Mapping[str, Any]

LONGEST = 255
PLACES = Decimal("0.00000001")  # all that Miva keeps of a price or weight
TOO_LARGE = Decimal(10) ** 12
WORKFLOW = "orderworkflow"
PERSON = (
    "fname",
    "lname",
    "email",
    "comp",
    "phone",
    "fax",
    "addr1",
    "addr2",
    "city",
    "state",
    "zip",
    "cntry",
)
ATTRIBUTE = (
    "id",
    "code",
    "type",
    "prompt",
    "price",
    "cost",
    "weight",
    "required",
    "inventory",
    "disp_order",
    "disporder",
)
OPTION = ("id", "code", "prompt", "price", "cost", "weight", "disp_order")


@dataclass(frozen=True)
class Reading:
    """Whose rows are read, by which refresh (its pk), and when Miva was asked for them."""

    store: Store
    refresh: int
    asked_at: datetime

    def common(self, raw: Row) -> dict[str, Any]:
        """Return the fields that every copy has."""
        return {
            "store": self.store,
            "miva_id": whole(raw.get("id")),
            "custom_fields": custom_fields(raw),
            "read_at": self.asked_at,
            "seen_by": self.refresh,
        }

    def product(self, told: dict[str, Any]) -> Product:
        """Return a product of ProductList_Load_Query (Miva reference §13.1) as a row that is not saved."""
        raw = storable(told)[0]
        code, sku = text(raw, "code")[:LONGEST], text(raw, "sku")[:LONGEST]
        return Product(
            **self.common(raw),
            code=code,
            code_key=fold(code),
            sku=sku,
            sku_key=fold(sku),
            name=text(raw, "name"),
            description=plain(text(raw, "descrip"), "\n"),
            price=decimal(raw.get("price")),
            cost=decimal(raw.get("cost")),
            weight=decimal(raw.get("weight")),
            taxable=raw.get("taxable") in (True, 1),
            active=raw.get("active", True) in (True, 1),
            tracked=raw.get("product_inventory_active") in (True, 1),
            quantity=whole(raw.get("product_inventory")),
            attributes=list(attributes(raw)),
            stock_product_id=whole(raw.get("id")),
        )

    def customer(self, told: dict[str, Any]) -> Customer:
        """Return a customer of CustomerList_Load_Query (Miva reference §14) as a row that is not saved."""
        raw = storable(told)[0]
        return Customer(
            **self.common(raw),
            login=text(raw, "login")[:LONGEST],
            email=(text(raw, "bill_email") or text(raw, "pw_email"))[:254],
            billing={name: text(raw, f"bill_{name}") for name in PERSON},
            shipping={name: text(raw, f"ship_{name}") for name in PERSON},
            business_title=text(raw, "business_title")[:LONGEST],
        )


def variants(store: Store, product_id: int, raws: list[dict[str, Any]]) -> list[Variant]:
    """Return the variants of ProductVariantList_Load_Query (Miva reference §13.2) as rows that are not saved."""
    found: dict[int, Variant] = {}
    for raw in raws:
        number = whole(raw.get("variant_id"))
        parts = [
            (whole(part.get("product_id")), max(whole(part.get("quantity")), 1))
            for part in rows(raw, "parts")
        ]
        options = [
            (text(option, "attr_code"), text(option, "option_code")) for option in rows(raw, "attributes")
        ]
        single = parts[0][0] if len(parts) == 1 and parts[0][1] == 1 else None
        found[number] = Variant(
            store=store,
            product_id=product_id,
            variant_id=number,
            options=options,
            parts=parts,
            part_id=single,
        )
    return list(found.values())


def has_variants(raw: Row) -> bool:
    """Whether the product is sold as variants: one of its attributes tells them apart."""
    return any(attribute.get("inventory") in (True, 1) for attribute in attributes(raw))


def attributes(raw: Row) -> Iterator[dict[str, Any]]:
    """Yield the product's attributes with their options, those of its templates among them (Miva reference §13.1)."""
    for attribute in rows(raw, "attributes"):
        if attribute.get("type") == "template":
            yield from attributes(attribute)
            continue
        options = [chosen(option, OPTION) for option in rows(attribute, "options")]
        yield chosen(attribute, ATTRIBUTE) | {"options": options}


def chosen(raw: Row, names: tuple[str, ...]) -> dict[str, Any]:
    """Return these members, as far as they are there."""
    return {name: raw[name] for name in names if name in raw}


def custom_fields(raw: Row) -> dict[str, str]:
    """Return every custom field with a value under its code; a code that two modules share, the second time with its module."""
    modules = raw.get("CustomField_Values")
    found: dict[str, str] = {}
    for module, values in modules.items() if isinstance(modules, dict) else ():
        if module == WORKFLOW or not isinstance(values, dict):
            continue
        for code, value in values.items():
            if shown := field_text(value):
                found[f"{module}:{code}" if code in found else code] = shown
    return found


def text(raw: Row, name: str) -> str:
    """Return a member as trimmed text; numbers as they are written, "" for everything else."""
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return str(value).strip()


def decimal(value: Any) -> Decimal:
    """Return a price or weight with at most eight decimals; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return Decimal(0)
    try:
        number = Decimal(value)
    except InvalidOperation:
        return Decimal(0)
    return number.quantize(PLACES) if number.is_finite() and abs(number) < TOO_LARGE else Decimal(0)
