"""What belongs together in logs, journal and audit trail: the request or task that goes on, and who is behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

request_id: ContextVar[str] = ContextVar("request_id", default="")
address: ContextVar[str] = ContextVar("address", default="")  # of whoever sent the request


@dataclass(frozen=True)
class Actor:
    """Who does something: `kind` is one of AuditEntry.Kind, `name` what he is known by there."""

    kind: str
    name: str


NOBODY = Actor("portal", "")
actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


@contextmanager
def acting(kind: str, name: str) -> Iterator[Actor]:
    """Have what is done in the block noted as done by this actor, such as `acting("command", "pull_store")`."""
    chosen = Actor(kind, name)
    mark = actor.set(chosen)
    try:
        yield chosen
    finally:
        actor.reset(mark)
