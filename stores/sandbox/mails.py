"""What the store writes to its customers."""

from __future__ import annotations

from dataclasses import dataclass

from stores.sandbox.members import Member
from stores.sandbox.totals import Order


@dataclass(frozen=True)
class ShipmentMail:
    """Miva's shipment e-mail as it left at `sent_at` (Unix seconds), with the tracking number of that moment."""

    order_id: int
    shipment_id: int
    to: str
    tracknum: str
    tracktype: str
    tracklink: str
    sent_at: int


def shipment_mail(order: Order, shipment: Member, sent_at: int) -> ShipmentMail:
    """The e-mail about `shipment` as it is now."""
    return ShipmentMail(
        order_id=order["id"],
        shipment_id=shipment["id"],
        to=order["ship_email"],
        tracknum=shipment["tracknum"],
        tracktype=shipment["tracktype"],
        tracklink=shipment["tracklink"],
        sent_at=sent_at,
    )
