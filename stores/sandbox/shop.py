"""Acting as the web shop and its administrator: placing, editing, paying and removing orders."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any

from stores.sandbox.generator import placing_times
from stores.sandbox.members import Member, charge, item, option
from stores.sandbox.payments import payment
from stores.sandbox.stockroom import Stockroom
from stores.sandbox.totals import Order, refresh

DETAILS = ("items", "charges", "payments")


class WebShop(Stockroom):
    """A store in which shoppers and administrators do things, and workflows react."""

    def place_order(self, *, late: bool = False, **overrides: Any) -> Order:
        """A shopper places an order; returns the store's own raw order, with every on-demand column.

        `overrides` replace members; lines, charges and payments may be given in part (see `members`).
        Derived members given here (`total`, `status`) stay as given until the order changes again, which
        makes broken orders. `late` uses the oldest order number that was skipped, if any was. `orderdate`
        moves the order into the past.
        """
        overrides = deepcopy(overrides)
        with self.lock:
            placed_at = int(overrides.get("orderdate", self.now()))
            order_id = int(overrides.get("id") or self._next_number(late=late))
            generated = self.generator.order(order_id, placed_at, self.now())
            self.secured |= generated.secured
            order = generated.order
            self._apply(order, overrides)
            queues = order["CustomField_Values"].setdefault("orderworkflow", {"auditlog": ""})
            queues |= dict.fromkeys(self.queues, "")
            order |= {name: value for name, value in overrides.items() if name not in DETAILS}
            self.keep(order)
            self.accounts.ordered(order)
            self.inventory.sell(self.inventory.units_of(order))
            self.fire("order_created", order, at=placed_at)
            return order

    def place_orders(self, count: int) -> None:
        """`count` orders spread over the time before now."""
        for placed_at in placing_times(count, self.now()):
            self.place_order(orderdate=placed_at)

    def edit_order(self, order_id: int, **changes: Any) -> Order:
        """An administrator changes members, or replaces `items`, `charges` or `payments`; moves dt_updated.

        Replaced lines and a changed total fire the workflows that put the order back into its queue (§9.3).
        """
        with self.lock:
            order = self.orders[order_id]
            before, sold = order["total"], self.inventory.units_of(order)
            self._apply(order, changes)
            self.sell_difference(order, sold)
            self.changed(order)
            if order["total"] != before:
                self.fire("order_total_change", order)
            elif "items" in changes:
                self.fire("orderitem_updated", order)
            return order

    def change_quantity(self, order_id: int, line_id: int, quantity: int) -> Order:
        """An administrator changes the quantity of one line."""
        with self.lock:
            lines = self.orders[order_id]["items"]
            changed = [
                line | {"quantity": quantity} if line["line_id"] == line_id else line for line in lines
            ]
            return self.edit_order(order_id, items=changed)

    def record_payment(self, order_id: int, **given: Any) -> Member:
        """A payment arrives (default: a check over the total); an order waiting for it enters the queue."""
        with self.lock:
            order = self.orders[order_id]
            given = {"amount": order["total"], "type": 5, "dtstamp": self.now()} | given
            record = payment(order_id, self.counters.next("payment"), **given)
            order["payments"].append(record)
            self.changed(order)
            self.run_scheduled()
            return record

    def archive(self, order_id: int) -> None:
        """Archived orders are no longer listed."""
        with self.lock:
            self.archived[order_id] = self.forget(order_id)

    def delete(self, order_id: int) -> None:
        """The order is gone."""
        with self.lock:
            self.forget(order_id)

    def changed(self, order: Order) -> None:
        """Recompute what follows from the order's details and move dt_updated (Miva reference §7.9)."""
        order["dt_updated"] = self.now()
        self.recomputed(order)

    def recomputed(self, order: Order) -> None:
        """Recompute what follows from the order's details; a new status starts its workflows (§8, §9.3)."""
        before = order["status"]
        refresh(order)
        self.touch(order["id"])
        if order["status"] != before:
            self.fire("order_status_change", order)

    def sell_difference(self, order: Order, sold: Counter[int]) -> None:
        """What an edited order takes more than `sold` leaves the shelves, what it takes less comes back."""
        more = self.inventory.units_of(order)
        more.subtract(sold)
        self.inventory.sell(more)

    def _next_number(self, *, late: bool) -> int:
        if late and self.skipped_numbers:
            return self.skipped_numbers.pop(0)
        number = self.counters.next("order")
        while self.generator.skips(number, self.skipped_share) or number in self.orders:
            if number not in self.orders:
                self.skipped_numbers.append(number)
            number = self.counters.next("order")
        return number

    def _apply(self, order: Order, changes: dict[str, Any]) -> None:
        order |= {name: value for name, value in changes.items() if name not in DETAILS}
        for name in DETAILS:
            if name in changes:
                order[name] = [self._whole(name, order, given) for given in changes[name]]
        refresh(order)

    def _whole(self, name: str, order: Order, given: Member) -> Member:
        """A line, charge or payment that was given in part."""
        order_id = order["id"]
        if name == "items":
            return self._whole_line(order_id, given)
        if name == "charges":
            return charge(order_id, given.get("charge_id") or self.counters.next("charge"), **given)
        return self._whole_payment(order, given)

    def _whole_payment(self, order: Order, given: Member) -> Member:
        """What an encrypted payment hides is kept aside, for those who know the passphrase."""
        payment_id = given.get("id") or self.counters.next("payment")
        if given.get("pay_secid") and "data" in given:
            self.secured.setdefault(payment_id, dict(given["data"]))
        return payment(order["id"], payment_id, **{"dtstamp": order["orderdate"]} | given)

    def _whole_line(self, order_id: int, given: Member) -> Member:
        line_id = given.get("line_id") or self.counters.next("line")
        line = item(order_id, line_id, **given)
        if "options" in line:
            line["options"] = [self.whole_option(order_id, line_id, each) for each in line["options"]]
        return line

    def whole_option(self, order_id: int, line_id: int, given: Member) -> Member:
        """An option row of a line that was given in part."""
        row_id = given.get("id") or self.counters.next("option")
        return option(order_id, line_id, row_id, **given)
