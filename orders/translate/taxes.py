"""What an order proves about its tax (Miva reference §7.3, §7.4; SETI reference §3.1.5 "Tax")."""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from orders.translate.charges import Charges
from orders.translate.lines import Lines
from orders.translate.members import ZERO, Row, flag, rounded
from stores.seti.responses import Tax

# Rates of sales taxes have at most three decimals in percent.
STEP = Decimal("0.00001")
HALF_CENT = Decimal("0.005")
_PERCENT = re.compile(r"(?<![0-9.])([0-9]{1,2}(?:\.[0-9]{1,4})?) ?%", re.ASCII)


def read_tax(raw: Row, lines: Lines, charges: Charges) -> Tax:
    """The sum of the tax charges, with rate and flags where the order proves them."""
    return Tax(
        charges.tax,
        rate=tax_rate(lines, charges) if charges.tax > 0 else None,
        shipping=shipping_taxed(lines, charges),
        exempt=exempt(raw, charges),
    )


def tax_rate(lines: Lines, charges: Charges) -> Decimal | None:
    """The one rate, as a fraction, that gives every tax in the order to the cent; None when it is not certain.

    It is certain when the tax's own description names it ("Sales Tax 7.75%"), or when no other rate of up to
    three decimals in percent fits, as with large amounts. Order discounts may lower what is taxed by an
    unknown amount: then nothing is derived.
    """
    taxed = lines.taxed + charges.taxed
    if not taxed or len(charges.tax_names) != 1 or min(base for base, _ in taxed) <= 0:
        return None
    if sum([tax for _, tax in taxed], ZERO) != charges.tax:
        return None
    for percent in _PERCENT.findall(charges.tax_names[0]):
        rate = Decimal(percent) / 100
        if all(rounded(base * rate) == rounded(tax) for base, tax in taxed):
            return rate
    return None if charges.discounts or charges.coupons else only_rate(taxed)


def only_rate(taxed: list[tuple[Decimal, Decimal]]) -> Decimal | None:
    """The only multiple of the step that rounds to every tax."""
    lowest = max([(tax - HALF_CENT) / base for base, tax in taxed])
    highest = min([(tax + HALF_CENT) / base for base, tax in taxed])
    first = (lowest / STEP).to_integral_value(ROUND_CEILING)
    last = (highest / STEP).to_integral_value(ROUND_FLOOR)
    return first * STEP if first == last else None


def shipping_taxed(lines: Lines, charges: Charges) -> bool | None:
    """Whether shipping was taxed, where the order proves it."""
    if charges.shipping_tax > 0:
        return True
    return False if charges.tax and rounded(lines.tax) == charges.tax else None


def exempt(raw: Row, charges: Charges) -> bool | None:
    """Yes when Miva's customer is tax exempt and no tax was charged; otherwise nothing is claimed."""
    customer = raw.get("customer")
    return True if not charges.tax and isinstance(customer, dict) and flag(customer, "tax_exempt") else None
