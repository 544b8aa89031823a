"""Structured logs: one JSON object per line, with the id of the request or task that it belongs to, without secrets."""

import logging
import re
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")

# Names whose values never reach a log line, in form, JSON and query-string spelling.
SECRET = re.compile(
    r"""(?ix) \b (password|dkey|passphrase|token|signing_key|authorization|secret|cvv2?|cc_number)
        (["']?\s*[:=]\s*["']?) ([^\s"'&,;}]+)"""
)
HOOK = re.compile(r"(/hooks/miva/)[^/\s]+")
CARD = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")


def without_secrets(text: str) -> str:
    """Return the text with the values of secret names, webhook secrets and card numbers masked."""
    return CARD.sub("[number]", HOOK.sub(r"\1[secret]", SECRET.sub(r"\1\2[secret]", text)))


class ContextFilter(logging.Filter):
    """Adds the id of the current request or task to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with its `request_id`."""
        record.request_id = request_id.get()
        return True


class JsonFormatter(BaseJsonFormatter):
    """Formats a record as one JSON line; the finished line is searched for secrets once more."""

    def __init__(self) -> None:
        """Set the members that every line has."""
        super().__init__(
            "{asctime}{levelname}{name}{request_id}{message}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON without secrets."""
        return without_secrets(super().format(record))
