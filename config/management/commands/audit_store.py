"""`manage.py audit_store`: compare a store's orders and shipments with Miva; changes nothing."""

import argparse
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from fulfillment.audit import unsent
from inventory import comparison
from orders.pull import NUMBERLESS
from orders.reconcile import DAYS, Differences, audit, frame
from stores.management.console import ConsoleCommand, store_by_slug
from stores.miva.errors import MivaError
from stores.wires import miva_for

LONGEST = 3650


class Command(ConsoleCommand):
    """Compare and print; exit code 0 also when there are differences."""

    help = (
        "Compares the orders, shipments and stock of the last days with Miva, reading only. missing_orders: in Miva and not here; "
        "extra_orders: here and not listed by Miva any more (deleted or archived there). Orders placed since the last pull "
        "began are on their way and not missing. unsent_shipments: reported by Stone Edge and not in Miva. "
        "stock_drift: figures in Miva that are not what pushes and web orders lead one to expect."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the store and the days."""
        super().add_arguments(parser)
        parser.add_argument("store", metavar="SLUG", help="The store's short name.")
        parser.add_argument(
            "--days", metavar="N", type=days, default=DAYS, help=f"How far to look back; {DAYS} if not given."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and print."""
        store = store_by_slug(options["store"])
        try:
            client, span = miva_for(store), frame(store, options["days"], timezone.now())
            found = audit(client, span)
            drift = comparison.audit(store, client)
            shipments = unsent(store, client, timezone.now() - timedelta(days=options["days"]))
        except MivaError as error:
            raise CommandError(f"{error.reason} {error.remedy}".strip()) from error
        result = {
            "missing_orders": found.missing,
            "extra_orders": found.extra,
            "unsent_shipments": shipments,
            "stock_drift": drift,
        }
        self.show(result, lines(found, shipments, drift, options["days"]), as_json=options["as_json"])


def days(text: str) -> int:
    """Return the number of days. Raises argparse.ArgumentTypeError."""
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:6]) <= LONGEST:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of days between 1 and {LONGEST}.")
    return int(text)


def lines(
    found: Differences, shipments: list[dict[str, Any]], drift: list[dict[str, Any]], of_days: int
) -> list[str]:
    """Return the result for people."""
    return [
        f"Compared {found.compared} orders of the last {of_days} days.",
        told("In Miva and not here", found.missing),
        told("Here and not listed by Miva any more", found.extra),
        told("Changed in Miva since they were fetched", found.different),
        *([NUMBERLESS[0].format(count=found.numberless)] if found.numberless else []),
        told("Shipments that are not in Miva, by order", [each["order"] for each in shipments]),
        told(
            "Stock that is not as expected, by SKU", [f"{each['sku']} ({each['drift']:+d})" for each in drift]
        ),
    ]


def told(words: str, numbers: Sequence[int | str]) -> str:
    """Return a line about these orders."""
    return f"{words}: {', '.join(map(str, numbers)) or 'none'}."
