"""Structured logs: one JSON object per line, with the id of the request or task that it belongs to, without secrets."""

import logging
import re
from typing import Any

from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

from stores.context import request_id
from stores.miva.cards import mask_card_data
from stores.miva.disguises import revealed_message

# Names whose values never reach a log line, in form, JSON and query-string spelling, alone or as a part of a longer name.
SECRET = re.compile(
    r"""(?ix) ([\w-]* (?:password|dkey|passphrase|token|signing_?key|secret|cvv2?|cc_number) [\w-]*)
        (\\?["']?\s*[:=]\s*\\?["']?) ([^\s"'&,;}\\]+)"""
)
AUTHORIZATION = re.compile(r"(?i)(authorization\b[^\w\n]{0,6})[^\n\"']+")
HOOK = re.compile(r"(/hooks/miva/)[^/\s]+")


def without_secrets(text: str) -> str:
    """Return the text with the values of secret names, webhook secrets, card numbers and their verification codes masked."""
    text = AUTHORIZATION.sub(r"\1[secret]", SECRET.sub(r"\1\2[secret]", text))
    return mask_card_data(HOOK.sub(r"\1[secret]", text), reveal=revealed_message)


class ContextFilter(logging.Filter):
    """Adds the id of the current request or task to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with its `request_id`."""
        record.request_id = request_id.get()
        return True


class JsonFormatter(BaseJsonFormatter):
    """Formats a record as one JSON line without secrets."""

    def __init__(self) -> None:
        """Set the members that every line has."""
        super().__init__(
            "{asctime}{levelname}{name}{request_id}{message}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; once more without secrets, for members that only now became text."""
        return without_secrets(super().format(record))

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return the line's members, searched for secrets before they are encoded: escapes would hide some."""
        masked = {name: without_secrets(v) if isinstance(v, str) else v for name, v in log_data.items()}
        return super().process_log_record(masked)
