"""The portal as it is run: gunicorn, Celery worker and beat as processes of their own, on the database of the test."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from tests.services import die_with_parent, running, valkey

ROOT = Path(__file__).parent.parent
CELERY = [sys.executable, "-m", "celery", "-A", "config"]


def test_database_url() -> str:
    """Return the URL of the database that this test uses, for another process."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass
class Portal:
    """The portal's processes share this environment; `logs` is where their output goes."""

    environment: dict[str, str]
    logs: Path
    port: int

    @property
    def url(self) -> str:
        """The address of the web process."""
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command,
            env=self.environment,
            cwd=ROOT,
            input=text,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )

    def asked(self, *arguments: str, text: str = "") -> dict[str, Any]:
        """Run a command with --json and return its object; a failure shows its reason."""
        done = self.manage(*arguments, "--json", text=text)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a management command and return its process."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(
            command,
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )

    @contextmanager
    def web(self, workers: int = 2) -> Iterator[None]:
        """Run gunicorn while the block lasts."""
        bind = ["--bind", f"127.0.0.1:{self.port}", "--workers", str(workers), "--threads", "4"]
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", *bind]
        with self._running(command, "web", lambda: answers(f"{self.url}/health/live/")):
            yield

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Run a Celery worker while the block lasts; enters when it has taken up its work."""
        log = self.logs / "worker.log"
        with self._running(
            [*CELERY, "worker", "--concurrency", "1"], "worker", lambda: " ready." in log.read_text()
        ):
            yield

    @contextmanager
    def clock(self) -> Iterator[None]:
        """Run beat while the block lasts; every entry of its schedule was last sent long ago, so it sends all at once."""
        schedule = self.logs / "beat-schedule"
        overdue(schedule)
        with self._running([*CELERY, "beat", "--schedule", str(schedule)], "beat", lambda: True):
            yield

    @contextmanager
    def _running(self, command: list[str], name: str, ready: Any) -> Iterator[None]:
        log = self.logs / f"{name}.log"
        with running(command, log, ready, env=self.environment, cwd=ROOT, start_new_session=True):
            yield


@contextmanager
def portal_on(database: str) -> Iterator[Portal]:
    """A portal on a database, with a Valkey of its own: no message of another test reaches its worker."""
    with tempfile.TemporaryDirectory(prefix="p-") as folder, valkey(Path(folder)) as broker:
        port = free_port()
        urls = {"DATABASE_URL": database, "REDIS_URL": broker, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
        # The tests' warnings-as-errors are for the tests; a worker that runs as root warns about just that.
        environment = os.environ | urls | {"PYTHONWARNINGS": "default"}
        yield Portal(environment, Path(folder), port)


def overdue(schedule: Path) -> None:
    """Write a schedule file as beat leaves it behind when it was stopped a while ago."""
    from celery.beat import PersistentScheduler

    from config.celery import app

    scheduler = PersistentScheduler(app, schedule_filename=str(schedule), lazy=True)
    scheduler.setup_schedule()
    for entry in scheduler.schedule.values():
        entry.last_run_at -= timedelta(minutes=30)
    scheduler.close()


def answers(url: str) -> bool:
    """Whether the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
