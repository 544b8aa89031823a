"""Acting on the lines of an order: splitting, cancelling, back-ordering, deleting (Miva reference §10.2, §10.5)."""

from __future__ import annotations

from collections.abc import Collection

from stores.sandbox.members import Member
from stores.sandbox.money import ZERO, formatted
from stores.sandbox.returns import leave_returns
from stores.sandbox.shipments import leave_shipments
from stores.sandbox.shop import WebShop
from stores.sandbox.splitting import split_line
from stores.sandbox.totals import BACKORDERED, CANCELLED, FINAL, Order

LONGEST_DATA = 254


class LineDesk(WebShop):
    """A store whose lines are worked on, by an administrator or over the API alike."""

    def lines(self, order_id: int, line_ids: Collection[int]) -> list[Member]:
        """The order's lines with these ids, in the order asked for; ids it does not have are left out."""
        held = {line["line_id"]: line for line in self.orders[order_id]["items"]}
        return [held[line_id] for line_id in dict.fromkeys(line_ids) if line_id in held]

    def split(self, order_id: int, line_id: int, quantity: int) -> tuple[Member, Member]:
        """Move `quantity` units to a new line; the original and the new line.

        The default workflow puts the order back into its queue (Miva reference §9.4).
        """
        with self.lock:
            order = self.orders[order_id]
            line = self.lines(order_id, [line_id])[0]
            pairs = split_line(order, line, quantity, self.counters)
            self.changed(order)
            for _pair in pairs:
                self.fire("orderitem_created", order)
                self.fire("orderitem_updated", order)
            original, new = self.lines(order_id, [line_id, pairs[0][1]["line_id"]])
            return original, new

    def cancel(self, order_id: int, line_ids: Collection[int] | None = None, reason: str = "") -> Order:
        """Cancel lines (default: all): status 300, out of shipments, the reason as one more option (§10.5)."""
        with self.lock:
            order = self.orders[order_id]
            before, sold = order["total"], self.inventory.units_of(order)
            lines = order["items"] if line_ids is None else self.lines(order_id, line_ids)
            if self._release(order, lines):
                for line in lines:
                    self._cancel_line(order_id, line, reason)
                self.sell_difference(order, sold)
                self._moved(order)
            if order["total"] != before:
                self.fire("order_total_change", order)
            return order

    def back_order(self, order_id: int, line_ids: Collection[int], instock_at: int = 0) -> Order:
        """Lines wait for stock: status 400, out of shipments; `instock_at` in Unix seconds (§10.5)."""
        with self.lock:
            order = self.orders[order_id]
            lines = self.lines(order_id, line_ids)
            if self._release(order, lines):
                for line in lines:
                    if line["status"] not in FINAL:
                        line |= {"status": BACKORDERED, "dt_instock": instock_at, "shpmnt_id": 0, "rma_id": 0}
                self._moved(order)
            return order

    def delete_lines(self, order_id: int, line_ids: Collection[int]) -> Order:
        """Lines and their child lines disappear (Miva reference §10.5)."""
        with self.lock:
            order = self.orders[order_id]
            before = order["total"]
            gone = self._with_children(order, self.lines(order_id, line_ids))
            if self._release(order, gone):
                ids = {line["line_id"] for line in gone}
                order["items"] = [line for line in order["items"] if line["line_id"] not in ids]
                self.changed(order)
                self.fire("orderitem_deleted", order)
            if order["total"] != before:
                self.fire("order_total_change", order)
            return order

    def _release(self, order: Order, lines: list[Member]) -> bool:
        """Whether there are any lines; they are no longer counted in shipments and returns."""
        leave_shipments(order, lines)
        leave_returns(order, lines)
        return bool(lines)

    def _moved(self, order: Order) -> None:
        self.changed(order)
        self.fire("orderitem_status_change", order)

    def _with_children(self, order: Order, lines: list[Member]) -> list[Member]:
        ids = {line["line_id"] for line in lines}
        children = [
            line for line in order["items"] if line["parent_id"] in ids and line["line_id"] not in ids
        ]
        return lines + self._with_children(order, children) if children else lines

    def _cancel_line(self, order_id: int, line: Member, reason: str) -> None:
        if line["status"] in FINAL:
            return
        line |= {"status": CANCELLED, "tax": ZERO, "formatted_tax": formatted(ZERO)}
        line |= {"shpmnt_id": 0, "rma_id": 0, "dt_instock": 0}
        if reason:
            place = "data" if len(reason) <= LONGEST_DATA else "data_long"
            member = {"attr_code": "Cancellation Reason", place: reason}
            row = self.whole_option(order_id, line["line_id"], member)
            line["options"] = [*line.get("options", ()), row]
