"""What products and customers are on the SETI wire (SETI reference §3.2, §3.3).

Empty text and None mean "not sent". Text is given as it is: rendering cleans, cuts and escapes it.
"""

from decimal import Decimal

from msgspec import Struct

from stores.seti.records import CustomField


class OptionValue(Struct, frozen=True):
    """``ProductOption/OptionValue``: one choice; ``price`` and ``weight`` are added per unit and may be negative."""

    name: str
    code: str = ""
    price: Decimal | None = None
    weight: Decimal | None = None
    sort_order: int = 0


class ProductOption(Struct, frozen=True):
    """``OptionLists/ProductOption``: a question to the shopper. ``kind``: select, radio, checkbox, text or memo."""

    web_id: int
    name: str
    prompt: str = ""
    kind: str = ""
    price: Decimal | None = None
    sort_order: int = 0
    values: tuple[OptionValue, ...] = ()


class CatalogueProduct(Struct, frozen=True):
    """``SETIProducts/Product`` (§3.2): one sellable SKU. ``quantity`` None: the stock is not tracked."""

    code: str
    web_id: int
    name: str
    price: Decimal
    cost: Decimal | None = None
    description: str = ""
    weight: Decimal | None = None
    taxable: bool | None = None
    discontinued: bool | None = None
    quantity: int | None = None
    options: tuple[ProductOption, ...] = ()
    custom_fields: tuple[CustomField, ...] = ()


class Quantity(Struct, frozen=True):
    """``SETIProducts/Product`` of ``downloadqoh`` (§2.5)."""

    code: str
    web_id: int
    quantity: int


class CustomerAddress(Struct, frozen=True):
    """``BillAddr`` or ``ShipAddr`` (§3.3). ``state``: a two-letter code or the full name of the region."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""
    street1: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""


class WebCustomer(Struct, frozen=True):
    """``SETICustomers/Customer`` (§3.3); the password is never part of it."""

    web_id: int
    user_name: str = ""
    billing: CustomerAddress = CustomerAddress()
    shipping: CustomerAddress = CustomerAddress()
    custom_fields: tuple[CustomField, ...] = ()
