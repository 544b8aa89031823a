"""`manage.py api_token`: makes, rotates, revokes and lists tokens of the REST API."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stores import tokens
from stores.management.console import ConsoleCommand, store_by_slug, whole
from stores.models import ApiToken, Merchant, Store
from stores.scopes import Scope

LONGEST_DAYS = 3650


class Command(ConsoleCommand):
    """Make, rotate, revoke or list API tokens."""

    help = (
        "Makes, rotates, revokes and lists tokens of the REST API. A token is printed once, when it is made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what is to be done, and with which token."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="make | rotate | revoke | list")
        make = actions.add_parser("make", help="Make a token and print it.")
        whose = make.add_mutually_exclusive_group(required=True)
        whose.add_argument("--store", metavar="SLUG", help="For one store.")
        whose.add_argument("--merchant", metavar="SLUG", help="For all stores of a merchant.")
        make.add_argument("--name", required=True, help="Which program has it.")
        make.add_argument("--scopes", nargs="+", required=True, choices=Scope.values, metavar="SCOPE")
        make.add_argument(
            "--days",
            type=whole(1, LONGEST_DAYS),
            help="Ends after so many days; without: when it is revoked.",
        )
        rotate = actions.add_parser("rotate", help="Make a token in the place of another.")
        rotate.add_argument("prefix", help="How the former token begins: c2c_ and eight characters.")
        rotate.add_argument(
            "--hours",
            type=whole(0, tokens.LONGEST_OVERLAP),
            default=tokens.OVERLAP_HOURS,
            help="Until the former ends.",
        )
        revoke = actions.add_parser("revoke", help="End a token at once.")
        revoke.add_argument("prefix", help="How the token begins: c2c_ and eight characters.")
        listed = actions.add_parser("list", help="List the tokens that are good.")
        for each in (make, rotate, revoke, listed):
            super().add_arguments(each)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; exit code 1 with the reason when that cannot be done."""
        try:
            result, lines = getattr(self, f"do_{options['action']}")(options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.show(result, lines, as_json=options["as_json"])

    def do_make(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Make a token."""
        store = store_by_slug(options["store"]) if options["store"] else None
        merchant = store.merchant if store else merchant_by_slug(options["merchant"])
        ends = timezone.now() + timedelta(days=options["days"]) if options["days"] else None
        return shown(*tokens.make(merchant, store, options["name"], options["scopes"], ends))

    def do_rotate(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Make a token in the place of another."""
        made = tokens.rotate(token_by(options["prefix"]), timedelta(hours=options["hours"]))
        if made is None:
            raise CommandError(f"{options['prefix']} has ended, or was replaced by another token before.")
        return shown(*made)

    def do_revoke(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """End a token."""
        if not tokens.revoke(token_by(options["prefix"])):
            raise CommandError(f"{options['prefix']} has ended before.")
        return {"revoked": options["prefix"]}, [f"{options['prefix']} is refused from now on."]

    def do_list(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """List what is good."""
        found = [told(token) for token in ApiToken.objects.live().select_related("merchant", "store")]
        lines = [f"{each['prefix']}  {each['store'] or each['merchant']}  {each['name']}" for each in found]
        return {"tokens": found}, lines


def merchant_by_slug(slug: str) -> Merchant:
    """Return the merchant. Raises CommandError."""
    merchant = Merchant.objects.filter(slug=slug).first()
    if merchant is None:
        raise CommandError(
            f"There is no merchant '{slug}'. The list of merchants in the admin shows the names."
        )
    return merchant


def token_by(prefix: str) -> ApiToken:
    """Return the token that begins so. Raises CommandError."""
    token = ApiToken.objects.filter(prefix=tokens.prefix_of(prefix)).first()
    if token is None:
        raise CommandError(f"No token begins with '{tokens.prefix_of(prefix)}'. `api_token list` names all.")
    return token


def told(token: ApiToken) -> dict[str, Any]:
    """Return what may be seen of a token."""
    store: Store | None = token.store
    return {
        "prefix": token.prefix,
        "name": token.name,
        "merchant": token.merchant.slug,
        "store": store.slug if store else None,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }


def shown(token: ApiToken, secret: str) -> tuple[dict[str, Any], list[str]]:
    """Return a new token with its secret, for both forms of output."""
    return told(token) | {"token": secret}, [f"{token.name}: {secret}", "It is shown this once: keep it now."]
