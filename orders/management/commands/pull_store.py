"""`manage.py pull_store`: pull a store's orders now."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from orders.pull import Pulled, pull
from stores.cursors import LeaseLost, StoreBusy
from stores.management.console import ConsoleCommand, store_by_slug
from stores.miva.errors import MivaError


class Command(ConsoleCommand):
    """Pull now, until nothing is left."""

    help = "Pulls a store's orders now, whatever the clock says, until its queue is empty."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the store."""
        super().add_arguments(parser)
        parser.add_argument("store", metavar="SLUG", help="The store's short name.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Pull and print the counts."""
        store = store_by_slug(options["store"])
        try:
            pulled = pull(store, budget=float("inf"))
        except (StoreBusy, LeaseLost) as error:
            raise CommandError(f"{error}. Try again when it is done.") from error
        except MivaError as error:
            raise CommandError(f"{error.reason} {error.remedy}".strip()) from error
        self.show(pulled.counts(), [sentence(pulled)], as_json=options["as_json"])


def sentence(pulled: Pulled) -> str:
    """Return the counts as a sentence."""
    return (
        f"{pulled.fetched} orders fetched: {pulled.new} new, {pulled.updated} updated, {pulled.unchanged} unchanged, "
        f"{pulled.held} held; {pulled.acknowledged} acknowledged."
    )
