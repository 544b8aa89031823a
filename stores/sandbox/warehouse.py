"""Acting on shipments and returns, by an administrator or over the API alike (Miva reference §10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stores.sandbox.lines import LineDesk
from stores.sandbox.mails import ShipmentMail, shipment_mail
from stores.sandbox.members import Member
from stores.sandbox.money import ZERO, cents, formatted
from stores.sandbox.returns import leave_returns, order_return
from stores.sandbox.shipments import leave_shipments, line_weight, shipment
from stores.sandbox.totals import FINAL, PENDING, PICKING, RETURNED, RMA_ISSUED, SHIPPED, Order
from stores.sandbox.tracking import tracking_link


@dataclass(frozen=True)
class ShipmentUpdate:
    """One entry of OrderShipmentList_Update: what is not given is cleared (Miva reference §10.3)."""

    shpmnt_id: int
    mark_shipped: bool = False
    tracknum: str = ""
    tracktype: str = ""
    cost: Decimal = ZERO


class Warehouse(LineDesk):
    """A store that ships and takes back; `mails` holds the shipment e-mails that left, oldest first."""

    def __init__(self, seed: int, **settings: Any) -> None:
        super().__init__(seed, **settings)
        self.mails: list[ShipmentMail] = []

    def create_shipment(self, order_id: int, line_ids: Collection[int]) -> Member:
        """A shipment of whole lines, which leave the shipments that they were in (Miva reference §10.1).

        Cancelled and returned lines are left as they are, so that a shipment may stay empty.
        """
        with self.lock:
            order, lines = self.orders[order_id], self.lines(order_id, line_ids)
            self._release(order, lines)
            shipped = [line for line in lines if line["status"] not in FINAL]
            weight = sum((line_weight(line) for line in shipped), ZERO)
            made = shipment(order_id, self.counters.next("shipment"), self.now(), weight=weight)
            order["shipments"].append(made)
            for line in shipped:
                line |= {"status": PICKING, "shpmnt_id": made["id"], "rma_id": 0, "dt_instock": 0}
            self._moved(order)
            self.fire("ordershipment_created", order)
            return made

    def update_shipments(self, updates: Iterable[ShipmentUpdate]) -> None:
        """Set tracking and cost of shipments, mark them shipped; unknown ids are ignored (Miva reference §10.3).

        dt_updated does not move (§7.9). All entries start from what the shipments were before the call.
        """
        with self.lock:
            planned = []
            for update in updates:
                found = self.find_shipment(update.shpmnt_id)
                if found is not None:
                    planned.append((*found, self._updated(found[1], update)))
            for order, made, members in planned:
                self._update(order, made, members)

    def find_shipment(self, shipment_id: int) -> tuple[Order, Member] | None:
        """The shipment and the order that it is in, None if there is none."""
        order = self.orders.get(self.shipment_orders.get(shipment_id, 0))
        if order is None:
            return None
        made = next((each for each in order["shipments"] if each["id"] == shipment_id), None)
        return None if made is None else (order, made)

    def remove_from_shipment(self, order_id: int, line_ids: Collection[int]) -> Order:
        """Lines leave their shipments and are pending again (Miva reference §10.5)."""
        with self.lock:
            order, lines = self.orders[order_id], self.lines(order_id, line_ids)
            leave_shipments(order, lines)
            for line in lines:
                line |= {"status": PENDING, "shpmnt_id": 0}
            if lines:
                self._moved(order)
            return order

    def ship(self, order_id: int, line_ids: Collection[int] | None = None, **tracking: Any) -> Member:
        """A person makes a shipment in Miva's admin and marks it shipped; default: every line that can go.

        `tracking` takes `tracknum`, `tracktype`, `cost` and `mark_shipped` as in ShipmentUpdate.
        """
        with self.lock:
            if line_ids is None:
                waiting = (PENDING, PICKING)
                lines = self.orders[order_id]["items"]
                line_ids = [
                    line["line_id"] for line in lines if line["status"] in waiting and not line["shpmnt_id"]
                ]
            made = self.create_shipment(order_id, line_ids)
            self.update_shipments([ShipmentUpdate(made["id"], **{"mark_shipped": True} | tracking)])
            return made

    def create_return(self, order_id: int, line_ids: Collection[int]) -> Member:
        """Lines may come back: status 500; they stay in their shipments (Miva reference §10.5)."""
        with self.lock:
            order, lines = self.orders[order_id], self.lines(order_id, line_ids)
            leave_returns(order, lines)
            issued = order_return(order_id, self.counters.next("return"), self.now())
            order["returns"].append(issued)
            for line in lines:
                if line["status"] not in FINAL:
                    line |= {"status": RMA_ISSUED, "rma_id": issued["id"]}
            self._moved(order)
            self.fire("orderreturn_created", order)
            return issued

    def receive_returns(self, return_ids: Iterable[int]) -> None:
        """Returned goods have arrived: returns and their lines 600; others are ignored (Miva reference §10.5).

        dt_updated moved when the return was issued and does not move again.
        """
        wanted = set(return_ids)
        with self.lock:
            for order in self.orders.values():
                for issued in order["returns"]:
                    if issued["id"] in wanted and issued["status"] != RETURNED:
                        self._receive(order, issued)

    def _updated(self, made: Member, update: ShipmentUpdate) -> Member:
        """The members of the shipment that the update writes, all of them every time."""
        newly = update.mark_shipped and made["status"] != SHIPPED
        cost = cents(update.cost)
        return {
            "status": SHIPPED if newly else made["status"],
            "ship_date": self.now() if newly else made["ship_date"],
            "tracknum": update.tracknum,
            "tracktype": update.tracktype,
            "tracklink": tracking_link(self.tracking_links, update.tracktype, update.tracknum),
            "cost": cost,
            "formatted_cost": formatted(cost),
        }

    def _update(self, order: Order, made: Member, members: Member) -> None:
        before = {name: made[name] for name in members}
        made |= members
        marked = made["status"] == SHIPPED != before["status"]
        if marked:
            for line in order["items"]:
                if line["shpmnt_id"] == made["id"]:
                    line["status"] = SHIPPED
        self.recomputed(order)
        if marked:
            self.fire("orderitem_status_change", order)
            if self.shipment_mails:
                self.mails.append(shipment_mail(order, made, self.now()))
        if members != before:
            self.fire("ordershipment_status_change", order)

    def _receive(self, order: Order, issued: Member) -> None:
        issued |= {"status": RETURNED, "dt_recvd": self.now()}
        for line in order["items"]:
            if line["rma_id"] == issued["id"]:
                line["status"] = RETURNED
        self.recomputed(order)
        self.fire("orderreturn_status_change", order)
