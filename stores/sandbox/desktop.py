"""A scripted Stone Edge Order Manager: downloads as the desktop program does (SETI reference §5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from stores.sandbox.desktop_replies import (
    DesktopError,
    OrderPage,
    Record,
    number_in,
    read_customers,
    read_orders,
    read_products,
)
from stores.sandbox.desktop_reports import Parcel, document, form, notes_in
from stores.sandbox.desktop_stock import change_in, products_xml, results_in

ALL = "All"
TIMEOUTS = httpx.Timeout(10.0, read=60.0)


@dataclass
class Imported:
    """What the desktop remembers between downloads: order numbers, lastorder and lastdate, order texts."""

    numbers: list[str] = field(default_factory=list)
    last_order: str = ALL
    last_date: str = ALL
    documents: dict[str, str] = field(default_factory=dict)


class Desktop:
    """One Stone Edge installation and its shopping cart settings; close it, or use it as a context manager.

    `batch_size` is the client's Order Download Batch. `imported` survives as long as the object. Every
    method raises DesktopError, with the raw reply, when the answer is an error or breaks a rule that the
    real program relies on.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        store_code: str = "",
        omversion: str = "7.500",
        batch_size: int = 50,
        *,
        http: httpx.Client | None = None,
    ) -> None:
        self.url = url
        self.username = username
        self.password = password
        self.store_code = store_code
        self.omversion = omversion
        self.batch_size = batch_size
        self.imported = Imported()
        self._http = http or httpx.Client(timeout=TIMEOUTS, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def version(self) -> str:
        """`sendversion`: the script's version; the one function without credentials (SETI reference §2.1)."""
        reply = self.send({"setifunction": "sendversion", "omversion": self.omversion})
        return _named(reply, "version")

    def count(self, last_order: str = ALL, last_date: str = ALL) -> int:
        """`ordercount`: how many orders a download would bring (SETI reference §2.2)."""
        reply = self.ask("ordercount", lastorder=last_order, lastdate=last_date)
        return number_in(_named(reply, "ordercount"), reply)

    def page(self, start: int, last_order: str = ALL, last_date: str = ALL) -> OrderPage:
        """One `downloadorders` call, from the 1-based position `start` on (SETI reference §2.3)."""
        batch = {"startnum": str(start), "batchsize": str(self.batch_size), "dkey": ""}
        return read_orders(self.ask("downloadorders", lastorder=last_order, lastdate=last_date, **batch))

    def orders(self, last_order: str = ALL, last_date: str = ALL) -> Iterator[OrderPage]:
        """Count, then pages until the count is covered or the script says that there are no more (code 2)."""
        expected, start = self.count(last_order, last_date), 1
        while start <= expected:
            page = self.page(start, last_order, last_date)
            if not page.orders:
                return
            yield page
            start += self.batch_size

    def import_orders(self) -> list[str]:
        """One whole download as the program does it; returns the numbers that were new.

        All replies are read before anything is kept, orders that are here already are skipped, and the last
        order's number and date are what the next download asks for.
        """
        self.version()
        pages = list(self.orders(self.imported.last_order, self.imported.last_date))
        new: list[str] = []
        for order in (order for page in pages for order in page.orders):
            if order.number not in self.imported.documents:
                self.imported.documents[order.number] = order.document
                new.append(order.number)
            self.imported.last_order, self.imported.last_date = order.number, order.last_date
        self.imported.numbers += new
        return new

    def products(self) -> list[Record]:
        """ "Import My Inventory - Web": every product with code, name and price (SETI reference §2.4)."""
        return self._download(
            "getproductscount", "downloadprods", lambda reply: read_products(reply, "WebID", "Name", "Price")
        )

    def qoh(self) -> list[Record]:
        """ "Get QOH from Website": the stock of every product that has one (SETI reference §2.5)."""
        return self._download("getproductscount", "downloadqoh", lambda reply: read_products(reply, "QOH"))

    def customers(self) -> list[Record]:
        """ "Import My Customers - Web" (SETI reference §2.6)."""
        return self._download("getcustomerscount", "downloadcustomers", read_customers)

    def _download(self, count: str, function: str, read: Callable[[str], list[Record]]) -> list[Record]:
        """Count, then batches until the count is covered or the script says that there are no more (code 2)."""
        reply = self.ask(count)
        expected, found = number_in(_named(reply, "itemcount"), reply), list[Record]()
        for start in range(1, expected + 1, self.batch_size):
            batch = {"startnum": str(start), "batchsize": str(self.batch_size)}
            records = read(self.ask(function, **batch))
            if not records:
                break
            found += records
        return found

    def replace(self, counts: Mapping[str, int], *, xml: bool = False) -> dict[str, str]:
        """`qohreplace`: the results by SKU, `OK`, `NF`, `NA` or `Err` (SETI reference §2.7)."""
        update = products_xml(counts) if xml else "".join(f"{sku}~{count}|" for sku, count in counts.items())
        return results_in(self.ask("qohreplace", count=str(len(counts)), update=update), len(counts))

    def adjust(self, sku: str, units: int, *, xml: bool = False) -> dict[str, str]:
        """`invupdate`: response, sku, qoh and note of the answer (SETI reference §2.8)."""
        update = products_xml({sku: units}) if xml else f"{sku}~{units}"
        return change_in(self.ask("invupdate", update=update))

    def ship(self, order: str, parcels: Sequence[Parcel] = (), status: str = "Order Shipped") -> str:
        """`updatestatus`: the order's status and its packages; as XML when a package names its lines. Returns the notes."""
        told = document if any(parcel.units for parcel in parcels) else form
        return notes_in(self.ask("updatestatus", **told(order, status, parcels)))

    def ask(self, function: str, **parameters: str) -> str:
        """Send any function with credentials; returns the reply's text."""
        fields = {"setifunction": function, "setiuser": self.username, "password": self.password}
        return self.send(fields | {"code": self.store_code} | parameters | {"omversion": self.omversion})

    def send(self, fields: dict[str, str]) -> str:
        """POST a form as the program does and return the text; only HTTP 200 with UTF-8 is an answer."""
        try:
            response = self._http.post(self.url, data=fields)
        except httpx.HTTPError as error:
            raise DesktopError(f"The script did not answer: {error or type(error).__name__}.", "") from error
        if response.status_code != httpx.codes.OK:
            reason = f"The script answered HTTP {response.status_code} instead of 200."
            raise DesktopError(reason, response.text)
        try:
            return response.content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DesktopError(f"The reply is not UTF-8: {error}.", repr(response.content)) from error


def _named(reply: str, name: str) -> str:
    """The value in `SETIResponse: name=value`; the prefix in any case, final line ends are harmless."""
    prefix, text = f"setiresponse: {name}=", reply.rstrip("\r\n")
    if not text.lower().startswith(prefix):
        raise DesktopError(f"Expected “SETIResponse: {name}=…”.", reply)
    return text[len(prefix) :]
