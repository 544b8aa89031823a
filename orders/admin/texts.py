"""The texts of an order side by side: what Miva sent, what Stone Edge got, and what it would get now."""

from typing import Any

from orders import documents
from orders.admin.journey import by_whom
from orders.models import Download, Order
from orders.preview import document, indented, raw_text
from orders.rules import rules_for
from stores.seti.responses import render_records


def texts_of(order: Order, download: Download | None) -> dict[str, Any]:
    """Return what the page shows; `download` is the first of the order, kept with its text or not."""
    now = document(order.current, rules_for(order.store))
    context = {
        "raw_text": raw_text(order.raw),
        "document": now,
        "was_given": download is not None,
        "kept_for": documents.KEPT.days,
    }
    found = documents.latest(order)
    return context | (as_given(order, *found, now.exact) if found else {})


def as_given(order: Order, download: Download, text: str, now: str) -> dict[str, Any]:
    """Return the order's part of a download as it was, and whether a download of it alone would hold the same now."""
    alone = render_records("SETIOrders", [text]).decode()
    return {
        "given": indented(alone),
        "given_exact": text,
        "given_words": by_whom(order, download),
        "given_differs": alone != now,
    }
