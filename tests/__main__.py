"""`make test`: starts PostgreSQL and Valkey, runs pytest on them, then the smoke subset on SQLite, and stops everything.

python -m tests [arguments for pytest]      With arguments, only what they choose runs, on PostgreSQL.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tests.browsers import prepare_browser
from tests.environment import for_tests
from tests.services import NotStarted, services, temporary_room

ROOT = Path(__file__).parent.parent
PARALLEL = ["-n", "2", "--dist", "worksteal"]


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


def on_sqlite(environment: dict[str, str], room: Path) -> int:
    """Run the smoke subset on SQLite."""
    print("\nThe smoke subset once more, on SQLite:", flush=True)
    return pytest(
        ["-m", "sqlite", "-n", "0"],
        environment | {"DATABASE_URL": f"sqlite:///{room / 'tmp' / 'smoke.sqlite3'}"},
    )


def main(arguments: list[str]) -> int:
    """Run what is asked for; returns the exit code."""
    with temporary_room() as room, services(room) as urls:
        environment = for_tests(room, urls) | prepare_browser(ROOT)
        status = pytest([*PARALLEL, *arguments], environment)
        if not arguments:
            status = on_sqlite(environment, room) or status
        return status


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
