"""The demo's processes: started together, watched, and stopped together however the demo ends."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.core.management.base import CommandError

PATIENCE = 10.0  # seconds that a process may take to end by itself
PR_SET_PDEATHSIG = 1  # Linux: the signal that a process gets when its parent is gone
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody wants the demo to end."""


@dataclass
class Started:
    """One running process and where its output goes."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path


class Processes:
    """Runs commands with one environment; their output goes to a folder of logs."""

    def __init__(self, logs: Path, environment: dict[str, str], folder: Path) -> None:
        """Keep where logs and commands are; nothing is started yet."""
        self.logs = logs
        self.environment = environment
        self.folder = folder
        self.started: list[Started] = []
        self.ending = False
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], output: Path | None = None) -> None:
        """Start a command in a session of its own: the terminal's Ctrl-C reaches only the demo, which stops the rest in order."""
        log = self.logs / f"{name}.log"
        with log.open("wb") as errors, (output or log).open("ab") as standard:
            process = subprocess.Popen(  # noqa: S603  # the demo's own commands
                command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=standard,
                stderr=errors,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509  # safe: the demo has one thread
            )
        self.started.append(Started(name, process, log))

    def run(self, command: Sequence[str], text: str = "") -> str:
        """Run a command to its end with a text as its input; returns its output. Raises CommandError when it fails."""
        done = subprocess.run(  # noqa: S603  # the demo's own commands
            command,
            cwd=self.folder,
            env=self.environment,
            input=text,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise CommandError(f"{' '.join(command[1:3])} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def wait(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until something is so. Raises CommandError when it takes too long or a process has ended."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{what} took more than {seconds:.0f} seconds. The logs are in {self.logs}."
                )
            time.sleep(0.1)

    def check(self) -> None:
        """Raise CommandError with the end of its log when a process is no longer running, and Stopped when the demo is to end."""
        if self.ending:
            raise Stopped
        for each in self.started:
            code = each.process.poll()
            if code is not None:
                tail = each.log.read_text(errors="replace")[-2000:]
                raise CommandError(f"{each.name} ended with code {code}. {each.log} ends with:\n{tail}")

    def end(self, number: int, frame: FrameType | None) -> None:
        """Turn the first signal into the end of the demo; further ones change nothing.

        Where Python swallows what is raised, as between fork and exec, `check` says it again.
        """
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        self.ending = True
        raise Stopped

    def stop(self) -> None:
        """Stop all, the last one first; what does not end in time is killed with its children."""
        for each in reversed(self.started):
            if each.process.poll() is None:
                each.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                each.process.wait(PATIENCE)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()
        self.started.clear()


def end_with_parent() -> None:
    """In a child before it becomes another program: be terminated when the demo is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def reserved_port(preferred: int) -> Iterator[int]:
    """Hold the preferred port of 127.0.0.1 when nobody listens on it, else a free one: until one of our processes listens there,
    no other demo takes it. Raises CommandError when there is none."""
    with socket.socket(socket.AF_UNIX) as sign:
        yield free_port(preferred, sign)


def free_port(preferred: int, sign: socket.socket) -> int:
    """Return a port that nobody listens on and no other demo has put a sign on (a name among Linux's abstract sockets, which ends
    with the process), with our sign on it."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found = int(probe.getsockname()[1])
            sign.bind(f"\0connect2cart demo {found}")
            return found
    raise CommandError("No free port was found on 127.0.0.1.")
