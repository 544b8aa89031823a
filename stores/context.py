"""What belongs together in logs and journal: the id of the request or task that goes on."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
