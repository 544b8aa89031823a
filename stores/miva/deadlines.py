"""Calls at a time, unless what they are for is over by then: one thread for all requests of a process.

A `threading.Timer` for each request starts a thread for each, which costs as much as the rest of a short request.
"""

import heapq
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass(order=True, slots=True)
class _Deadline:
    at: float
    place: int  # among those of the same moment
    call: Callable[[], None] | None = field(compare=False)  # None: it is called off


class Deadlines:
    """What is to be called when; the thread is started with the first of them."""

    def __init__(self) -> None:
        """Nothing is to be called yet."""
        self._changed = threading.Condition()
        self._ahead: list[_Deadline] = []
        self._places = itertools.count()
        self._thread: threading.Thread | None = None

    def at(self, moment: float, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` made at this moment of time.monotonic(), in another thread; returns what calls it off: once that is done, it
        is not made any more. It has to be short, because the others wait for it."""
        deadline = _Deadline(moment, next(self._places), call)

        def call_off() -> None:
            with self._changed:
                deadline.call = None

        with self._changed:
            heapq.heappush(self._ahead, deadline)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            elif self._ahead[0] is deadline:
                self._changed.notify()
        return call_off

    def _watch(self) -> None:
        with self._changed:
            while True:
                pause = self._ahead[0].at - time.monotonic() if self._ahead else None
                if pause is None or pause > 0:
                    self._changed.wait(pause)
                elif call := heapq.heappop(self._ahead).call:
                    try:
                        call()
                    except Exception:  # the other requests need their deadlines, too
                        log.exception("what was due could not be done")


deadlines = Deadlines()


def _anew() -> None:
    global deadlines  # noqa: PLW0603 - threads do not live on in a child, and the parent may have held the lock
    deadlines = Deadlines()


os.register_at_fork(after_in_child=_anew)
