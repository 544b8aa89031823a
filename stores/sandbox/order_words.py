"""What people write into a generated order: notes and custom fields (Miva reference §7.7, §11)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stores.sandbox import people
from stores.sandbox.custom_fields import blank_values
from stores.sandbox.members import Member, note

if TYPE_CHECKING:
    from stores.sandbox.basket import Draft

INSTRUCTIONS = (
    "",
    "",
    "Gift – no invoice in box",
    "Leave at the <side> door",
    "Ring twice & wait\nthank you",
)
GIFT_MESSAGES = ("Happy birthday, Zoë! 🎂", "With love\r\nfrom all of us", "For &quot;Jo&quot;")
STAFF_NOTES = ("Please leave at the side door.\nRing twice.", "Called about delivery date", "Überprüft ✓")
WORKFLOW_NOTE = 'Automated Workflow: Order moved to queue "New & Updated Orders".'
DISPOSITIONS = ("APPROVED", "DECLINED", "PENDING")
TAGS = (["fragile"], ["fragile", "two boxes"])


def notes(draft: Draft) -> list[Member]:
    """The notes of a new order: by the staff, and by workflows."""
    found = []
    if draft.chance(0.2):
        text = draft.random.choice(STAFF_NOTES)
        found.append(written(draft, text, 20, admin_user="administrator"))
    if draft.chance(0.05):
        found.append(written(draft, WORKFLOW_NOTE, 300))
    return found


def written(draft: Draft, text: str, after: int, *, admin_user: str = "") -> Member:
    note_id = draft.counters.next("note")
    return note(draft.order_id, note_id, text, draft.placed_at + after, admin_user=admin_user)


def custom_fields(draft: Draft) -> dict[str, Any]:
    """The merchant's fields with what the checkout and workflows filled in."""
    values = blank_values()
    values["order_instructions"] = draft.random.choice(INSTRUCTIONS)
    values["customer_ip"] = people.ip_address(draft.random)
    if draft.chance(0.15):
        values["comments"] = "Please wrap the mug well — it’s for Zoë’s birthday"
    if draft.chance(0.1):
        values["po_number"] = f"PO-{draft.random.randint(1000, 9999)}"
    values["high_priority"] = "1" if draft.chance(0.1) else ""
    if draft.chance(0.08):
        values["gift_message"] = draft.random.choice(GIFT_MESSAGES)
    if draft.chance(0.05):
        values["insured_value"] = Decimal(draft.random.randint(1000, 90000)) / 100
    if draft.chance(0.05):
        values["packing_tags"] = list(draft.random.choice(TAGS))
    if draft.chance(0.2):
        values["signifyd_guarantee_disposition"] = draft.random.choice(DISPOSITIONS)
    return values
