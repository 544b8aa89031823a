"""Realistic orders from a seed: the same seed gives the same orders, dates relative to the given moment.

Every order has all on-demand columns, in Miva's member order (Miva reference §7.2), about 6 KB of JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from stores.sandbox import basket, checkout, order_words, people
from stores.sandbox.basket import Draft
from stores.sandbox.counters import Counters
from stores.sandbox.members import Member
from stores.sandbox.money import ZERO, decimal, formatted
from stores.sandbox.shipments import line_weight, shipment
from stores.sandbox.totals import SHIPPED, Order, refresh
from stores.sandbox.tracking import TRACKING_LINKS, tracking_link

HOUR, DAY, MONTH = 3_600, 86_400, 30 * 86_400
TOTALS = ("total", "total_ship", "total_tax", "total_auth", "total_capt", "total_rfnd", "net_capt")


@dataclass(frozen=True)
class Generated:
    """One order as Miva emits it, and the clear data of its encrypted payments (payment id -> data)."""

    order: Order
    secured: dict[int, dict[str, str]]


class OrderGenerator:
    """Makes orders from `seed`; `counters` hands out line, payment and note ids."""

    def __init__(self, seed: int, counters: Counters | None = None) -> None:
        self.seed = seed
        self.counters = counters or Counters()

    def skips(self, number: int, share: float) -> bool:
        """Whether an abandoned basket took the order number `number`; true for `share` (0 to 1) of them."""
        return Random(f"{self.seed}:basket:{number}").random() < share

    def order(self, order_id: int, placed_at: int, now: int | None = None) -> Generated:
        """The order `order_id`, placed at `placed_at` (Unix seconds); if long ago, perhaps partly shipped."""
        random = Random(f"{self.seed}:{order_id}")
        shopper = people.person(random)
        method = basket.shipping_method(random, shopper)
        draft = Draft(random, self.counters, order_id, placed_at, shopper, method)
        basket.fill(draft)
        order = _assemble(draft)
        if now is not None and now - placed_at > 2 * DAY and draft.chance(0.25):
            _ship_first_line(draft, order)
        refresh(order)
        paid = checkout.pay(draft, order["total"])
        order["payments"] = paid.payments
        refresh(order)
        return Generated(order, paid.secured)


def generate_orders(seed: int, count: int, now: int) -> list[Order]:
    """`count` orders in the order of their placing, the last one just before `now` (Unix seconds)."""
    generator = OrderGenerator(seed)
    made = [generator.order(generator.counters.next("order"), at, now) for at in placing_times(count, now)]
    return [each.order for each in made]


def placing_times(count: int, now: int) -> list[int]:
    """`count` ascending moments up to `now`, at most an hour apart and at most thirty days back."""
    step = min(HOUR, MONTH // max(count, 1))
    return [now - (count - 1 - position) * step for position in range(count)]


def _assemble(draft: Draft) -> Order:
    ship = draft.shopper
    bill = ship if draft.chance(0.8) else people.person(draft.random)
    customer = _customer(draft) if draft.chance(0.55) else None
    order: Order = {
        "id": draft.order_id,
        "pay_id": 0,
        "batch_id": 0,
        "status": 0,
        "pay_status": 0,
        "stk_status": 0,
    }
    order |= {"dt_instock": 0, "orderdate": draft.placed_at, "cust_id": customer["id"] if customer else 0}
    order |= {"ship_res": not ship.company, **ship.address("ship"), **bill.address("bill")}
    order |= {
        "ship_id": draft.method.module_id,
        "ship_data": draft.method.data,
        "ship_method": draft.method.name,
    }
    order |= {
        name: customer[key] if customer else ""
        for name, key in (("cust_login", "login"), ("cust_pw_email", "pw_email"))
    }
    order |= {"business_title": ship.company if customer else "", "payment_module": "None"}
    order |= {"source": "Shopper", "source_id": 0} | _blank_totals()
    order |= {"pend_count": 0, "bord_count": 0, "note_count": 0, "dt_updated": draft.placed_at}
    if customer:
        order["customer"] = customer
    order |= {
        "items": draft.items,
        "charges": draft.charges,
        "coupons": draft.coupons,
        "discounts": draft.discounts,
    }
    order |= {"payments": [], "notes": order_words.notes(draft), "shipments": [], "returns": []}
    return order | {
        "CustomField_Values": {
            "customfields": order_words.custom_fields(draft),
            "orderworkflow": {"auditlog": ""},
        }
    }


def _blank_totals() -> Member:
    members: Member = {}
    for name in TOTALS:
        members |= {name: ZERO, f"formatted_{name}": formatted(ZERO)}
    return members


def _customer(draft: Draft) -> Member:
    number = draft.random.randint(40, 400)
    spent, orders = draft.random.randint(1000, 90000), draft.random.randint(1, 9)
    total = decimal(spent) / 100
    average = (total / orders).quantize(ZERO)
    created = draft.placed_at - draft.random.randint(1, 900) * DAY
    record: Member = {
        "id": number,
        "account_id": 3 if draft.shopper.company else 0,
        "login": f"shopper{number}",
    }
    record |= {"pw_email": draft.shopper.email, "ship_id": number * 2, "ship_res": not draft.shopper.company}
    record |= draft.shopper.address("ship") | {"bill_id": number * 2 + 1} | draft.shopper.address("bill")
    record |= {"tax_exempt": False, "order_cnt": orders, "order_avg": average}
    record |= {
        "formatted_order_avg": formatted(average),
        "order_tot": total,
        "formatted_order_tot": formatted(total),
    }
    record |= {
        "note_count": 0,
        "dt_created": created,
        "dt_updated": draft.placed_at,
        "dt_login": draft.placed_at,
    }
    return record | {"dt_pwchg": created, "credit": ZERO, "formatted_credit": formatted(ZERO)}


def _ship_first_line(draft: Draft, order: Order) -> None:
    """A shipment of the first line, sent the day after (Miva reference §7.8, §10.1)."""
    line = order["items"][0]
    if line["status"] != 0:
        return
    shipment_id, sent = draft.counters.next("shipment"), draft.placed_at + DAY
    tracking = f"1Z999AA1{draft.random.randint(10**9, 10**10 - 1)}"
    line |= {"status": SHIPPED, "shpmnt_id": shipment_id}
    sent_with = {"tracktype": "UPS", "tracknum": tracking, "cost": "7.25", "weight": line_weight(line)}
    link = tracking_link(TRACKING_LINKS, "UPS", tracking)
    order["shipments"].append(
        shipment(order["id"], shipment_id, sent, status=SHIPPED, ship_date=sent, tracklink=link, **sent_with)
    )
