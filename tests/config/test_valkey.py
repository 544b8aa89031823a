"""The embedded Valkey: whoever comes first starts it, and nobody starts a second one."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from config.valkey import socket_for

ENSURE = (
    "import sys, pathlib; from django.conf import settings; from config import valkey; "
    "settings.VALKEY_SOCKET = pathlib.Path(sys.argv[1]); settings.EMBEDDED_VALKEY = sys.argv[2] == 'yes'; "
    "print(valkey.ensure_embedded())"
)


@pytest.fixture
def path() -> Iterator[Path]:
    """Where a socket may lie; a server that was started there is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="v-") as folder:
        path = Path(folder) / "valkey.sock"
        yield path
        if path.exists():
            Redis(unix_socket_path=str(path)).shutdown(nosave=True)


def ensure(path: Path, embedded: str = "yes") -> "subprocess.Popen[str]":
    """Let a process of its own ensure the server."""
    return subprocess.Popen(
        [sys.executable, "-c", ENSURE, str(path), embedded], stdout=subprocess.PIPE, text=True
    )


def test_of_many_processes_that_start_at_once_exactly_one_starts_the_server(path: Path) -> None:
    answers = [process.communicate(timeout=120)[0].strip() for process in [ensure(path) for _ in range(5)]]
    started = [int(answer) for answer in answers if answer != "None"]
    with Redis(unix_socket_path=str(path)) as client:
        assert started == [client.info("server")["process_id"]]


def test_the_server_listens_on_no_port_and_is_for_this_user_alone(path: Path) -> None:
    ensure(path).communicate(timeout=120)
    with Redis(unix_socket_path=str(path)) as client:
        assert client.config_get("port")["port"] == "0"
    assert path.stat().st_mode & 0o077 == 0


def test_nothing_is_started_when_redis_url_names_another(path: Path) -> None:
    assert ensure(path, embedded="no").communicate(timeout=120)[0].strip() == "None"
    assert not path.exists()


def test_the_socket_lies_beside_the_data() -> None:
    assert socket_for(Path("/srv/portal/var")) == Path("/srv/portal/var/valkey.sock")


def test_a_path_that_is_too_long_for_a_socket_gets_a_short_one_of_its_own() -> None:
    long, other = Path("/srv") / ("a" * 120), Path("/srv") / ("b" * 120)
    assert len(os.fsencode(socket_for(long))) < 100
    assert socket_for(long) == socket_for(long)
    assert socket_for(long) != socket_for(other)
