"""What the portal's commands have in common: `--json`, exit codes, stores by slug."""

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stores.context import acting
from stores.miva.provision import Check
from stores.models import Store


class ConsoleCommand(BaseCommand):
    """A command that prints readable lines, or with `--json` one JSON object and nothing else.

    Exit codes: 0 done, 1 failed with the reason on standard error, 2 wrong usage.
    """

    requires_system_checks: list[str] = []  # as Django declares it; the checks have their own command

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json`; subclasses add theirs."""
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="Print one JSON object and nothing else."
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; what it does is noted as done by it."""
        with acting("command", type(self).__module__.rpartition(".")[2]):
            return super().execute(*args, **options)

    def show(self, result: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
        """Print the result in the form that was asked for."""
        self.stdout.write(json.dumps(result, default=str) if as_json else "\n".join(lines))

    def usage(self, message: str) -> "SystemExit":
        """Print a usage error and return the exit to raise."""
        self.stderr.write(message)
        return SystemExit(2)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return the reader of an option that is a whole number in these bounds; it raises argparse.ArgumentTypeError."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        raise ArgumentTypeError(f"'{text}' is no whole number between {least} and {most}.")

    return read


def verdict(checks: Sequence[Check]) -> str:
    """Return how many checks failed, how many could not be made, and the first of them; empty when all is well."""
    failed, unseen = ([check for check in checks if check.ok is ok] for ok in (False, None))
    if not failed and not unseen:
        return ""
    first = (failed or unseen)[0]
    not_made = f", {len(unseen)} could not be made" if unseen else ""
    return f"{len(failed)} of {len(checks)} checks failed{not_made}. First: {first.name}: {first.message}"


def store_by_slug(slug: str) -> Store:
    """Return the store. Raises CommandError naming the slugs that exist."""
    store = Store.objects.select_related("merchant").filter(slug=slug).first()
    if store is None:
        known = ", ".join(Store.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"There is no store '{slug}'. Stores: {known}.")
    return store


def secret_from(value: str, name: str) -> str:
    """Return the value; `-` reads one line from standard input, so that the secret is in no process list or history."""
    if value != "-":
        return value
    line = sys.stdin.readline().strip()
    if not line:
        raise CommandError(f"{name} is '-', but standard input has no line left for it.")
    return line
