"""How shipments are named on all pages."""

from typing import Any

from django.utils.safestring import SafeString

from fulfillment.models import Shipment
from stores.admin.words import NEVER, label, link, page_of


def standing(row: Shipment) -> SafeString:
    """Return where a row stands as a label."""
    if row.done_at and row.step == Shipment.Step.ELSEWHERE:
        return label("Done elsewhere", "quiet")
    if row.done_at:
        return label("Done", "good")
    if row.parked_at:
        return label("Parked", "bad")
    return label("Waits after a failure", "warn") if row.problem else label("On its way", "quiet")


def sentence(row: Shipment) -> str:
    """Return in one sentence where it stands."""
    if row.done_at and row.step == Shipment.Step.ELSEWHERE:
        return f"Marked as done elsewhere by {row.closed_by}"
    if row.done_at:
        return "Miva shows it as Stone Edge reported it."
    return row.problem or "It is pushed as soon as a worker is free."


def order_link(row: Any) -> SafeString:
    """Return a link to the order of a row."""
    return link(page_of(row.order), row.order.miva_id)


def store_link(row: Any) -> SafeString:
    """Return a link to the store of a row."""
    return link(page_of(row.store), f"{row.store.merchant} · {row.store.name}")


def numbers(row: Shipment) -> SafeString | str:
    """Return the tracking numbers as a link to the row's page."""
    return link(page_of(row), row.tracking or f"({row.get_kind_display()})") if row.pk else NEVER
