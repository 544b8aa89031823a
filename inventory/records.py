"""From rows of our copy to what is sent to Stone Edge (SETI reference §3.2, §3.3)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count

from inventory.models import Customer, Product, StockLevel, Variant, fold
from inventory.reading import decimal
from orders.translate.parties import code_or_region
from stores.models import Store
from stores.seti.catalogue import (
    CatalogueProduct,
    CustomerAddress,
    OptionValue,
    ProductOption,
    Quantity,
    WebCustomer,
)
from stores.seti.records import CustomField

# Miva's attribute types that Stone Edge knows (§3.2); a swatch is a select that shows colours.
TYPES = {"swatch-select": "select"} | {name: name for name in ("select", "radio", "checkbox", "text", "memo")}


@dataclass(frozen=True)
class Sold:
    """What a part is sold as: the product whose variant it stands for, and the options of that variant."""

    master: Product
    options: Sequence[tuple[dict[str, Any], dict[str, Any]]]  # attribute and option as Miva told them

    def sum_of(self, name: str) -> Decimal:
        """Return price, cost or weight of the master with what the options add."""
        base: Decimal = getattr(self.master, name)
        return base + sum((decimal(option.get(name)) for _, option in self.options), Decimal(0))

    def name(self) -> str:
        """Return "Logo Shirt, Large"."""
        chosen = [str(option.get("prompt") or option.get("code") or "") for _, option in self.options]
        return ", ".join([self.master.name or self.master.code, *filter(None, chosen)])


class Catalogue:
    """Turns products of one store into records, a page at a time."""

    def __init__(self, store: Store) -> None:
        """Nothing is asked of the database yet."""
        self.store = store

    def products(self, page: Sequence[Product]) -> list[CatalogueProduct]:
        """Return a record for each product. A part that cannot be bought by itself is described by its variant."""
        self.take_newer_figures(page)
        sold, shared = self.sold_as(page), self.shared(page)
        return [
            self.product(product, sold.get(product.miva_id), known=code not in shared)
            for product, code in self.coded(page)
        ]

    def quantities(self, page: Sequence[Product]) -> list[Quantity]:
        """Return the stock of those products that are tracked. Where several share a SKU there is no figure for it."""
        self.take_newer_figures(page)
        shared = self.shared(page)
        return [
            Quantity(code, product.miva_id, product.quantity)
            for product, code in self.coded(page)
            if product.tracked and product.role != Product.Role.VARIANTS and code not in shared
        ]

    def take_newer_figures(self, page: Sequence[Product]) -> None:
        """Put the stock that a push has left in Miva since the reading into the products of a page, unsaved."""
        levels = StockLevel.objects.of(self.store).filter(
            product_id__in=[product.miva_id for product in page]
        )
        known = {level.product_id: level for level in levels}
        for product in page:
            level = known.get(product.miva_id)
            if level is not None and level.confirmed_at > product.read_at:
                product.tracked, product.quantity = True, level.figure

    def product(self, product: Product, sold: Sold | None, *, known: bool) -> CatalogueProduct:
        """Return one record; `known`: the stock of its SKU is one figure."""
        shown = sold.master if sold else product
        amount: Callable[[str], Decimal] = sold.sum_of if sold else lambda name: getattr(product, name)
        has_stock = product.tracked and product.role != Product.Role.VARIANTS
        return CatalogueProduct(
            code=self.code(product),
            web_id=product.miva_id,
            name=sold.name() if sold else product.name,
            price=amount("price"),
            cost=amount("cost"),
            description=shown.description,
            weight=amount("weight"),
            taxable=shown.taxable,
            discontinued=not shown.active,
            quantity=product.quantity if has_stock and known else None,
            options=tuple(options(shown, without_inventory=sold is not None)),
            custom_fields=fields(shown.custom_fields | product.custom_fields),
        )

    def coded(self, page: Sequence[Product]) -> Iterator[tuple[Product, str]]:
        """Yield each product with its name in Stone Edge."""
        for product in page:
            yield product, self.code(product)

    def code(self, product: Product) -> str:
        """Return the product's name in Stone Edge: code or SKU as the store decided, else the other one."""
        if self.store.identifier == Store.Identifier.SKU:
            return product.sku or product.code
        return product.code or product.sku

    def shared(self, page: Sequence[Product]) -> set[str]:
        """Return those names on the page that several products have; only SKUs can (Miva reference §13.1)."""
        if self.store.identifier != Store.Identifier.SKU:
            return set()
        keys = {product.sku_key for product in page} - {""}
        listed = Product.objects.of(self.store).filter(
            sku_key__in=keys, listed_at__isnull=False, unlisted_at=None
        )
        several = listed.order_by().values("sku_key").annotate(number=Count("pk")).filter(number__gt=1)
        found = set(several.values_list("sku_key", flat=True))
        return {self.code(product) for product in page if product.sku_key in found}

    def sold_as(self, page: Sequence[Product]) -> dict[int, Sold]:
        """Return what the page's parts are sold as, by Miva id. One that can be bought by itself speaks for itself."""
        parts = [
            product.miva_id for product in page if product.role == Product.Role.PART and not product.active
        ]
        variants = list(Variant.objects.of(self.store).filter(part_id__in=parts)) if parts else []
        masters = Product.objects.of(self.store).filter(
            miva_id__in={variant.product_id for variant in variants}
        )
        by_id = {master.miva_id: master for master in masters}
        found: dict[int, Sold] = {}
        for variant in variants:
            if variant.part_id is not None and variant.product_id in by_id:
                master = by_id[variant.product_id]
                found.setdefault(variant.part_id, Sold(master, list(chosen(master, variant.options))))
        return found


