"""`manage.py desktop`: acts as Stone Edge and shows what it is given."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser
from lxml import etree

from stores.management.console import ConsoleCommand, secret_from, whole
from stores.sandbox.desktop import ALL, Desktop
from stores.sandbox.desktop_replies import DesktopError, Record
from stores.sandbox.desktop_reports import Parcel

Shown = tuple[dict[str, Any], list[str]]

# Elements that may come more than once in their parent (SETI reference §3): always lists, so that one looks like many.
REPEATED = frozenset(
    {"Product", "OrderOption", "Payment", "Discount", "Surcharge", "Coupon", "CustomField"}
    | {"ProductOption", "OptionValue"}
)


class Command(ConsoleCommand):
    """One of the desktop's actions."""

    help = (
        "Acts as Stone Edge Order Manager: version, count, orders, products, qoh, customers, replace, adjust, ship. "
        "Prints what came back, parsed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the action and what is entered on Stone Edge's shopping cart screen."""
        super().add_arguments(parser)
        parser.add_argument("action", choices=tuple(ACTIONS), help="What to do.")
        parser.add_argument("--url", required=True, help="Script URL.")
        parser.add_argument("--username", required=True, help="Cart ID/User Name.")
        parser.add_argument(
            "--password", required=True, help="Cart Password, or - to read it from standard input."
        )
        parser.add_argument("--store-code", default="", help="Store Code.")
        parser.add_argument(
            "--last-order", default=ALL, help="Number of the last order that was imported (default: none)."
        )
        parser.add_argument(
            "--last-date", default=ALL, help="Day of the last order, like 5-Nov-2026 (default: none)."
        )
        parser.add_argument("--order", default="", help="ship: the order's number.")
        parser.add_argument(
            "--status", default="Order Shipped", help="ship: the status (default: Order Shipped)."
        )
        parser.add_argument(
            "--tracking",
            type=package,
            action="append",
            default=[],
            metavar="NUMBER[:LINE=UNITS,…]",
            help="ship: a package, and which units of which lines are in it; may be given several times.",
        )
        parser.add_argument(
            "--quantity",
            type=quantity,
            action="append",
            default=[],
            metavar="SKU=UNITS",
            help="replace: a count; adjust: units to add, negative to subtract; may be given several times.",
        )
        parser.add_argument("--carrier", default="UPS", help="ship: the carrier (default: UPS).")
        parser.add_argument("--batch", type=whole(1, 10_000), default=50, help="Order Download Batch.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Talk to the portal and print what it said."""
        if options["action"] == "ship" and not options["order"]:
            raise self.usage("ship needs --order NUMBER.")
        login = (options["username"], secret_from(options["password"], "--password"), options["store_code"])
        try:
            with Desktop(options["url"], *login, batch_size=options["batch"]) as desktop:
                found, lines = ACTIONS[options["action"]](desktop, options)
        except DesktopError as error:
            raise CommandError(
                f"{error.reason} The reply was: {error.reply[:500]!r}" if error.reply else error.reason
            ) from error
        self.show(found, lines, as_json=options["as_json"])


def version(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Ask for the script's version."""
    answer = desktop.version()
    return {"version": answer}, [f"version {answer}"]


def count(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Ask how many orders a download would bring."""
    answer = desktop.count(options["last_order"], options["last_date"])
    return {"ordercount": answer}, [f"{answer} orders"]


def orders(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Download all batches."""
    pages = list(desktop.orders(options["last_order"], options["last_date"]))
    found = [order for page in pages for order in page.orders]
    lines = [f"{len(found)} orders in {len(pages)} batches"]
    lines += [
        f"{order.number:>10}  {order.value('OrderDate'):<24} {order.value('GrandTotal'):>12}"
        for order in found
    ]
    return {"count": len(found), "batches": len(pages), "orders": [members(order) for order in found]}, lines


def products(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Download the catalogue."""
    return listed("products", desktop.products(), "Code", "Name", "Price", "QOH")


def qoh(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Download the stock."""
    return listed("products", desktop.qoh(), "Code", "QOH")


def customers(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Download the customers."""
    return listed("customers", desktop.customers(), "WebID", "FirstName", "LastName", "Email")


def listed(name: str, records: list[Record], *tags: str) -> Shown:
    """Return records with all their members, and a line of these tags about each."""
    lines = [f"{len(records)} {name}", *("  ".join(record.value(tag) for tag in tags) for record in records)]
    return {"count": len(records), name: [members(record) for record in records]}, lines


def members(record: Record) -> dict[str, Any]:
    """Return a record's elements as nested members, texts as they came."""
    shown = content(record.tree())
    return shown if isinstance(shown, dict) else {}


def ship(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Report an order's status and packages."""
    number, status = options["order"], options["status"]
    parcels = [Parcel(tracking, options["carrier"], units) for tracking, units in options["tracking"]]
    notes = desktop.ship(number, parcels, status)
    return {"order": number, "update": "OK", "notes": notes}, [f"order {number}: {status}. {notes}".strip()]


def package(text: str) -> tuple[str, dict[int, int]]:
    """Return number and units by line of `NUMBER` or `NUMBER:LINE=UNITS,LINE=UNITS`. Raises argparse.ArgumentTypeError."""
    number, _, rest = text.partition(":")
    pairs = [pair.partition("=")[::2] for pair in rest.split(",") if pair]
    if not all(line.isdecimal() and units.isdecimal() for line, units in pairs):
        raise ArgumentTypeError(f"'{text}' is no package. Write NUMBER, or NUMBER:LINE=UNITS,LINE=UNITS.")
    return number, {int(line): int(units) for line, units in pairs}


def content(element: "etree._Element") -> dict[str, Any] | str:
    """Return the text of an element, or its children by name; those that may be repeated in lists."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name = str(child.tag)
        if name in REPEATED:
            found.setdefault(name, []).append(content(child))
        else:
            found[name] = content(child)
    return found


def replace(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Send counts, absolute ("Send QOH to Website")."""
    results = desktop.replace(dict(options["quantity"]))
    return {"results": results}, [f"{sku}: {result}" for sku, result in results.items()]


def adjust(desktop: Desktop, options: dict[str, Any]) -> Shown:
    """Send relative changes, one after the other."""
    answers = [desktop.adjust(sku, units) for sku, units in options["quantity"]]
    lines = [
        f"{each['sku']}: {each['response']}, now {each['qoh']} {each['note']}".strip() for each in answers
    ]
    return {"results": answers}, lines


def quantity(text: str) -> tuple[str, int]:
    """Return SKU and units of `SKU=UNITS`. Raises argparse.ArgumentTypeError."""
    sku, _, units = text.rpartition("=")
    if not sku or not units.removeprefix("-").isdecimal():
        raise ArgumentTypeError(f"'{text}' is no quantity. Write SKU=UNITS, for example MUG-11=-2.")
    return sku, int(units)


ACTIONS: dict[str, Callable[[Desktop, dict[str, Any]], Shown]] = {
    "version": version,
    "count": count,
    "orders": orders,
    "products": products,
    "qoh": qoh,
    "customers": customers,
    "replace": replace,
    "adjust": adjust,
    "ship": ship,
}
