"""`make demo`, in a copy of the project: what the README promises to somebody who has just cloned it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stores.management.demo.processes import SIGNALS, Processes, Stopped, reserved_port
from tests.environment import without_portal
from tests.services import die_with_parent

ROOT = Path(__file__).parents[2]
NEEDED = ("config", "stores", "orders", "fulfillment", "inventory", "templates", "manage.py")

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A copy of the project at a path that is too long for a socket, without anybody's data."""
    clone = tmp_path / ("a-long-name-" * 8) / "clone"
    clone.mkdir(parents=True)
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, clone / name)
    yield clone
    assert running_in(clone) == [], "no process may be left behind"


def start(clone: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start the demo as the Makefile does; a database of the caller's must not matter to it."""
    environment = without_portal() | {"DEBUG": "on", "DATABASE_URL": "sqlite:////nonexistent/caller.sqlite3"}
    command = [sys.executable, "manage.py", "demo", *arguments]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=clone, env=environment, preexec_fn=die_with_parent, **output)


def running_in(clone: Path) -> list[int]:
    """Return the processes whose working folder is the clone or below."""
    here = [(process.info["pid"], process.info["cwd"]) for process in psutil.process_iter(["pid", "cwd"])]
    return [pid for pid, folder in here if folder and Path(folder).is_relative_to(clone)]


def imported(output: str) -> int:
    """Return how many orders Stone Edge imported."""
    found = re.search(r"Stone Edge imported (\d+) orders over", output)
    assert found, output
    return int(found[1])


def listen(demo: "subprocess.Popen[str]", words: str) -> str:
    """Return what the demo says up to the line with these words."""
    said = ""
    for line in demo.stdout or ():
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def test_an_interrupt_stops_everything_and_the_next_run_goes_on_with_the_data_of_the_first(
    clone: Path,
) -> None:
    first = start(clone)
    said = listen(first, "A new order is placed")
    assert imported(said) > 20
    assert len(running_in(clone)) > 5
    os.kill(first.pid, signal.SIGINT)
    rest, _ = first.communicate(timeout=120)
    assert (first.returncode, "Everything is stopped" in rest) == (0, True), rest

    second = start(clone, "--once")
    again, _ = second.communicate(timeout=600)
    # The demo has compared for itself: each order of both runs was imported once, and to the cent.
    assert (second.returncode, "exactly once" in again) == (0, True), again
    assert 3 <= imported(again) < 20, (
        again
    )  # its own three and those that were placed while the first one ran
    logins = r"password +\S+|Cart ID +\S+|Cart Password +\S+"
    assert re.findall(logins, said) == re.findall(logins, again)
    secrets = [clone / "var" / "demo" / name for name in ("environment", "memory.json", "sandbox.json")]
    assert [path.stat().st_mode & 0o077 for path in secrets] == [0, 0, 0]


def test_a_run_that_ends_by_itself_has_imported_every_order_and_a_second_one_beside_it_is_refused(
    clone: Path,
) -> None:
    first = start(clone, "--once")
    listen(first, "database is ready")
    second = start(clone)
    said, _ = second.communicate(timeout=120)
    assert (second.returncode, "already running" in said) == (1, True), said
    said, _ = first.communicate(timeout=600)
    assert (first.returncode, imported(said) > 20, "exactly once" in said) == (0, True, True), said


def test_a_demo_that_is_ended_in_the_middle_stops_everything(clone: Path) -> None:
    demo = start(clone)
    listen(demo, "embedded Valkey answers")
    demo.terminate()
    said, _ = demo.communicate(timeout=120)
    assert (demo.returncode, "Everything is stopped" in said) == (0, True), said


class Swallowing:
    """Gets a signal in a moment in which Python ignores what is raised."""

    def __del__(self) -> None:
        """Raise it."""
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_whose_exception_was_swallowed_ends_the_demo_at_the_next_look(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    processes = Processes(tmp_path, {}, tmp_path)
    processes.check()
    try:
        signal.signal(signal.SIGTERM, processes.end)
        swallowing = Swallowing()
        del swallowing
        with pytest.raises(Stopped):
            processes.check()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_two_demos_that_look_for_a_port_at_the_same_moment_find_two() -> None:
    with reserved_port(8000) as one, reserved_port(8000) as other:
        assert one != other
    with reserved_port(one) as again:
        assert again == one
