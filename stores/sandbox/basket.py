"""Lines, item discounts, coupons and charges of a generated order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from stores.sandbox.catalog import CATALOG, CATALOG_WEIGHTS, Attribute, Choice, Product
from stores.sandbox.counters import Counters
from stores.sandbox.members import Member, charge, item, option, part
from stores.sandbox.money import ZERO, cents
from stores.sandbox.order_charges import SALES, Sale, add_charges, rate_of, sum_discounts
from stores.sandbox.people import Person
from stores.sandbox.special_lines import add_by_hand, as_before_ten, make_special
from stores.sandbox.totals import BACKORDERED, CANCELLED, PENDING, item_total

DAY = 86_400
LONG_TEXT = "To the one who taught me to centre the clay: “patience, water, and again patience”. " * 4
TEXTS = ("J.R. “Jo” & Co", "For O'Connor", "Ünïcödé ✓", "line one\nline two", "100% <cotton>", "Happy 40th!")
CANCEL_REASONS = ("Customer changed mind", "Out of stock – sorry", "Ordered twice")


@dataclass(frozen=True)
class ShippingMethod:
    """A way to ship; `name` is what the module hands back, HTML entities included (Miva reference §1)."""

    module_id: int
    data: str
    name: str
    price: Decimal
    abroad: bool = False


SHIPPING_METHODS = (
    ShippingMethod(12, "03", "UPS&reg; Ground", Decimal("9.95")),
    ShippingMethod(12, "02", "UPS 2nd Day Air&reg;", Decimal("24.10")),
    ShippingMethod(11, "Flat Rate", "Flat Rate", Decimal("5.00")),
    ShippingMethod(14, "PRIORITY", "USPS Priority Mail &#40;2-3 days&#41;", Decimal("12.45")),
    ShippingMethod(13, "INTL_PRIORITY", "International Priority", Decimal("42.00"), abroad=True),
)


@dataclass
class Draft:
    """An order while it is being put together."""

    random: Random
    counters: Counters
    order_id: int
    placed_at: int
    shopper: Person
    method: ShippingMethod
    items: list[Member] = field(default_factory=list)
    charges: list[Member] = field(default_factory=list)
    coupons: list[Member] = field(default_factory=list)
    discounts: list[Member] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        """True in `share` (0 to 1) of all cases."""
        return self.random.random() < share

    def line_total(self) -> Decimal:
        """What the lines that are not cancelled cost."""
        return sum((line["total"] for line in self.items if line["status"] != CANCELLED), ZERO)

    def add_charge(self, kind: str, text: str, amount: Decimal, module_id: int = 0) -> None:
        """Append a charge of `amount`, which may be negative."""
        row = charge(
            self.order_id,
            self.counters.next("charge"),
            type=kind,
            descrip=text,
            amount=amount,
            module_id=module_id,
        )
        self.charges.append(row)


def shipping_method(random: Random, shopper: Person) -> ShippingMethod:
    """A method that reaches the shopper's country."""
    abroad = shopper.place.country != "US"
    return random.choice([method for method in SHIPPING_METHODS if method.abroad == abroad])


def fill(draft: Draft) -> None:
    """Put one to four lines, and the charges that follow from them, into `draft`."""
    wanted = draft.random.choices((1, 2, 3, 4), (4, 6, 5, 2))[0]
    sale, old = draft.random.choice(SALES), draft.chance(0.03)
    for product in draft.random.choices(CATALOG, CATALOG_WEIGHTS, k=wanted):
        draft.items.append(_line(draft, product, sale, old=old))
    add_by_hand(draft)
    sum_discounts(draft, sale)
    add_charges(draft)


def _line(draft: Draft, product: Product, sale: Sale, *, old: bool) -> Member:
    line_id = draft.counters.next("line")
    quantity = draft.random.choices((1, 2, 3, 10), (12, 5, 2, 1))[0]
    saved = cents(product.price / 10) if draft.chance(0.15) else ZERO
    choices = [(attribute, _choose(draft, attribute)) for attribute in product.attributes]
    line = item(
        draft.order_id,
        line_id,
        product_id=product.id,
        code=product.code,
        name=product.name,
        sku=product.sku,
        retail=product.price + Decimal("4.00"),
        base_price=product.price,
        price=product.price - saved,
        weight=product.weight,
        taxable=product.taxable,
        quantity=quantity,
        **_conditional(draft, product, line_id, quantity, choices, _saved(draft, line_id, sale, saved)),
    )
    line["total"] = item_total(line)
    make_special(draft, line)
    _tax(draft, line)
    _disturb(draft, line)
    if old and "options" in line:
        as_before_ten(line)
    return item(draft.order_id, line_id, **line)