def chosen(
    master: Product, codes: Sequence[Sequence[str]]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the variant's attributes and options as the master tells them; one that is told there no more, by its codes."""
    known = {fold(str(attribute.get("code", ""))): attribute for attribute in master.attributes}
    for attribute_code, option_code in codes:
        attribute = known.get(fold(attribute_code), {"code": attribute_code})
        told = (option for option in attribute.get("options", ()) if same(option, option_code))
        yield attribute, next(told, {"code": option_code})


def same(option: dict[str, Any], code: str) -> bool:
    """Whether this is the option with the code."""
    return fold(str(option.get("code", ""))) == fold(code)


def options(product: Product, *, without_inventory: bool) -> Iterator[ProductOption]:
    """Yield what the shopper is asked; not what a variant has decided already."""
    for attribute in product.attributes:
        if without_inventory and attribute.get("inventory") in (True, 1):
            continue
        yield ProductOption(
            web_id=int(attribute.get("id") or 0),
            name=str(attribute.get("code", "")),
            prompt=str(attribute.get("prompt", "")),
            kind=TYPES.get(str(attribute.get("type", "")), ""),
            price=nonzero(attribute, "price"),
            sort_order=int(attribute.get("disp_order") or attribute.get("disporder") or 0),
            values=tuple(value(option) for option in attribute.get("options", ())),
        )


def value(option: dict[str, Any]) -> OptionValue:
    """Return one choice."""
    return OptionValue(
        name=str(option.get("prompt") or option.get("code") or ""),
        code=str(option.get("code", "")),
        price=nonzero(option, "price"),
        weight=nonzero(option, "weight"),
        sort_order=int(option.get("disp_order") or 0),
    )


def nonzero(row: dict[str, Any], name: str) -> Decimal | None:
    """Return an amount, None when it changes nothing."""
    return decimal(row.get(name)) or None


def fields(values: dict[str, str]) -> tuple[CustomField, ...]:
    """Return custom fields."""
    return tuple(CustomField(name, text) for name, text in values.items())


def customer(row: Customer) -> WebCustomer:
    """Return a customer. The shipping address stands in for a missing billing address, as in orders."""
    billing, shipping = row.billing, row.shipping
    if not any(billing.get(name) for name in ("addr1", "addr2", "city", "zip")):
        billing = shipping | {name: text for name, text in billing.items() if text}
    return WebCustomer(
        web_id=row.miva_id,
        user_name=row.login,
        billing=address(billing | {"email": billing.get("email") or row.email}),
        shipping=address(shipping),
        custom_fields=fields(row.custom_fields),
    )


def address(person: dict[str, str]) -> CustomerAddress:
    """Return Miva's twelve members of an address as Stone Edge names them."""
    get = person.get
    return CustomerAddress(
        first_name=get("fname", ""),
        last_name=get("lname", ""),
        company=get("comp", ""),
        phone=get("phone", ""),
        fax=get("fax", ""),
        email=get("email", ""),
        street1=get("addr1", ""),
        street2=get("addr2", ""),
        city=get("city", ""),
        state=code_or_region(get("state", "")),
        zip=get("zip", ""),
        country=code_or_region(get("cntry", "")),
    )
