"""What the desktop program reports about an order: as a form, or as a document when it names lines (SETI reference §2.9, §3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from stores.sandbox.desktop_replies import DesktopError

DONE, FAILED = "setiresponse: update=ok", "setiresponse: update=false"


@dataclass(frozen=True)
class Parcel:
    """A package with its tracking number; `units` says how many units of which line are in it, by LineID."""

    number: str
    carrier: str = "UPS"
    units: Mapping[int, int] = field(default_factory=dict)


def form(order: str, status: str, parcels: Sequence[Parcel]) -> dict[str, str]:
    """The parameters of form mode (GenericStatusSendXML = False)."""
    fields = {"ordernumber": order, "orderstatus": status, "refnumber": "", "orderdetail": ""}
    fields["trackcount"] = str(len(parcels))
    for place, parcel in enumerate(parcels, 1):
        suffix = "" if len(parcels) == 1 else str(place)
        fields |= {f"tracknum{suffix}": parcel.number, f"trackcarrier{suffix}": parcel.carrier}
    return fields


def document(order: str, status: str, parcels: Sequence[Parcel]) -> dict[str, str]:
    """The parameters of XML mode: the packages, and each line with what is in which. A package goes by its number: whoever counts
    them from 1 in each report says of two that they are one."""
    root = etree.Element("Orders")
    element = etree.SubElement(root, "Order")
    add(element, OrderNumber=order, Status=status)
    packages = etree.SubElement(element, "Packages")
    items = etree.SubElement(element, "Items")
    for parcel in parcels:
        add(
            etree.SubElement(packages, "Package"),
            PackageID=parcel.number,
            TrackNum=parcel.number,
            Shipper=parcel.carrier,
        )
    for line in dict.fromkeys(line for parcel in parcels for line in parcel.units):
        told = [(parcel.number, parcel.units[line]) for parcel in parcels if line in parcel.units]
        item = etree.SubElement(items, "Item")
        add(item, ItemNumber=str(line), Shipped=str(sum(units for _, units in told)))
        inside = etree.SubElement(item, "Packages")
        for at, units in told:
            add(etree.SubElement(inside, "Package"), PackageID=at, Quantity=str(units))
    return {"update": etree.tostring(root, encoding="unicode")}


def add(parent: etree._Element, **texts: str) -> None:
    """Add children with texts."""
    for name, text in texts.items():
        etree.SubElement(parent, name).text = text


def notes_in(reply: str) -> str:
    """The notes of a reply that says OK. Raises DesktopError with the reason when it does not."""
    notes = reply.partition("Notes=")[2].strip()
    if reply.lower().startswith(FAILED):
        raise DesktopError(f"The script refused the status: {notes}", reply)
    if not reply.lower().startswith(DONE):
        raise DesktopError("Expected “SETIResponse: update=OK;Notes=…”.", reply)
    return notes