def _choose(draft: Draft, attribute: Attribute) -> Choice | None:
    return draft.random.choice(attribute.choices) if attribute.choices else None


def _conditional(
    draft: Draft,
    product: Product,
    line_id: int,
    quantity: int,
    choices: list[tuple[Attribute, Choice | None]],
    discounts: list[Member],
) -> dict[str, list[Member]]:
    members = {
        "discounts": discounts,
        "options": [_option(draft, line_id, *answer) for answer in choices if _answered(draft, answer[0])],
        "parts": _parts(product, quantity, choices),
    }
    return {name: rows for name, rows in members.items() if rows}


def _answered(draft: Draft, attribute: Attribute) -> bool:
    return attribute.inventory or draft.chance(0.6)


def _saved(draft: Draft, line_id: int, sale: Sale, amount: Decimal) -> list[Member]:
    if not amount:
        return []
    row: Member = {"order_id": draft.order_id, "line_id": line_id, "pgrp_id": sale.group, "display": True}
    return [row | {"descrip": sale.text, "discount": amount}]


def _option(draft: Draft, line_id: int, attribute: Attribute, choice: Choice | None) -> Member:
    shared = {"attr_id": attribute.id, "attr_code": attribute.code, "attr_prompt": attribute.prompt}
    shared["attmpat_id"] = attribute.template_id
    row_id = draft.counters.next("option")
    if choice is None:
        return option(draft.order_id, line_id, row_id, **shared, **_entered(draft, attribute))
    chosen = {"option_id": choice.id, "opt_code": choice.code, "opt_prompt": choice.prompt}
    return option(
        draft.order_id, line_id, row_id, **shared, **chosen, price=choice.price, weight=choice.weight
    )


def _entered(draft: Draft, attribute: Attribute) -> dict[str, str]:
    """Up to 254 characters are in `data`, more in `data_long` (Miva reference §7.3)."""
    if attribute.checkbox:
        return {"data": "yes"}
    return {"data_long": LONG_TEXT} if draft.chance(0.03) else {"data": draft.random.choice(TEXTS)}


def _parts(
    product: Product, quantity: int, choices: Iterable[tuple[Attribute, Choice | None]]
) -> list[Member]:
    if product.components:
        return [
            part(
                each.code,
                each.sku,
                each.name,
                each.quantity,
                each.quantity * quantity,
                price=each.price,
                cost=each.cost,
                weight=each.weight,
            )
            for each in product.components
        ]
    chosen = [choice for attribute, choice in choices if attribute.inventory and choice]
    return [_variant(product, chosen, quantity)] if chosen else []


def _variant(product: Product, chosen: list[Choice], quantity: int) -> Member:
    code = "-".join([product.code, *(choice.code for choice in chosen)]).lower()
    name = f"{product.name} ({', '.join(choice.prompt for choice in chosen)})"
    shared = {"price": product.price, "cost": product.cost, "weight": product.weight}
    return part(code, f"SKU-{code.upper()}", name, 1, quantity, **shared)


def _tax(draft: Draft, line: Member) -> None:
    if line["taxable"] and (rate := rate_of(draft.shopper.place)):
        line["tax"] = cents(line["total"] * rate)


def _disturb(draft: Draft, line: Member) -> None:
    """Now and then a line is cancelled or back-ordered right from checkout (Miva reference §8)."""
    if draft.items and draft.chance(0.04):
        line |= {"status": CANCELLED, "tax": ZERO}
        reason = {"attr_code": "Cancellation Reason", "data": draft.random.choice(CANCEL_REASONS)}
        row = option(draft.order_id, line["line_id"], draft.counters.next("option"), **reason)
        line["options"] = [*line.get("options", ()), row]
    elif line["status"] == PENDING and draft.chance(0.06):
        line |= {"status": BACKORDERED, "dt_instock": draft.placed_at + 30 * DAY}
