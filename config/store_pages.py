"""Two of the tabs beside a store's settings: what was done, and who belongs to it. Each is a few short tables that lead to the
whole lists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from fulfillment.models import Shipment
from inventory.models import StockPush
from orders.models import Backfill, Download
from stores import outbox
from stores.admin.exchanges import TONES
from stores.admin.standing import state_label
from stores.admin.words import NEVER, label, link, list_of, page_of, short, when
from stores.health import Service, State
from stores.models import Desktop, Exchange, Membership, Merchant, OutboxRow, ServiceDay, ShareLink, Store

ROWS = 15
DAYS = 14


@dataclass(frozen=True)
class Table:
    """A short table; `address` leads to where there is more, in the words `more`; `empty` is said when there is nothing."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    address: str = ""
    empty: str = "Nothing yet."
    more: str = "The whole list"


def breaker(store: Store) -> str:
    """Return whether calls to Miva go through, and what waits since it could not be reached."""
    cursor = getattr(store, "cursor", None)
    held: list[str] = ["pulls"] if cursor and cursor.failures else []
    kinds: Mapping[str, type[OutboxRow]] = {"shipments": Shipment, "stock": StockPush}
    held += [
        name
        for name, model in kinds.items()
        if model._default_manager.filter(outbox.OPEN, outbox.FAILING, store=store).exists()
    ]
    return f"held back after failures: {', '.join(held)}" if held else "go through"


def activity(request: HttpRequest, store: Store) -> list[Table]:
    """Return days, conversations, downloads and backfills."""
    may = request.user.has_perm
    return [
        days(store),
        *([exchanges(store)] if may("stores.view_exchange") else []),
        *([downloads(store)] if may("orders.view_order") else []),
        *([backfills(store)] if may("orders.view_backfill") else []),
    ]


def days(store: Store) -> Table:
    """Return how each service stood day by day."""
    found: dict[Any, dict[str, ServiceDay]] = {}
    since = timezone.localdate(timezone=store.zone) - timedelta(days=DAYS)
    for row in ServiceDay.objects.of(store).filter(day__gt=since):
        found.setdefault(row.day, {})[row.service] = row
    rows = [
        [f"{day:%Y-%m-%d}", *(day_words(by_service.get(service)) for service in Service)]
        for day, by_service in found.items()
    ]
    return Table(f"The last {DAYS} days", ["Day", *(str(each.label) for each in Service)], rows)


def day_words(row: ServiceDay | None) -> Any:
    """Return the worst state of a day, and what was carried."""
    if row is None:
        return NEVER
    return format_html("{} {} carried", state_label(State(row.worst)), f"{row.carried:,}")


def exchanges(store: Store) -> Table:
    """Return the latest conversations."""
    rows = Exchange.objects.of(store).defer("request", "response")[:ROWS]
    return Table(
        "Exchanges",
        ["When", "Function", "With", "Outcome", "Time", "Error"],
        [
            [
                when(row.at),
                link(page_of(row), row.function),
                row.get_direction_display(),
                label(row.get_outcome_display().capitalize(), TONES[row.outcome]),
                f"{row.milliseconds:,} ms",
                short(row.error) or NEVER,
            ]
            for row in rows
        ],
        list_of("stores_exchange", store=store.pk),
        "Nobody has spoken with this store yet.",
    )


def downloads(store: Store) -> Table:
    """Return what desktops were given."""
    rows = Download.objects.of(store).select_related("desktop")[:ROWS]
    return Table(
        "Downloads by Stone Edge",
        ["When", "Desktop", "Orders", "Places"],
        [[when(row.at), row.desktop or "removed", f"{row.count:,}", str(row)] for row in rows],
        empty="No desktop was given an order yet: start an import in Stone Edge.",
    )


def backfills(store: Store) -> Table:
    """Return the ranges that were fetched again."""
    rows = Backfill.objects.of(store)[:ROWS]
    return Table(
        "Backfills",
        ["Range", "State", "Fetched", "New", "Problem"],
        [
            [
                link(page_of(row), row),
                row.get_state_display(),
                f"{row.fetched:,}",
                f"{row.new:,}",
                short(row.problem) or NEVER,
            ]
            for row in rows
        ],
        list_of("orders_backfill", store=store.pk),
    )


def people(request: HttpRequest, store: Store) -> list[Table]:
    """Return whom to call, who sees the status pages, and the logins of desktops."""
    may, merchant = request.user.has_perm, store.merchant
    contact = [[merchant.contact_name or NEVER, merchant.contact_email or NEVER, merchant.time_zone]]
    return [
        Table("Contact", ["Name", "E-mail", "Time zone"], contact, page_of(merchant), more="The merchant"),
        *([members(merchant)] if may("stores.view_membership") else []),
        *([share_links(store)] if may("stores.view_sharelink") else []),
        *([desktops(store)] if may("stores.view_desktop") else []),
    ]


def members(merchant: Merchant) -> Table:
    """Return the merchant's people who see his status pages."""
    rows = Membership.objects.filter(merchant=merchant).select_related("user")[:ROWS]
    return Table(
        "The merchant's people",
        ["Who", "Role", "Password", "Invited", "Last login"],
        [
            [
                link(page_of(row), row.user.email or row.user.get_username()),
                row.get_role_display(),
                label("Chosen", "good") if row.user.has_usable_password() else label("Not yet", "quiet"),
                when(row.invited_at),
                when(row.user.last_login),
            ]
            for row in rows
        ],
        list_of("stores_membership", merchant=merchant.pk),
        "Nobody yet. Open the merchant and press 'Invite a member'.",
    )


def share_links(store: Store) -> Table:
    """Return the links to the store's status page that are good."""
    rows = ShareLink.objects.good().filter(store=store).select_related("made_by")[:ROWS]
    return Table(
        "Links to the status page",
        ["For whom", "Made by", "Good until", "Last used"],
        [
            [link(page_of(row), row.name), row.made_by or NEVER, when(row.expires_at), when(row.last_used_at)]
            for row in rows
        ],
        list_of("stores_sharelink", store=store.pk),
        "None: the merchant's owners make them on the status page.",
    )


def desktops(store: Store) -> Table:
    """Return the logins of Stone Edge."""
    logins = [
        [
            link(page_of(row), row.username),
            label("Active", "good") if row.active else label("Switched off", "quiet"),
            when(row.last_seen_at),
            row.client_version or NEVER,
        ]
        for row in Desktop.objects.filter(store=store).defer("password_hash")
    ]
    columns = ["User name", "State", "Last seen", "Version of Stone Edge"]
    address = list_of("stores_desktop", store=store.pk)
    return Table("Desktops", columns, logins, address, "No login yet: issue a password.")
