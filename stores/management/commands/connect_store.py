"""`manage.py connect_store`: a merchant's Miva store, checked, with Stone Edge credentials."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from stores.connect import Connected, connect
from stores.management.console import ConsoleCommand, secret_from, verdict
from stores.models import Store


class Command(ConsoleCommand):
    """Create merchant and store, check the connection, issue Stone Edge credentials."""

    help = "Connects a merchant's Miva store: creates both, checks the connection, issues Stone Edge credentials."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the store's settings."""
        super().add_arguments(parser)
        parser.add_argument(
            "--merchant", required=True, help="The merchant's business name; created when it is new."
        )
        parser.add_argument("--name", required=True, help="The store's name.")
        parser.add_argument("--endpoint", required=True, help="Complete address of json.mvc.")
        parser.add_argument("--store-code", required=True, help="Miva's store code.")
        parser.add_argument(
            "--token", required=True, help="Miva API token, or - to read it from standard input."
        )
        parser.add_argument(
            "--signing-key",
            default="",
            help="The token's signing key, or - for standard input (after the token).",
        )
        parser.add_argument(
            "--digest", choices=Store.Digest.values, default="sha256", help="How requests are signed."
        )
        parser.add_argument(
            "--strategy", choices=Store.Strategy.values, default="queue_ack", help="How orders are pulled."
        )
        parser.add_argument("--queue", default="new_and_updated", help="Code of the order queue.")
        parser.add_argument("--interval", type=int, default=15, help="Minutes between two pulls.")
        parser.add_argument(
            "--identifier", choices=Store.Identifier.values, default="code", help="Product code or SKU."
        )
        parser.add_argument(
            "--kits", choices=Store.Kits.values, default="parent", help="Kit only, or kit and parts."
        )
        parser.add_argument(
            "--passphrase", default="", help="Payment passphrase, or - for standard input (last)."
        )
        parser.add_argument(
            "--time-zone", default="", help="Of the store's order dates, e.g. America/Chicago."
        )
        parser.add_argument(
            "--no-check", action="store_true", help="Do not ask Miva whether the connection works."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Connect the store and print what the merchant needs."""
        if options["digest"] != "none" and not options["signing_key"]:
            raise self.usage(
                "--signing-key is missing. Give it, or --digest none for a token without signature."
            )
        try:
            connected = connect(
                merchant=options["merchant"],
                name=options["name"],
                endpoint=options["endpoint"],
                store_code=options["store_code"],
                token=secret_from(options["token"], "--token"),
                signing_key=secret_from(options["signing_key"], "--signing-key"),
                digest=options["digest"],
                strategy=options["strategy"],
                queue_code=options["queue"],
                interval_minutes=options["interval"],
                identifier=options["identifier"],
                kits=options["kits"],
                passphrase=secret_from(options["passphrase"], "--passphrase"),
                time_zone=options["time_zone"],
                check=not options["no_check"],
            )
        except ValidationError as error:
            raise CommandError(sentences(error)) from error
        self.show(result(connected), lines(connected), as_json=options["as_json"])
        if failed := verdict(connected.checks):
            raise CommandError(f"{connected.store.slug} is created, but {failed}")


def result(connected: Connected) -> dict[str, Any]:
    """Return the JSON object."""
    return {
        "store": connected.store.slug,
        "script_url": connected.script_url,
        "username": connected.desktop.username,
        "password": connected.password,
        "store_code": connected.desktop.store_code,
        "webhook_url": connected.webhook_url,
        "checks": [
            {"name": check.name, "ok": check.ok, "message": check.message} for check in connected.checks
        ],
    }


def lines(connected: Connected) -> list[str]:
    """Return the readable form."""
    return [
        f"Store        {connected.store.slug}",
        "Stone Edge, Settings -> System Functions -> Shopping Carts:",
        f"  Script URL           {connected.script_url}",
        f"  Cart ID/User Name    {connected.desktop.username}",
        f"  Cart Password        {connected.password}    (shown this once)",
        f"  Store Code           {connected.desktop.store_code}",
        "Miva, Order Workflows, action Webhook (not needed; makes orders arrive within seconds):",
        f"  URL                  {connected.webhook_url}",
        *(str(check) for check in connected.checks),
    ]


def sentences(error: ValidationError) -> str:
    """Return a validation error as one line that names the fields."""
    if hasattr(error, "error_dict"):
        return " ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
    return " ".join(error.messages)
