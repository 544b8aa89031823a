"""The search over everything: what was typed, what is found, and how an app says which of its rows may be meant.

Each app has a `finding` of its own with KINDS; `config.search` joins them. A kind that the user may not view is not asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString

from stores.admin.standing import state_label, with_standing
from stores.admin.words import label, list_of, page_of
from stores.health import State
from stores.models import Desktop, Merchant, Store

MOST = 10  # rows of a kind that are shown; the list behind them has the others
SHORTEST = 2  # letters: one letter would mean a twentieth of everything
LONGEST_NUMBER = 18  # digits; Miva's numbers are 64 bit


@dataclass(frozen=True)
class Term:
    """What was typed into the box, without the blanks around it."""

    text: str

    @classmethod
    def of(cls, typed: str) -> "Term":
        """Return what was typed, without signs that no text has."""
        return cls(" ".join(typed.replace("\0", " ").split())[:200])

    @property
    def number(self) -> int | None:
        """The order number that it may be ("200143", "#200143"), or None."""
        digits = self.text.removeprefix("#")
        plain = digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER
        return int(digits) or None if plain else None

    @property
    def is_email(self) -> bool:
        """Whether it is an e-mail address or the beginning of one."""
        return "@" in self.text

    @property
    def long_enough(self) -> bool:
        """Whether it says enough to look for words."""
        return len(self.text) >= SHORTEST


@dataclass(frozen=True)
class Found:
    """A row that may be meant: its name, a few words about it, whose it is, its state as a label, its page."""

    title: str
    about: str
    store: str
    state: SafeString | str
    address: str


@dataclass(frozen=True)
class Kind:
    """Rows of one model. `find` returns at most MOST and one more; `more` the address of the list with all of them."""

    title: str
    icon: str
    permission: str
    find: Callable[[Term], Sequence[Found]]
    more: Callable[[Term], str]


def store_name(row: Any) -> str:
    """Return merchant and store of a row that has one."""
    return f"{row.store.merchant} · {row.store.name}"


def some(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the first rows of a kind, and one more that shows whether there are others."""
    return rows[: MOST + 1]


def stores(term: Term) -> list[Found]:
    """Return stores by a part of their name, code, address or merchant."""
    if not term.long_enough:
        return []
    named = Q(name__icontains=term.text) | Q(slug__icontains=term.text) | Q(store_code__iexact=term.text)
    rows = Store.objects.filter(
        named | Q(endpoint__icontains=term.text) | Q(merchant__name__icontains=term.text)
    )
    found: Any = with_standing(rows.select_related("merchant"))
    found = found.order_by("urgency", "name", "pk")
    return [
        Found(row.name, row.store_code, str(row.merchant), state_label(State(row.standing)), page_of(row))
        for row in some(found)
    ]


def merchants(term: Term) -> list[Found]:
    """Return merchants by a part of their name or of a contact's."""
    if not term.long_enough:
        return []
    named = Q(name__icontains=term.text) | Q(slug__icontains=term.text)
    rows = Merchant.objects.filter(
        named | Q(contact_name__icontains=term.text) | Q(contact_email__icontains=term.text)
    )
    return [
        Found(row.name, row.contact_name, "", active(row.active), page_of(row))
        for row in some(rows.order_by("name"))
    ]


def desktops(term: Term) -> list[Found]:
    """Return Stone Edge logins by a part of the user name."""
    if not term.long_enough:
        return []
    rows = Desktop.objects.filter(username__icontains=term.text).select_related("store__merchant")
    return [
        Found(row.username, "Stone Edge user name", store_name(row), active(row.active), page_of(row))
        for row in some(rows.defer("password_hash").order_by("username"))
    ]


def active(yes: bool) -> SafeString:
    """Return whether something is switched on."""
    return label("Active", "good") if yes else label("Switched off", "quiet")


KINDS = (
    Kind(
        "Stores",
        "storefront",
        "stores.view_store",
        stores,
        lambda term: list_of("stores_store", q=term.text),
    ),
    Kind(
        "Merchants",
        "apartment",
        "stores.view_merchant",
        merchants,
        lambda term: list_of("stores_merchant", q=term.text),
    ),
    Kind(
        "Stone Edge logins",
        "key",
        "stores.view_desktop",
        desktops,
        lambda term: list_of("stores_desktop", q=term.text),
    ),
)
