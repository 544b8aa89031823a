"""What is posted to webhooks: JSON that Slack and all that understand its incoming webhooks show."""

import json
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from config.alerts.letters import MOST_ITEMS, Item, items_of, rest_of, subject_of
from stores.models import AlertEvent, AlertHook

LONGEST_TEXT = 2_900  # Slack takes 3,000 characters in a section


def of_events(hook: AlertHook, events: Sequence[AlertEvent], now: datetime) -> dict[str, str]:
    """Return subject and body of the call about these events, in the webhook's language and time zone."""
    with translation.override(hook.language):
        items = items_of(events, ZoneInfo(hook.time_zone), support=hook.merchant_id is None, now=now)
        subject = subject_of(items)
        sections = [*map(section, items[:MOST_ITEMS]), *filter(None, [rest_of(items)])]
        return {"subject": subject, "text": body(subject, sections)}


def test_message(hook: AlertHook) -> dict[str, str]:
    """Return subject and body of a test."""
    with translation.override(hook.language):
        words = _("This is a test of connect2cart's alerts. Nothing is wrong.")
    return {"subject": f"Test of {hook.name}"[:200], "text": body(words, [words])}


def body(text: str, sections: Sequence[str]) -> str:
    """Return the JSON: `text` is what a notification shows, `blocks` what stands in the channel."""
    shown = [
        {"type": "section", "text": {"type": "mrkdwn", "text": each[:LONGEST_TEXT]}} for each in sections
    ]
    return json.dumps({"text": escaped(text), "blocks": shown}, ensure_ascii=False)


def section(item: Item) -> str:
    """Return one service of a store in Slack's markup."""
    lines = [f"*{escaped(item.store)}*: {escaped(item.service)} – {escaped(item.state)}"]
    lines.append(escaped(item.span))
    lines.append(escaped(item.sentence))
    if item.remedy:
        lines.append(f"{item.fixer}: {escaped(item.remedy)}".removeprefix(": "))
    details = _("Details")  # in no f-string: makemessages does not look into them
    return "\n".join([*lines, f"<{item.page}|{details}>"])


def escaped(text: str) -> str:
    """Return text in which Slack sees no markup of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
