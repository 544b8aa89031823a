"""Charges, discounts and coupons (Miva reference §7.4, §7.5; SETI reference §3.1.5, §3.1.6)."""

from decimal import Decimal

from msgspec import Struct

from orders.translate.errors import Unreadable, shown
from orders.translate.members import ZERO, Row, cents, optional_amount, rows, text
from orders.translate.patterns import words
from stores.seti.responses import Coupon, Discount, ShippingTotal, Surcharge
from stores.seti.values import money, plain

NO_METHOD = ("", "none", "unknown")


class Charges(Struct):
    """An order's charges by what they are on the wire; amounts of discounts and coupons are positive here.

    ``tax_names``: the descriptions of the tax charges. ``taxed``: amount and tax of every charge that was
    taxed itself, ``shipping_tax`` the part of it that belongs to shipping.
    """

    shipping: ShippingTotal | None = None
    shipping_tax: Decimal = ZERO
    tax: Decimal = ZERO
    tax_names: list[str] = []
    taxed: list[tuple[Decimal, Decimal]] = []
    discounts: list[Discount] = []
    surcharges: list[Surcharge] = []
    coupons: list[Coupon] = []
    remarks: list[str] = []

    def total(self) -> Decimal:
        """What the charges add to the lines (SETI §3.1.5)."""
        return (
            self.tax
            + (self.shipping.total if self.shipping else ZERO)
            + sum([surcharge.total for surcharge in self.surcharges], ZERO)
            - sum([discount.amount for discount in self.discounts], ZERO)
            - sum([coupon.total for coupon in self.coupons], ZERO)
        )


def read_charges(raw: Row, missing: Decimal | None, tolerance: Decimal) -> Charges:
    """Every charge of the order; none is dropped, whatever its type: all are part of Miva's total.

    ``missing`` is Miva's total minus the lines, None when Miva gave no total: it tells whether DISCOUNT
    charges with the unusual positive sign are meant to be subtracted (Miva §17, 10). ``tolerance``: by how much the parts of
    an order may miss its total.
    """
    charges = Charges()
    shipping: list[Row] = []
    found = rows(raw, "charges")
    flipped = missing is not None and discounts_are_positive(found, missing, tolerance)
    for charge in found:
        kind = text(charge, "type").upper()
        amount = charge_amount(charge)
        if tax := optional_amount(charge, "tax"):
            charges.taxed.append((amount, tax))
        if kind == "SHIPPING":
            shipping.append(charge)
        elif kind == "TAX":
            add_tax(charges, charge, amount)
        else:
            add_named(charges, charge, kind, -abs(amount) if flipped and kind == "DISCOUNT" else amount)
    if len(charges.tax_names) > 1:
        # The block has one amount and no name; which taxes are in it would be lost.
        charges.remarks += charges.tax_names
    set_shipping(charges, raw, shipping)
    return charges


def add_tax(charges: Charges, charge: Row, amount: Decimal) -> None:
    charges.tax += amount
    charges.tax_names.append(f"{plain(text(charge, 'descrip')) or 'Tax'}: {money(amount)}")


def charge_amount(charge: Row) -> Decimal:
    """The amount in cents; ``disp_amt`` is for display only (Miva §7.4)."""
    try:
        return cents(charge, "amount")
    except Unreadable as problem:
        raise problem.at(f"charge {shown(text(charge, 'descrip') or text(charge, 'type'))}") from None


def discounts_are_positive(charges: list[dict[str, object]], missing: Decimal, tolerance: Decimal) -> bool:
    """Whether the sum fits Miva's total when positive DISCOUNT charges are subtracted, and better than when they are added."""
    positive = [
        amount
        for charge in charges
        if text(charge, "type").upper() == "DISCOUNT" and (amount := charge_amount(charge)) > 0
    ]
    if not positive:
        return False
    excess = sum([charge_amount(charge) for charge in charges], ZERO) - missing
    subtracted = abs(excess - 2 * sum(positive))
    return subtracted <= tolerance and subtracted < abs(excess)


def add_named(charges: Charges, charge: Row, kind: str, amount: Decimal) -> None:
    """Handling, fees and third-party charges: a surcharge, or below zero a discount. At 0.00 they keep their name."""
    kind_name = plain(text(charge, "type"))
    # Miva's own types are words in capitals, those of others are names.
    name = plain(text(charge, "descrip")) or (kind_name.title() if kind_name.isupper() else kind_name)
    if amount < 0 or (not amount and kind == "DISCOUNT"):
        charges.discounts.append(Discount(abs(amount), name or "Discount"))
    else:
        charges.surcharges.append(Surcharge(amount, name or "Charge"))


def set_shipping(charges: Charges, raw: Row, found: list[Row]) -> None:
    """One shipping total out of all SHIPPING charges, named by the order's shipping method.

    An order with a method but without a charge (free shipping, pick-up) keeps the method's name at 0.00; so does one whose
    shipping is below zero, which is a discount besides.
    """
    method = shipping_method(raw, found)
    total = sum([charge_amount(charge) for charge in found], ZERO)
    charges.shipping_tax = sum([optional_amount(charge, "tax") or ZERO for charge in found], ZERO)
    charges.remarks += other_shipping(found, method)
    if total < 0:
        given = [shipping_name(charge) for charge in found if charge_amount(charge) < 0]
        charges.discounts.append(Discount(-total, ", ".join(filter(None, given)) or method or "Shipping"))
    if found or method:
        charges.shipping = ShippingTotal(max(total, ZERO), method or "Shipping")


def shipping_method(raw: Row, found: list[Row]) -> str:
    """The name of the method that the order states, else the descriptions of its charges."""
    method = plain(text(raw, "ship_method"))
    if method.lower() not in NO_METHOD:
        return method
    return ", ".join([name for charge in found if (name := shipping_name(charge))])


def shipping_name(charge: Row) -> str:
    return plain(text(charge, "descrip")).removeprefix("Shipping: ").strip(", ")


def other_shipping(found: list[Row], method: str) -> list[str]:
    """Shipping charges with names of their own, which are only part of the sum that is sent."""
    return [
        f"Shipping {name}: {money(charge_amount(charge))}"
        for charge in found
        if (name := shipping_name(charge)) != method
        and words(name) not in words(method)
        and name.lower() not in ("", "shipping")
    ]
