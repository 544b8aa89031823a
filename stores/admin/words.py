"""Small pieces of pages: times, labels, addresses of other pages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from stores.models import AuditEntry, Merchant, Store

NEVER = "—"

# Each tone has its own shape, so that nobody needs to see colours.
SHAPES: Mapping[str, str] = {"good": "✓", "warn": "▲", "bad": "✕", "quiet": "○"}


def label(words: str, tone: str) -> SafeString:
    """Return words on a coloured ground with a shape. `tone` is good, warn, bad or quiet."""
    return format_html(
        '<span class="c2c-label c2c-{}"><span aria-hidden="true">{}</span> {}</span>',
        tone,
        SHAPES[tone],
        words,
    )


def when(moment: datetime | None, now: datetime | None = None) -> SafeString | str:
    """Return "5 minutes ago" or "in 5 minutes" with the exact time in UTC for the pointer and for screen readers."""
    if moment is None:
        return NEVER
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, distance(moment, now)
    )


def distance(moment: datetime, now: datetime | None = None) -> str:
    """Return how far away a moment is, in words, in one unit."""
    seconds = (moment - (now or timezone.now())).total_seconds()
    size = abs(seconds)
    if size < 5:
        return "now"
    words = span(size)
    return f"in {words}" if seconds > 0 else f"{words} ago"


def span(seconds: float) -> str:
    """Return a length of time in one unit: "40 seconds", "3 hours"."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "1 second" if int(seconds) == 1 else f"{int(seconds)} seconds"


def short(text: str, length: int = 90) -> SafeString | str:
    """Return the beginning of a text on one line, the whole of it for the pointer."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return format_html('<span title="{}">{}</span>', line, Truncator(line).chars(length))


def page_of(row: Any) -> str:
    """Return the address of the row's own page in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_of(model: str, **filters: object) -> str:
    """Return the address of a list, such as `list_of("orders_order", store=3)`."""
    query = f"?{urlencode(filters)}" if filters else ""
    return f"{reverse(f'admin:{model}_changelist')}{query}"


def trail_of(row: Any) -> str:
    """Return the address of the audit trail about one row; of a merchant or a store about all that is his or its own, of an entry
    about the same object.
    """
    if isinstance(row, AuditEntry):
        return list_of("stores_auditentry", object_type=row.object_type, object_id=row.object_id)
    if isinstance(row, (Merchant, Store)):
        return list_of("stores_auditentry", **{"store" if isinstance(row, Store) else "merchant": row.pk})
    return list_of("stores_auditentry", object_type=row._meta.label_lower, object_id=row.pk)


def link(address: str, words: object) -> SafeString:
    """Return a link."""
    return format_html('<a class="c2c-link" href="{}">{}</a>', address, words)
