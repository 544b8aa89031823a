"""What comments and warnings tell about lines beyond their price (Miva reference §7.3, §7.5, §8).

Miva's Stone Edge guide, "Item Level Discounts/Coupons": the price is lowered already, and the details go to
the customer comments.
"""

from collections.abc import Sequence

from orders.translate.members import Row, optional_amount, rows, text, whole
from stores.seti.responses import Product
from stores.seti.values import number, plain, price

MOST_NAMED = 5


class DiscountNames:
    """What the order's lists of discounts and coupons call the discounts of its lines (Miva §7.5).

    ``told``: code and description of every coupon that a discount of a line was named after.
    """

    def __init__(self, raw: Row) -> None:
        self.told: set[tuple[str, str]] = set()
        self.groups = {text(row, "pgrp_id"): plain(text(row, "name")) for row in rows(raw, "discounts")}
        self.coupons: dict[str, list[str]] = {}
        for row in rows(raw, "coupons"):
            self.coupons.setdefault(plain(text(row, "descrip")), []).append(plain(text(row, "code")))

    def of(self, discount: Row) -> str:
        """The discount's description, with the name of its price group and the code of its coupon."""
        described = plain(text(discount, "descrip"))
        group = self.groups.get(text(discount, "pgrp_id"), "")
        codes = self.coupons.get(described, ()) if described else ()
        self.told.update([(code, described) for code in codes])
        names = [group, *codes]
        names = [name for name in dict.fromkeys(names) if name and name != described]
        if not described:
            return ", ".join(names) or "Discount"
        return f"{described} ({', '.join(names)})" if names else described


def discount_remarks(sku: str, item: Row, options: list[Row], names: DiscountNames) -> list[str]:
    """What lowered the price of a line and of its options, per unit."""
    found = [*rows(item, "discounts"), *(row for option in options for row in rows(option, "discounts"))]
    return [
        f"{sku}: {names.of(row)}{f' -{price(each)} each' if (each := optional_amount(row, 'discount')) else ''}"
        for row in found
    ]


def subscription_remarks(sku: str, item: Row) -> list[str]:
    """That the line is a subscription, and its term."""
    subscription = item.get("subscription")
    if not isinstance(subscription, dict):
        known = whole(item, "subscrp_id")
        return [f"{sku}: subscription {known}"] if known else []
    term = subscription.get("productsubscriptionterm")
    term = term if isinstance(term, dict) else {}
    every = text(term, "frequency")
    if every and (count := optional_amount(term, "n")):
        every = f"{every}, {number(count)}"
    return [f"{sku}: subscription, {plain(text(term, 'descrip')) or every or 'term unknown'}"]


def gone_lines(products: Sequence[Product]) -> str:
    """The warning about lines that Miva has shipped or had back: a desktop takes what it imports for what is to be shipped."""
    named = [
        f"{product.line_id or ''} ({product.name[:60]}: {product.status})".lstrip()
        for product in products[:MOST_NAMED]
    ]
    more = f" and {len(products) - MOST_NAMED} more" if len(products) > MOST_NAMED else ""
    return (
        f"Miva has already shipped or taken back line{'s' if len(products) > 1 else ''} {', '.join(named)}{more}. Stone Edge "
        "is sent that status; look there before the order is shipped, so that nothing goes twice."
    )
