"""Shipments in the search over everything."""

from fulfillment.admin.words import standing
from fulfillment.models import Package
from fulfillment.readings import key_of
from stores.admin.finding import Found, Kind, Term, some, store_name
from stores.admin.words import list_of, page_of

SHORTEST = 4  # signs of a tracking number: every carrier's begin alike


def packages(term: Term) -> list[Found]:
    """Return shipments by the beginning of a tracking number."""
    key = key_of(term.text)
    if len(key) < SHORTEST:
        return []
    rows = Package.objects.filter(key__startswith=key).select_related("shipment", "store__merchant", "order")
    return [
        Found(
            row.number,
            f"order {row.order.miva_id}{f' · {row.carrier}' if row.carrier else ''}",
            store_name(row),
            standing(row.shipment),
            page_of(row.shipment),
        )
        for row in some(rows.defer("order__raw").order_by("key", "pk"))
    ]


KINDS = (
    Kind(
        "Shipments",
        "local_shipping",
        "fulfillment.view_shipment",
        packages,
        lambda term: list_of("fulfillment_shipment", q=term.text),
    ),
)
