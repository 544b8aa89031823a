"""Which lines of Miva's the items of a message are about: `ItemNumber` is the line's number (SETI reference §3.4) or, of some
desktops, its SKU."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import F

from fulfillment.models import ShipmentLine
from orders.models import Order
from stores.miva.shapes import rows, whole
from stores.seti.status_updates import Item, StatusUpdate


def with_lines(said: StatusUpdate, order: Order) -> StatusUpdate:
    """Return the message with the lines of items that name a SKU, as far as just one line of the order is called so. What such an
    item was called stays in it."""
    lines = rows(order.raw, "items")
    numbers = {whole(line.get("line_id")) for line in lines}
    items = [replace(item, number="") if item.line_id in numbers else item for item in said.items]
    if any(item.number for item in items):
        split_off = ShipmentLine.objects.filter(shipment__order=order).exclude(miva_line_id=F("line_id"))
        named = lines_by_name(lines, split_off.values_list("miva_line_id", flat=True))
        items = [of_line(item, named) if item.number else item for item in items]
    return replace(said, items=tuple(items))


def of_line(item: Item, named: Mapping[str, set[int]]) -> Item:
    """Return the item with the number of its line, unless that is not clear."""
    found = named.get(folded(item.number), set())
    return replace(item, line_id=min(found)) if len(found) == 1 and 0 not in found else item


def lines_by_name(lines: list[dict[str, Any]], split_off: Collection[int | None]) -> dict[str, set[int]]:
    """Return the lines that go by each code or SKU, 0 for a part of one: Stone Edge may have it as a line of its own. Lines that
    our splits made are unknown there."""
    found: dict[str, set[int]] = {}
    for line in lines:
        number = whole(line.get("line_id"))
        if number not in split_off:
            for name, meant in names_of(line, number):
                found.setdefault(name, set()).add(meant)
    return found


def names_of(line: dict[str, Any], number: int) -> Iterator[tuple[str, int]]:
    """Yield the codes and SKUs of a line, and those of its parts; the only part of one is its variant: the line is sent under that
    name."""
    parts = rows(line, "parts")
    for thing, meant in [(line, number), *[(part, number if len(parts) == 1 else 0) for part in parts]]:
        yield from {(folded(thing.get(name)), meant) for name in ("code", "sku") if folded(thing.get(name))}


def folded(name: object) -> str:
    """Return a code or SKU as it is compared."""
    return str(name or "").strip().casefold()
