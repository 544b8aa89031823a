"""Reading `updatestatus`: a form for one order, or an XML document for several (SETI reference §2.9, §2.11, §3.4)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from lxml import etree

from stores.seti.documents import children, name_of, parsed
from stores.seti.errors import SetiError
from stores.seti.requests import SetiRequest
from stores.seti.values import clean

LONGEST_NUMBER = 255  # characters of a tracking number
LONGEST_TEXT = 2_000
MOST_ORDERS = 5_000
MOST_PACKAGES = 500
MOST_ITEMS = 2_000


@dataclass(frozen=True, slots=True)
class Package:
    """One parcel. `ref` is Stone Edge's PackageID; `picked_up` the date as it was sent (its format is not documented)."""

    number: str
    carrier: str = ""
    method: str = ""
    picked_up: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """What is said about one line. `line_id` is Miva's, as `LineID` in the download; quantities are None where nothing was sent.

    `packages` says how many units of the line are in which package, by its `ref`; `number` is the ItemNumber as it was sent.
    """

    line_id: int | None
    status: str = ""
    ordered: int | None = None
    shipped: int | None = None
    needed: int | None = None
    packages: tuple[tuple[str, int], ...] = ()
    number: str = ""


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What one message says about one order; `number`, `status` and `changed_at` (of no documented format) are texts as they were
    sent, trimmed."""

    number: str
    status: str
    reference: str = ""
    notes: str = ""
    changed_at: str = ""
    packages: tuple[Package, ...] = field(default=())
    items: tuple[Item, ...] = field(default=())

    def content(self) -> dict[str, Any]:
        """The update as JSON holds it."""
        return asdict(self)

    @classmethod
    def of(cls, content: dict[str, Any]) -> Self:
        """The update that `content` gave."""
        items = (each | {"packages": tuple(map(tuple, each["packages"]))} for each in content["items"])
        inside = {
            "packages": tuple(Package(**each) for each in content["packages"]),
            "items": tuple(Item(**each) for each in items),
        }
        return cls(**content | inside)


def parse_updates(request: SetiRequest) -> list[StatusUpdate]:
    """Every order that the message names, in its order. Raises SetiError when it cannot be read or names none."""
    document = request.get("update").strip()
    updates = _from_xml(document) if document else [_from_form(request)]
    if not updates:
        raise SetiError("The message names no order: there is no Order element in it.")
    return updates


def _from_form(request: SetiRequest) -> StatusUpdate:
    number = _text(request.get("ordernumber"))
    if not number:
        raise SetiError("The message names no order: ordernumber is missing or empty.")
    return StatusUpdate(
        number=number,
        status=_text(request.get("orderstatus")),
        reference=_text(request.get("refnumber")),
        notes=_text(request.get("orderdetail")),
        packages=tuple(_form_packages(request)),
    )


def _form_packages(request: SetiRequest) -> Iterator[Package]:
    """The packages that are there, whatever trackcount says: without a suffix, then numbered from 1."""
    for suffix in ("", *map(str, range(1, MOST_PACKAGES + 1))):
        number = _text(request.get(f"tracknum{suffix}"))[:LONGEST_NUMBER]
        if number:
            yield Package(
                number,
                carrier=_text(request.get(f"trackcarrier{suffix}")),
                picked_up=_text(request.get(f"trackpickupdate{suffix}")),
            )


def _from_xml(document: str) -> list[StatusUpdate]:
    root = parsed(document)
    orders = [root] if name_of(root) == "order" else children(root, "order")
    if len(orders) > MOST_ORDERS:
        raise SetiError(f"The message names more than {MOST_ORDERS} orders. Send fewer at once.")
    return [_order(element) for element in orders]


def _order(element: "etree._Element") -> StatusUpdate:
    number = _value(element, "ordernumber")
    if not number:
        raise SetiError("One of the orders has no OrderNumber. Nothing of the message was used.")
    packages = _listed(element, "packages", "package", MOST_PACKAGES)
    return StatusUpdate(
        number=number,
        status=_value(element, "status"),
        reference=_value(element, "referencenumber"),
        notes=_value(element, "notes") or _value(element, "comments"),
        changed_at=_value(element, "changedatetime"),
        packages=tuple(_package(each) for each in packages),
        items=tuple(_item(each) for each in _listed(element, "items", "item", MOST_ITEMS)),
    )


def _package(element: "etree._Element") -> Package:
    """Both names of the tracking number are in use; one without any is a parcel that has none yet (§3.4)."""
    return Package(
        number=(_value(element, "tracknum") or _value(element, "trackingid"))[:LONGEST_NUMBER],
        carrier=_value(element, "shipper"),
        method=_value(element, "method"),
        picked_up=_value(element, "pickupdate"),
        ref=_value(element, "packageid"),
    )


def _item(element: "etree._Element") -> Item:
    inside = _listed(element, "packages", "package", MOST_PACKAGES)
    units = ((_value(each, "packageid"), _units(each, "quantity")) for each in inside)
    return Item(
        line_id=_count(element, "itemnumber"),
        status=_value(element, "status"),
        ordered=_count(element, "ordered"),
        shipped=_units(element, "shipped"),
        needed=_count(element, "needed"),
        packages=tuple((ref, quantity or 0) for ref, quantity in units),
        number=_value(element, "itemnumber"),
    )


def _listed(element: "etree._Element", block: str, name: str, most: int) -> list["etree._Element"]:
    found = [each for parent in children(element, block) for each in children(parent, name)]
    if len(found) > most:
        raise SetiError(f"One order has more than {most} elements {name}. Send less at once.")
    return found


def _value(element: "etree._Element", name: str) -> str:
    """The text of the first such child, that of its own children included."""
    found = next(iter(children(element, name)), None)
    return "" if found is None else _text("".join(map(str, found.itertext())))


def _count(element: "etree._Element", name: str) -> int | None:
    """A whole number of units or an id; ``2.00`` is 2, anything else is None."""
    whole, _, fraction = _value(element, name).partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 18) or fraction.strip("0"):
        return None
    return int(whole)


def _units(element: "etree._Element", name: str) -> int | None:
    """How many units have gone: none where a figure cannot be read, None where there is no figure."""
    return (_count(element, name) or 0) if _value(element, name) else None


def _text(value: str) -> str:
    return clean(value[:LONGEST_TEXT])
