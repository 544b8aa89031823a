"""Reading XML replies as strictly as the desktop program might: literal tags, and well-formed XML besides.

The program seems to look for literal tag texts instead of parsing XML, so a reply that an XML parser likes
may still fail there (SETI reference §1.4). Whatever breaks a rule is a DesktopError.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
TAG = re.compile(r"<[^>]*>")
PLAIN_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*>")
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
DATE_FORMS = ("%d-%b-%Y %I:%M:%S %p", "%b/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S")
SUCCESS, NOTHING = 1, 2


class DesktopError(Exception):
    """What the desktop program would stumble over; `reply` is the raw text that it got."""

    def __init__(self, reason: str, reply: str) -> None:
        super().__init__(f"{reason} Reply: {reply[:2000]!r}")
        self.reason = reason
        self.reply = reply


@dataclass(frozen=True)
class Record:
    """One `<Order>…</Order>`, `<Product>…</Product>` or `<Customer>…</Customer>` as text."""

    document: str

    def value(self, tag: str) -> str:
        """The text of the first `<tag>` with entities resolved, "" when there is none."""
        found = etree.fromstring(self.document).find(f".//{tag}")
        return "" if found is None else found.text or ""

    def tree(self) -> etree._Element:
        """The record as an XML element."""
        return etree.fromstring(self.document)


@dataclass(frozen=True)
class DownloadedOrder(Record):
    """An order with its web order number, and its date as the program sends it back."""

    number: str
    last_date: str


@dataclass(frozen=True)
class OrderPage:
    """The orders of one reply; none with response code 2."""

    orders: tuple[DownloadedOrder, ...]
    code: int


def read_orders(reply: str) -> OrderPage:
    """The orders in a `downloadorders` reply; code 3, `SETIError:` and broken rules raise DesktopError."""
    documents, code = documents_in(reply, "SETIOrders", "Order")
    return OrderPage(tuple(_order(document, reply) for document in documents), code)


def read_products(reply: str, *needed: str) -> list[Record]:
    """The products in a `downloadprods` or `downloadqoh` reply, each with the `needed` elements; raises DesktopError."""
    documents, _ = documents_in(reply, "SETIProducts", "Product")
    return [_whole(document, reply, "Code", *needed) for document in documents]


def read_customers(reply: str) -> list[Record]:
    """The customers in a `downloadcustomers` reply; raises DesktopError."""
    documents, _ = documents_in(reply, "SETICustomers", "Customer")
    return [_whole(document, reply, "WebID", "BillAddr") for document in documents]


def documents_in(reply: str, root: str, tag: str) -> tuple[list[str], int]:
    """The texts of the records in an XML reply, and its response code; raises DesktopError for an error and broken rules."""
    if reply.lower().startswith("setierror"):
        raise DesktopError(f"The script refused: {reply.partition(':')[2].strip()}", reply)
    check_rules(reply)
    if f"<{root}>" not in reply:
        raise DesktopError(f"The root element is not {root}.", reply)
    code = number_in(between(reply, "ResponseCode"), reply)
    documents = re.findall(rf"<{tag}>.*?</{tag}>", reply, re.DOTALL)
    if code not in (SUCCESS, NOTHING):
        raise DesktopError(f"The script refused: {between(reply, 'ResponseDescription')}", reply)
    if bool(documents) != (code == SUCCESS):
        raise DesktopError(f"Response code {code} does not go with {len(documents)} {tag.lower()}s.", reply)
    return documents, code


def check_rules(reply: str) -> None:
    """The nine writing rules of SETI reference §1.4, as far as a reader can see them broken."""
    if not reply.startswith(DECLARATION):
        raise DesktopError(f"The reply does not begin with {DECLARATION}.", reply)
    body = reply[len(DECLARATION) :]
    for tag in TAG.findall(body):
        if not PLAIN_TAG.fullmatch(tag):
            raise DesktopError(f"The tag {tag!r} is not plain: {_fault_of(tag)}.", reply)
    if re.search(r">[ \t]*[\r\n]\s*<", body):
        raise DesktopError("There are line breaks between elements.", reply)
    stray = ENTITY.search(body)
    if stray:
        text = body[stray.start() : stray.start() + 12]
        raise DesktopError(f"The entity at {text!r} is not one of the five of XML.", reply)
    _check_well_formed(reply)


def between(reply: str, tag: str) -> str:
    """The text between the first literal `<tag>` and `</tag>`, as the program would find it."""
    opened, closed = reply.find(f"<{tag}>"), reply.find(f"</{tag}>")
    if opened < 0 or closed < opened:
        raise DesktopError(f"There is no <{tag}>…</{tag}>.", reply)
    return reply[opened + len(tag) + 2 : closed]


def number_in(text: str, reply: str) -> int:
    """`text` as a whole number."""
    if not text.strip().isdecimal():
        raise DesktopError(f"{text!r} is not a whole number.", reply)
    return int(text)


def _check_well_formed(reply: str) -> None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        etree.fromstring(reply.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise DesktopError(f"The reply is not well-formed XML: {error.msg}.", reply) from error


def _fault_of(tag: str) -> str:
    if tag.endswith("/>"):
        return "it closes itself"
    if "\n" in tag or "\r" in tag:
        return "it has a line break inside"
    if tag.startswith(("<!", "<?")):
        return "comments, CDATA and instructions are not understood"
    return "it has attributes, blanks or other characters"


def _order(document: str, reply: str) -> DownloadedOrder:
    number = between(document, "OrderNumber")
    if not number.strip():
        raise DesktopError("An order has no number.", reply)
    for needed in ("OrderDate", "Billing", "Shipping", "Totals", "GrandTotal"):
        if f"<{needed}>" not in document:
            raise DesktopError(f"There is no <{needed}> in order {number}.", reply)
    return DownloadedOrder(document, number, _last_date(between(document, "OrderDate"), reply))


def _whole(document: str, reply: str, *needed: str) -> Record:
    for name in needed:
        if not between(document, name):
            raise DesktopError(f"A record has nothing in <{name}>: {document[:200]}", reply)
    return Record(document)


def _last_date(order_date: str, reply: str) -> str:
    """The order's day as the program writes lastdate: `2-Dec-2019`, not padded (SETI reference §1.2)."""
    for form in DATE_FORMS:
        try:
            day = datetime.strptime(order_date, form)  # noqa: DTZ007 -- the program knows no zones
        except ValueError:
            continue
        return f"{day.day}-{day:%b-%Y}"
    raise DesktopError(f"The order date {order_date!r} has no form that the program reads.", reply)
