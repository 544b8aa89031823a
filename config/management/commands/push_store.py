"""`manage.py push_store`: push what Miva is owed now."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from fulfillment.models import Shipment
from fulfillment.push import push
from inventory.models import StockPush
from inventory.push import push_due
from stores import outbox
from stores.audit import note
from stores.management.console import ConsoleCommand, store_by_slug

FOREVER = float("inf")


class Command(ConsoleCommand):
    """Push everything that is due, whatever the clock says."""

    help = (
        "Pushes every due shipment and stock change of a store to Miva now; what waited only because the store could not be "
        "reached is tried, too. Exit code 1 when the store cannot be reached; what is parked is only counted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the store."""
        super().add_arguments(parser)
        parser.add_argument("store", metavar="SLUG", help="The store's short name.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Push, and print the counts."""
        store = store_by_slug(options["store"])
        note("push now", store)
        outbox.try_now(Shipment, store)
        outbox.try_now(StockPush, store)
        shipments = push(store, budget=FOREVER)
        stock = push_due(store, budget=FOREVER)
        result = {
            "shipments_pushed": shipments.done,
            "shipments_parked": shipments.parked,
            "stock_pushed": stock.done,
            "stock_parked": stock.parked,
        }
        lines = [
            f"Shipments: {shipments.done} pushed, {shipments.parked} parked.",
            f"Stock: {stock.done} SKUs pushed, {stock.parked} parked.",
        ]
        self.show(result, lines, as_json=options["as_json"])
        if problem := outbox.store_problem(Shipment, store) or outbox.store_problem(StockPush, store):
            raise CommandError(problem)
