"""Calls at a time, unless what they are for is over by then: one thread for all requests of a process.

A `threading.Timer` for each request starts a thread for each, which costs as much as the rest of a short request. Nothing that a
signal may interrupt (Celery's soft time limit is one) leaves a lock behind that the others would wait for.
"""

import heapq
import itertools
import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

log = logging.getLogger(__name__)

LONGEST_CALLING_OFF = 1.0  # seconds


@dataclass(order=True, slots=True)
class _Deadline:
    at: float
    place: int  # among those of the same moment
    call: Callable[[], None] | None = field(compare=False)  # None: it is called off
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def call_off(self) -> None:
        with self.lock:
            self.call = None

    def fall_due(self) -> None:
        if not self.lock.acquire(timeout=LONGEST_CALLING_OFF):
            return  # whoever called it off was interrupted
        try:
            if self.call:
                self.call()
        except Exception:  # the other requests need their deadlines, too
            log.exception("what was due could not be done")
        finally:
            self.lock.release()


class Deadlines:
    """What is to be called when; the thread is started with the first of them."""

    def __init__(self) -> None:
        """Nothing is to be called yet."""
        self._handed_over: deque[_Deadline] = deque()
        self._wakes_at = math.inf  # when the thread looks next, unless it is woken
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._places = itertools.count()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def at(self, moment: float, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` made at this moment of time.monotonic(), in another thread; returns what calls it off: once that is done, it
        is not made any more. It has to be short, because the others wait for it. Raises RuntimeError when no thread can be
        started."""
        if self._thread is None:
            self._start()
        deadline = _Deadline(moment, next(self._places), call)
        self._handed_over.append(deadline)
        if moment < self._wakes_at:
            self._wake.put(None)
        return deadline.call_off

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                thread.start()
                self._thread = thread

    def _watch(self) -> None:
        # There may be two of this thread, if a signal came while the first was being started.
        ahead: list[_Deadline] = []
        while True:
            self._wakes_at = ahead[0].at if ahead else math.inf
            try:  # after that, so that who hands over later sees when the thread wakes
                heapq.heappush(ahead, self._handed_over.popleft())
            except IndexError:
                self._wait_or_call(ahead)

    def _wait_or_call(self, ahead: list[_Deadline]) -> None:
        pause = ahead[0].at - time.monotonic() if ahead else math.inf
        if pause > 0:
            with suppress(Empty):
                self._wake.get(timeout=min(pause, threading.TIMEOUT_MAX))
        else:
            heapq.heappop(ahead).fall_due()


deadlines = Deadlines()


def _anew() -> None:
    global deadlines  # noqa: PLW0603 - threads do not live on in a child
    deadlines = Deadlines()


os.register_at_fork(after_in_child=_anew)
