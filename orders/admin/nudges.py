"""Telling the workers about a job that a person has just asked for."""

import logging
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def nudge(task: Any, pk: int) -> None:
    """Tell the workers after the commit; that nobody hears it is no fault, the clock looks for due jobs each minute."""

    def send() -> None:
        try:
            task.apply_async((pk,), retry=False)
        except OperationalError:
            log.warning("the broker cannot be reached; the clock starts the job instead")

    transaction.on_commit(send)
