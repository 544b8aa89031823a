"""What the store remembers, and the few ways in which it changes."""

from __future__ import annotations

import base64
import hashlib
import threading
from bisect import insort
from collections import deque
from collections.abc import Callable
from typing import Any

from stores.sandbox.calls import LIMIT, Call
from stores.sandbox.counters import Counters
from stores.sandbox.custom_fields import definitions
from stores.sandbox.customers import Accounts
from stores.sandbox.faults import FaultPlan
from stores.sandbox.generator import OrderGenerator
from stores.sandbox.members import note
from stores.sandbox.settings import Settings
from stores.sandbox.totals import Order
from stores.sandbox.workflows import QUEUE_NAMES


class StoreState(Settings):
    """Orders, queues and journals; every change goes through `touch`, which forgets rendered bytes.

    `orders` maps ids to raw orders as Miva emits them with every on-demand column; `queues` maps queue
    codes to ids in order of arrival (an ordered dict used as a set); `shipment_orders` says in which order to
    look for a shipment. Hold `lock` while reading or changing several of them.
    """

    def __init__(self, seed: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.seed = seed
        self.token = self.token or _derived(seed, "token").hex()[:32]
        self.signing_key = self.signing_key or base64.b64encode(_derived(seed, "key")).decode().rstrip("=")
        self.passphrase = self.passphrase or f"open {_derived(seed, 'phrase').hex()[:8]}"
        self.lock = threading.RLock()
        self.counters = Counters()
        self.generator = OrderGenerator(seed, self.counters)
        self.orders: dict[int, Order] = {}
        self.sorted_ids: list[int] = []
        self.archived: dict[int, Order] = {}
        self.accounts = Accounts()
        self.secured: dict[int, dict[str, str]] = {}
        self.skipped_numbers: list[int] = []
        self.shipment_orders: dict[int, int] = {}
        self.queue_names = dict(QUEUE_NAMES)
        self.queues: dict[str, dict[int, None]] = {code: {} for code in QUEUE_NAMES}
        self.rendered: dict[int, dict[Any, bytes]] = {}
        self.changes = 0
        self.calls: deque[Call] = deque(maxlen=LIMIT)
        self.faults = FaultPlan(seed)
        self.before_reply: list[Callable[[Call], object]] = []

    def keep(self, order: Order) -> None:
        """Add `order` to the store."""
        self.orders[order["id"]] = order
        insort(self.sorted_ids, order["id"])
        self.touch(order["id"])

    def forget(self, order_id: int) -> Order:
        """Take an order out of the store and its queues, and return it."""
        order = self.orders.pop(order_id)
        self.sorted_ids.remove(order_id)
        for members in self.queues.values():
            members.pop(order_id, None)
        self.touch(order_id)
        return order

    def touch(self, order_id: int) -> None:
        """Note that an order changed: what was rendered of it is stale."""
        self.changes += 1
        self.rendered.pop(order_id, None)
        if order_id in self.orders:
            shipments = self.orders[order_id]["shipments"]
            self.shipment_orders |= dict.fromkeys((each["id"] for each in shipments), order_id)

    def add_queue(self, code: str, name: str = "") -> None:
        """Create an empty queue, as merchants do for themselves."""
        self.queue_names[code] = name or code
        self.queues.setdefault(code, {})
        for order in self.orders.values():
            order["CustomField_Values"]["orderworkflow"].setdefault(code, "")
            self.touch(order["id"])

    def put_in_queue(self, order: Order, code: str) -> None:
        """Queue membership, which is also an order custom field (Miva reference §9.5)."""
        self.queues[code][order["id"]] = None
        order["CustomField_Values"]["orderworkflow"][code] = "1"
        self.touch(order["id"])

    def take_from_queues(self, order: Order) -> None:
        """Remove the order from every queue."""
        for code, members in self.queues.items():
            if members.pop(order["id"], 0) is None:
                order["CustomField_Values"]["orderworkflow"][code] = ""
        self.touch(order["id"])

    def add_note(self, order: Order, text: str) -> None:
        """A note without author; notes do not move dt_updated (Miva reference §7.9)."""
        order["notes"].append(note(order["id"], self.counters.next("note"), text, self.now()))
        order["note_count"] = len(order["notes"])
        self.touch(order["id"])

    def custom_field_definitions(self) -> list[dict[str, Any]]:
        """The order custom fields, the queues among them."""
        return definitions(self.queue_names)


def _derived(seed: int, purpose: str) -> bytes:
    return hashlib.sha256(f"sandbox {seed} {purpose}".encode()).digest()
