"""One thread for the deadlines of all requests."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import pytest

from stores.miva import deadlines
from stores.miva.deadlines import Deadlines

PATIENCE = 30.0  # seconds


@pytest.fixture
def busy() -> tuple[Deadlines, Callable[[], None]]:
    """Deadlines whose thread is busy, and what lets it go on to the others."""
    some, go_on = Deadlines(), threading.Event()
    some.at(time.monotonic(), lambda: go_on.wait(PATIENCE) and None)
    return some, go_on.set


def test_each_is_called_in_its_turn_however_they_were_given(busy) -> None:
    some, go_on = busy
    begun, noted, done = time.monotonic(), [], threading.Event()
    for pause in (0.2, 0.05, 0.3, 0.0, 0.1):
        some.at(begun + pause, lambda pause=pause: noted.append(pause))
    some.at(begun + 0.3, done.set)
    go_on()
    assert done.wait(PATIENCE)
    assert noted == [0.0, 0.05, 0.1, 0.2, 0.3]


def test_what_was_called_off_is_not_called(busy) -> None:
    some, go_on = busy
    called, done = [], threading.Event()
    for at in range(3):
        call_off = some.at(time.monotonic(), lambda at=at: called.append(at))
        if at == 1:
            call_off()
    some.at(time.monotonic(), done.set)
    go_on()
    assert done.wait(PATIENCE)
    assert called == [0, 2]


def test_one_thread_does_for_all() -> None:
    before = [each.name for each in threading.enumerate()].count("deadlines")
    some = Deadlines()
    for _ in range(50):
        some.at(time.monotonic() + 600, int)
    assert [each.name for each in threading.enumerate()].count("deadlines") == before + 1


def test_one_that_fails_does_not_stop_the_others(caplog) -> None:
    some, done = Deadlines(), threading.Event()
    some.at(time.monotonic(), lambda: 1 / 0)
    some.at(time.monotonic() + 0.01, done.set)
    assert done.wait(PATIENCE)
    assert "what was due could not be done" in caplog.text


def test_a_thread_that_could_not_be_started_is_started_with_the_next(monkeypatch) -> None:
    def none_left(thread) -> None:
        raise RuntimeError("can't start new thread")

    some, done = Deadlines(), threading.Event()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError):
            some.at(time.monotonic(), done.set)
    some.at(time.monotonic(), done.set)
    assert done.wait(PATIENCE)


def test_one_that_never_comes_keeps_no_other_from_coming() -> None:
    some, done = Deadlines(), threading.Event()
    some.at(math.inf, int)
    time.sleep(0.1)  # the thread waits for it
    some.at(time.monotonic() + 0.01, done.set)
    assert done.wait(PATIENCE)


def test_a_signal_between_the_lines_stops_no_deadline() -> None:
    some, ends = Deadlines(), time.monotonic() + 1.5
    interrupted: list[int] = []

    def interrupt(_: int, frame: FrameType | None) -> None:
        if frame and frame.f_code.co_filename == threading.__file__:
            frame = frame.f_back  # in a lock that is written in Python
        if frame and frame.f_code.co_filename == deadlines.__file__:
            interrupted.append(frame.f_lineno)
            raise InterruptedError

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.001, 0.001)
    try:
        while time.monotonic() < ends:
            with suppress(InterruptedError):
                some.at(time.monotonic() + 600, int)()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    done = threading.Event()
    some.at(time.monotonic() + 0.01, done.set)
    assert done.wait(PATIENCE)
    assert interrupted


def test_a_child_process_has_its_own() -> None:
    deadlines.deadlines.at(time.monotonic() + 600, int)  # the parent's thread runs
    child = os.fork()
    if child == 0:
        done = threading.Event()
        deadlines.deadlines.at(time.monotonic() + 0.01, done.set)
        os._exit(0 if done.wait(PATIENCE) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
