"""The functions of SETI about products and customers (SETI reference §2.4, §2.5, §2.6)."""

from dataclasses import dataclass
from typing import TypeVar

from inventory import records, serve
from inventory.models import CatalogueRefresh
from inventory.records import Catalogue
from orders.rules import settings_of
from orders.translate.remarks import LINE_BREAKS
from orders.translate.wording import in_ascii
from stores.models import Desktop, Store
from stores.seti import responses
from stores.seti.catalogue_rendering import render_customer, render_product, render_quantity
from stores.seti.requests import SetiRequest

Kind = CatalogueRefresh.Kind

Record = TypeVar("Record")


@dataclass(frozen=True)
class Wording:
    """How a store wants its texts: the same for products and customers as for orders, so that Stone Edge has one name for each."""

    ascii_only: bool
    line_break: str

    @classmethod
    def of(cls, store: Store) -> "Wording":
        """Return what the store has chosen."""
        settings = settings_of(store)
        return cls(settings.ascii_only, LINE_BREAKS[settings.line_breaks])

    def of_record(self, record: Record) -> Record:
        """Return the record, in ASCII if the store wants that; SKUs stay as they are, for they come back."""
        return in_ascii(record) if self.ascii_only else record


def getproductscount(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer how many products `downloadprods` will return."""
    return responses.item_count_reply(serve.count(desktop, Kind.PRODUCTS))


def downloadprods(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer one batch of products, code 2 past the end."""
    page = serve.page(desktop, Kind.PRODUCTS, request.start_number, request.batch_size)
    found, wording = Catalogue(desktop.store).products(page), Wording.of(desktop.store)
    rendered = [render_product(wording.of_record(product), wording.line_break) for product in found]
    return responses.render_records("SETIProducts", rendered)


def downloadqoh(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer the stock of one batch of products.

    What is not tracked is left out. Where that leaves nothing of a batch, the next one is answered: an empty answer would end
    the desktop's download.
    """
    catalogue, start = Catalogue(desktop.store), request.start_number
    wording = Wording.of(desktop.store)
    while page := serve.page(desktop, Kind.PRODUCTS, start, request.batch_size):
        if levels := catalogue.quantities(page):
            rendered = [render_quantity(wording.of_record(level)) for level in levels]
            return responses.render_records("SETIProducts", rendered)
        start += len(page)
    return responses.render_nothing("SETIProducts")


def getcustomerscount(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer how many customers `downloadcustomers` will return."""
    return responses.item_count_reply(serve.count(desktop, Kind.CUSTOMERS))


def downloadcustomers(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer one batch of customers, code 2 past the end."""
    page = serve.page(desktop, Kind.CUSTOMERS, request.start_number, request.batch_size)
    wording = Wording.of(desktop.store)
    found = [wording.of_record(records.customer(row)) for row in page]
    rendered = [render_customer(customer, wording.line_break) for customer in found]
    return responses.render_records("SETICustomers", rendered)
