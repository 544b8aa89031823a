"""A Miva store with memory."""

from __future__ import annotations

from typing import Any

from stores.sandbox.catalog import CATALOG
from stores.sandbox.columns import Row
from stores.sandbox.customers import customer_row
from stores.sandbox.listing import Listing
from stores.sandbox.shipment_listing import ShipmentListing
from stores.sandbox.warehouse import Warehouse


class SandboxStore(Warehouse):
    """A store for the demo, tests and benchmarks; `settings` are the members of `settings.Settings`.

    `seed` decides credentials and orders, `orders` how many orders it starts with; its opening stock is what
    they left. What shoppers and administrators do to orders is in `shop.WebShop`, to lines in
    `lines.LineDesk`, to shipments and returns in `warehouse.Warehouse` (with the e-mails that left in
    `.mails`), products and counts are in `stockroom.Stockroom`, workflow set-ups in
    `automation.Automation`, faults in
    `.faults`, the journal in `.calls`. Callables in `.before_reply` get each Call after the store acted and
    before it answers.
    """

    def __init__(self, seed: int = 1, orders: int = 0, **settings: Any) -> None:
        super().__init__(seed, **settings)
        self.listing = Listing(self)
        self.shipment_listing = ShipmentListing(self)
        self.place_orders(orders)
        self.fill_shelves(CATALOG)

    def add_customer(self, login: str, **given: Any) -> Row:
        """A shopper opens an account; `given` are its members in Miva's words. Shoppers who order have one, too."""
        with self.lock:
            customer_id = int(given.pop("id", 0)) or self.counters.next("customer")
            row = customer_row(customer_id, self.now(), login=login, **given)
            self.accounts.keep(row)
            return row
