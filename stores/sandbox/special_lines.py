"""Lines of other kinds: subscriptions, certificates, downloads, by hand, adjustments (Miva reference §7.3, §8)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stores.sandbox.members import Member, item, option
from stores.sandbox.money import ZERO, decimal, formatted

if TYPE_CHECKING:
    from stores.sandbox.basket import Draft

CERTIFICATE, DIGITAL, ADJUSTMENT = 210, 220, 999
DAY = 86_400
TERMS = (("monthly", "Every month", 0), ("weekly", "Every week", 0), ("n", "Every 45 days &amp; cheaper", 45))
REPLENISHED = frozenset({"glaze", "clay-10", "soap"})
BY_HAND = (("RUSH", "Rush handling at the counter", "15.00"), ("", "Repair of a handle", "22.50"))
ADJUSTMENTS = ("Price match", "Goodwill – late delivery")
MODERN_OPTION = ("id", "order_id", "line_id", "attr_id", "attr_code", "attmpat_id", "option_id", "opt_code")
MODERN_TEXTS = ("data", "data_long", "attr_prompt", "opt_prompt")


def make_special(draft: Draft, line: Member) -> None:
    """What the product makes of its line, and now and then an upsale or a subscription."""
    if line["code"] == "ebook":
        line["status"] = DIGITAL
    elif line["code"] == "giftcard":
        line["status"] = CERTIFICATE
        recipient = {"attr_code": "recipient", "attr_prompt": "Recipient", "data": "zoe@example.com"}
        row = option(draft.order_id, line["line_id"], draft.counters.next("option"), **recipient)
        line["options"] = [*line.get("options", ()), row]
    elif line["code"] in REPLENISHED and draft.chance(0.15):
        line |= subscribed(draft, line)
    line["upsold"] = draft.chance(0.04)


def subscribed(draft: Draft, line: Member) -> Member:
    """The members of a line that comes again."""
    frequency, descrip, days = draft.random.choice(TERMS)
    number, term_number = draft.random.randint(100, 999), draft.random.randint(1, 9)
    term = {"id": term_number, "disp_order": 1, "product_id": line["product_id"], "frequency": frequency}
    term |= {"term": 0, "descrip": descrip, "n": days, "fixed_dow": 0, "fixed_dom": 0, "sub_count": 12}
    subscription: Member = {"id": number, "order_id": draft.order_id, "line_id": line["line_id"]}
    subscription |= {
        "cust_id": 42,
        "custpc_id": 7,
        "product_id": line["product_id"],
        "subterm_id": term_number,
    }
    subscription |= {"addr_id": 101, "ship_id": draft.method.module_id, "ship_data": draft.method.data}
    subscription |= {"quantity": line["quantity"], "termrem": 0, "termproc": 1}
    subscription |= dates(draft.placed_at)
    subscription |= {"status": "active", "message": ""} | sums(line["total"])
    subscription |= {
        "authfails": 0,
        "method": draft.method.name,
        "productsubscriptionterm": term,
        "options": [],
    }
    return {"subscrp_id": number, "subterm_id": term_number, "subscription": subscription}


def dates(placed_at: int) -> Member:
    """The date structures of a subscription (Miva reference §1)."""
    known = {"firstdate": placed_at, "lastdate": placed_at, "nextdate": placed_at + 30 * DAY}
    return {name: {"time_t": known.get(name, 0)} for name in (*known, "cncldate", "lastafail")}


def sums(total: Decimal) -> Member:
    """The money of a subscription's next order."""
    money = {"tax": ZERO, "shipping": ZERO, "subtotal": total, "total": total}
    return {
        key: value
        for name, amount in money.items()
        for key, value in ((name, amount), (f"formatted_{name}", formatted(amount)))
    }


def add_by_hand(draft: Draft) -> None:
    """What an administrator adds to an order: a line without a product, or an adjustment below zero."""
    if draft.chance(0.03):
        code, name, price = draft.random.choice(BY_HAND)
        draft.items.append(written(draft, code=code, name=name, price=decimal(price)))
    if draft.chance(0.03) and draft.line_total() > 10:
        name = draft.random.choice(ADJUSTMENTS)
        draft.items.append(written(draft, name=name, price=decimal("-2.50"), status=ADJUSTMENT))


def written(draft: Draft, **members: Any) -> Member:
    line_id = draft.counters.next("line")
    return item(draft.order_id, line_id, taxable=False, total=members["price"], **members)


def as_before_ten(line: Member) -> None:
    """The options as stores before 10.00 give them: two names and the numbers (Miva reference §7.3)."""
    dropped = {*MODERN_OPTION, *MODERN_TEXTS, "formatted_weight"}
    line["options"] = [
        {name: value for name, value in row.items() if name not in dropped} for row in line.get("options", ())
    ]
