"""`make test`: starts PostgreSQL and Valkey, runs pytest on them, beside it the smoke subset on SQLite, and stops everything.

python -m tests [arguments for pytest]      With arguments, only what they choose runs, on PostgreSQL.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.browsers import prepare_browser
from tests.environment import for_tests
from tests.services import NotStarted, running, services, temporary_room, valkey

ROOT = Path(__file__).parent.parent
CORES = len(os.sched_getaffinity(0))
CHOSEN = ["-n", str(min(CORES, 4)), "--dist", "worksteal"]
# One more worker than cores, since browsers and processes are waited for; at most 7 have Redis databases of their own.
# Each gets its next test when it has ended one: conftest.py puts the long ones in front.
EVERYTHING = ["-n", str(min(CORES + 1, 7)), "--dist", "load", "--maxschedchunk", "1"]


class Interrupted(BaseException):
    """A signal asks us to stop."""

    def __init__(self, number: int) -> None:
        """Keep the signal's number."""
        super().__init__(number)
        self.number = number


def interrupt(number: int, frame: FrameType | None) -> None:
    """Turn a signal into an exception, so that everything is put away on the way out; further ones are too late."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(number)


def pytest(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Run pytest and return its exit code."""
    run = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], env=environment, cwd=ROOT)
    try:
        return run.wait()
    except Interrupted as interrupted:
        wind_down(run, reached=interrupted.number == signal.SIGINT)
        raise


def wind_down(run: subprocess.Popen[bytes], *, reached: bool) -> None:
    """Let pytest end by itself when the terminal's Ctrl-C has reached it, too; else interrupt it; at last kill it."""
    for number in ([] if reached else [signal.SIGINT]) + [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]:
        try:
            run.wait(10 if reached else 0)
        except subprocess.TimeoutExpired:
            run.send_signal(number)
            reached = True
    run.wait()


@contextmanager
def on_sqlite(environment: dict[str, str], room: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the smoke subset on SQLite, with a Valkey of its own, while the block lasts; its output is in room/smoke.log."""
    folder = room / "smoke"
    folder.mkdir()
    with valkey(folder) as broker:
        urls = {"DATABASE_URL": f"sqlite:///{folder / 'smoke.sqlite3'}", "REDIS_URL": broker}
        command = [sys.executable, "-m", "pytest", "-m", "sqlite", "-n", "0"]
        with running(command, room / "smoke.log", lambda: True, env=environment | urls, cwd=ROOT) as smoke:
            yield smoke


def everything(environment: dict[str, str], room: Path) -> int:
    """Run all tests on PostgreSQL and the smoke subset on SQLite, at the same time; returns the exit code."""
    with on_sqlite(environment, room) as smoke:
        status = pytest(EVERYTHING, environment)
        smoked = smoke.wait()
    print("\nThe smoke subset once more, on SQLite:", flush=True)
    print((room / "smoke.log").read_text(), flush=True)
    return status or smoked


def main(arguments: list[str]) -> int:
    """Run what is asked for; returns the exit code."""
    with temporary_room() as room, services(room) as urls:
        environment = for_tests(room, urls) | prepare_browser(ROOT)
        if arguments:
            return pytest([*CHOSEN, *arguments], environment)
        return everything(environment, room)


if __name__ == "__main__":
    os.environ.pop("PYTHONWARNINGS", None)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except NotStarted as error:
        sys.exit(str(error))
    except Interrupted as interrupted:
        sys.exit(128 + interrupted.number)
