"""A store whose catalogue is read to its end, as the workers do it, and a desktop that asks for it."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone
from lxml import etree

from inventory import catalog
from inventory.models import CatalogueRefresh, Customer, Product
from inventory.writing import SETTLED
from orders import jobs
from orders.jobs import Outcome
from stores.miva.client import MivaClient
from stores.models import Store
from stores.sandbox.desktop_replies import check_rules
from stores.wires import credentials_of
from tests.factories import make_desktop

PRODUCTS, CUSTOMERS = CatalogueRefresh.Kind.PRODUCTS, CatalogueRefresh.Kind.CUSTOMERS


def refresh(store: Store, kind: str = PRODUCTS) -> CatalogueRefresh:
    """Read the store's products, or customers, once."""
    row = catalog.start(store, kind)
    while catalog.work(row) is not Outcome.DONE:
        pass
    row.refresh_from_db()
    return row


def copy(store: Store, kind: str = PRODUCTS) -> None:
    """Read the store's products, or customers, once, inside the test's own transaction: quick, and not as workers do it."""
    row = catalog.start(store, kind)
    lease = jobs.claim(row)
    for _ in catalog.pages(lease, row, MivaClient(credentials_of(store), allow_private=True)):
        pass
    lease.finish()


def settled(store: Store) -> None:
    """Let time pass until the list that the last refresh decided upon is in effect."""
    now = timezone.now()
    for rows in (Product.objects.of(store), Customer.objects.of(store)):
        for field in ("listed_at", "unlisted_at"):
            ahead = rows.filter(**{f"{field}__gt": now, f"{field}__lte": now + SETTLED})
            ahead.update(**{field: now})


class Asking:
    """A desktop of the store at the level of forms; every XML answer is held to the conservative rules."""

    def __init__(self, store: Store) -> None:
        desktop, self.password = make_desktop(store)
        self.username = desktop.username
        self.client = Client(raise_request_exception=False)

    def text(self, function: str, **parameters: Any) -> str:
        """The answer's text."""
        form = {"setifunction": function, "setiuser": self.username, "password": self.password}
        response = self.client.post("/seti/", form | {name: str(each) for name, each in parameters.items()})
        assert response.status_code == 200
        return response.content.decode()

    def count(self, function: str) -> int:
        """The number in a count's answer."""
        name, _, number = self.text(function).partition("=")
        assert name == "SETIResponse: itemcount"
        return int(number)

    def xml(self, function: str, start: int = 1, size: int = 500) -> Any:
        """An XML answer as a tree."""
        answer = self.text(function, startnum=start, batchsize=size)
        check_rules(answer)
        return etree.fromstring(answer.encode())

    def pages(self, function: str, count: int, size: int) -> list[list[str]]:
        """The codes, or the customers' ids, of all batches of a download."""
        return [
            self.xml(function, start, size).xpath("/*/*/Code/text() | /*/Customer/WebID/text()")
            for start in range(1, count + 1, size)
        ]

    def codes(self, start: int = 1, size: int = 500, function: str = "downloadprods") -> list[str]:
        """The codes of one batch of products."""
        return [
            str(code) for code in self.xml(function, start, size).xpath("/SETIProducts/Product/Code/text()")
        ]

    def product(self, code: str, function: str = "downloadprods") -> Any:
        """One product as a tree."""
        (found,) = self.xml(function).xpath("/SETIProducts/Product[Code = $code]", code=code)
        return found
