"""`manage.py check_store`: every permission and setting that a store needs, one by one."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from stores.check import check_store
from stores.management.console import ConsoleCommand, store_by_slug, verdict


class Command(ConsoleCommand):
    """Ask Miva for everything that a store needs."""

    help = (
        "Checks every permission and setting that a store needs, one by one, and says what to do about each."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the store."""
        super().add_arguments(parser)
        parser.add_argument("store", metavar="SLUG", help="The store's short name.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and print; exit code 1 when a check failed."""
        checks = check_store(store_by_slug(options["store"]))
        found = [{"name": check.name, "ok": check.ok, "message": check.message} for check in checks]
        lines = [str(check) for check in checks]
        self.show({"checks": found}, lines, as_json=options["as_json"])
        if failed := verdict(checks):
            raise CommandError(failed)
