"""Tracking types and the links that they make (Miva reference §10.3)."""

from __future__ import annotations

from collections.abc import Mapping

TRACKING_LINKS = {
    "CanadaPost": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor=%tracknum%",
    "Endicia": "https://tools.usps.com/go/TrackConfirmAction?tLabels=%tracknum%",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr=%tracknum%",
    "UPS": "https://www.ups.com/track?loc=en_US&tracknum=%tracknum%",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels=%tracknum%",
}


def tracking_link(links: Mapping[str, str], tracktype: str, tracknum: str) -> str:
    """The type's template with the number put in as it is, without URL encoding; "" for an unknown type.

    Types are matched in any case.
    """
    templates = {name.casefold(): template for name, template in links.items()}
    return templates.get(tracktype.casefold(), "").replace("%tracknum%", tracknum)
