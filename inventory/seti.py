"""The functions of SETI about products and customers (SETI reference §2.4, §2.5, §2.6)."""

from inventory import records, serve
from inventory.models import CatalogueRefresh
from inventory.records import Catalogue
from stores.models import Desktop
from stores.seti import responses
from stores.seti.catalogue_rendering import render_customer, render_product, render_quantity
from stores.seti.requests import SetiRequest

Kind = CatalogueRefresh.Kind


def getproductscount(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer how many products `downloadprods` will return."""
    return responses.item_count_reply(serve.count(desktop, Kind.PRODUCTS))


def downloadprods(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer one batch of products, code 2 past the end."""
    page = serve.page(desktop, Kind.PRODUCTS, request.start_number, request.batch_size)
    found = Catalogue(desktop.store).products(page)
    return responses.render_records("SETIProducts", [render_product(product) for product in found])


def downloadqoh(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer the stock of one batch of products.

    What is not tracked is left out. Where that leaves nothing of a batch, the next one is answered: an empty answer would end
    the desktop's download.
    """
    catalogue, start = Catalogue(desktop.store), request.start_number
    while page := serve.page(desktop, Kind.PRODUCTS, start, request.batch_size):
        if levels := catalogue.quantities(page):
            return responses.render_records("SETIProducts", [render_quantity(level) for level in levels])
        start += len(page)
    return responses.render_nothing("SETIProducts")


def getcustomerscount(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer how many customers `downloadcustomers` will return."""
    return responses.item_count_reply(serve.count(desktop, Kind.CUSTOMERS))


def downloadcustomers(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer one batch of customers, code 2 past the end."""
    page = serve.page(desktop, Kind.CUSTOMERS, request.start_number, request.batch_size)
    found = [render_customer(records.customer(row)) for row in page]
    return responses.render_records("SETICustomers", found)
