"""Pushing what is due of one store until nothing is left or the time is up; `stores.outbox` says what may be taken."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from celery.exceptions import SoftTimeLimitExceeded

from stores.cursors import LeaseLost
from stores.miva.errors import MivaError
from stores.models import Store
from stores.outbox import Claim, Row, claim
from stores.outbox_clock import note_attempt

log = logging.getLogger(__name__)

FAULT = (
    "The push stopped because of a fault in the portal itself.",
    "The log has the details; it is tried again by itself. Tell the operators if this stays.",
)


@dataclass
class Drained:
    """What a slice of pushing did, counted in rows; `finished` off: more was due when the time was up."""

    done: int = 0
    parked: int = 0
    deferred: int = 0
    finished: bool = True


def drain(
    model: type[Row], store: Store, push: Callable[[Claim[Row]], None], *, most: int = 1, budget: float
) -> Drained:
    """Claim and push until nothing of the store can be taken or the budget (seconds) is used up.

    `push` is given a claim and settles, defers or parks each of its rows; what it raises is written into those that are left.
    No MivaError leaves this: how it went is in the rows. SoftTimeLimitExceeded does, when the rows are given back.
    """
    drained, deadline = Drained(), time.monotonic() + budget
    while claimed := claim(model, store, most):
        try:
            push(claimed)
        except MivaError as error:
            log.warning("push of %s for %s failed: %s", model._meta.verbose_name, store.slug, error.reason)
            _write_failure(claimed, partial(claimed.fail, error=error))
        except LeaseLost as error:
            log.warning("push for %s: %s", store.slug, error)
        except (
            Exception
        ) as error:  # one row never stops the others; what it says is in the log and on its page
            log.exception("push of %s for %s failed", model._meta.verbose_name, store.slug)
            reason, remedy = FAULT
            _write_failure(claimed, partial(claimed.defer, problem=reason, remedy=remedy, kind="fault"))
            if isinstance(error, SoftTimeLimitExceeded):
                raise
        finally:
            note_attempt(model, store, arrived=claimed.became["done_at"])
        drained.done += claimed.became["done_at"]
        drained.parked += claimed.became["parked_at"]
        drained.deferred += claimed.became["due_at"]
        if time.monotonic() >= deadline:
            drained.finished = False
            break
    return drained


def _write_failure(claimed: Claim[Row], write: Callable[[Row], None]) -> None:
    """Write a failure into the rows that are left; one that somebody has taken over meanwhile is theirs."""
    for row in claimed.still_ours(claimed.rows):
        try:
            write(row)
        except LeaseLost as error:
            log.warning("push for %s: %s", claimed.store.slug, error)
