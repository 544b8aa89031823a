"""What an order is on the SETI wire: one frozen record per XML block (SETI reference §3.1).

Empty text and None mean "not sent". Money is Decimal in the store's currency, and always positive where the
wire wants it so (``Discount.amount``, ``Coupon.total``). Text is given as it is: rendering cleans, cuts and
escapes it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

ZERO = Decimal("0.00")
LONGEST_TEXT = 255  # of names, addresses and descriptions (§3.1, "len")
LONGEST_OPTION_NAME, LONGEST_SELECTED = 50, 250  # as for the same names in products (§3.2); orders give none
LONGEST_TRANSACTION, LONGEST_NUMBER, LONGEST_GIFT_CARD = 100, 50, 20  # of payments (§3.1.4)
PrePost = Literal["Pre", "Post", ""]


class Address(Struct, frozen=True):
    """``Address`` (§3.1.2). ``state`` is a two-letter code or the full name of the region."""

    street1: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    code: str = ""
    country: str = ""


class Party(Struct, frozen=True):
    """``Billing``, or the head of ``Shipping`` (§3.1.2)."""

    full_name: str
    company: str = ""
    phone: str = ""
    email: str = ""
    address: Address = Address()


class OrderOption(Struct, frozen=True):
    """``OrderOption`` (§3.1.3). There is no option price: ``ItemPrice`` holds the whole unit price."""

    name: str
    selected: str
    code: str = ""


class Dimensions(Struct, frozen=True):
    """``Dimensions`` of one unit (§3.1.3), in the store's unit of length."""

    length: Decimal
    width: Decimal
    height: Decimal


class Product(Struct, frozen=True):
    """``Shipping/Product``, an order line (§3.1.3); ``item_price`` (with options) and ``weight`` per unit."""

    sku: str
    name: str
    quantity: Decimal
    item_price: Decimal
    weight: Decimal | None = None
    prod_type: Literal["Tangible", "Download", ""] = ""
    taxable: bool | None = None
    customer_text: str = ""
    line_id: int | None = None
    status: str = ""
    total: Decimal | None = None
    dimensions: Dimensions | None = None
    options: tuple[OrderOption, ...] = ()


class CreditCard(Struct, frozen=True):
    """``Payment/CreditCard`` (§3.1.4). ``number``: the last four digits; ``expiration_date``: ``MM/YYYY``;
    ``verification_value``: the result of the check, never the code."""

    issuer: str
    number: str = ""
    expiration_date: str = ""
    full_name: str = ""
    avs: str = ""
    trans_id: str = ""
    auth_code: str = ""
    process_level: str = ""
    amount: Decimal | None = None
    verification_value: str = ""


class PayPal(Struct, frozen=True):
    """``Payment/PayPal`` in its structured form (§3.1.4)."""

    trans_id: str = ""
    amount: Decimal | None = None
    status: str = ""
    payer_id: str = ""
    payer_email: str = ""


class StoreCredit(Struct, frozen=True):
    """``Payment/StoreCredit`` (§3.1.4)."""

    total: Decimal
    description: str = ""


class Check(Struct, frozen=True):
    """``Payment/Check`` (§3.1.4); without a number a marker element with one space."""

    check_number: str = ""


class COD(Struct, frozen=True):
    """``Payment/COD`` (§3.1.4): a marker element with one space."""


class PurchaseOrder(Struct, frozen=True):
    """``Payment/PurchaseOrder`` (§3.1.4). The desktop keeps the method only; the comments repeat it."""

    purchase_number: str = ""


class GiftCard(Struct, frozen=True):
    """``Payment/GiftCard`` (§3.1.4)."""

    number: str = ""
    face_value: Decimal | None = None


class Generic1(Struct, frozen=True):
    """``Payment/Generic1`` (§3.1.4), for everything without an element of its own; it has no amount."""

    name: str
    description: str = ""
    field1: str = ""


Payment = CreditCard | PayPal | StoreCredit | Check | COD | PurchaseOrder | GiftCard | Generic1


class Discount(Struct, frozen=True):
    """``Totals/Discount`` (§3.1.5), always of type ``Flat``; ``amount`` is positive."""

    amount: Decimal
    description: str = ""
    apply_discount: PrePost = ""


class Tax(Struct, frozen=True):
    """``Totals/Tax`` (§3.1.5). ``rate`` is a fraction (0.05 = 5 %); None means unknown and is not sent."""

    amount: Decimal
    rate: Decimal | None = None
    shipping: bool | None = None
    exempt: bool | None = None
    tax_id: str = ""


class Surcharge(Struct, frozen=True):
    """``Totals/Surcharge`` (§3.1.5): handling, fees; ``total`` is added to the order."""

    total: Decimal
    description: str = ""


class ShippingTotal(Struct, frozen=True):
    """``Totals/ShippingTotal`` (§3.1.5); the description is the name of the shipping method."""

    total: Decimal
    description: str = ""


class Totals(Struct, frozen=True):
    """``Totals`` (§3.1.5).

    ``grand_total`` = ``product_total`` - discounts - coupons + tax + shipping + surcharges, to the cent,
    before payments are subtracted. ``sub_total`` = ``product_total`` - discounts.
    """

    product_total: Decimal
    grand_total: Decimal
    discounts: tuple[Discount, ...] = ()
    sub_total: Decimal | None = None
    tax: Tax | None = None
    surcharges: tuple[Surcharge, ...] = ()
    shipping: ShippingTotal | None = None


class Coupon(Struct, frozen=True):
    """``Order/Coupon`` (§3.1.6); ``total`` is positive, and its money is in no ``Discount``."""

    name: str
    total: Decimal
    status: str = ""
    apply_coupon: PrePost = ""


class Other(Struct, frozen=True):
    """``Order/Other`` (§3.1.7). ``web_customer_id`` is Miva's customer id, None for a guest."""

    associate: str = ""
    order_instructions: str = ""
    comments: str = ""
    gift_message: str = ""
    ip_host_name: str = ""
    total_order_weight: Decimal | None = None
    web_customer_id: int | None = None


class CustomField(Struct, frozen=True):
    """``CustomFields/CustomField`` (§3.1.8); the name is Miva's field code."""

    name: str
    value: str


class Order(Struct, frozen=True):
    """``SETIOrders/Order`` (§3.1). ``order_date`` is in the store's time zone: it is written as it stands.

    ``line_break``: what stands for a line break inside free text, a space or CRLF (§1.4 rule 8).
    """

    number: str
    order_date: datetime
    billing: Party
    shipping: Party
    products: tuple[Product, ...]
    totals: Totals
    status: str = ""
    payments: tuple[Payment, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    other: Other = Other()
    custom_fields: tuple[CustomField, ...] = ()
    line_break: str = " "
